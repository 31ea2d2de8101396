"""Which tests of which packages are run, and what may differ in a guest."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["SUITES", "Suite"]


@dataclass(frozen=True)
class Suite:
    """Test modules that a package comes with."""

    packages: tuple[str, ...]
    """Whose tests pytest collects (``--pyargs``)."""
    options: tuple[str, ...] = ()
    """More for pytest."""
    differences: dict[str, str] = field(default_factory=dict)
    """Tests that end in another way in a guest, and why; the end of their names."""


_NO_FORK = "it forks, which CPython forbids an isolated interpreter"
_NO_TRACEMALLOC = "it needs tracemalloc, which CPython forbids there as well"
_OF_NUMPY = {
    "test_xerbla_override": _NO_FORK,
    "TestCreation::test_tracemalloc": _NO_TRACEMALLOC,
}

SUITES = {
    "numpy": Suite(
        tuple(
            f"numpy.{part}"
            for part in (
                "_core",
                "lib",
                "linalg",
                "random",
                "fft",
                "ma",
                "polynomial",
                "matrixlib",
                "testing",
                "ctypeslib",
            )
        ),
        ("-m", "not slow"),
        _OF_NUMPY,
    ),
    "numpy-core": Suite(("numpy._core",), ("-m", "not slow"), _OF_NUMPY),
    # Some seconds of each kind of work: for every change.
    "numpy-short": Suite(
        ("numpy.linalg", "numpy.fft"),
        ("-m", "not slow"),
        _OF_NUMPY,
    ),
    "scipy": Suite(
        tuple(
            f"scipy.{part}"
            for part in (
                "linalg",
                "optimize",
                "spatial",
                "ndimage",
                "sparse.linalg",
                "integrate",
                "interpolate",
                "fft",
            )
        ),
        ("-m", "not slow"),
    ),
    "pandas": Suite(
        tuple(
            f"pandas.tests.{part}"
            for part in (
                "groupby",
                "reshape",
                "indexing",
                "io.json",
                "window",
                "arrays.string_",
            )
        ),
        ("-m", "not slow and not network"),
        {
            "test_to_json_datetime64_scalar_frees_dtype": _NO_TRACEMALLOC,
            "test_encode_failure_frees_grown_buffer": _NO_TRACEMALLOC,
        },
    ),
    "scikit-learn": Suite(
        (
            "sklearn.linear_model.tests.test_logistic",
            "sklearn.cluster.tests.test_k_means",
            "sklearn.tree.tests.test_tree",
        ),
    ),
}
