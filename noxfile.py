"""The checks in environments of their own: ``nox -l`` lists them.

``make`` is the shorter way for the Python at hand; this is the way to go through all
supported versions, and to test what is uploaded rather than what is checked out.
"""

from __future__ import annotations

import os

import nox

nox.needs_version = ">=2025.5"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.sessions = ["tests", "lint"]

PYPROJECT = nox.project.load_toml("pyproject.toml")
VERSIONS = nox.project.python_versions(PYPROJECT, max_version="3.15")


def group(name: str) -> list[str]:
    """Return the requirements of a dependency group."""
    return list(nox.project.dependency_groups(PYPROJECT, name))


@nox.session(python=VERSIONS)
def tests(session: nox.Session) -> None:
    """Run the tests; arguments go to pytest."""
    session.install(".", *group("test"))
    session.run("pytest", *session.posargs)


@nox.session(python=VERSIONS)
def integrations(session: nox.Session) -> None:
    """Try the packages that people use; arguments go to pytest."""
    session.install("--prefer-binary", ".", *group("integrations"))
    session.run("pytest", "tests/integrations", *session.posargs)


@nox.session(python=VERSIONS)
def packages(session: nox.Session) -> None:
    """Print what becomes of packages in each kind of guest; arguments name some."""
    session.install("pip", ".")
    session.run("python", "tools/packages.py", *session.posargs)


@nox.session(python=VERSIONS)
def ipython(session: nox.Session) -> None:
    """Run IPython's own tests in a guest and in the host; arguments name modules."""
    session.install(".", *group("ipython"))
    suite = ("python", "-m", "ipython_suite")
    session.run(*suite, *session.posargs, env={"PYTHONPATH": "tests"})


@nox.session(python=VERSIONS)
def package_suites(session: nox.Session) -> None:
    """Run packages' own tests in a guest with private copies; arguments name some."""
    session.install("--prefer-binary", ".", *group("integrations"))
    suites = ("python", "-m", "package_suites")
    session.run(*suites, *session.posargs, env={"PYTHONPATH": "tests"})


@nox.session(python="3.13")
def browser(session: nox.Session) -> None:
    """Drive JupyterLab in Chromium, or in what $CHROMIUM names."""
    session.install(".", *group("browser"))
    chromium = os.environ.get("CHROMIUM", "chromium")
    session.run("pytest", "tests/browser", *session.posargs, env={"CHROMIUM": chromium})


@nox.session(python="3.13")
def lint(session: nox.Session) -> None:
    """Run all the static checks, in the .venv that make lint uses."""
    session.run("make", "lint", external=True)


@nox.session(python="3.13")
def demo(session: nox.Session) -> None:
    """Run the quickstart notebook."""
    session.install(".", *group("demo"))
    session.run("python", "notebooks/demo.py")


@nox.session(python="3.13")
def bench(session: nox.Session) -> None:
    """Measure; arguments go to benchmarks/run.py."""
    session.install(".", *group("bench"))
    session.run("python", "benchmarks/run.py", *session.posargs)


@nox.session(python="3.13")
def types(session: nox.Session) -> None:
    """Check that the public interface is completely typed, as its users see it."""
    session.install(".", "basedpyright")
    session.run("basedpyright", "--ignoreexternal", "--verifytypes", "subinterp")


@nox.session(python="3.13")
def dist(session: nox.Session) -> None:
    """Build the sdist and, from it, the wheel; look at both as an index would."""
    session.install("build", "twine")
    session.run("rm", "-rf", "dist", external=True)
    session.run("python", "-m", "build")
    session.run("twine", "check", "--strict", "dist/*")


@nox.session(python="3.13")
def sanitize(session: nox.Session) -> None:
    """Run the tests with AddressSanitizer and UBSan in the extension."""
    session.install(*group("build"), *group("test"))
    session.install(
        "--no-build-isolation",
        "--config-settings=cmake.define.SUBINTERP_SANITIZE=ON",
        "--config-settings=build-dir=build/sanitize-wheel",
        ".",
    )
    preload = []
    for library in ("libasan.so", "libstdc++.so"):
        found = session.run(
            "g++", f"-print-file-name={library}", external=True, silent=True
        )
        preload.append(str(found).strip())
    session.run(
        "pytest",
        *session.posargs,
        env={
            "LD_PRELOAD": " ".join(preload),
            # CPython keeps memory to the end on purpose.
            "ASAN_OPTIONS": "detect_leaks=0",
        },
    )
