"""Pickles exceptions for the host, where it can be expected to rebuild them."""

import pickle
from io import BytesIO
from types import FunctionType
from typing import Any

__all__ = ["pickled"]


class _Pickler(pickle.Pickler):
    """Refuses what pickle would write down as a name that means something else there.

    The host has a ``__main__`` too: a class of that name in the notebook would be
    taken silently for the guest's.
    """

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, type | FunctionType) and (
            obj.__module__ == "__main__" or obj.__module__.startswith("subinterp_guest")
        ):
            msg = f"{obj.__qualname__} exists in this guest only"
            raise pickle.PicklingError(msg)
        return NotImplemented


def pickled(error: BaseException) -> bytes | None:
    """Return the pickled exception, or None if it does not survive the way.

    It is unpickled here first: an exception whose constructor raises, or never
    returns, does so in the guest, where it can be interrupted, and not in the host.

    Raises:
        BaseException: whatever the user's methods raise.
    """
    file = BytesIO()
    _Pickler(file, protocol=5).dump(error)
    data = file.getvalue()
    same = type(pickle.loads(data)) is type(error)
    return data if same else None
