"""What code in a guest asks the user."""

from __future__ import annotations

import marshal
from dataclasses import dataclass
from typing import Any, Protocol, Self

__all__ = ["Question"]


class Asker(Protocol):
    """What a question needs of the native guest that asks it."""

    def answer(self, question: int, answer: bytes) -> bool: ...
    def awaits(self, question: int) -> bool: ...


@dataclass(frozen=True)
class Question:
    """One line that a guest waits for. For all threads; the first answer counts."""

    asker: Asker
    id: int
    prompt: str
    password: bool
    """What the user types is not to be shown."""

    @classmethod
    def of(cls, asker: Asker, name: str, content: dict[str, Any]) -> Self:
        """Take a question as the guest of that name has sent it."""
        prompt = f"[{name}] {content['prompt']}"
        return cls(asker, content["question"], prompt, content["password"])

    @property
    def is_open(self) -> bool:
        """Whether the guest waits: no answer, no interrupt, no end of its run yet."""
        return self.asker.awaits(self.id)

    def answer(self, text: str | None) -> None:
        """Hand over the line, without its end; None is the end of input."""
        self.asker.answer(self.id, marshal.dumps(text))

    def refuse(self) -> None:
        """Tell the guest that nobody can answer."""
        self.asker.answer(self.id, b"")
