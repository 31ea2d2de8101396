"""The error tree and its messages."""

from __future__ import annotations

import copy
import inspect
import pickle

import pytest

from subinterp import errors
from subinterp.errors import (
    ExecutionFailed,
    InterpreterBusyError,
    InterpreterClosedError,
    InterpreterExistsError,
    InterpreterNotFoundError,
    InterpreterStartError,
    SubinterpError,
    TransferError,
)
from subinterp.names import check_name

EXAMPLES = [
    InterpreterExistsError("a"),
    InterpreterNotFoundError("a", ["b", "c"]),
    InterpreterClosedError("a", do="run code in", reason="it is closing"),
    InterpreterBusyError("a", timeout=2),
    InterpreterStartError("a", "interpreter creation failed"),
    TransferError(
        "a",
        variable="x",
        type_name="socket",
        reason="it has no pickle",
        advice="send what it was made from",
        path="x[3]",
    ),
]


def test_every_leaf_has_an_example() -> None:
    """The list above is complete, so the tests below hold for the whole tree."""
    classes = {kind for _, kind in inspect.getmembers(errors, inspect.isclass)}
    leaves = {kind for kind in classes if issubclass(kind, SubinterpError)}
    tested = {type(example) for example in EXAMPLES}
    assert leaves == tested | {SubinterpError, ExecutionFailed}


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: type(error).__name__)
def test_message_says_what_why_and_what_to_do(error: SubinterpError) -> None:
    """Every message is one line: cannot DO ... 'NAME' (reason); do X."""
    text = str(error)
    assert text.startswith("cannot ")
    assert "interpreter 'a' (" in text
    assert "); " in text
    assert "\n" not in text


@pytest.mark.parametrize(
    "error", [*EXAMPLES, ExecutionFailed("E", "m", "t")], ids=lambda e: type(e).__name__
)
@pytest.mark.parametrize("clone", [copy.copy, lambda e: pickle.loads(pickle.dumps(e))])
def test_errors_survive_pickle_and_copy(error: SubinterpError, clone: object) -> None:
    """A copy has the type, the message and the facts of the original."""
    assert callable(clone)
    twin = clone(error)
    assert type(twin) is type(error)
    assert (str(twin), vars(twin)) == (str(error), vars(error))


def test_not_found_suggests_similar_names() -> None:
    """A slip of the finger is answered with the right name."""
    assert str(InterpreterNotFoundError("ab", ["abc"])).endswith("did you mean 'abc'?")


def test_execution_failed_prints_the_guests_traceback_under_a_heading() -> None:
    """The traceback is part of the text; the message alone is an attribute."""
    error = ExecutionFailed("E", "boom", "Traceback ...\n  line\nE: boom\n")
    assert str(error) == (
        "E: boom\n\nTraceback of the guest:\nTraceback ...\n  line\nE: boom"
    )
    assert (error.type_name, error.message) == ("E", "boom")


def test_execution_failed_without_message_or_traceback_is_the_name() -> None:
    """No colon without a message, no heading without a traceback."""
    assert str(ExecutionFailed("KeyboardInterrupt", "")) == "KeyboardInterrupt"


@pytest.mark.parametrize("name", ["a", "_", "A1._-x", "x" * 64])
def test_good_names_are_taken(name: str) -> None:
    """Letters, digits and _ . - in 64 characters."""
    assert check_name(name) == name


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "begin with a letter"),
        ("1a", "begin with a letter"),
        ("a b", "begin with a letter"),
        ("a\n", "begin with a letter"),
        ("ä", "begin with a letter"),
        ("x" * 65, "longer than 64"),
        ("main", "notebook itself"),
        ("all", "all interpreters"),
    ],
)
def test_bad_names_are_refused_in_one_line(name: str, reason: str) -> None:
    """The message tells which rule it is."""
    with pytest.raises(ValueError, match=reason) as caught:
        check_name(name)
    assert "\n" not in str(caught.value)


def test_a_name_is_a_str() -> None:
    """Other types are a TypeError, not a strange name."""
    with pytest.raises(TypeError, match="must be a str, not int"):
        check_name(3)
