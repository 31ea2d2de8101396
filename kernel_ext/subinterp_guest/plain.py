"""Reduces what the user's code hands out to plain values that cross to the host."""

from __future__ import annotations

from binascii import b2a_base64
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

__all__ = ["plain", "plain_text"]


def plain_text(text: str) -> str:
    """Return the text as an exact str that any encoder takes."""
    return str.encode(text, "utf-8", "backslashreplace").decode()


def plain(value: Any) -> Any:
    """Return the value made of dict, list, str, int, float, bool and None only.

    As messages between kernels and front ends have it: bytes become base64, dates ISO
    strings, and other iterables lists.

    Raises:
        TypeError: the value, or one in it, has no such form.
    """
    if value is None or value is True or value is False:
        return value
    if isinstance(value, str):
        return plain_text(value)
    if isinstance(value, dict):
        return {plain_text(str(key)): plain(item) for key, item in value.items()}
    if isinstance(value, int):
        return int.__int__(value)
    if isinstance(value, float):
        return float.__float__(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return b2a_base64(value, newline=False).decode("ascii")
    return _converted(value)


def _converted(value: Any) -> Any:
    from collections.abc import Iterable
    from datetime import date
    from numbers import Integral, Real

    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Iterable):
        return [plain(item) for item in value]
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return float(value)
    msg = f"cannot display {type(value).__name__!r} (it has no JSON form)"
    raise TypeError(msg)
