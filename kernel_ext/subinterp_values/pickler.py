"""Pickles values: buffers out of band, by value what a notebook defines."""

from __future__ import annotations

import marshal
import pickle
import sys
from array import array
from io import BytesIO
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any, ClassVar

import cloudpickle  # type: ignore[import-untyped]
from cloudpickle.cloudpickle import (  # type: ignore[import-untyped]
    _dynamic_class_reduce,
)

from .errors import NotTransferableError
from .functions import uses_host
from .packing import LARGE, WITH_SOURCES
from .reducers import by_type
from .sources import sources_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .packing import Memory, Packed
    from .reducers import Reducer

__all__ = ["can_be_pickled", "pickled"]

# Among more, large ones are not looked for.
_NEAR_THE_TOP = 100

_NATIVE_FORMATS = frozenset("cbB?hHiIlLqQnNfdeP")


def pickled(value: Any, memory: Memory) -> Packed:
    """Pickle a value; see ``packing.pack``."""
    buffers: list[pickle.PickleBuffer] = []
    file = BytesIO()
    shared = memory == "shared"
    if shared:
        value = _shareable(value)
    try:
        pickler = (_SharingPickler if shared else _Pickler)(file, buffers, memory)
        pickler.dump(value if shared else _set_apart(value, 2))
        views = [buffer.raw() for buffer in buffers]
    except Exception as error:
        from .locate import located

        raise located(value, error) from error
    if shared:
        _check_shared(value, views)
    else:
        views = [view.toreadonly() for view in views]
    data = file.getvalue()
    if pickler.files and (sources := sources_of(pickler.files)):
        head = marshal.dumps(sources)
        data = b"".join((bytes([WITH_SOURCES]), len(head).to_bytes(8), head, data))
    return data, views


def can_be_pickled(value: Any) -> bool:
    """Tell whether this part of a value can cross."""
    try:
        _Pickler(BytesIO(), [], "copied").dump(value)
    except Exception:
        return False
    return True


class _Apart:
    """Stands for bytes, whose memory pickle would copy into its stream."""

    def __init__(self, content: bytes | bytearray) -> None:
        self.content = content

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self.content), (pickle.PickleBuffer(self.content),)


def _set_apart(value: Any, levels: int) -> Any:
    """Replace large bytes near the top, where they are found without a search."""
    kind = type(value)
    if kind is bytes or kind is bytearray:
        return _Apart(value) if len(value) >= LARGE else value
    if levels == 0 or kind not in {tuple, dict} or len(value) > _NEAR_THE_TOP:
        return value
    if kind is tuple:
        parts = tuple(_set_apart(item, levels - 1) for item in value)
        return value if all(map(_same, parts, value)) else parts
    apart = {key: _set_apart(item, levels - 1) for key, item in value.items()}
    return value if all(map(_same, apart.values(), value.values())) else apart


def _shareable(value: Any) -> Any:
    return memoryview(value) if isinstance(value, bytearray | bytes) else value


def _check_shared(value: Any, views: list[memoryview]) -> None:
    if not views:
        reason = "it has no memory that could be shared"
        advice = "push a copy, or share an array or a bytearray"
    elif any(view.readonly for view in views):
        reason = "its memory is read-only"
        advice = (
            "push it, which copies no memory either, or share a writable copy of it"
        )
    else:
        return
    raise NotTransferableError(type(value).__qualname__, reason, advice)


def _same(one: object, other: object) -> bool:
    return one is other


def _view(view: memoryview) -> tuple[Any, ...]:
    """Reduce a memoryview to its memory, its format and its shape."""
    form = view.format.removeprefix("@")
    if form not in _NATIVE_FORMATS:
        reason = f"no memoryview can be made with the format {view.format!r}"
        advice = "send the object that it is a view of"
        raise NotTransferableError(type(view).__name__, reason, advice)
    memory = view if view.c_contiguous else memoryview(view.tobytes())
    return _viewed, (pickle.PickleBuffer(memory), form, view.shape)


def _viewed(memory: Any, form: str, shape: tuple[int, ...]) -> memoryview:
    view: Any = memoryview(memory).cast("B")
    if form == "B" and len(shape) == 1:
        return memoryview(memory)
    if 0 in shape:  # cast() takes no other such shape
        shape = (0,)
    viewed: memoryview = view.cast(form, shape)
    return viewed


def _array(values: array[Any]) -> tuple[Any, ...]:
    return _filled, (values.typecode, pickle.PickleBuffer(memoryview(values).cast("B")))


def _filled(typecode: str, memory: Any) -> array[Any]:
    values = array(typecode)
    values.frombytes(memory)
    return values


def _code(code: CodeType) -> tuple[Any, ...]:
    """Keep the name of the file, which cloudpickle does not, for tracebacks."""
    return marshal.loads, (marshal.dumps(code),)


by_type |= {memoryview: _view, array: _array, CodeType: _code}


class _Pickler(cloudpickle.Pickler):  # type: ignore[misc]
    reducers: ClassVar[Mapping[type, Reducer]] = by_type

    def __init__(
        self, file: BytesIO, buffers: list[pickle.PickleBuffer], memory: Memory
    ) -> None:
        super().__init__(file, protocol=5, buffer_callback=buffers.append)
        self.files: set[str] = set()
        self._memory = memory
        # Who has an array has NumPy imported; nobody else shall.
        self._ndarray: Any = getattr(sys.modules.get("numpy"), "ndarray", ())

    def reducer_override(self, obj: Any) -> Any:
        kind = type(obj)
        if kind is FunctionType:
            self.files.add(obj.__code__.co_filename)
            if uses_host(obj.__module__ or ""):
                return self._dynamic_function_reduce(obj)
        elif isinstance(obj, type) and uses_host(obj.__module__):
            return _dynamic_class_reduce(obj)
        elif isinstance(obj, self._ndarray):
            from .arrays import reduced

            return reduced(obj, self._memory)
        reduce = self.reducers.get(kind)
        return super().reducer_override(obj) if reduce is None else reduce(obj)


class _SharingPickler(_Pickler):
    """Sends what owns memory as a view of it."""

    reducers: ClassVar[Mapping[type, Reducer]] = {
        memoryview: _view,
        array: lambda values: _view(memoryview(values)),
        CodeType: _code,
    }
