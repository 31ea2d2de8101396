"""joblib with guests: ``backend="subinterp"``."""

from __future__ import annotations

import _thread
import gc
import itertools
import logging
import multiprocessing
import threading
from typing import TYPE_CHECKING, Any

import pytest

import subinterp
from pools import meet, where

joblib = pytest.importorskip("joblib", reason="needs the group 'ecosystem'")
from joblib import Parallel, delayed, parallel_config  # noqa: E402

import subinterp.joblib  # noqa: E402 - that it registers the backend is the point

if TYPE_CHECKING:
    from collections.abc import Iterator

    from subinterp import Queue


_SECONDS = 30.0


@pytest.fixture(autouse=True)
def no_backend_left() -> Iterator[None]:
    """Tests that patch one, or catch its exceptions, have it in a circle."""
    yield
    for thread in threading.enumerate():
        while thread.name.startswith("subinterp-joblib") and thread.is_alive():
            gc.collect()
            thread.join(0.01)


def wait_for(gate: Queue, began: Queue) -> None:
    """Begin, and wait."""
    began.put("began")
    gate.get(timeout=_SECONDS)


def nested(n: int) -> tuple[int, list[int]]:
    """Use joblib in a guest, as it is there."""
    from joblib import Parallel, delayed

    return where(), Parallel(n_jobs=2)(delayed(where)() for _ in range(n))


def wait_for_the_end(guests: list[subinterp.Interpreter]) -> None:
    """Wait for guests that end by themselves; others may have their names by then."""
    gc.collect()
    ended = threading.Event()
    while any(guest.state != "closed" for guest in guests):
        ended.wait(0.01)


def test_it_runs_a_parallel_in_guests() -> None:
    """By the name of the backend, or as that of a configuration; in order."""
    squares = [i**2 for i in range(50)]
    assert Parallel(2, "subinterp")(delayed(pow)(i, 2) for i in range(50)) == squares
    one, other = subinterp.create_queue(), subinterp.create_queue()
    with parallel_config("subinterp", n_jobs=2):
        assert Parallel()(delayed(pow)(i, 2) for i in range(50)) == squares
        places = Parallel()([delayed(meet)(one, other), delayed(meet)(other, one)])
    assert where() not in places
    assert len(set(places)) == 2


def test_it_takes_what_a_script_defines() -> None:
    """Functions that use its globals, closures, and memory that is not copied."""
    factor = 3
    data = memoryview(bytearray(1 << 20))
    with parallel_config("subinterp", n_jobs=2):
        tripled = Parallel()(delayed(lambda x: x * factor)(i) for i in range(5))
        assert tripled == [0, 3, 6, 9, 12]
        assert Parallel()(delayed(len)(data) for _ in range(3)) == [1 << 20] * 3


def test_n_jobs_means_what_it_does_elsewhere() -> None:
    """Negative ones are counted from all CPUs; one job runs here, without a guest."""
    backend = subinterp.joblib.InterpreterBackend()
    cpus = joblib.cpu_count()
    assert backend.effective_n_jobs(-1) == cpus
    assert backend.effective_n_jobs(-cpus - 5) == 1
    assert backend.effective_n_jobs(7) == 7
    with parallel_config("subinterp"):
        assert joblib.effective_n_jobs() == cpus
        assert Parallel(n_jobs=1)(delayed(where)() for _ in range(3)) == [where()] * 3
        with pytest.raises(ValueError, match="n_jobs == 0"):
            Parallel(n_jobs=0)(delayed(where)() for _ in range(3))
    assert subinterp.list_all() == []


def test_guests_stay_for_the_next_parallel_and_end_with_the_configuration() -> None:
    """As long as it wants as many."""
    with parallel_config("subinterp", n_jobs=2):
        Parallel()(delayed(where)() for _ in range(4))
        first = subinterp.list_all()
        assert 1 <= len(first) <= 2
        Parallel()(delayed(where)() for _ in range(4))
        assert set(first) <= set(subinterp.list_all())
        Parallel(n_jobs=3)(delayed(where)() for _ in range(4))
        wait_for_the_end(first)
        last = subinterp.list_all()
        assert last
    wait_for_the_end(last)


def test_results_can_be_had_one_by_one() -> None:
    """While the rest is still to be computed."""
    gate, began = subinterp.create_queue(), subinterp.create_queue()
    with parallel_config("subinterp", n_jobs=2):
        for kind in ("generator", "generator_unordered"):
            calls = [delayed(abs)(-1), delayed(wait_for)(gate, began)]
            results = Parallel(return_as=kind, batch_size=1)(calls)
            assert next(results) == 1
            gate.put("go")
            assert list(results) == [None]


def test_short_calls_go_in_batches() -> None:
    """That grow until each takes a while."""
    sizes: list[int] = []

    class Backend(subinterp.joblib.InterpreterBackend):
        def submit(self, func: Any, callback: Any = None) -> Any:
            sizes.append(len(func))
            return super().submit(func, callback)

    with parallel_config(Backend(), n_jobs=2):
        calls = (delayed(abs)(-i) for i in itertools.count())
        taken = Parallel()(itertools.islice(calls, 5000))
    assert taken == list(range(5000))
    assert sizes[0] == 1
    assert max(sizes) > 10


def test_what_a_call_raises_is_raised_here() -> None:
    """The same exception, with the guest's traceback; the next Parallel works."""
    with parallel_config("subinterp", n_jobs=2):
        with pytest.raises(ZeroDivisionError) as caught:
            Parallel()(delayed(divmod)(1, i) for i in range(5, -500, -1))
        assert isinstance(caught.value.__cause__, subinterp.ExecutionFailed)
        assert Parallel()(delayed(abs)(-i) for i in range(3)) == [0, 1, 2]


@pytest.mark.parametrize("before", [0, 100])
def test_what_cannot_cross_is_raised_too(before: int) -> None:
    """Whether it is found at the start or by a callback, which nobody waits for."""
    calls = [delayed(abs)(-1)] * before + [delayed(id)(threading.Lock())]
    with pytest.raises(subinterp.TransferError, match="lock"):
        Parallel(2, "subinterp", batch_size=1)(iter(calls))


def test_an_iterable_that_fails_ends_it() -> None:
    """With its own exception."""

    def calls() -> Iterator[Any]:
        yield from [delayed(abs)(-1)] * 100
        raise LookupError

    with pytest.raises(LookupError):
        Parallel(2, "subinterp")(calls())


def test_a_call_that_takes_too_long_is_given_up() -> None:
    """The guest is interrupted, and ends."""
    gate, began = subinterp.create_queue(), subinterp.create_queue()
    with parallel_config("subinterp", n_jobs=2):
        with pytest.raises(multiprocessing.TimeoutError):
            Parallel(timeout=0.1)(delayed(wait_for)(gate, began) for _ in range(9))
        left = subinterp.list_all()
        assert Parallel()(delayed(abs)(-i) for i in range(3)) == [0, 1, 2]
        wait_for_the_end(left)
        assert subinterp.list_all()


def test_a_failure_stops_the_others() -> None:
    """What runs is interrupted, what waits never begins."""
    gate, began = subinterp.create_queue(), subinterp.create_queue()

    def fail() -> None:
        began.get(timeout=_SECONDS)
        raise LookupError

    calls = [delayed(wait_for)(gate, began), delayed(fail)()]
    calls += [delayed(wait_for)(gate, began)] * 8
    with pytest.raises(LookupError):
        Parallel(2, "subinterp", batch_size=1, pre_dispatch="all")(calls)
    wait_for_the_end(subinterp.list_all())
    assert began.qsize() <= 1


def test_an_interrupt_stops_them_all() -> None:
    """Nothing is waited for, and no guest is left."""
    gate, began = subinterp.create_queue(), subinterp.create_queue()

    def interrupt() -> None:
        began.get(timeout=_SECONDS)
        _thread.interrupt_main()

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        Parallel(2, "subinterp")(delayed(wait_for)(gate, began) for _ in range(9))
    thread.join()
    wait_for_the_end(subinterp.list_all())


def test_a_generator_that_is_given_up_stops_what_it_began() -> None:
    """joblib warns of it."""
    gate, began = subinterp.create_queue(), subinterp.create_queue()
    parallel = Parallel(2, "subinterp", batch_size=1, return_as="generator")
    results = parallel(delayed(wait_for)(gate, began) for _ in range(4))
    began.get(timeout=_SECONDS)
    with pytest.warns(UserWarning, match="cancelled"):
        results.close()
    wait_for_the_end(subinterp.list_all())


def test_a_parallel_that_another_one_stops_says_so() -> None:
    """They have the guests of their configuration in common."""
    gate, began = subinterp.create_queue(), subinterp.create_queue()
    with parallel_config("subinterp", n_jobs=2):
        parallel = Parallel(return_as="generator", batch_size=1)
        first = parallel(delayed(wait_for)(gate, began) for _ in range(4))
        for _ in range(2):
            began.get(timeout=_SECONDS)
        waiting = Parallel(return_as="generator")(delayed(abs)(-1) for _ in range(4))
        with pytest.warns(UserWarning, match="cancelled"):
            first.close()
        with pytest.raises(RuntimeError, match="given up"):
            list(waiting)


def test_within_a_guest_it_is_sequential() -> None:
    """However many jobs are asked for."""
    with parallel_config("subinterp", n_jobs=2):
        for place, inner in Parallel()(delayed(nested)(3) for _ in range(2)):
            assert place != where()
            assert inner == [place] * 3


def test_a_guest_can_import_it(guest: subinterp.Interpreter) -> None:
    """In a cell, say, where it is sequential too, or has threads."""
    guest.exec("""
        from joblib import Parallel, delayed, cpu_count
        assert Parallel(n_jobs=2, backend="threading")(
            delayed(abs)(-i) for i in range(3)
        ) == [0, 1, 2]
    """)


def test_an_error_of_a_callback_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Nobody else would tell."""
    caplog.set_level(logging.ERROR)
    backend = subinterp.joblib.InterpreterBackend()
    parallel, called = Parallel(2), threading.Event()

    def fail(_: object) -> None:
        called.set()
        raise ZeroDivisionError

    backend.configure(2, parallel)
    backend.submit(int, fail)
    assert called.wait(_SECONDS)
    backend._callbacks.submit(int).result(_SECONDS)  # it is over, then
    assert "ZeroDivisionError" in caplog.text
    caplog.clear()  # it has the backend, too
