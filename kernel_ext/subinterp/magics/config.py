"""What users set in configuration files, on the command line and with ``%config``."""

from __future__ import annotations

from typing import Any

from traitlets import Bool, Enum, Integer, TraitError, Unicode, validate
from traitlets.config import Configurable

from subinterp.names import check_name
from subinterp.settings import private_refusal

__all__ = ["Subinterp"]

_MIB = 1024 * 1024


class Subinterp(Configurable):
    """The settings of the extension; a change takes effect at once.

    ``c.Subinterp.pool_size = 2`` in a configuration file, ``--Subinterp.pool_size=2``
    on the command line, ``%config SubinterpMagics.pool_size = 2`` in a notebook.
    """

    pool_size = Integer(
        1,
        min=0,
        help="How many interpreters are kept ready in the background, so that the "
        "first cell under a new name does not wait; each takes about 13 MiB. 0: none.",
    ).tag(config=True)
    replay_size = Integer(
        16 * _MIB,
        min=0,
        help="How many bytes of a run's output are kept for `%subinterp output`, "
        "counted from its end.",
    ).tag(config=True)
    badge = Bool(
        True,
        help="Whether a background cell shows the state of its runs.",
    ).tag(config=True)
    gil = Enum(
        ("own", "shared"),
        "own",
        help="Whether interpreters that cells and `%subinterp create` make have a GIL "
        "of their own, or share the notebook's; only the former are kept ready.",
    ).tag(config=True)
    extensions = Enum(
        ("strict", "private"),
        "strict",
        help="Whether interpreters that cells and `%subinterp create` make, with a GIL "
        "of their own, refuse the extension modules that are not made for this, or "
        "load copies of their own.",
    ).tag(config=True)
    memory_floor = Integer(
        64,
        min=0,
        help="How many MiB of memory must be free for another interpreter to be made.",
    ).tag(config=True)
    use = Unicode(
        "",
        help="The interpreter that plain cells run in from the start, as after "
        "`%subinterp use NAME`; empty: the notebook's own.",
    ).tag(config=True)

    @validate("extensions")
    def _check_extensions(self, proposal: Any) -> str:
        extensions: str = proposal["value"]
        if extensions == "private" and (refusal := private_refusal()) is not None:
            raise TraitError(refusal)
        return extensions

    @validate("use")
    def _check_use(self, proposal: Any) -> str:
        name: str = proposal["value"]
        try:
            return name and check_name(name)
        except ValueError as error:
            raise TraitError(str(error)) from None
