"""Rules in each other's way: what is never reached, and what pays twice for the same money."""

from collections.abc import Iterator, Sequence

from rewards.programmes.warnings.costing import OF_MONEY
from rewards.programmes.warnings.placing import (
    Placed,
    Row,
    RuleWarning,
    excludes,
)


def nothing_to_multiply(rules: Sequence[Placed]) -> Iterator[RuleWarning]:
    """A rule that multiplies all before it, and stands before them."""
    ordered = sorted(rules, key=lambda placed: placed.place)
    for number, placed in enumerate(ordered):
        effect = placed.rule.get("effect", {})
        if effect.get("kind") == "multiply" and not effect.get("rules"):
            reached = (one for one in ordered[:number] if _is_reached(one, placed))
            if not any(reached):
                yield RuleWarning("nothing_before", placed.code)


def _is_reached(one: Placed, multiplying: Placed) -> bool:
    """Whether a rule is multiplied by another: of the base, or of the same campaign."""
    return (
        one.rule.get("trigger") == multiplying.rule.get("trigger")
        and one.rule.get("effect", {}).get("kind") != "multiply"
        and one.campaign.get("code") in {None, multiplying.campaign.get("code")}
    )


def unreachable(rules: Sequence[Placed]) -> Iterator[RuleWarning]:
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


def overlaps(rules: Sequence[Placed]) -> Iterator[RuleWarning]:
    """Two rules of the programme itself that pay for the same money, with nothing said about it."""
    of_money = [
        placed
        for placed in rules
        if not placed.campaign and placed.rule.get("effect", {}).get("kind") in OF_MONEY
    ]
    for number, other in enumerate(of_money):
        # The first of them is enough to be told: forty rules would say it eight hundred times.
        one = next((each for each in of_money[:number] if _pay_for_the_same(each, other)), None)
        if one is not None:
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
        mine.get("kind") == theirs.get("kind") and excludes(mine, theirs)
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
