"""Variables that are pushed, shared and pulled: all of them, or none."""

from __future__ import annotations

import threading
from importlib import import_module
from typing import Any

import pytest

from subinterp import Interpreter, TransferError


class _Elsewhere:
    def __reduce__(self) -> Any:
        return import_module, ("no_module_of_this_name",)


def test_a_failed_push_binds_nothing(guest: Interpreter) -> None:
    """Neither what comes before the culprit nor what comes after."""
    with pytest.raises(TransferError):
        guest.push(before=1, lock=threading.Lock(), after=2)
    with pytest.raises(TransferError, match="cannot be rebuilt: ModuleNotFoundError"):
        guest.push(before=1, strange=_Elsewhere(), after=2)
    guest.exec("assert 'before' not in dir() and 'after' not in dir()")


def test_share_refuses_what_has_no_memory_to_write_to(guest: Interpreter) -> None:
    """In one line, with the way out."""
    for value, said in ((3, "no memory"), (b"abc", "read-only"), ([1], "no memory")):
        with pytest.raises(TransferError, match=said):
            guest.share(x=value)


def test_pull_of_nothing_and_of_what_is_not_there(guest: Interpreter) -> None:
    """A TypeError, and the guest's own NameError."""
    with pytest.raises(TypeError, match="names of variables"):
        guest.pull()
    with pytest.raises(NameError, match="'nowhere' is not defined"):
        guest.pull("nowhere")


def test_prepare_main_is_push(guest: Interpreter) -> None:
    """By the name that concurrent.interpreters has for it."""
    guest.prepare_main({"first": 1}, second=2)
    assert guest.pull("first", "second") == (1, 2)
