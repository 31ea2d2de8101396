"""distributed with guests: the executor of its workers."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import subinterp

pytest.importorskip("distributed", reason="needs the group 'ecosystem'")
import dask
from distributed import Client, LocalCluster, get_worker
from distributed.utils import offload

from subinterp.distributed import TaskExecutor, dask_setup

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_SECONDS = 30.0


def where(_: object = None) -> int:
    """Say in which interpreter this is called."""
    import _interpreters

    return int(_interpreters.get_current()[0])


def meet(fifo: str, mode: str) -> int:
    """Wait for another call that opens the other end at the same time."""
    with open(fifo, mode):  # noqa: PTH123 - a guest imports no more than it must
        return where()


def meet_and_sleep(fifo: str) -> None:
    """Tell that it has begun, and go on for longer than anybody waits."""
    import time

    meet(fifo, "w")
    time.sleep(_SECONDS)


@pytest.fixture(scope="module", autouse=True)
def thread_that_stays() -> None:
    """Start the one that distributed never ends, before any test."""
    asyncio.run(offload(int))


def cluster(**options: object) -> LocalCluster:
    """Make a cluster of one worker in this process."""
    return LocalCluster(
        n_workers=1,
        threads_per_worker=2,
        processes=False,
        dashboard_address=":0",
        **options,
    )


@pytest.fixture
def client() -> Iterator[Client]:
    """A cluster whose worker has two guests."""
    with cluster(executor=TaskExecutor(2)) as here, Client(here) as client:
        yield client


@pytest.fixture
def fifo(tmp_path: Path) -> str:
    """A place to meet."""
    os.mkfifo(tmp_path / "fifo")
    return str(tmp_path / "fifo")


def test_tasks_run_side_by_side_in_guests(client: Client, fifo: str) -> None:
    """And not where the worker is."""
    places = client.gather([client.submit(meet, fifo, mode) for mode in "rw"])
    assert len(set(places)) == 2
    assert where() not in places


def test_tasks_take_the_results_of_others(client: Client) -> None:
    """With functions of a script, and memory."""
    offset = 10
    numbers = client.map(lambda x: x + offset, range(20))
    assert client.submit(sum, numbers).result(_SECONDS) == sum(range(20)) + 200
    data = client.submit(bytearray, 1 << 20)
    assert client.submit(len, data).result(_SECONDS) == 1 << 20


@pytest.mark.usefixtures("client")
def test_collections_are_computed() -> None:
    """The client is dask's scheduler."""
    import dask.bag as db

    bag = db.from_sequence(range(100), npartitions=4)
    assert bag.map(lambda x: x**2).sum().compute() == sum(x**2 for x in range(100))
    assert where() not in bag.map(where).compute()
    assert dask.delayed(sum)([dask.delayed(abs)(-i) for i in range(5)]).compute() == 10


def test_what_a_task_raises_is_raised_by_its_future(client: Client) -> None:
    """The same exception, with the guest's traceback; the worker goes on."""
    with pytest.raises(ZeroDivisionError) as caught:
        client.submit(divmod, 1, 0).result(_SECONDS)
    assert isinstance(caught.value.__cause__, subinterp.ExecutionFailed)
    with pytest.raises(subinterp.ExecutionFailed, match="SystemExit"):
        client.submit(sys.exit, 3).result(_SECONDS)
    assert client.submit(abs, -1).result(_SECONDS) == 1


def test_an_interrupted_task_fails_and_its_worker_goes_on(
    client: Client, fifo: str
) -> None:
    """Which a KeyboardInterrupt in its event loop would not."""
    task = client.submit(meet_and_sleep, fifo)
    meet(fifo, "r")
    for guest in subinterp.list_all():
        guest.interrupt()
    with pytest.raises(RuntimeError, match="interrupted"):
        task.result(_SECONDS)
    assert client.submit(abs, -1).result(_SECONDS) == 1


def test_guests_do_not_know_the_worker(client: Client) -> None:
    """A task that needs it says why not."""
    with pytest.raises(ImportError, match="psutil"):
        client.submit(lambda: __import__("distributed")).result(_SECONDS)


def test_a_preloaded_worker_has_guests_and_threads() -> None:
    """Tasks that need the worker, or NumPy, ask for a thread."""
    with cluster() as here, Client(here) as client:
        (worker,) = here.workers.values()
        dask_setup(worker)
        assert client.submit(where).result(_SECONDS) != where()
        with dask.annotate(executor="threads"):
            task = client.submit(lambda: get_worker() and where())
        assert task.result(_SECONDS) == where()
        assert len(subinterp.list_all()) == 1
    assert subinterp.list_all() == []


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., None]]:
    """Start a command of dask's, which finds the others by a file."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*command: str) -> None:
        file = ["--scheduler-file", str(tmp_path / "scheduler.json")]
        dask = [sys.executable, "-m", "dask", *command, *file]
        started.append(subprocess.Popen(dask, cwd=tmp_path))

    yield start
    for process in reversed(started):
        process.terminate()
        process.wait(_SECONDS)


def test_a_worker_that_is_a_command_has_guests(
    start: Callable[..., None], tmp_path: Path
) -> None:
    """As many at the same time as it has threads."""
    local = ["--host", "127.0.0.1", "--dashboard-address", ":0"]
    start("scheduler", "--port", "0", *local)
    start("worker", "--nthreads", "2", "--preload", "subinterp.distributed", *local)
    os.mkfifo(tmp_path / "fifo")

    def place(mode: str) -> tuple[int, int]:
        import _interpreters

        with open(tmp_path / "fifo", mode):  # noqa: PTH123
            return os.getpid(), _interpreters.get_current()[0]

    with Client(scheduler_file=str(tmp_path / "scheduler.json")) as client:
        one, other = client.gather([client.submit(place, mode) for mode in "rw"])
    assert one[0] == other[0] != os.getpid()
    assert len({0, one[1], other[1]}) == 3
