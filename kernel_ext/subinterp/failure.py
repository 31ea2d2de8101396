"""How the code of a guest failed, and the exception that stands for it in the host."""

from __future__ import annotations

import marshal
import pickle
import sys
from dataclasses import dataclass
from typing import Any

from .errors import ExecutionFailed, TransferError

__all__ = ["GuestError", "rebuild"]


@dataclass(frozen=True)
class GuestError:
    """An exception as it left the guest."""

    ename: str
    evalue: str
    traceback: list[str]
    """Lines as IPython shows them, in colour."""
    text: str
    """The same as plain text."""
    pickled: bytes | None
    transfer: dict[str, str] | None = None
    """Which value could not cross, and why; as ``TransferError`` takes it."""

    @classmethod
    def of(cls, outcome: bytes) -> GuestError:
        """Read the outcome of a run that failed."""
        return cls.from_facts(marshal.loads(outcome))

    @classmethod
    def from_facts(cls, facts: dict[str, Any]) -> GuestError:
        """Take what such an outcome says."""
        return cls(
            facts["ename"],
            facts["evalue"],
            facts["traceback"],
            facts["text"],
            facts.get("pickle"),
            facts.get("transfer"),
        )

    def failed(self, interpreter: str) -> ExecutionFailed | TransferError:
        """Give the exception that needs no class of the guest's."""
        if self.transfer is not None:
            return TransferError(interpreter, **self.transfer)
        return ExecutionFailed(self.ename, self.evalue, self.text)


def rebuild(error: GuestError, failed: ExecutionFailed) -> BaseException:
    """Give the guest's own exception, caused by ``failed``; else ``failed`` itself.

    Unpickling may import modules and run their code, so this belongs into the thread
    that wants the exception. In the pump thread it could wait for an import lock whose
    holder waits for the pump.
    """
    if error.pickled is None:
        return failed
    try:
        rebuilt = pickle.loads(error.pickled)
    except Exception:  # whatever it is, the host does not have this class
        return failed
    if not isinstance(rebuilt, BaseException) or _is_not_for_the_host(rebuilt):
        return failed
    rebuilt.__cause__ = failed
    return rebuilt


def _is_not_for_the_host(error: BaseException) -> bool:
    # Raised in the host, these would end the host's program or confuse its event loop,
    # which is not what they meant in the guest.
    asyncio: Any = sys.modules.get("asyncio")  # has been imported if it is one of these
    cancelled = () if asyncio is None else (asyncio.CancelledError,)
    return isinstance(error, (SystemExit, GeneratorExit, *cancelled))
