"""
The pages for managers, ``docs/presets/*.md``: every ledger they print is one that a test has seen.

A page prints its example between ``` marks. A test that plays the example asks the page for the
lines it expects, and fails if the page prints others.
"""

import re
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "docs" / "presets"
LEDGER = re.compile(r"^```ledger\n(.*?)^```", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Page:
    """A page, and the ledgers that it prints."""

    name: str
    ledgers: tuple[list[str], ...]

    def lines(self, *expected: str) -> list[str]:
        """Return these lines, once it is sure that the page prints them too."""
        assert list(expected) in self.ledgers, f"docs/presets/{self.name}.md prints other lines"
        return list(expected)


def page_of(preset: str) -> Page:
    text = (FOLDER / f"{preset}.md").read_text(encoding="utf-8")
    # Beside a line the page says in brackets what happened.
    ledgers = [
        [re.sub(r"\s{2,}.*$", "", line) for line in block.splitlines()]
        for block in LEDGER.findall(text)
    ]
    return Page(preset, tuple(ledgers))
