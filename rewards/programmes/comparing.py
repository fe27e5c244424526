"""What changes from one version to another: rule by rule, setting by setting, in words. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from rewards.programmes.drafting import lists_of_rules
from rewards.programmes.sentences import (
    Part,
    Speaker,
    name_in,
    tell_campaign,
    tell_rule,
    tell_settings,
    tell_tier,
    tell_unit_names,
)

Row = Mapping[str, Any]


class Change(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing said before and after; empty where it was not said."""

    code: str
    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Changed:
    """A rule, a campaign or a tier that is not what it was."""

    code: str
    name: str
    change: Change
    differences: tuple[Difference, ...] = ()
    campaign: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    rules: tuple[Changed, ...]
    campaigns: tuple[Changed, ...]
    tiers: tuple[Changed, ...]
    settings: tuple[Difference, ...]
    names: tuple[Difference, ...]

    @property
    def count(self) -> int:
        parts: tuple[Sequence[Any], ...] = (
            self.rules,
            self.campaigns,
            self.tiers,
            self.settings,
            self.names,
        )
        return sum(map(len, parts))


Tell = Callable[[Row, Speaker], list[Part]]


def compare(before: Row, after: Row, *, speakers: tuple[Speaker, Speaker]) -> Comparison:
    """
    Return what is different in ``after``, each side told by its own speaker.

    A rule that only stands at another place among those that were there before is ``moved``.
    """
    old, new = speakers
    return Comparison(
        rules=tuple(_compare_rules(before, after, speakers)),
        campaigns=tuple(
            _compare_rows(
                before.get("campaigns", []), after.get("campaigns", []), tell_campaign, speakers
            )
        ),
        tiers=tuple(
            _compare_rows(before.get("tiers", []), after.get("tiers", []), tell_tier, speakers)
        ),
        settings=_differences(
            tell_settings(before.get("settings", {}), old),
            tell_settings(after.get("settings", {}), new),
        ),
        names=_differences(
            tell_unit_names(before.get("settings", {}), old),
            tell_unit_names(after.get("settings", {}), new),
        ),
    )


def _compare_rules(before: Row, after: Row, speakers: tuple[Speaker, Speaker]) -> Iterator[Changed]:
    old, new = (dict(lists_of_rules(dict(document))) for document in (before, after))
    for campaign in dict.fromkeys([*old, *new]):
        yield from _compare_rows(
            old.get(campaign, []), new.get(campaign, []), tell_rule, speakers, campaign
        )


def _compare_rows(
    before: Sequence[Row],
    after: Sequence[Row],
    tell: Tell,
    speakers: tuple[Speaker, Speaker],
    campaign: str = "",
) -> Iterator[Changed]:
    old_by_code = {row["code"]: row for row in before}
    new_by_code = {row["code"]: row for row in after}
    old_order = [code for code in old_by_code if code in new_by_code]
    new_order = [code for code in new_by_code if code in old_by_code]
    moved = _moved(old_order, new_order)
    for code, row in new_by_code.items():
        old = old_by_code.get(code)
        told_before = tell(old, speakers[0]) if old else []
        differences = _differences(told_before, tell(row, speakers[1]))
        name = name_in(row.get("names"), speakers[1].language, code)
        if old is None:
            yield Changed(code, name, Change.ADDED, differences, campaign)
        elif differences:
            yield Changed(code, name, Change.CHANGED, differences, campaign)
        elif code in moved:
            yield Changed(code, name, Change.MOVED, (), campaign)
    for code, row in old_by_code.items():
        if code not in new_by_code:
            name = name_in(row.get("names"), speakers[0].language, code)
            differences = _differences(tell(row, speakers[0]), [])
            yield Changed(code, name, Change.REMOVED, differences, campaign)


def _moved(old_order: list[str], new_order: list[str]) -> set[str]:
    """Return what stands at another place, but what merely made room for it."""
    moved: set[str] = set()
    old, new = list(old_order), list(new_order)
    while old != new:
        # Whoever is farthest from its old place has moved; take it out and look again.
        code = max(new, key=lambda each: abs(new.index(each) - old.index(each)))
        moved.add(code)
        old.remove(code)
        new.remove(code)
    return moved


def _differences(before: Iterable[Part], after: Iterable[Part]) -> tuple[Difference, ...]:
    old = {part.code: part for part in before}
    new = {part.code: part for part in after}
    # In the order in which the later side tells it; what it does not say comes last.
    return tuple(
        Difference(code, (new.get(code) or old[code]).label, text_before, text_after)
        for code in dict.fromkeys([*new, *old])
        for text_before in [old[code].text if code in old else ""]
        for text_after in [new[code].text if code in new else ""]
        if text_before != text_after
    )
