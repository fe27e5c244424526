"""Every kind of activity, judged in any order: what is due, what waits, what is lost."""

import random
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards.earning.judging import Dated, judge
from tests.rewards.dealings import DAYS, FIRST_DAY, PROGRAMMES, rule, tell
from tests.rewards.earning.dealt import due_of, facts_of, version_of_policy
from tests.rewards.earning.facts import always, order, starter

DAYS_TO_LOOK = st.integers(0, DAYS + 60).map(lambda days: FIRST_DAY + timedelta(days=days))
POLICIES = st.sampled_from(sorted(PROGRAMMES))


@pytest.fixture(scope="module")
def versions():
    return {policy: version_of_policy(policy) for policy in PROGRAMMES}


@given(seed=st.integers(0, 2**32), count=st.integers(1, 40), policy=POLICIES, today=DAYS_TO_LOOK)
def test_the_order_of_arrival_changes_nothing(versions, seed, count, policy, today):
    chance = random.Random(seed)
    history = tell(chance, count)
    arriving = chance.sample(history, len(history))

    first, second = (
        judge(facts_of(told), version_of=lambda _fact: versions[policy], dated=Dated(today=today))
        for told in (history, arriving)
    )

    assert due_of(first) == due_of(second)
    assert outcomes(first) == outcomes(second)


@given(seed=st.integers(0, 2**32), count=st.integers(1, 40), policy=POLICIES, today=DAYS_TO_LOOK)
def test_what_is_left_of_an_award_is_available_or_waits(versions, seed, count, policy, today):
    judgement = judge(
        facts_of(tell(random.Random(seed), count)),
        version_of=lambda _fact: versions[policy],
        dated=Dated(today=today),
    )

    left = due_of(judgement)
    assert all(points >= 0 for points in left.values())
    for due in judgement.awards:
        outcome = due.outcome
        if outcome is not None:
            place = (due.activity.external_id, due.award.rule_code)
            assert outcome.released + outcome.waits == left[place]
            assert min(outcome.released, outcome.waits) >= 0
            # A day that decides is still to come, and there is something to decide.
            assert outcome.decide_on is None or (outcome.decide_on >= today and outcome.waits)


@given(seed=st.integers(0, 2**32), count=st.integers(1, 40), policy=POLICIES, today=DAYS_TO_LOOK)
def test_time_alone_only_loses(versions, seed, count, policy, today):
    facts = facts_of(tell(random.Random(seed), count))

    def left_on(day):
        version = versions[policy]
        return due_of(judge(facts, version_of=lambda _fact: version, dated=Dated(today=day)))

    earlier, later = left_on(today), left_on(today + timedelta(days=40))

    assert earlier.keys() == later.keys()
    assert all(later[place] <= earlier[place] for place in earlier)


def outcomes(judgement):
    return {
        (due.activity.external_id, due.award.rule_code): (
            due.outcome and (due.outcome.released, due.outcome.waits, due.outcome.decide_on)
        )
        for due in judgement.awards
    }


class TestSplittingAnOrder:
    """Into so many orders of the same moment: nothing is gained but rounding."""

    LINES = st.lists(st.tuples(st.integers(1, 20), st.integers(1, 90_000)), min_size=2, max_size=8)
    RATES = st.tuples(st.integers(1, 7), st.integers(1, 900))

    @given(lines=LINES, rate=RATES, rounding=st.sampled_from(["down", "half_up"]))
    def test_by_money(self, lines, rate, rounding):
        units, pence = rate
        effect = {"kind": "per_money", "units": units, "per": f"{pence / 100:.2f}"}
        self.check(lines, effect, rounding)

    @given(lines=LINES, rate=RATES, rounding=st.sampled_from(["down", "half_up"]))
    def test_by_quantity(self, lines, rate, rounding):
        units, hundredths = rate
        effect = {"kind": "per_quantity", "units": units, "per": f"{hundredths / 100:.2f}"}
        self.check(lines, effect, rounding)

    def check(self, lines, effect, rounding):
        definition = starter(rounding=rounding, rules=[rule("only", "order", effect)])
        goods = [("mug", quantity, f"{pence / 100:.2f}") for quantity, pence in lines]

        whole = points([order("A1", day=3, lines=goods)], definition)
        parts = points(
            [order(f"A{place}", day=3, lines=[line]) for place, line in enumerate(goods)],
            definition,
        )

        if rounding == "down":
            assert whole - len(lines) < parts <= whole
        else:
            assert abs(whole - parts) <= len(lines)


def points(orders, definition):
    return sum(due.award.amount for due in judge(orders, version_of=always(definition)).awards)
