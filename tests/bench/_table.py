"""One table a run: what, ours, reference, ratio, goal, held or not."""

import json
import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One goal, measured: the medians, and the lowest and highest ratio of the rounds."""

    name: str
    what: str
    unit: str
    ours: float
    reference: float
    against: str
    ratio: float
    lowest: float
    highest: float
    goal: float
    at_most: bool = False
    note: str = ""

    @property
    def held(self) -> bool:
        return self.ratio <= self.goal if self.at_most else self.ratio >= self.goal

    def as_row(self) -> tuple[str, ...]:
        return (
            self.name,
            self.what,
            f"{self.ours:,.4g} {self.unit}",
            f"{self.reference:,.4g} {self.against}",
            f"{self.ratio:.2f}x ({self.lowest:.2f}-{self.highest:.2f})",
            f"{'at most' if self.at_most else 'at least'} {self.goal:g}x",
            "held" if self.held else "NOT HELD",
        )


HEADINGS = ("", "what", "ours", "reference", "ratio, median (spread)", "goal", "")


def compare(
    ours: Sequence[float],
    reference: Sequence[float],
    *,
    divide: Callable[[float, float], float] = lambda mine, other: mine / other,
    **said: object,
) -> Finding:
    """Make a finding of paired rounds: the ratio is taken inside each round, then the median."""
    ratios = [divide(mine, other) for mine, other in zip(ours, reference, strict=True)]
    return Finding(
        ours=statistics.median(ours),
        reference=statistics.median(reference),
        ratio=statistics.median(ratios),
        lowest=min(ratios),
        highest=max(ratios),
        **said,  # type: ignore[arg-type]  # the rest of the fields, by name
    )


def print_table(findings: Sequence[Finding]) -> None:
    rows = [HEADINGS, *(finding.as_row() for finding in findings)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    for row in rows:
        print(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        )
    for finding in findings:
        if finding.note:
            print(f"{finding.name}: {finding.note}")


def write_json(findings: Sequence[Finding], path: Path, **about: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [{**asdict(finding), "held": finding.held} for finding in findings]
    path.write_text(json.dumps({**about, "findings": rows}, indent=2) + "\n")
