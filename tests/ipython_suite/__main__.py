"""Run IPython's own tests inside a guest and in the host, and compare the outcomes.

    cd tests && python -m ipython_suite [test_magic.py ...]

Each module runs in processes of its own: against terminal IPython, as its authors run
it, against the shell of a kernel, and against a guest's shell inside that guest. The
source with the tests comes from the package index, in the version that is installed. A
difference that ``docs/ipython.md`` does not name, or names and is none, fails the run.
"""

from __future__ import annotations

import argparse
import json
import sys
from importlib.metadata import version

from .page import PAGE, rows, unexplained, unmet
from .suite import BUILD, PLACES, Suite, counts, module_of

__all__: list[str] = []


def _main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("modules", nargs="*", help="test_magic.py, say; default: all")
    suite = Suite(parser.parse_args().modules)
    suite.run(suite.modules)
    known = rows(f"{sys.version_info.major}.{sys.version_info.minor}")
    known = [row for row in known if module_of(row.test) in suite.modules]
    differences = suite.differences()
    # Some of the tests measure times: a difference counts if it comes twice.
    doubtful = {module_of(one.test) for one in unexplained(differences, known)}
    doubtful |= {
        module_of(row.test) for row in unmet(differences, known, suite.tests())
    }
    if doubtful:
        print("Once more, to be sure:")
        suite.run(sorted(doubtful))
        differences = suite.differences()
    report = {
        "ipython": version("ipython"),
        "python": sys.version,
        "counts": {place: counts(suite.outcomes[place]) for place in PLACES},
        "differences": [vars(one) for one in differences],
    }
    path = BUILD / "differences.json"
    path.write_text(json.dumps(report, indent=1))
    for place in PLACES:
        print(f"{place:8} {counts(suite.outcomes[place])}")
    print(f"{len(differences)} differences, in {path}")
    new = unexplained(differences, known)
    old = unmet(differences, known, suite.tests())
    for one in new:
        print(f"not in {PAGE.name}:", one.test, *one.outcomes, one.said)
    for row in old:
        print(f"not so, as {PAGE.name} says:", row.test, *row.outcomes)
    return 1 if new or old else 0


if __name__ == "__main__":
    sys.exit(_main())
