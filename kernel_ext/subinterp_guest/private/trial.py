"""Tries a package in private copies, in a child process, once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress

from . import cache

__all__ = ["failure"]

_SECONDS = 60

_failures: dict[str, str] = {}


def failure(module: str, proof: str) -> str:
    """Return why a module does not work; nothing if it does.

    It is tried whether two guests can import and use its package at once, and end.

    Args:
        module: its name.
        proof: a file that changes when the outcome may.
    """
    package = module.partition(".")[0]
    key = cache.key_of(proof, package)
    if key not in _failures:
        folder = cache.folder("trials")
        known = None if folder is None else os.path.join(folder, f"{key}.json")
        reason = None if known is None else _read(known)
        if reason is None:
            reason = _try(package)
            if known is not None:
                _write(known, reason)
        _failures[key] = reason
    return _failures[key]


def _try(package: str) -> str:
    print(f"subinterp: trying {package!r} in a child process, once", file=sys.stderr)
    command = [sys.executable, "-m", "subinterp", "check", "--json", package]
    # The same modules as here; and nothing else that the host has changed.
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [*command, f"--timeout={_SECONDS}"],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    try:
        row = json.loads(done.stdout)[0]
    except ValueError:
        last = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        return f"it could not be tried: {last or f'status {done.returncode}'}"
    if row["private"] in {"works", "slow path"}:
        return ""
    return f"tried in a child process, it {row['private']}: {row['private_reason']}"


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
