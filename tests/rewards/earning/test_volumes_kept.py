"""What steps of a period give is what they give for what was bought and kept, however it came back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards.earning.judging import judge
from rewards.earning.taking_back import JudgedOrder
from rewards.earning.usage import VOLUME, Usage
from tests.rewards.earning.facts import always, cancelled, order, returned
from tests.rewards.earning.rules import definition, rule

pytestmark = pytest.mark.once("SQLite")

A_STEP = {"kind": "each_full", "units": 25, "per": "500", "period": "month"}
SLICES = {
    "kind": "stepped",
    "by": "month",
    "mode": "slice",
    "steps": [
        {"from": "0", "units": 1, "per": "1"},
        {"from": "500", "units": 2, "per": "1"},
        {"from": "1200", "units": 3, "per": "1"},
    ],
}


def by_steps(pounds):
    return pounds // 500 * 25


def by_slices(pounds):
    return pounds + max(pounds - 500, 0) + max(pounds - 1200, 0)


@st.composite
def histories(draw):
    """Orders of a month, and returns of some of them, in parts, on any day after."""
    days = draw(st.lists(st.integers(1, 20), min_size=1, max_size=6, unique=True))
    facts, kept = [], 0
    for place, day in enumerate(sorted(days)):
        worth = draw(st.integers(1, 900))
        bought = order(f"A{place}", day=day, lines=[("mug", 1, str(worth))])
        facts.append(bought)
        kept += worth
        for part in range(draw(st.integers(0, 2))):
            back = draw(st.integers(1, worth))
            worth -= back
            kept -= back
            on = draw(st.integers(day, 28))
            facts.append(
                returned(f"R{place}{part}", day=on, order=bought, lines=[("mug", 1, str(back))])
            )
            if worth == 0:
                break
    return facts, kept


@pytest.mark.parametrize(("effect", "earned_by"), [(A_STEP, by_steps), (SLICES, by_slices)])
@given(history=histories())
def test_whatever_comes_back_the_month_earns_by_what_is_kept(effect, earned_by, history):
    facts, kept = history

    due = judge(facts, version_of=always(definition(rule(effect=effect))))

    awarded = sum(each.award.amount for each in due.awards)
    taken = sum(each.amount for each in due.claw_backs)
    assert awarded - taken == earned_by(kept)
    left = {(id(each.activity), each.award.rule_code): each.award.amount for each in due.awards}
    for each in due.claw_backs:
        left[id(each.activity), each.rule_code] -= each.amount
    assert min(left.values(), default=0) >= 0


def test_on_the_basis_of_value_too():
    """Of 499 and 1 pounds the first come back: no step is full, whatever the share of the value."""
    first = order("A1", day=2, lines=[("mug", 1, "499")])
    second = order("A2", day=3, lines=[("mug", 1, "1")])
    back = returned("R1", day=4, order=first, lines=[("mug", 1, "499")])
    steps = definition(rule(effect=A_STEP), claw_back_basis="by_value")

    due = judge([first, second, back], version_of=always(steps))

    [taken] = due.claw_backs
    assert (taken.activity, taken.cause, taken.amount) == (second, back, 25)


def test_a_cancelled_order_is_no_volume():
    first = order("A1", day=2, lines=[("mug", 1, "499")])
    gone = cancelled("C1", day=3, order=first)
    second = order("A2", day=4, lines=[("mug", 1, "1")])

    assert not judge(
        [first, gone, second], version_of=always(definition(rule(effect=A_STEP)))
    ).awards


def test_other_rules_of_other_orders_are_left_alone():
    """A point a pound beside the steps: what the second order earned by it stays."""
    rules = [
        rule("points", effect={"kind": "per_money", "units": 1, "per": "1"}),
        rule("steps", effect=A_STEP),
    ]
    first = order("A1", day=2, lines=[("mug", 1, "499")])
    second = order("A2", day=3, lines=[("mug", 1, "1")])
    back = returned("R1", day=4, order=first, lines=[("mug", 1, "499")])

    due = judge([first, second, back], version_of=always(definition(*rules)))

    taken = {(each.activity.external_id, each.rule_code): each.amount for each in due.claw_backs}
    assert taken == {("A1", "points"): 499, ("A2", "steps"): 25}


def test_an_order_may_count_for_several_volumes():
    """
    25 for each full 500 of a month, 40 for each full 600 of a year. Orders of 300 in March, April
    and April again: the year is full with the second, the month with the third.
    """
    by_year = A_STEP | {"units": 40, "per": "600", "period": "year"}
    steps = always(definition(rule("month", effect=A_STEP), rule("year", effect=by_year)))
    first, second, third = (
        order(f"A{day}", day=day, month=month, lines=[("mug", 1, "300")])
        for day, month in ((2, 3), (3, 4), (4, 4))
    )
    half = returned("R1", day=20, month=4, order=first, lines=[("mug", 0, "150")])
    gone = cancelled("C1", day=21, month=4, order=second)

    def left(*causes):
        due = judge([first, second, third, *causes], version_of=steps)
        awarded = sum(each.award.amount for each in due.awards)
        return awarded - sum(each.amount for each in due.claw_backs)

    # 750 of the year are kept, then 600 without the second, then 450; of April 600, then 300.
    assert [left(), left(half), left(gone), left(half, gone)] == [65, 65, 40, 0]


def test_only_volumes_become_less():
    usage = Usage({(VOLUME, "steps"): 5, ("cap", "steps"): 5})

    usage.leave((VOLUME, "steps"), 7)

    assert usage.read((VOLUME, "steps")) == 0
    with pytest.raises(ValueError, match="never given back"):
        usage.leave(("cap", "steps"), 1)


def test_what_comes_back_of_many_orders_judges_those_after_it_by_arithmetic(monkeypatch):
    """Of forty orders and ten returns only the ten are judged again, two times each."""
    judged = []
    judge_again = JudgedOrder.judge_again
    monkeypatch.setattr(
        JudgedOrder, "judge_again", lambda order: judged.append(order) or judge_again(order)
    )
    orders = [
        order(f"A{place}", day=1 + place // 2, lines=[("mug", 1, "130")]) for place in range(40)
    ]
    backs = [
        returned(f"R{place}", day=25, order=orders[place * 3], lines=[("mug", 1, "70")])
        for place in range(10)
    ]

    due = judge([*orders, *backs], version_of=always(definition(rule(effect=A_STEP))))

    assert sum(each.award.amount for each in due.awards) == by_steps(40 * 130)
    assert sum(each.amount for each in due.claw_backs) == by_steps(5200) - by_steps(5200 - 700)
    assert len(judged) == 20
