"""Measure Python source with `ast`: lines, functions, branching, docstrings.

Pure Python and importable everywhere, so that the host and the guests of
``quickstart.ipynb`` do the very same work.
"""

from __future__ import annotations

import ast
import sysconfig
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "Batch",
    "File",
    "Function",
    "batches",
    "measure",
    "measure_batch",
    "standard_library",
]


class Function(NamedTuple):
    """One function or method; functions inside it are counted on their own."""

    name: str
    line: int
    lines: int
    branching: int


class File(NamedTuple):
    """One source file; `error` says why it could not be parsed, if so."""

    path: str
    lines: int
    functions: tuple[Function, ...] = ()
    documentable: int = 0
    documented: int = 0
    error: str = ""


class Batch(NamedTuple):
    """Some files, and who measured them when: one clock, `perf_counter`, for all."""

    by: str
    begin: float
    end: float
    files: tuple[File, ...]

    @property
    def lines(self) -> int:
        """The lines of all its files."""
        return sum(file.lines for file in self.files)


def standard_library() -> list[Path]:
    """Return every `.py` file of the running Python's standard library."""
    root = Path(sysconfig.get_path("stdlib"))
    return sorted(
        path
        for path in root.rglob("*.py")
        if not {"site-packages", "dist-packages"} & set(path.parts)
    )


def batches(paths: list[Path], number: int) -> list[list[str]]:
    """Deal the files into batches of about the same number of bytes."""
    dealt: list[list[str]] = [[] for _ in range(number)]
    sizes = [0] * number
    for size, path in sorted(((p.stat().st_size, p) for p in paths), reverse=True):
        smallest = sizes.index(min(sizes))
        dealt[smallest].append(str(path))
        sizes[smallest] += size
    return dealt


def measure_batch(paths: list[str], by: str) -> Batch:
    """Measure files, under the name of who does it."""
    begin = time.perf_counter()
    files = tuple(measure(path) for path in paths)
    return Batch(by, begin, time.perf_counter(), files)


def measure(path: str) -> File:
    """Parse one file and measure it."""
    source = Path(path).read_bytes()
    lines = source.count(b"\n")
    try:
        with warnings.catch_warnings():
            # The standard library's tests hold invalid escapes, on purpose.
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
    except (SyntaxError, ValueError) as error:
        # And, on purpose too, files that must not parse.
        return File(path, lines, error=str(error))

    functions: list[Function] = []
    documentable = documented = 0
    # Modules and functions own the branches in them, classes pass theirs on.
    owners: list[_Owner] = [tree]
    while owners:
        owner = owners.pop()
        branching, classes, inner = _look_into(owner)
        owners += inner
        for node in [owner, *classes]:
            documentable += 1
            documented += ast.get_docstring(node, clean=False) is not None
        if isinstance(owner, _FUNCTIONS):
            length = (owner.end_lineno or owner.lineno) - owner.lineno + 1
            functions.append(Function(owner.name, owner.lineno, length, branching))
    functions.sort(key=lambda function: (function.line, function.name))
    return File(path, lines, tuple(functions), documentable, documented)


_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_Owner = ast.Module | ast.FunctionDef | ast.AsyncFunctionDef

# How many ways through a function a node adds, as McCabe counts.
_WAYS: dict[type[ast.AST], Callable[[Any], int]] = {
    **dict.fromkeys(
        (
            ast.If,
            ast.IfExp,
            ast.For,
            ast.AsyncFor,
            ast.While,
            ast.ExceptHandler,
            ast.match_case,
        ),
        lambda _: 1,
    ),
    ast.BoolOp: lambda node: len(node.values) - 1,
    ast.comprehension: lambda node: 1 + len(node.ifs),
}


def _look_into(owner: _Owner) -> tuple[int, list[ast.ClassDef], list[_Owner]]:
    """Return an owner's branching, its classes and the functions inside it.

    One plain loop: with `ast.walk` this would take longer than parsing does.
    """
    branching = 1
    classes: list[ast.ClassDef] = []
    inner: list[_Owner] = []
    todo: list[Any] = [owner]
    while todo:
        node = todo.pop()
        if not isinstance(node, ast.AST):
            continue
        if isinstance(node, _FUNCTIONS) and node is not owner:
            inner.append(node)
            continue
        if isinstance(node, ast.ClassDef):
            classes.append(node)
        elif ways := _WAYS.get(type(node)):
            branching += ways(node)
        for name in node._fields:
            child = getattr(node, name)
            if isinstance(child, list):
                todo += child
            else:
                todo.append(child)
    return branching, classes, inner
