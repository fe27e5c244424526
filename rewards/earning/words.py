"""Lists of codes in which a star at the end stands for the rest: ``MUG-*``."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WordList:
    """Words compared letter by letter; ``beginnings`` are those that were written with a star."""

    words: frozenset[str] = frozenset()
    beginnings: tuple[str, ...] = ()

    @classmethod
    def of(cls, words: Iterable[str]) -> "WordList":
        written = tuple(words)
        return cls(
            frozenset(word for word in written if not word.endswith("*")),
            tuple(sorted({word[:-1] for word in written if word.endswith("*")})),
        )

    def __contains__(self, word: str) -> bool:
        # startswith() of an empty tuple is never true.
        return word in self.words or word.startswith(self.beginnings)

    def __bool__(self) -> bool:
        return bool(self.words or self.beginnings)
