"""Arrays, frames and tables of the libraries that people use, joined by these.

None is imported: who has such a part has its library.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["join_of", "library_of"]


def library_of(part: object) -> str:
    """Return whose array or frame it is; nothing for what is Python's or a user's."""
    for base in type(part).__mro__:
        library = base.__module__.partition(".")[0]
        if library in _JOINS:
            return library
    return ""


def join_of(libraries: set[str]) -> Callable[[list[Any]], Any]:
    """Return what joins parts of these libraries.

    Raises:
        TypeError: nothing does.
    """
    # NumPy takes lists as well.
    foreign = libraries - {"", "numpy"} or {"numpy"}
    if len(foreign) > 1 or foreign not in ({"numpy"}, libraries):
        names = ", ".join(sorted(library or "Python" for library in libraries))
        message = f"cannot join sequences of {names}; use pull()"
        raise TypeError(message)
    return _JOINS[foreign.pop()]


def _numpy(parts: list[Any]) -> Any:
    numpy: Any = sys.modules["numpy"]
    if any(isinstance(part, numpy.ma.MaskedArray) for part in parts):
        return numpy.ma.concatenate(parts)  # the other one forgets the masks
    return numpy.concatenate(parts)


def _pandas(parts: list[Any]) -> Any:
    pandas: Any = sys.modules["pandas"]
    if isinstance(parts[0], pandas.Index):
        return parts[0].append(parts[1:])
    return pandas.concat(parts)


def _polars(parts: list[Any]) -> Any:
    return sys.modules["polars"].concat(parts)


def _pyarrow(parts: list[Any]) -> Any:
    pyarrow: Any = sys.modules["pyarrow"]
    if isinstance(parts[0], pyarrow.Table):
        return pyarrow.concat_tables(parts)
    if isinstance(parts[0], pyarrow.RecordBatch):
        return pyarrow.concat_batches(parts)
    if isinstance(parts[0], pyarrow.ChunkedArray):
        chunks = [chunk for part in parts for chunk in part.chunks]
        return pyarrow.chunked_array(chunks, parts[0].type)
    return pyarrow.concat_arrays(parts)


_JOINS = {"numpy": _numpy, "pandas": _pandas, "polars": _polars, "pyarrow": _pyarrow}
