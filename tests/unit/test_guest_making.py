"""A guest's shell is made quickly, and nobody sees how."""

from __future__ import annotations

import pytest

from guests import guest


@pytest.mark.parametrize("collecting", [True, False])
def test_the_garbage_collector_is_as_it_was(collecting: bool) -> None:
    """It stands still only while the shell is made."""
    switch = "enable" if collecting else "disable"
    assert guest(
        f"""
        plain("import gc; gc.{switch}()")
        cell("print(gc.isenabled(), gc.get_freeze_count())")
        report(text())
        """
    ) == (f"{collecting} 0\n")


def test_garbage_of_cells_is_collected() -> None:
    """Also after all that the shell is made of has been set aside as old."""
    assert guest(
        """
        cell('''
        import gc, weakref
        class Knot: pass
        knot = Knot()
        knot.self = knot
        alive = weakref.ref(knot)
        del knot
        gc.collect()
        print(alive())
        ''')
        report(text())
        """
    ) == ("None\n")


def test_logging_is_configured_as_ever() -> None:
    """``logging.config`` is imported by who uses it, and traitlets can."""
    assert guest(
        """
        cell("import sys; print('logging.config' in sys.modules)")
        cell('''
        from traitlets.config import Application
        class App(Application): pass
        app = App(log_level="INFO")
        print(app.log.handlers[0].formatter._fmt)
        print('logging.config' in sys.modules)
        import logging.config
        print(logging.config.fileConfig.__module__)
        ''')
        report(text())
        """
    ) == ("False\n[%(name)s]%(highlevel)s %(message)s\nTrue\nlogging.config\n")


def test_logging_that_is_configured_already_stays() -> None:
    """A module that the guest's code has imported is the one that traitlets gets."""
    assert guest(
        """
        plain("import logging.config as mine")
        cell("import logging.config; print(logging.config is mine)")
        cell("import traitlets.config.application as app")
        cell("print(app.dictConfig is mine.dictConfig)")
        report(text())
        """
    ) == ("True\nTrue\n")
