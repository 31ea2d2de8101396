"""What a guest may be doing when something happens to it."""

__all__ = ["BUSY", "UNSTOPPABLE"]

BUSY = {
    "idle": "",
    "loop": "while True: pass",
    "sleep": "import time; time.sleep(600)",
    "lock": """
        import _thread
        lock = _thread.allocate_lock()
        lock.acquire()
        try:
            begun()
            lock.acquire()
        except BaseException:
            lock.acquire()
    """,
    # An assignment, as CPython takes the jump back of a bare `pass` for outside the try.
    "swallowing loop": """
        while True:
            try:
                begun()
                while True: x = 1
            except BaseException: x = 2
    """,
    "swallowing sleep": """
        import time
        while True:
            try:
                begun()
                time.sleep(600)
            except BaseException: x = 2
    """,
    # It never gives up its GIL.
    "C call": """
        import itertools
        try:
            begun()
            sum(itertools.repeat(1))
        except BaseException:
            sum(itertools.repeat(1))
    """,
    "flood": "while True: print('flood')",
    "socket": """
        import socket
        listener = socket.create_server(("127.0.0.1", 0))
        begun()
        listener.accept()
    """,
    "asyncio": "import asyncio; asyncio.run(asyncio.sleep(600))",
    "thread": """
        import threading, time
        threading.Thread(target=time.sleep, args=(600,)).start()
    """,
    "threads at sockets": """
        import socket, threading
        listener = socket.create_server(("127.0.0.1", 0))
        one, other = socket.socketpair()
        for wait in (listener.accept, lambda: one.recv(1)):
            threading.Thread(target=wait).start()
            threading.Thread(target=wait, daemon=True).start()
    """,
    "looping thread": """
        import threading
        def loop():
            while True: pass
        threading.Thread(target=loop).start()
    """,
    "stuck thread": """
        import _thread, threading
        lock = _thread.allocate_lock()
        lock.acquire()
        def wait():
            try:
                begun()
                lock.acquire()
            except BaseException:
                lock.acquire()
        threading.Thread(target=wait).start()
    """,
    "swallowing thread": """
        import threading
        def loop():
            while True:
                try:
                    begun()
                    while True: x = 1
                except BaseException: x = 2
        threading.Thread(target=loop).start()
    """,
    "raw thread": """
        import _thread, time
        _thread.start_new_thread(time.sleep, (600,))
    """,
    "executor": """
        import time
        from concurrent.futures import ThreadPoolExecutor
        pool = ThreadPoolExecutor(2)
        for _ in range(4):
            pool.submit(time.sleep, 600)
    """,
    "daemon thread": """
        import threading, time
        threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
    """,
}
"""Code by name; it calls begun() when it must not be disturbed earlier."""

UNSTOPPABLE = (
    "lock",
    "swallowing loop",
    "swallowing sleep",
    "C call",
    "stuck thread",
    "swallowing thread",
)
"""Those that no exception ends."""
