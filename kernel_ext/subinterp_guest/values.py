"""Calls, and values that come from the host or go there."""

from __future__ import annotations

import marshal
import sys
from types import FunctionType

from _subinterp import guarded
from subinterp_values import NotTransferableError, pack, unpack
from subinterp_values.restoring import restored

from .frames import CALL

TYPE_CHECKING = (
    False  # importing typing would cost the first call more than all of this
)
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

__all__ = ["apply", "call", "pull", "push", "received_call"]

type Answer = tuple[bytes, list[Any]]

_namespace = sys.modules["__main__"].__dict__


def _apply(args: Any, kwargs: Any, function: Any) -> Any:
    return function(*args, **kwargs)


# As if ``__main__`` made the call: exec(), eval() and globals() look at their caller.
apply = FunctionType(_apply.__code__.replace(co_name=CALL), _namespace)


def call(data: bytes, function: bytes | None, buffers: Sequence[Any] = ()) -> Answer:
    """Call a function, and give what it returns.

    Args:
        data: its arguments, packed, a tuple and a dict; and the function itself, if
            that is not sent short.
        function: the function, sent short.
        buffers: the memory that the data refers to.
    """
    value = guarded(apply, *received_call(data, function, buffers))
    data, memory = _packed("result", value)
    return marshal.dumps((data, len(memory))), memory


def received_call(
    data: bytes, function: bytes | None, buffers: Sequence[Any]
) -> tuple[Any, Any, Callable[..., Any]]:
    """Unpack what ``call`` takes: arguments, keyword arguments, and the function."""
    received = _received("call", unpack, data, buffers)
    if function is not None:
        received += (_received("fn", restored, function),)
    call: tuple[Any, Any, Callable[..., Any]] = received
    return call


def push(
    parcels: Iterable[tuple[str, bytes, int]], buffers: Sequence[Any] = ()
) -> bytes:
    """Bind all of these variables, or none.

    Args:
        parcels: name, packed value, and how many of the buffers belong to it.
        buffers: the memory of all values.
    """
    values = {}
    for name, data, count in parcels:
        values[name] = _received(name, unpack, data, buffers[:count])
        buffers = buffers[count:]
    _namespace.update(values)
    return b""


def pull(names: Iterable[str]) -> Answer:
    """Give the values of variables."""
    parcels: list[tuple[bytes, int]] = []
    memory: list[Any] = []
    for name in names:
        try:
            value = _namespace[name]
        except KeyError:
            msg = f"name {name!r} is not defined"
            raise NameError(msg, name=name) from None
        data, buffers = _packed(name, value)
        parcels.append((data, len(buffers)))
        memory += buffers
    return marshal.dumps(parcels), memory


def _received(variable: str, read: Callable[..., Any], *sent: Any) -> Any:
    try:
        return guarded(read, *sent)
    except NotTransferableError as error:
        error.variable = variable
        raise


def _packed(variable: str, value: Any) -> tuple[bytes, list[Any]]:
    try:
        return guarded(pack, value)
    except NotTransferableError as error:
        error.variable = variable
        raise
