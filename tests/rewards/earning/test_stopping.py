"""What a rule that stops leaves out: all after it, or the rest of a campaign that may give way."""

import pytest

from tests.rewards.earning.rules import campaign, definition, earns, fixed, order, passed_over, rule

pytestmark = pytest.mark.once("SQLite")

BASE = rule("base", priority=3)
EXTRA = fixed("extra", 50)


def with_campaign(*rules, stacking, code="spring"):
    return campaign(code, *rules, stacking=stacking)


@pytest.mark.parametrize("stacking", ["best", "instead"])
def test_a_campaign_that_is_weighed_stops_its_own_rules_only(stacking):
    last = fixed("last", 500)
    spring = with_campaign(fixed("bonus", 5, stop=True, priority=1), last, stacking=stacking)
    rules = definition(BASE, EXTRA, campaigns=[spring])

    expected = {"best": {"base": 100, "extra": 50}, "instead": {"bonus": 5}}
    assert earns(rules, order(100)) == expected[stacking]
    assert passed_over(rules, order(100))["last"] == ("stopped", {"by": "bonus"})


def test_a_campaign_that_wins_had_stopped_what_comes_after_in_it():
    spring = with_campaign(
        fixed("bonus", 200, stop=True, priority=1), fixed("last", 500), stacking="best"
    )

    assert earns(definition(BASE, EXTRA, campaigns=[spring]), order(100)) == {"bonus": 200}


def test_it_stops_no_other_campaign():
    spring = with_campaign(fixed("bonus", 5, stop=True, priority=1), stacking="best")
    other = with_campaign(fixed("other", 7), stacking="sum", code="other")

    found = earns(definition(BASE, campaigns=[spring, other]), order(100))

    assert found == {"base": 100, "other": 7}


def test_it_leaves_what_multiplies_the_base():
    both = rule("both", effect={"kind": "multiply", "percent": 200})
    spring = with_campaign(fixed("bonus", 5, stop=True, priority=1), stacking="best")

    assert earns(definition(BASE, both, campaigns=[spring]), order(100)) == {
        "base": 100,
        "both": 100,
    }


def test_a_campaign_that_adds_to_the_base_stops_all_after_it():
    spring = with_campaign(fixed("bonus", 5, stop=True, priority=1), stacking="sum")
    best = with_campaign(fixed("best", 900), stacking="best", code="later")
    rules = definition(BASE, EXTRA, campaigns=[spring, best])

    assert earns(rules, order(100)) == {"base": 100, "bonus": 5}
    stopped = ("stopped", {"by": "bonus"})
    assert passed_over(rules, order(100)) == {"extra": stopped, "best": stopped}


@pytest.mark.parametrize("stacking", ["sum", "best", "instead"])
def test_the_base_stops_all_after_it_and_nothing_before(stacking):
    first = fixed("first", 5, priority=5)
    spring = with_campaign(first, fixed("bonus", 900), stacking=stacking)
    rules = definition(BASE | {"stop": True}, EXTRA, campaigns=[spring])

    found = passed_over(rules, order(100))

    assert found["extra"] == found["bonus"] == ("stopped", {"by": "base"})
    assert "first" not in found or found["first"][0] == "lower_than_base"
