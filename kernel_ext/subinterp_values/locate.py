"""Finds what it is in a value that cannot cross. Slow, and only called then."""

from __future__ import annotations

from types import FunctionType, GeneratorType, ModuleType
from typing import TYPE_CHECKING, Any

from .errors import NotTransferableError
from .pickler import can_be_pickled

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["located"]

_LEVELS = 20
_ITEMS = 10_000


def located(value: Any, error: Exception) -> NotTransferableError:
    """Describe why a value could not be pickled.

    Args:
        value: all of it.
        error: what pickle has raised.
    """
    path = ""
    seen = {id(value)}
    for _ in range(_LEVELS):
        culprit = next(_culprits(value, seen), None)
        if culprit is None:
            break
        step, value = culprit
        path += step
    if isinstance(error, NotTransferableError):
        return NotTransferableError(error.type_name, error.reason, error.advice, path)
    kind = type(value)
    return NotTransferableError(kind.__qualname__, _reason(error), _advice(value), path)


def _culprits(value: Any, seen: set[int]) -> Iterator[tuple[str, Any]]:
    for count, (step, part) in enumerate(_parts(value)):
        if count >= _ITEMS:
            return
        if id(part) not in seen:
            seen.add(id(part))
            if not can_be_pickled(part):
                yield step, part


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield f"[{key!r}]", item
            yield f" (key {key!r})", key
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield f"[{index}]", item
    elif isinstance(value, set | frozenset):
        for item in value:
            yield " (an item)", item
    elif isinstance(value, FunctionType):
        yield from _of_function(value)
    elif not isinstance(value, type | ModuleType):
        for name, item in getattr(value, "__dict__", {}).items():
            yield f".{name}", item


def _of_function(function: FunctionType) -> Iterator[tuple[str, Any]]:
    code = function.__code__
    for name in code.co_names:
        if name in function.__globals__:
            yield f" (its global {name})", function.__globals__[name]
    for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=True):
        try:
            yield f" (its variable {name})", cell.cell_contents
        except ValueError:  # not assigned yet
            continue
    for item in function.__defaults__ or ():
        yield " (a default)", item


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def _advice(value: Any) -> str:
    if isinstance(value, GeneratorType):
        return "send list(...) of it"
    return "make it where it is used, from values that can cross"
