"""Words that lines are asked about: any of the lines has one, all have, or none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from rewards.earning.words import WordList
from rewards.programmes.values import read_choice, read_words

MATCHES: Final = ("any", "all", "none")


@dataclass(frozen=True, slots=True)
class LineWords:
    words: WordList
    match: str

    def hold(self, found: Sequence[str]) -> bool:
        """Say whether the words of the lines are such. Of no lines there is never any nor all."""
        if self.match == "all":
            return bool(found) and all(word in self.words for word in found)
        return any(word in self.words for word in found) is (self.match == "any")

    def which(self, found: Sequence[str]) -> list[str]:
        """Return the words that decided: those that are on the list, or for all that are not."""
        return sorted({word for word in found if (word in self.words) is (self.match != "all")})


def read_line_words(row: Mapping[str, Any], path: str) -> LineWords:
    """
    Read ``in`` and ``match``.

    :raises InvalidDefinition: If they cannot be used.
    """
    return LineWords(
        WordList.of(read_words(row.get("in"), f"{path}.in")),
        read_choice(row.get("match", "any"), MATCHES, f"{path}.match"),
    )
