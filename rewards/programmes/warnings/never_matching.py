"""Rules that never give anything: days, words and conditions that cannot come together."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import combinations

from rewards.programmes.warnings.placing import (
    Known,
    Placed,
    Row,
    RuleWarning,
    every_leaf,
    excludes,
    refused,
)


def never_matches(placed: Placed, known: Known) -> Iterator[RuleWarning]:
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
        for leaf in every_leaf(tree):
            if leaf.get("kind") in by_kind:
                code, there = by_kind[str(leaf["kind"])]
                asked.append((code, leaf.get("in", ()), there))
    for code, words, there in asked:
        if missing := [word for word in words if word not in there]:
            yield RuleWarning(code, placed.code, {"words": missing})


def _contradictions(placed: Placed) -> Iterator[RuleWarning]:
    leaves = placed.leaves
    for one, other in combinations(leaves, 2):
        if one.get("kind") == other.get("kind") and excludes(one, other):
            yield RuleWarning("contradiction", placed.code, {"one": one, "other": other})
    for leaf in leaves:
        if leaf in refused(placed.rule.get("when")):
            yield RuleWarning("contradiction", placed.code, {"one": leaf, "other": {"not": leaf}})
        if leaf.get("kind") in {"amount", "quantity"} and _is_empty(leaf):
            yield RuleWarning("contradiction", placed.code, {"one": leaf, "other": leaf})


def _is_empty(leaf: Row) -> bool:
    least, below = leaf.get("at_least"), leaf.get("below")
    return least is not None and below is not None and Decimal(str(least)) >= Decimal(str(below))
