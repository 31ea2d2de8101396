"""The pool, by the tests that CPython has for its own executors."""

# What is imported as it is there has no types.
# mypy: disable-error-code="misc, name-defined"

from __future__ import annotations

import unittest
from typing import Any

import pytest

from subinterp import InterpreterPoolExecutor

_PACKAGE = "test.test_concurrent_futures"
_WHY = "this Python comes without its own tests"
executor = pytest.importorskip(f"{_PACKAGE}.executor", reason=_WHY)
as_completed = pytest.importorskip(f"{_PACKAGE}.test_as_completed", reason=_WHY)
init = pytest.importorskip(f"{_PACKAGE}.test_init", reason=_WHY)
shutdown = pytest.importorskip(f"{_PACKAGE}.test_shutdown", reason=_WHY)
waits = pytest.importorskip(f"{_PACKAGE}.test_wait", reason=_WHY)

_ELSEWHERE = "it names a class of concurrent.futures: tests/lifecycle/test_pool.py"
_HOPES = "it hopes that a worker begins within 50 submits: tests/unit/test_pool.py"


class _Pool(InterpreterPoolExecutor):
    """With the one private name that these tests ask all executors for."""

    @property
    def _broken(self) -> bool:
        return self._team.failure is not None


class _PoolMixin:
    executor: InterpreterPoolExecutor
    worker_count = 3
    executor_type = _Pool
    executor_kwargs: dict[str, Any] = {}  # noqa: RUF012 - as its like there

    def setUp(self) -> None:
        self.executor = self.executor_type(self.worker_count, **self.executor_kwargs)

    def tearDown(self) -> None:
        self.executor.shutdown()


class TestExecutor(_PoolMixin, executor.ExecutorTest, unittest.TestCase):
    """What holds for every executor."""


class TestShutdown(_PoolMixin, shutdown.ExecutorShutdownTest, unittest.TestCase):
    """Its end."""

    test_interpreter_shutdown = unittest.skip(_ELSEWHERE)(lambda _: None)
    test_submit_after_interpreter_shutdown = unittest.skip(_ELSEWHERE)(lambda _: None)
    test_hang_gh83386 = unittest.skip(_ELSEWHERE)(lambda _: None)
    test_cancel_futures = unittest.skip(_HOPES)(lambda _: None)


class TestWait(_PoolMixin, waits.WaitTests, unittest.TestCase):
    """``concurrent.futures.wait`` with its futures."""


class TestAsCompleted(_PoolMixin, as_completed.AsCompletedTests, unittest.TestCase):
    """``concurrent.futures.as_completed`` with its futures."""


class TestInitializer(_PoolMixin, unittest.TestCase):
    """An initializer that works."""

    executor_kwargs = {"initializer": init.init, "initargs": ("initialized",)}  # noqa: RUF012
    test_initializer = init.InitializerMixin.test_initializer


class TestFailingInitializer(_PoolMixin, unittest.TestCase):
    """One that does not."""

    executor_kwargs = {"initializer": init.init_fail}  # noqa: RUF012
    log_queue = None
    _assert_logged = init.FailingInitializerMixin._assert_logged
    test_initializer = init.FailingInitializerMixin.test_initializer
