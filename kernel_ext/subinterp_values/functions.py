"""Functions that are sent short and kept where they arrive, for calls by the thousand.

Two kinds can be: what every interpreter can import, by name; and what a notebook
defines and needs nothing of it, by its code. A function of the second kind finds its
globals in the ``__main__`` of the interpreter in which it is called.
"""

from __future__ import annotations

import marshal
import sys
from functools import cache
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from .restoring import found
from .sources import sources_of

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["short", "uses_host"]

_HOST = "subinterp"
_OURS = {_HOST, __name__.partition(".")[0]}
_by_name: WeakKeyDictionary[Any, bytes] = WeakKeyDictionary()
_by_code: WeakKeyDictionary[CodeType, tuple[bytes, frozenset[str]]]
_by_code = WeakKeyDictionary()


def short(function: object) -> bytes | None:
    """Return data of a function; None if it has to be pickled with what it needs."""
    if type(function) is FunctionType and function.__module__ == "__main__":
        return _code_of(function)
    if isinstance(function, FunctionType | BuiltinFunctionType | type):
        return _name_of(function)
    return None


def _name_of(function: Any) -> bytes | None:
    known = _by_name.get(function)
    if known is None:
        owner = getattr(function, "__self__", None)
        by_value = _is_by_value(function.__module__ or "")
        if by_value or not isinstance(owner, ModuleType | None):
            return None
        module, name = function.__module__, function.__qualname__
        try:
            is_there = found(module, name) is function
        except Exception:
            is_there = False
        if not is_there:  # a lambda, say: to be sent by value
            return None
        known = _by_name[function] = marshal.dumps((module, name))
    return known


def _is_by_value(module: str) -> bool:
    if module == "__main__" or uses_host(module):
        return True
    cloudpickle: Any = sys.modules.get("cloudpickle")
    if cloudpickle is None:  # so nobody has told it anything
        return False
    chosen = cloudpickle.list_registry_pickle_by_value()
    return any(f"{module}.".startswith(f"{one}.") for one in chosen)


@cache
def uses_host(module: str) -> bool:
    """Tell whether guests cannot import a module, for it imports ``subinterp``.

    It is enough to look at its globals: ``import subinterp``, or a name from there.
    """
    if module not in sys.modules or module.partition(".")[0] in _OURS:
        return False
    return any(map(_is_of_host, tuple(vars(sys.modules[module]).values())))


def _is_of_host(value: object) -> bool:
    if isinstance(value, ModuleType):
        name = value.__name__
    elif isinstance(value, type | FunctionType):
        name = value.__module__ or ""
    else:
        return False
    return name.partition(".")[0] == _HOST


def _code_of(function: FunctionType) -> bytes | None:
    if (
        function.__closure__
        or function.__defaults__
        or function.__kwdefaults__
        or function.__dict__
    ):
        return None
    code = function.__code__
    known = _by_code.get(code)
    if known is None:
        data = marshal.dumps((code, sources_of([code.co_filename])))
        known = _by_code[code] = data, frozenset(_names(code))
    data, names = known
    # Each time: a global may have come since.
    return data if function.__globals__.keys().isdisjoint(names) else None


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if type(constant) is CodeType:
            yield from _names(constant)
