#!/usr/bin/env python3
"""Print what becomes of packages that people use in each kind of guest.

    python tools/packages.py [--timeout S] [DISTRIBUTION...]

Installs them into this Python's environment, where there is a wheel, and has
``python -m subinterp check`` try them; ``nox -s packages`` does that on each Python.
What works in private copies goes into ``subinterp_guest/private/known.py``.
"""

from __future__ import annotations

import argparse
import subprocess
import sys

# Distributions; the name of the import behind those that have another one.
PACKAGES = """\
numpy scipy pandas matplotlib scikit-learn=sklearn statsmodels xgboost-cpu=xgboost
numexpr numba pyarrow polars duckdb h5py shapely opencv-python-headless=cv2 pillow=PIL
contourpy kiwisolver orjson pydantic msgpack pyyaml=yaml lxml protobuf=google.protobuf
regex rpds-py=rpds tokenizers tiktoken sqlalchemy aiohttp grpcio=grpc pyzmq=zmq
cryptography cffi greenlet psutil markupsafe multidict xxhash
"""


def main() -> int:
    """Install, check and print; return the exit status of the check."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("distributions", metavar="DISTRIBUTION", nargs="*")
    # Importing SciPy takes a while on a busy machine, three times as long at once.
    parser.add_argument("--timeout", metavar="S", default="300")
    options = parser.parse_args()
    names = dict(entry.partition("=")[::2] for entry in PACKAGES.split())
    wanted = options.distributions or names
    modules = [names.get(name) or name for name in wanted if install(name)]
    check = [sys.executable, "-m", "subinterp", "check", "--timeout", options.timeout]
    return subprocess.run([*check, *modules], check=False).returncode if modules else 1


def install(distribution: str) -> bool:
    """Install the newest wheel; say so where there is none for this Python."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--only-binary=:all:"]
    done = subprocess.run([*pip, distribution], check=False, capture_output=True)
    if done.returncode:
        print(f"{distribution}: no wheel can be installed", file=sys.stderr)
    return not done.returncode


if __name__ == "__main__":
    raise SystemExit(main())
