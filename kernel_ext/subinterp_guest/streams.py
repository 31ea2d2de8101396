"""What the guest writes to its standard streams goes to the host, as events."""

from __future__ import annotations

import codecs
import io
import sys
from _thread import allocate_lock

from _subinterp import STDERR, STDOUT, emit

from .context import current

TYPE_CHECKING = False  # importing typing would cost more than the rest of boot
if TYPE_CHECKING:
    from collections.abc import Buffer

__all__ = ["BytesOut", "TextOut", "install"]


class TextOut(io.TextIOBase):
    """``sys.stdout`` or ``sys.stderr``: hands text to the host under its run.

    Any thread may write. Nothing is kept here: the channel to the host merges
    neighbouring text, so a second buffer would only delay it.
    """

    encoding = "utf-8"
    errors = "replace"
    line_buffering = True
    write_through = True
    mode = "w"

    def __init__(self, name: str, kind: int) -> None:
        super().__init__()
        self.name = name
        self._kind = kind
        self._bytes: BytesOut | None = None

    def write(self, text: str, /) -> int:
        """Send the text; waits while the host cannot take more."""
        if not isinstance(text, str):
            kind = type(text).__name__  # type: ignore[unreachable]
            msg = f"write() argument must be str, not {kind}"
            raise TypeError(msg)
        if text:
            emit(current(), self._kind, text)
        return len(text)

    @property
    def buffer(self) -> BytesOut:
        """The stream for bytes, as ``sys.stdout.buffer`` of a terminal."""
        if self._bytes is None:
            self._bytes = BytesOut(self)
        return self._bytes

    def writable(self) -> bool:
        """Return True."""
        return True

    def reconfigure(self, **options: object) -> None:
        """Do nothing: the text never becomes bytes here."""

    def close(self) -> None:
        """Do nothing: a library that closes stdout must not silence the guest."""


class BytesOut(io.BufferedIOBase):
    """The bytes side of a :class:`TextOut`: decodes as UTF-8, piece by piece.

    The lock keeps the decoder whole when several threads write.
    """

    mode = "wb"

    def __init__(self, stream: TextOut) -> None:
        super().__init__()
        self.name = stream.name
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._lock = allocate_lock()

    def write(self, data: Buffer, /) -> int:
        """Send the bytes; half a character waits for its other half."""
        with memoryview(data) as view:
            size = view.nbytes
            with self._lock:
                self._stream.write(self._decoder.decode(view.tobytes()))
        return size

    def writable(self) -> bool:
        """Return True."""
        return True

    def close(self) -> None:
        """Do nothing, as :meth:`TextOut.close`."""


def install() -> None:
    """Replace the process's streams by the guest's own.

    Also under the names with underscores: the originals write to the descriptors that
    all interpreters share, and what arrives there belongs to no cell.
    """
    sys.stdout = sys.__stdout__ = TextOut("<stdout>", STDOUT)  # type: ignore[assignment,misc]
    sys.stderr = sys.__stderr__ = TextOut("<stderr>", STDERR)  # type: ignore[assignment,misc]
