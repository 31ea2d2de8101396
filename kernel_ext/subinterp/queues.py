"""Queues that the host makes, for itself and its guests."""

from __future__ import annotations

import sys
from operator import index
from typing import TYPE_CHECKING

from subinterp_values.queues import Queue, on_refusal

from . import _native
from .transfer import refused

if TYPE_CHECKING:
    from typing import NoReturn

    from subinterp_values import NotTransferableError

__all__ = ["Queue", "create_queue"]


def create_queue(maxsize: int = 0) -> Queue:
    """Make a queue that can be pushed into guests and used there, too.

    Args:
        maxsize: how many items it takes; no bound if not above zero.
    """
    return Queue(_native.create_queue(min(index(maxsize), sys.maxsize)))


def _refuse(error: NotTransferableError) -> NoReturn:
    raise refused(None, error.variable, error, error.path) from error


on_refusal(_refuse)
