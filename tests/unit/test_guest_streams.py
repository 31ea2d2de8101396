"""What guests print reaches the host whole, under the right run."""

from __future__ import annotations

from guests import guest


def test_both_streams_reach_the_host_apart() -> None:
    """Standard output and standard error are told apart."""
    assert guest(
        """
        plain("import sys; print('out'); print('err', file=sys.stderr)")
        report([text("stdout"), text("stderr")])
        """
    ) == ["out\n", "err\n"]


def test_a_stream_is_a_text_file() -> None:
    """It offers what code asks of a text stream that is no terminal."""
    assert guest(
        """
        plain('''
            import io, sys
            for stream in (sys.stdout, sys.stderr):
                assert isinstance(stream, io.TextIOBase)
                assert stream.encoding == "utf-8"
                assert stream.writable() and not stream.readable()
                assert not stream.isatty() and not stream.closed
                assert stream.write("four") == 4
                assert stream.write("") == 0
                stream.writelines(["a", "b"])
                stream.flush()
                stream.reconfigure(line_buffering=False)
            assert sys.__stdout__ is sys.stdout
        ''') is None or report("failed")
        plain("sys.stdout.fileno()") and plain("sys.stdout.write(b'x')")
        report([text("stdout"), text("stderr"), [e for e in events if not e[2]]])
        """
    ) == ["fourab", "fourab", []]


def test_wrong_use_of_a_stream_is_explained() -> None:
    """The exceptions are those of Python's own streams."""
    fileno, write = guest(
        """
        report([
            plain("import sys; sys.stdout.fileno()"),
            plain("sys.stdout.write(b'x')"),
        ])
        """
    )

    assert fileno["ename"] == "UnsupportedOperation"
    assert write["ename"] == "TypeError"
    assert write["evalue"] == "write() argument must be str, not bytes"


def test_closing_a_stream_does_not_silence_the_guest() -> None:
    """A library that closes ``sys.stdout`` leaves the next cell its output."""
    assert guest(
        """
        plain("import sys; sys.stdout.close(); sys.stdout.buffer.close()")
        plain("print('still here')")
        report(text())
        """
    ) == ("still here\n")


def test_bytes_are_decoded_piece_by_piece() -> None:
    """A character may arrive in two halves; what is no UTF-8 is replaced."""
    assert guest(
        r"""
        plain(r'''
            import sys
            euro = "€".encode()
            assert sys.stdout.buffer.write(euro[:1]) == 1
            assert sys.stdout.buffer.write(memoryview(euro[1:])) == 2
            sys.stdout.buffer.write(bytearray(b"\xff!"))
        ''')
        report(text())
        """
    ) == ("€\ufffd!")


def test_any_thread_may_write() -> None:
    """Four threads that print at once lose nothing."""
    assert guest(
        """
        plain('''
            import threading
            threads = [
                threading.Thread(target=lambda: [print("x" * 10) for _ in range(1000)])
                for _ in range(4)
            ]
            for thread in threads: thread.start()
            for thread in threads: thread.join()
        ''')
        report([text().count("x"), text().count(chr(10))])
        """
    ) == [40000, 4000]


def test_printing_is_cheap() -> None:
    """100,000 lines do not keep a guest busy for long."""
    seconds = guest(
        """
        import time, subinterp_guest.streams as streams
        streams.emit = lambda run, kind, data: None
        start = time.process_time()
        plain("for i in range(100_000): print(i)")
        report(time.process_time() - start)
        """
    )

    assert seconds < 2  # it takes a tenth of that


def test_reading_input_fails_clearly() -> None:
    """Without a front end, every way to read says that nobody can answer."""
    outcomes = guest(
        """
        report([
            plain("input('name? ')"),
            plain("import sys; sys.stdin.read()"),
            plain("next(iter(sys.stdin))"),
        ])
        """
    )

    for outcome in outcomes:
        assert outcome["ename"] == "EOFError"
        assert "cannot read input in interpreter 'a'" in outcome["evalue"]
        assert "stdin.py" not in outcome["text"]
