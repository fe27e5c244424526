"""
What a manager should look at before publishing: rules that never match, get in each other's way,
or may cost without bound. Pure; nothing here refuses anything.
"""

from datetime import date

from rewards.programmes.warnings.costing import costs
from rewards.programmes.warnings.never_matching import never_matches
from rewards.programmes.warnings.overlapping import nothing_to_multiply, overlaps, unreachable
from rewards.programmes.warnings.placing import (
    Known,
    Row,
    RuleWarning,
    every_leaf,
    place_rules,
)

__all__ = ["Known", "RuleWarning", "find_warnings", "segments_asked", "words_asked"]


def find_warnings(document: Row, *, today: date, known: Known) -> list[RuleWarning]:
    """Return what is worth a second look, in the order of the rules."""
    rules = list(place_rules(document))
    order = {placed.code: number for number, placed in enumerate(rules)}
    over = [placed for placed in rules if placed.window[1] <= today.isoformat()]
    # Of what is over nothing else matters any more.
    rules = [placed for placed in rules if placed not in over]
    found = [RuleWarning("over", placed.code, {"day": placed.window[1]}) for placed in over]
    for placed in rules:
        found += never_matches(placed, known)
        found += costs(placed, document, known)
    found += nothing_to_multiply(rules)
    found += unreachable(rules)
    found += overlaps(rules)
    return sorted(found, key=lambda warning: order[warning.rule])


def words_asked(document: Row, kind: str) -> set[str]:
    """Return the SKUs (``sku``) or categories (``category``) that any rule names."""
    plural = {"sku": "skus", "category": "categories"}[kind]
    words: set[str] = set()
    for placed in place_rules(document):
        lines = placed.rule.get("lines") or {}
        words |= set(lines.get(f"include_{plural}") or ())
        words |= {
            word
            for leaf in every_leaf(placed.rule.get("when"))
            if leaf.get("kind") == kind
            for word in leaf.get("in", ())
        }
    return words


def segments_asked(document: Row) -> set[str]:
    return {
        code
        for placed in place_rules(document)
        for tree in (placed.rule.get("when"), placed.campaign.get("audience"))
        for leaf in every_leaf(tree)
        if leaf.get("kind") == "segment"
        for code in leaf.get("in", ())
    }
