"""
What a manager should look at before publishing: rules that never match, get in each other's way,
or may cost without bound. Pure; nothing here refuses anything.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import combinations
from typing import Any, Final

from rewards.programmes.drafting import lists_of_rules

Row = Mapping[str, Any]

# Above these, a rule without a cap or budget is worth a second look.
FIXED_WORTH_MAX: Final = Decimal(50)
RATE_PERCENT_MAX: Final = Decimal(20)
TIMES_PERCENT_MAX: Final = 300

OF_MONEY: Final = frozenset({"per_money", "percent", "each_full", "stepped"})
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
    What exists: ``skus`` and ``categories`` are those of the asked words that were ever ordered
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
        return [*_all_of(self.rule.get("when")), *_all_of(self.campaign.get("audience"))]

    @property
    def is_capped(self) -> bool:
        return bool(
            self.rule.get("caps") or self.campaign.get("caps") or self.campaign.get("budget")
        )


def find_warnings(document: Row, *, today: date, known: Known) -> list[RuleWarning]:
    """Return what is worth a second look, in the order of the rules."""
    rules = list(place_rules(document))
    order = {placed.code: number for number, placed in enumerate(rules)}
    over = [placed for placed in rules if placed.window[1] <= today.isoformat()]
    # Of what is over nothing else matters any more.
    rules = [placed for placed in rules if placed not in over]
    found = [RuleWarning("over", placed.code, {"day": placed.window[1]}) for placed in over]
    for placed in rules:
        found += _never_matches(placed, known)
        found += _costs(placed, document, known)
    found += _unreachable(rules)
    found += _overlaps(rules)
    return sorted(found, key=lambda warning: order[warning.rule])


def place_rules(document: Row) -> Iterator[Placed]:
    """Yield every rule; the campaigns come after the rules of the programme."""
    campaigns = {row["code"]: row for row in document.get("campaigns", [])}
    number = 0
    for campaign, rules in lists_of_rules(dict(document)):
        for rule in rules:
            place = (-int(rule.get("priority") or 0), number)
            yield Placed(rule, campaigns.get(campaign, {}), place)
            number += 1


def words_asked(document: Row, kind: str) -> set[str]:
    """Return the SKUs (``sku``) or categories (``category``) that any rule names."""
    plural = {"sku": "skus", "category": "categories"}[kind]
    words: set[str] = set()
    for placed in place_rules(document):
        lines = placed.rule.get("lines") or {}
        words |= set(lines.get(f"include_{plural}") or ())
        words |= {
            word
            for leaf in _every_leaf(placed.rule.get("when"))
            if leaf.get("kind") == kind
            for word in leaf.get("in", ())
        }
    return words


def segments_asked(document: Row) -> set[str]:
    return {
        code
        for placed in place_rules(document)
        for tree in (placed.rule.get("when"), placed.campaign.get("audience"))
        for leaf in _every_leaf(tree)
        if leaf.get("kind") == "segment"
        for code in leaf.get("in", ())
    }


# ----------------------------------------------------------------- never matches


def _never_matches(placed: Placed, known: Known) -> Iterator[RuleWarning]:
    starts_on, ends_on = placed.window
    if ends_on <= starts_on:
        yield RuleWarning("no_common_day", placed.code)
    elif known.ends_on and starts_on >= known.ends_on.isoformat():
        yield RuleWarning("after_the_programme", placed.code, {"day": known.ends_on.isoformat()})
    yield from _unknown_words(placed, known)
    yield from _contradictions(placed)


def _unknown_words(placed: Placed, known: Known) -> Iterator[RuleWarning]:
    lines = placed.rule.get("lines") or {}
    asked: list[tuple[str, Iterable[str], frozenset[str]]] = [
        ("unknown_sku", lines.get("include_skus") or (), known.skus),
        ("unknown_category", lines.get("include_categories") or (), known.categories),
    ]
    by_kind = {
        "sku": ("unknown_sku", known.skus),
        "category": ("unknown_category", known.categories),
        "segment": ("empty_segment", known.segments),
    }
    for tree in (placed.rule.get("when"), placed.campaign.get("audience")):
        for leaf in _every_leaf(tree):
            if leaf.get("kind") in by_kind:
                code, there = by_kind[str(leaf["kind"])]
                asked.append((code, leaf.get("in", ()), there))
    for code, words, there in asked:
        if missing := [word for word in words if word not in there]:
            yield RuleWarning(code, placed.code, {"words": missing})


def _contradictions(placed: Placed) -> Iterator[RuleWarning]:
    leaves = placed.leaves
    for one, other in combinations(leaves, 2):
        if one.get("kind") == other.get("kind") and _excludes(one, other):
            yield RuleWarning("contradiction", placed.code, {"one": one, "other": other})
    for leaf in leaves:
        if leaf in _refused(placed.rule.get("when")):
            yield RuleWarning("contradiction", placed.code, {"one": leaf, "other": {"not": leaf}})
        if leaf.get("kind") in {"amount", "quantity"} and _is_empty(leaf):
            yield RuleWarning("contradiction", placed.code, {"one": leaf, "other": leaf})


def _excludes(one: Row, other: Row) -> bool:
    if one["kind"] in OF_ONE_VALUE and "in" in one and "in" in other:
        return not set(one["in"]) & set(other["in"])
    if one["kind"] in {"amount", "quantity"}:
        joined = {
            "at_least": max(Decimal(str(leaf.get("at_least") or 0)) for leaf in (one, other)),
            "below": min(Decimal(str(leaf.get("below") or "Infinity")) for leaf in (one, other)),
        }
        return joined["at_least"] >= joined["below"]
    return one["kind"] == "electronic" and one.get("is", True) != other.get("is", True)


def _is_empty(leaf: Row) -> bool:
    least, below = leaf.get("at_least"), leaf.get("below")
    return least is not None and below is not None and Decimal(str(least)) >= Decimal(str(below))


# ---------------------------------------------------------------- unbounded cost


def _costs(placed: Placed, document: Row, known: Known) -> Iterator[RuleWarning]:
    effect = placed.rule.get("effect", {})
    percents = [
        percent
        for row in (effect, *effect.get("steps", ()))
        if (percent := _percent_back(row, effect.get("kind", ""), document, known)) is not None
    ]
    highest = max(percents, default=Decimal(0))
    if highest > 100:
        yield RuleWarning("gives_more_than_all", placed.code, {"percent": highest})
    elif highest > RATE_PERCENT_MAX and not placed.is_capped:
        yield RuleWarning("high_rate", placed.code, {"percent": highest})
    if placed.is_capped:
        return
    if effect.get("kind") == "multiply" and int(effect["percent"]) > TIMES_PERCENT_MAX:
        yield RuleWarning("many_times", placed.code, {"percent": effect["percent"]})
    if effect.get("kind") in {"fixed", "per_quantity"}:
        worth = _worth(effect.get("units", 0), document, known)
        if worth > FIXED_WORTH_MAX:
            yield RuleWarning("high_worth", placed.code, {"worth": worth})


def _percent_back(row: Row, kind: str, document: Row, known: Known) -> Decimal | None:
    """Return how much of the money comes back, in percent; None where it is not of money."""
    if "percent" in row and kind != "multiply":
        return Decimal(str(row["percent"]))
    if "per" in row and kind in OF_MONEY and (per := Decimal(str(row["per"]))):
        return _worth(row.get("units", 0), document, known) / per * 100
    return None


def _worth(minor_units: int, document: Row, known: Known) -> Decimal:
    unit_value = Decimal(str(document.get("settings", {}).get("unit_value", "0")))
    return Decimal(minor_units).scaleb(-known.decimals) * unit_value


# ------------------------------------------------------------ in each other's way


def _unreachable(rules: Sequence[Placed]) -> Iterator[RuleWarning]:
    ordered = sorted(rules, key=lambda placed: placed.place)
    for number, placed in enumerate(ordered):
        for before in ordered[:number]:
            if (
                before.rule.get("stop")
                and _takes_everything(before)
                and before.rule.get("trigger") == placed.rule.get("trigger")
            ):
                yield RuleWarning("unreachable", placed.code, {"rule": before.code})
                break


def _takes_everything(placed: Placed) -> bool:
    narrowed = ("when", "lines", "starts_on", "ends_on", "caps")
    return not placed.campaign and not any(placed.rule.get(name) for name in narrowed)


def _overlaps(rules: Sequence[Placed]) -> Iterator[RuleWarning]:
    """Two rules of the programme itself that pay for the same money, with nothing said about it."""
    of_money = [
        placed
        for placed in rules
        if not placed.campaign and placed.rule.get("effect", {}).get("kind") in OF_MONEY
    ]
    for one, other in combinations(of_money, 2):
        if _pay_for_the_same(one, other):
            yield RuleWarning("overlap", other.code, {"rule": one.code})


def _pay_for_the_same(one: Placed, other: Placed) -> bool:
    if one.rule.get("trigger") != other.rule.get("trigger"):
        return False
    if one.rule.get("group") and one.rule.get("group") == other.rule.get("group"):
        return False
    first = min((one, other), key=lambda placed: placed.place)
    if first.rule.get("stop"):
        return False
    starts_on = max(one.window[0], other.window[0])
    if starts_on >= min(one.window[1], other.window[1]):
        return False
    apart = any(
        mine.get("kind") == theirs.get("kind") and _excludes(mine, theirs)
        for mine in one.leaves
        for theirs in other.leaves
    )
    return not apart and not _count_other_lines(one.rule, other.rule)


def _count_other_lines(one: Row, other: Row) -> bool:
    """Whether no line can count for both: what one wants, the other wants not or leaves out."""
    here, there = one.get("lines") or {}, other.get("lines") or {}
    for mine, theirs in ((here, there), (there, here)):
        for plural in ("categories", "skus"):
            wanted = set(mine.get(f"include_{plural}") or ())
            refused = set(theirs.get(f"exclude_{plural}") or ())
            also = set(theirs.get(f"include_{plural}") or ())
            if wanted and (wanted <= refused or (also and not wanted & also)):
                return True
    return False


# ------------------------------------------------------------------------- trees


def _all_of(tree: Row | None) -> list[Row]:
    if not tree:
        return []
    if "all" in tree:
        return [leaf for part in tree["all"] for leaf in _all_of(part)]
    return [tree] if "kind" in tree else []


def _every_leaf(tree: Row | None) -> list[Row]:
    if not tree:
        return []
    parts = [*tree.get("all", ()), *tree.get("any", ())]
    parts += [tree["not"]] if "not" in tree else []
    return [tree] if "kind" in tree else [leaf for part in parts for leaf in _every_leaf(part)]


def _refused(tree: Row | None) -> list[Row]:
    """Return the conditions that must not be true, of those on the first level."""
    parts = tree.get("all", [tree]) if tree else []
    return [part["not"] for part in parts if "not" in part]
