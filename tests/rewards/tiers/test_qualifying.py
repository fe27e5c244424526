from datetime import date

import pytest

from rewards.tiers.qualifying import RollingSpend, decide, first_day_of_year_to, qualify
from tests.rewards.earning.facts import starter


class TestTheYearToADay:
    @pytest.mark.parametrize(
        ("last", "first"),
        [
            (date(2011, 12, 9), date(2010, 12, 10)),
            (date(2026, 12, 31), date(2026, 1, 1)),
            (date(2024, 2, 29), date(2023, 3, 1)),
            (date(2025, 2, 28), date(2024, 2, 29)),
        ],
    )
    def test_begins_the_day_after_the_same_day_a_year_before(self, last, first):
        assert first_day_of_year_to(last) == first


class TestQualify:
    @pytest.mark.parametrize(
        ("spend_e4", "code"),
        [
            (-5, "bronze"),
            (0, "bronze"),
            (24_999_999, "bronze"),
            (25_000_000, "silver"),
            (100_000_000, "gold"),
        ],
    )
    def test_gives_the_highest_tier_reached(self, spend_e4, code):
        assert qualify(spend_e4=spend_e4, definition=starter()).code == code


class TestDecide:
    def test_rises_at_once(self):
        decision = decide(
            spend_e4=25_000_000, definition=starter(), current_code="bronze", may_fall=False
        )

        assert (decision.tier.code, decision.reason_code) == ("silver", "reached")

    def test_falls_only_where_it_may(self):
        by_day = decide(spend_e4=0, definition=starter(), current_code="gold", may_fall=False)
        at_night = decide(spend_e4=0, definition=starter(), current_code="gold", may_fall=True)

        assert (by_day.tier.code, by_day.reason_code) == ("gold", "kept")
        assert (at_night.tier.code, at_night.reason_code) == ("bronze", "fell_below")


class TestRollingSpend:
    def test_counts_the_first_and_the_last_day_and_nothing_outside(self):
        spend = RollingSpend()
        for day, amount in [
            (date(2026, 3, 9), 4),
            (date(2025, 3, 9), 1),
            (date(2025, 3, 10), 2),
            (date(2026, 3, 10), 8),
        ]:
            spend.add(day, amount)

        assert spend.within_year_to(date(2026, 3, 9)) == 2 + 4
