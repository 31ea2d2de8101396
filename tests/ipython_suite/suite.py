"""IPython's test modules, fetched, and run in three places."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path

from .page import Difference

__all__ = ["BUILD", "PLACES", "Suite", "counts", "module_of"]

PLACES = ("terminal", "kernel", "guest")
_TESTS = Path(__file__).parents[1]
BUILD = _TESTS.parent / "build" / "ipython"
# Seconds for one module; the longest takes half a minute, on an idle machine.
_TIMEOUT = 900

type Outcomes = dict[str, tuple[str, str]]
"""By test: how it went, and what pytest said of it."""


class Suite:
    """Modules of IPython's tests, and how their tests went in each place."""

    def __init__(self, modules: list[str]) -> None:
        """Take these modules; all if there are none."""
        self._source = _fetch()
        files = sorted(self._source.glob("tests/test_*.py"))
        self.modules = modules or [file.name for file in files]
        self.outcomes: dict[str, Outcomes] = {place: {} for place in PLACES}

    def run(self, modules: list[str]) -> None:
        """Run modules everywhere, or run them again."""
        jobs = [(place, module) for module in modules for place in PLACES]
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            ended = pool.map(lambda job: _run(self._source, *job), jobs)
            for (place, module), outcomes in zip(jobs, ended, strict=True):
                known = self.outcomes[place]
                for test in [test for test in known if module_of(test) == module]:
                    del known[test]
                known.update(outcomes)
                print(f"{place:8} {module:32} {counts(outcomes)}", flush=True)

    def tests(self) -> list[str]:
        """Return all tests, and the modules that failed as such in some place."""
        return sorted({test for place in PLACES for test in self.outcomes[place]})

    def differences(self) -> list[Difference]:
        """Find the tests that go otherwise in a guest than in terminal IPython."""
        found = []
        for test in self.tests():
            module = module_of(test)
            # Where there is no test of the module, one difference tells it.
            if test != module and any(
                module in self.outcomes[place] and test not in self.outcomes[place]
                for place in PLACES
            ):
                continue
            missing = "passed" if test == module else "-", ""
            terminal, kernel, guest = (
                self.outcomes[place].get(test, missing) for place in PLACES
            )
            if guest[0] != terminal[0]:
                outcomes = terminal[0], kernel[0], guest[0]
                found.append(Difference(test, outcomes, guest[1]))
        return found


def module_of(test: str) -> str:
    """Return the file that a test is in."""
    return test.partition("::")[0]


def counts(outcomes: Outcomes) -> str:
    """Tell how many went which way."""
    kinds = [outcome for outcome, _ in outcomes.values()]
    return ", ".join(f"{kinds.count(kind)} {kind}" for kind in sorted({*kinds}))


def _fetch() -> Path:
    """Give the source of the IPython that is installed, fetched if it is not there."""
    name = f"ipython-{version('ipython')}"
    folder = BUILD / name
    if not folder.exists():
        BUILD.mkdir(parents=True, exist_ok=True)
        requirement = name.replace("-", "==")
        options = ("--quiet", "--no-deps", "--no-binary=ipython", f"--dest={BUILD}")
        pip = (sys.executable, "-m", "pip", "download")
        subprocess.run([*pip, *options, requirement], check=True)
        with tarfile.open(BUILD / f"{name}.tar.gz") as archive:
            archive.extractall(BUILD, filter="data")
    return folder


def _run(source: Path, place: str, module: str) -> Outcomes:
    """Run a module in a place; a process that does not end well is an outcome, too."""
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder, "source")
        report = Path(folder, "report.json")
        # A copy: tests write beside themselves, and others run at the same time.
        shutil.copytree(source / "tests", here / "tests")
        for name in ("conftest.py", "pyproject.toml"):
            shutil.copy(source / name, here)
        command = (sys.executable, "-m", "ipython_suite.place", place, str(report))
        try:
            done = subprocess.run(
                [*command, f"tests/{module}"],
                cwd=here,
                env={**os.environ, "PYTHONPATH": str(_TESTS)},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=_TIMEOUT,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return {module: ("hangs", f"did not end within {_TIMEOUT} s")}
        outcomes: Outcomes = {}
        if report.exists():
            outcomes = {
                test.removeprefix("tests/"): (outcome, said)
                for test, (outcome, said) in json.loads(report.read_text()).items()
            }
        if done.returncode != 0 or not report.exists():
            last = done.stdout.decode("utf-8", "replace").strip().splitlines()[-1:]
            said = f"exit status {done.returncode}: {''.join(last)}"
            outcomes[module] = "dies", said
        return outcomes
