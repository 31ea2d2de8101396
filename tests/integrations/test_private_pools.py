"""Pools whose guests have private copies run what needs NumPy."""

from __future__ import annotations

import pytest

from subinterp import InterpreterPoolExecutor

from .packages import installed

pytestmark = pytest.mark.integrations


def _slope(n: int) -> float:
    import numpy as np

    return float(np.polyfit(np.arange(5), np.arange(5) * n, 1)[0])


@pytest.mark.timeout(120)
def test_a_pool_computes_with_numpy() -> None:
    installed("numpy")
    with InterpreterPoolExecutor(2, extensions="private") as pool:
        assert [round(slope) for slope in pool.map(_slope, range(4))] == [0, 1, 2, 3]


@pytest.mark.timeout(180)
def test_scikit_learn_searches_a_grid_in_guests() -> None:
    """By joblib; the outcome is that of one process."""
    installed("sklearn")
    from joblib import parallel_config
    from sklearn.datasets import load_iris
    from sklearn.model_selection import GridSearchCV
    from sklearn.tree import DecisionTreeClassifier

    import subinterp.joblib  # noqa: F401 - registers the backend

    def search(n_jobs: int) -> GridSearchCV:
        tree = DecisionTreeClassifier(random_state=0)
        grid = {"max_depth": [1, 2, 3, 4]}
        return GridSearchCV(tree, grid, n_jobs=n_jobs).fit(*load_iris(return_X_y=True))

    here = search(1)
    with parallel_config("subinterp", n_jobs=2, extensions="private"):
        there = search(2)

    scores = "mean_test_score"
    assert there.best_params_ == here.best_params_
    assert list(there.cv_results_[scores]) == list(here.cv_results_[scores])


@pytest.mark.timeout(120)
def test_dask_arrays_are_computed_in_guests() -> None:
    """Blocks go there and back as any value."""
    installed("dask")
    installed("numpy")
    import dask.array as da

    with InterpreterPoolExecutor(2, extensions="private") as pool:
        total = (da.arange(1000, chunks=250) ** 2).sum().compute(scheduler=pool)

    assert total == sum(n * n for n in range(1000))
