"""What members earn for themselves."""

from datetime import date

import pytest

from rewards.earning.situation import (
    Situation,
)
from rewards.earning.usage import (
    Usage,
)
from tests.rewards.earning.rules import (
    definition,
    judge,
    order,
    rule,
    steps,
)

PERSONAL = {"allowed": True, "terms": {"en": "We agree."}}


AGREED = Situation(may_earn_personally=True)


class TestPersonalEarning:
    def personal(self, facts, *, situation=AGREED, cap=None, **settings):
        allowed = PERSONAL if cap is None else PERSONAL | {"yearly_cap": cap}
        to_member = definition(rule(to="member"), personal_earning=allowed, **settings)
        usage = Usage()
        evaluations = [judge(to_member, fact, situation, usage) for fact in facts]
        return [(each.awards[0].amount, each.awards[0].personal) for each in evaluations]

    def test_goes_to_the_member_who_may(self):
        assert self.personal([order(10, member_id=7)]) == [(10, 10)]

    def test_goes_to_the_pool_without_consent_or_without_a_member(self):
        assert self.personal([order(10, member_id=7)], situation=Situation()) == [(10, 0)]
        assert self.personal([order(10)]) == [(10, 0)]

    def test_goes_to_the_pool_where_the_rule_does_not_say_otherwise(self):
        pool = definition(rule(), personal_earning=PERSONAL)
        [award] = judge(pool, order(10, member_id=7), AGREED).awards

        assert award.personal == 0
        assert "personal" not in [step["code"] for step in award.explanation["steps"]]

    @pytest.mark.parametrize(
        ("unit_value", "decimals", "cap", "parts"),
        [
            # Worth a penny each: 25 pence are 25.
            ("0.01", 0, "0.25", [10, 10, 5, 0]),
            ("0.01", 0, "0.259", [10, 10, 5, 0]),
            ("0.01", 0, "0.40", [10, 10, 10, 10]),
            ("0.01", 0, "0", [0, 0, 0, 0]),
            # A unit worth one with two decimals: ten minor units are ten pence.
            ("1", 2, "0.25", [10, 10, 5, 0]),
            ("0.0001", 4, "0.0001", [10, 10, 10, 10]),
            ("3", 0, "50", [10, 6, 0, 0]),
            ("3", 0, "29.9999", [9, 0, 0, 0]),
        ],
    )
    def test_ends_with_the_yearly_cap_in_money(self, unit_value, decimals, cap, parts):
        orders = [order(10, member_id=7)] * 4

        found = self.personal(orders, cap=cap, unit_value=unit_value, unit_decimals=decimals)

        assert [personal for _amount, personal in found] == parts
        assert {amount for amount, _personal in found} == {10}

    def test_counts_the_smallest_worth_there_is(self):
        orders = [order(9_999, member_id=7), order(2, member_id=7)]

        found = self.personal(orders, cap="0.0001", unit_value="0.0001", unit_decimals=4)

        assert found == [(9_999, 9_999), (2, 1)]

    def test_has_nothing_left_where_a_later_version_lowered_the_cap(self):
        usage = Usage()
        high, low = (
            definition(
                rule(to="member"),
                personal_earning=PERSONAL | {"yearly_cap": cap},
                unit_value="0.0001",
                unit_decimals=4,
            )
            for cap in ("0.0010", "0.0005")
        )

        # The first takes all that the first version allows; the other one allows half of that.
        awards = [
            judge(each, order(120_000, member_id=7), AGREED, usage).awards for each in (high, low)
        ]

        assert [each[0].personal for each in awards] == [100_000, 0]

    def test_counts_the_cap_for_each_member_and_year(self):
        orders = [
            order(10, member_id=7, on=date(2026, 12, 31)),
            order(10, member_id=8, on=date(2026, 12, 31)),
            order(10, member_id=7, on=date(2026, 1, 1)),
            order(10, member_id=7, on=date(2027, 1, 1)),
        ]

        found = self.personal(orders, cap="0.10")

        assert [personal for _amount, personal in found] == [10, 10, 0, 10]

    def test_counts_the_caps_of_somebody_who_is_a_member_twice_together(self):
        """Two companies became one, and the same person is on the team of both."""
        orders = [order(10, member_id=7, person_id=3), order(10, member_id=8, person_id=3)]

        assert self.personal(orders, cap="0.10") == [(10, 10), (10, 0)]
        cap = {"per": "member", "period": "year", "units": 15}
        usage = Usage()
        each = [judge(rule(caps=[cap]), fact, usage=usage).amounts for fact in orders]
        assert each == [{"points": 10}, {"points": 5}]

    def test_shares_the_cap_between_rules(self):
        two = definition(
            rule("a", to="member"),
            rule("b", to="member"),
            personal_earning=PERSONAL | {"yearly_cap": "0.15"},
        )

        awards = judge(two, order(10, member_id=7), AGREED).awards

        assert [award.personal for award in awards] == [10, 5]

    def test_is_explained(self):
        capped = definition(rule(to="member"), personal_earning=PERSONAL | {"yearly_cap": "0.05"})
        endless = definition(rule(to="member"), personal_earning=PERSONAL)
        fact = order(10, member_id=7)

        assert steps(capped, fact, AGREED)[-1] == {
            "code": "personal",
            "amount": 5,
            "cap": "0.05",
            "currency": "GBP",
        }
        assert steps(endless, fact, AGREED)[-1]["cap"] is None
