"""A bar that shows how far a map has come."""

from __future__ import annotations

from collections.abc import Iterator, Sized
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from .mapping import Mapped

__all__ = ["with_bar"]


def with_bar[T](
    iterables: Sequence[Iterable[Any]],
) -> Callable[[Mapped[T]], Iterator[T]]:
    """Give what puts a bar beside the results of these items.

    Raises:
        ModuleNotFoundError: there is no ``tqdm``.
    """
    try:
        from tqdm.auto import tqdm  # noqa: PLC0415 - it need not be there
    except ModuleNotFoundError as error:
        message = (
            "cannot show progress (there is no tqdm); "
            "install it with: pip install 'subinterp[progress]'"
        )
        raise ModuleNotFoundError(message, name=error.name) from None
    # What has no length may be endless: no time left is known then.
    lengths = [len(one) for one in iterables if isinstance(one, Sized)]
    total = min(lengths) if len(lengths) == len(iterables) else None
    return lambda results: _Shown(results, tqdm(total=total))


class _Shown[T](Iterator[T]):
    """The results; each that is taken moves the bar."""

    def __init__(self, results: Mapped[T], bar: Any) -> None:
        self._results = results
        self._bar = bar

    def __next__(self) -> T:
        """Wait for the next result."""
        try:
            result = next(self._results)
        except StopIteration:
            self._bar.close()
            raise
        except Exception:
            self._bar.update()
            raise
        self._bar.update()
        return result

    def close(self) -> None:
        """Cancel what no guest has begun."""
        self._results.close()
        self._bar.close()
