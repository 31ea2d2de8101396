"""What is said of a value that cannot cross."""

from __future__ import annotations

__all__ = ["NotTransferableError"]


class NotTransferableError(Exception):
    """Raised for a value that cannot cross; the host makes a ``TransferError`` of it.

    Args:
        type_name: the type that cannot.
        reason: why not.
        advice: what to do instead.
        path: where inside the variable, as in ``["a"][3]``.
    """

    def __init__(
        self, type_name: str, reason: str, advice: str, path: str = ""
    ) -> None:
        super().__init__(type_name, reason, advice, path)
        self.type_name = type_name
        self.reason = reason
        self.advice = advice
        self.path = path
        self.variable = "value"
        """How the user calls it, or what it is to the user; who knows sets it."""
