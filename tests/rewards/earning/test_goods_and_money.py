"""Goods that come back, and money alone: pieces stay with a lower price, volumes are of goods."""

import pytest

from rewards.earning.judging import judge
from rewards.programmes.definition import parse
from rewards.programmes.values import InvalidDefinition
from tests.rewards.earning.facts import always, order, returned
from tests.rewards.earning.rules import SETTINGS, definition, rule

pytestmark = pytest.mark.once("SQLite")

TEN_EACH = rule(effect={"kind": "per_quantity", "units": 10, "per": "1"})


def left(basis, credit):
    """What is left of ten pieces for 100."""
    bought = order("A1", day=1, lines=[("mug", 10, "100")])
    credit.order = bought
    rules = definition(TEN_EACH, claw_back_basis=basis)
    due = judge([bought, credit], version_of=always(rules))
    return 100 - sum(each.amount for each in due.claw_backs)


@pytest.mark.parametrize(("basis", "points"), [("by_line", 100), ("by_value", 1)])
def test_a_credit_without_lines_leaves_the_pieces(basis, points):
    credit = returned("R1", day=2)
    credit.amount_e4 = 99 * 10_000

    assert left(basis, credit) == points


@pytest.mark.parametrize(("basis", "points"), [("by_line", 0), ("by_value", 1)])
def test_told_with_its_pieces_it_takes_them(basis, points):
    assert left(basis, returned("R1", day=2, lines=[("mug", 10, "99")])) == points


@pytest.mark.parametrize("trigger", ["payment", "invoice"])
@pytest.mark.parametrize("period", ["month", "quarter", "year", "lifetime"])
def test_only_goods_make_a_volume(trigger, period):
    full = {"kind": "each_full", "units": 25, "per": "500", "period": period}
    steps = [{"from": "0", "percent": "1"}]
    stepped = {"kind": "stepped", "by": period, "mode": "slice", "steps": steps}
    effects = [(full, "period"), (stepped, "by")]

    for effect, name in effects[: 1 if period == "lifetime" else 2]:
        with pytest.raises(InvalidDefinition) as refused:
            definition(rule(trigger=trigger, effect=effect))

        assert refused.value.path == f"rules[0].effect.{name}"
        assert "count it on orders that wait until they are paid" in str(refused.value)
        # What was published before this was refused keeps its meaning.
        stored = {"settings": SETTINGS, "rules": [rule(trigger=trigger, effect=effect)]}
        assert parse(stored, is_published=True).rules[0].effect.period == period
        assert definition(rule(effect=effect)).rules[0].effect.period == period
        each = definition(rule(trigger=trigger, effect=effect | {name: "activity"}))
        assert each.rules[0].effect.period == ""
