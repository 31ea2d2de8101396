"""Tries a package in private copies, in a child process, once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress

from subinterp_guest.packages import outermost

from . import cache

__all__ = ["failure"]

_SECONDS = 60
_NO_RESULT = "no result"
_PASSING = {_NO_RESULT, "times out"}

_failures: dict[str, str] = {}


def failure(module: str, proof: str) -> str:
    """Return why a module does not work; nothing if it does.

    It is tried whether two guests can import and use its package at once, and end.

    Args:
        module: its name.
        proof: a file that changes when the outcome may.
    """
    package = outermost(module)
    key = cache.key_of(proof, package)
    if key not in _failures:
        folder = cache.folder("trials")
        known = None if folder is None else os.path.join(folder, f"{key}.json")
        reason = None if known is None else _read(known)
        if reason is None:
            row = _try(package)
            reason = _reason(row)
            # A machine that is busy today may not be so tomorrow.
            if known is not None and row["private"] not in _PASSING:
                _write(known, reason)
        _failures[key] = reason
    return _failures[key]


def _try(package: str) -> dict[str, str]:
    print(f"subinterp: trying {package!r} in a child process, once", file=sys.stderr)
    # -P: nothing of the working directory but what sys.path says.
    # Not the one of the guest's virtual environment, which need not be there.
    python = getattr(sys, "_base_executable", sys.executable)
    check = [python, "-P", "-m", "subinterp", "check", "--json"]
    # The same modules as here; and nothing else that the host has changed.
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [*check, "--kind=private", f"--timeout={_SECONDS}", package],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    try:
        row: dict[str, str] = json.loads(done.stdout)[0]
    except ValueError:
        last = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        last = last or f"exit status {done.returncode}"
        return {"private": _NO_RESULT, "reason": last}
    return row


def _reason(row: dict[str, str]) -> str:
    if row["private"] in {"works", "slow path"}:
        return ""
    return f"tried in a child process: {row['private']}: {row['reason']}"


def _read(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8") as file:
            return str(json.load(file)["failure"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write(path: str, reason: str) -> None:
    new = f"{path}.{os.getpid()}-{os.urandom(4).hex()}"
    with suppress(OSError):
        with open(new, "x", encoding="utf-8") as file:
            json.dump({"failure": reason}, file)
        os.rename(new, path)
