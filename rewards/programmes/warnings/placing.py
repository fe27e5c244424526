"""Rules where they stand: their campaign, their days, what must be true, and what is known."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final

from rewards.programmes.drafting import lists_of_rules

Row = Mapping[str, Any]
# Of these an activity has one value, so two lists without a common word are a contradiction.
OF_ONE_VALUE: Final = frozenset({"tier", "country", "channel", "weekday"})


@dataclass(frozen=True, slots=True)
class RuleWarning:
    """``code`` says what is wrong, ``figures`` with which words; a rule or campaign is named."""

    code: str
    rule: str = ""
    figures: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """
    What exists: ``skus`` and ``categories`` are those of the asked words that were ordered lately
    (a word with a star counts where anything fits it), ``segments`` those with anybody in them.
    """

    skus: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    segments: frozenset[str] = frozenset()
    ends_on: date | None = None
    decimals: int = 0


@dataclass(frozen=True, slots=True)
class Placed:
    """A rule with the campaign it belongs to, if any, and its place in the order of judging."""

    rule: Row
    campaign: Row
    place: tuple[int, int]

    @property
    def code(self) -> str:
        return str(self.rule["code"])

    @property
    def window(self) -> tuple[str, str]:
        """First day and first day after, as ISO texts that compare like days."""
        starts = [row.get("starts_on") or "" for row in (self.rule, self.campaign)]
        ends = [row.get("ends_on") or "9999-12-31" for row in (self.rule, self.campaign)]
        for leaf in self.leaves:
            if leaf.get("kind") == "dates":
                starts.append(leaf.get("from") or "")
                ends.append(leaf.get("until") or "9999-12-31")
        return max(starts), min(ends)

    @property
    def leaves(self) -> list[Row]:
        """The conditions that all must be true, without those under *any* and *not*."""
        return [*all_of(self.rule.get("when")), *all_of(self.campaign.get("audience"))]

    @property
    def is_capped(self) -> bool:
        return bool(
            self.rule.get("caps") or self.campaign.get("caps") or self.campaign.get("budget")
        )


def place_rules(document: Row) -> Iterator[Placed]:
    """Yield every rule; the campaigns come after the rules of the programme."""
    campaigns = {row["code"]: row for row in document.get("campaigns", [])}
    number = 0
    for campaign, rules in lists_of_rules(dict(document)):
        for rule in rules:
            place = (-int(rule.get("priority") or 0), number)
            yield Placed(rule, campaigns.get(campaign, {}), place)
            number += 1


def all_of(tree: Row | None) -> list[Row]:
    if not tree:
        return []
    if "all" in tree:
        return [leaf for part in tree["all"] for leaf in all_of(part)]
    return [tree] if "kind" in tree else []


def every_leaf(tree: Row | None) -> list[Row]:
    if not tree:
        return []
    parts = [*tree.get("all", ()), *tree.get("any", ())]
    parts += [tree["not"]] if "not" in tree else []
    return [tree] if "kind" in tree else [leaf for part in parts for leaf in every_leaf(part)]


def refused(tree: Row | None) -> list[Row]:
    """Return the conditions that must not be true, of those on the first level."""
    parts = tree.get("all", [tree]) if tree else []
    return [part["not"] for part in parts if "not" in part]


def excludes(one: Row, other: Row) -> bool:
    if one["kind"] in OF_ONE_VALUE and "in" in one and "in" in other:
        return not set(one["in"]) & set(other["in"])
    if one["kind"] in {"amount", "quantity"}:
        joined = {
            "at_least": max(Decimal(str(leaf.get("at_least") or 0)) for leaf in (one, other)),
            "below": min(Decimal(str(leaf.get("below") or "Infinity")) for leaf in (one, other)),
        }
        return joined["at_least"] >= joined["below"]
    return one["kind"] == "electronic" and one.get("is", True) != other.get("is", True)
