"""Values on their way between the host and a guest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from subinterp_values import NotTransferableError, pack, unpack
from subinterp_values.functions import short

from .errors import TransferError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from subinterp_values.packing import Memory

__all__ = [
    "Packed",
    "named",
    "pack_call",
    "pack_shared",
    "pack_variables",
    "unpack_values",
]

type Packed = tuple[tuple[Any, ...], list[memoryview]]
"""A request of ``marshal`` data, and the memory that it refers to."""


def named(fn: object) -> str:
    """Give the name of a function, for the label of a run."""
    return str(getattr(fn, "__qualname__", fn))


def pack_call(interpreter: str, fn: object, args: Any, kwargs: Any) -> Packed:
    """Make the request for a call.

    Raises:
        TypeError: it is no function.
        TransferError: the function or an argument cannot cross.
    """
    if not callable(fn):
        message = f"fn must be callable, not {type(fn).__name__}"
        raise TypeError(message)
    function = short(fn)
    # Together with its arguments a function shares with them what both refer to.
    call = (args, kwargs) if function else (args, kwargs, fn)
    try:
        data, buffers = pack(call, "lent")
    except NotTransferableError as error:
        parts = {"[0]": "args", "[1]": "kwargs", "[2]": "fn"}
        part, path = parts.get(error.path[:3], "the call"), error.path[3:]
        raise refused(interpreter, part, error, path) from error
    return ("call", data, function), buffers


def pack_variables(interpreter: str, values: Mapping[str, Any]) -> Packed:
    """Make the request that binds variables.

    Raises:
        TransferError: one of them cannot cross.
    """
    return _pack(interpreter, values, "lent")


def pack_shared(interpreter: str, values: Mapping[str, Any]) -> Packed:
    """Make the request that binds variables to the same memory.

    Raises:
        TransferError: one of them has none, or it may not be written to.
    """
    return _pack(interpreter, values, "shared")


def _pack(interpreter: str, values: Mapping[str, Any], memory: Memory) -> Packed:
    parcels = []
    buffers: list[memoryview] = []
    for name, value in values.items():
        try:
            data, views = pack(value, memory)
        except NotTransferableError as error:
            raise refused(interpreter, name, error, error.path) from error
        parcels.append((name, data, len(views)))
        buffers += views
    return ("push", parcels), buffers


def unpack_values(interpreter: str, facts: Any, buffers: Sequence[Any]) -> Any:
    """Make what a run returned: a value, or several in a list.

    Args:
        interpreter: the guest's name.
        facts: a pair of packed data and the number of its buffers, or a list of such.
        buffers: the memory of all values.

    Raises:
        TransferError: one of them cannot be rebuilt here.
    """
    parcels = facts if type(facts) is list else [facts]
    values = []
    for data, count in parcels:
        try:
            values.append(unpack(data, buffers[:count]))
        except NotTransferableError as error:
            raise refused(interpreter, "result", error, "") from error
        buffers = buffers[count:]
    return values if parcels is facts else values[0]


def refused(
    interpreter: str | None, variable: str, error: NotTransferableError, path: str = ""
) -> TransferError:
    """Say which variable could not cross, where inside it, and why.

    Args:
        interpreter: the guest's name; None where any may be meant.
        variable: as the user calls it.
        error: what was found.
        path: where inside the variable.
    """
    return TransferError(
        interpreter,
        variable=variable,
        type_name=error.type_name,
        reason=error.reason,
        advice=error.advice,
        path=variable + path,
    )
