"""Run packages' own tests in the host and in guests, and tell what differs.

python -m package_suites numpy scipy      in the host, then in a guest
python -m package_suites --twice numpy    in two guests at once

Each run is a process of its own. The exit status is 1 if a test ends in another way in
a guest than in the host, and that is not known; or if a process does not end well.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree as ET

from .suites import SUITES, Suite

# The guests' program makes no difference of packages that are known to work.
_HOST = """
import sys, pytest
pytest.main(sys.argv[2:] + [f"--junitxml={sys.argv[1]}"])
"""
_GUESTS = """
import sys
import subinterp
files, arguments = sys.argv[1].split(","), sys.argv[2:]
guests = [subinterp.create(f"g{n}", extensions="private") for n in range(len(files))]
runs = []
for guest, file in zip(guests, files):
    guest.push(arguments=[*arguments, f"--junitxml={file}"])
    guest.exec('''
import sys, types
# CPython refuses this one, which whole modules of tests import for one of them.
without = types.ModuleType("tracemalloc")
without.is_tracing = lambda: False
without.get_object_traceback = lambda source: None
sys.modules["tracemalloc"] = without
''')
    runs.append(guest.start("import pytest; pytest.main(arguments)"))
for run in runs:
    run.result()
subinterp.close_all(60)
"""
# These look at threads, signals or processes of the host's.
_PLUGINS = ("asyncio", "cacheprovider", "faulthandler", "timeout", "xdist")


def main() -> int:
    """Run what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--twice", action="store_true", help="in two guests at once")
    parser.add_argument("names", nargs="*", help=f"of: {', '.join(SUITES)}")
    options = parser.parse_args()
    names = options.names or ["numpy", "scipy", "pandas", "scikit-learn"]
    return max(run(name, SUITES[name], 1 + options.twice) for name in names)


def run(name: str, suite: Suite, guests: int) -> int:
    """Run one suite; print what differs."""
    with tempfile.TemporaryDirectory() as folder:
        host = Path(folder, "host.xml")
        files = [Path(folder, f"guest{number}.xml") for number in range(guests)]
        statuses = {
            "host": _run(_HOST, suite, str(host)),
            "guests": _run(_GUESTS, suite, ",".join(map(str, files))),
        }
        wrong = [f"{who} ended with status {n}" for who, n in statuses.items() if n]
        expected = _outcomes(host)
        print(f"{name} in the host: {_counts(expected)}")
        for file in files:
            found = _outcomes(file)
            print(f"{name} in a guest: {_counts(found)}")
            wrong += _differences(expected, found, suite)
    for line in wrong:
        print(f"  {line}")
    return bool(wrong)


def _run(program: str, suite: Suite, results: str) -> int:
    # Elsewhere, or it would find this project's settings.
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "pytest.ini").write_text("[pytest]\n")
        arguments = [
            "-qq",
            "--disable-warnings",
            "--show-capture=no",
            *(f"-pno:{plugin}" for plugin in _PLUGINS),
            "--pyargs",
            *suite.packages,
            *suite.options,
        ]
        return subprocess.run(
            [sys.executable, "-c", program, results, *arguments],
            cwd=folder,
            check=False,
        ).returncode


def _outcomes(file: Path) -> dict[str, str]:
    """Return how each test ended."""
    if not file.exists():
        return {}
    outcomes: dict[str, str] = {}
    for case in ET.parse(file).iter("testcase"):  # our own file
        name = f"{case.get('classname')}::{case.get('name')}"
        ends = {child.tag for child in case} & {"failure", "error", "skipped"}
        outcomes[name] = min(ends, default="passed")
    return outcomes


def _counts(outcomes: dict[str, str]) -> str:
    ends = sorted(set(outcomes.values()))
    return ", ".join(f"{list(outcomes.values()).count(e)} {e}" for e in ends)


def _differences(
    expected: dict[str, str], found: dict[str, str], suite: Suite
) -> list[str]:
    lines = []
    for name in expected | found:
        before, now = expected.get(name, "not run"), found.get(name, "not run")
        if before == now or any(part in name for part in suite.differences):
            continue
        lines.append(f"{name}: {before} in the host, {now} in a guest")
    return lines


if __name__ == "__main__":
    sys.exit(main())
