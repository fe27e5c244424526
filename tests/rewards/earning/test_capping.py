"""Caps on units, times and quantities, for the partner and for each member."""

from datetime import date

import pytest

from rewards.earning.usage import (
    Usage,
)
from tests.rewards.earning.rules import (
    activity,
    definition,
    each_earns,
    earns,
    fixed,
    judge,
    march,
    order,
    passed_over,
    rule,
    steps,
)


class TestACap:
    @pytest.mark.parametrize(
        ("cap", "earned"),
        [
            ({"units": 50}, [30, 20, 0]),
            ({"units": 60}, [30, 30, 0]),
            ({"units": 90}, [30, 30, 30]),
            ({"times": 2}, [30, 30, 0]),
            ({"times": 3}, [30, 30, 30]),
        ],
    )
    def test_on_units_or_times(self, cap, earned):
        capped = fixed("a", 30, caps=[{"per": "partner", "period": "year"} | cap])

        assert each_earns(capped, [order(1)] * 3) == earned

    def test_on_the_quantity_cuts_what_is_counted(self):
        recycled = rule(
            trigger="recycling",
            effect={"kind": "per_quantity", "units": 3},
            caps=[{"per": "partner", "period": "month", "quantity": "20"}],
        )
        brought = [activity("recycling", quantity=number) for number in (12, 8, 1)]

        assert each_earns(recycled, brought) == [36, 24, 0]
        assert each_earns(
            recycled, [activity("recycling", quantity=each) for each in (19, 25)]
        ) == [
            57,
            3,
        ]

    @pytest.mark.parametrize(
        ("period", "days", "earned"),
        [
            ("day", [(3, 5), (3, 5), (3, 6)], [1, 0, 1]),
            ("week", [(3, 2), (3, 8), (3, 9)], [1, 0, 1]),
            ("month", [(3, 1), (3, 31), (4, 1)], [1, 0, 1]),
            ("month", [(3, 31), (4, 30), (5, 1)], [1, 1, 1]),
            ("quarter", [(1, 1), (3, 31), (4, 1)], [1, 0, 1]),
            ("quarter", [(6, 30), (7, 1), (9, 30)], [1, 1, 0]),
            ("quarter", [(9, 30), (10, 1), (12, 31)], [1, 1, 0]),
            ("year", [(1, 1), (12, 31), (12, 31)], [1, 0, 0]),
            ("lifetime", [(1, 1), (12, 31), (12, 31)], [1, 0, 0]),
        ],
    )
    def test_begins_anew_with_its_period(self, period, days, earned):
        capped = fixed("a", 1, caps=[{"per": "partner", "period": period, "times": 1}])

        found = each_earns(capped, [order(1, on=date(2026, month, of)) for month, of in days])

        assert found == earned

    @pytest.mark.parametrize(
        ("period", "earned"),
        [("day", 1), ("week", 1), ("month", 1), ("quarter", 1), ("year", 1), ("lifetime", 0)],
    )
    def test_begins_anew_with_the_same_days_of_another_year(self, period, earned):
        capped = fixed("a", 1, caps=[{"per": "partner", "period": period, "times": 1}])
        orders = [order(1, on=date(year, 3, 5)) for year in (2026, 2027)]

        assert each_earns(capped, orders) == [1, earned]

    def test_of_members_is_counted_for_each_of_them(self):
        capped = fixed("a", 1, caps=[{"per": "member", "period": "year", "times": 1}])
        members = [7, 8, 7, None, None]

        assert each_earns(capped, [order(1, member_id=each) for each in members]) == [1, 1, 0, 1, 0]

    def test_of_the_partner_is_counted_for_all_of_them_together(self):
        capped = fixed("a", 1, caps=[{"per": "partner", "period": "year", "times": 1}])

        assert each_earns(capped, [order(1, member_id=each) for each in (7, 8)]) == [1, 0]

    def test_holds_beside_others(self):
        both = [
            {"per": "partner", "period": "day", "units": 6},
            {"per": "partner", "period": "year", "units": 10},
            {"per": "partner", "period": "year", "times": 4},
        ]
        capped = fixed("a", 4, caps=both)
        days = [5, 5, 5, 6, 7]

        assert each_earns(capped, [order(1, on=march(each)) for each in days]) == [4, 2, 0, 4, 0]

    def test_stated_twice_is_counted_once(self):
        capped = fixed("a", 4, caps=[{"per": "partner", "period": "year", "units": 10}] * 2)

        assert each_earns(capped, [order(1)] * 4) == [4, 4, 2, 0]

    def test_leaves_whole_multiples_where_awards_are(self):
        capped = rule(caps=[{"per": "partner", "period": "year", "units": 48}])

        assert each_earns(definition(capped, round_to=20), [order(20), order(40), order(20)]) == [
            20,
            20,
            0,
        ]

    def test_that_a_later_version_lowered_gives_nothing_and_takes_nothing(self):
        usage = Usage()
        high, low = (
            definition(fixed("a", 9, caps=[{"per": "partner", "period": "year", "units": limit}]))
            for limit in (20, 5)
        )

        assert earns(high, order(1), usage=usage) == {"a": 9}
        assert passed_over(low, order(1), usage=usage)["a"][0] == "cap_reached"

    def test_is_explained_where_it_cuts(self):
        usage = Usage()
        capped = rule(caps=[{"per": "member", "period": "month", "units": 15}])
        first, second = order(10, member_id=7), order(10, member_id=7)
        judge(capped, first, usage=usage)

        said = {"measure": "units", "per": "member", "period": "month", "limit": 15, "used": 10}
        assert steps(capped, second, usage=usage)[-1] == {"code": "capped", **said, "result": 5}
        assert passed_over(capped, second, usage=usage) == {
            "points": ("cap_reached", said | {"used": 15})
        }

    def test_on_the_quantity_is_explained_where_it_cuts(self):
        usage = Usage()
        capped = rule(
            trigger="recycling",
            effect={"kind": "per_quantity", "units": 3},
            caps=[{"per": "partner", "period": "month", "quantity": "20.5"}],
        )
        brought = activity("recycling", quantity=30)

        said = {
            "measure": "quantity",
            "per": "partner",
            "period": "month",
            "limit": "20.5",
            "used": "0",
        }
        assert steps(capped, brought, usage=usage) == [
            {"code": "quantity", "quantity": "30"},
            {"code": "capped", **said, "result": "20.5"},
            {"code": "per_quantity", "units": 3, "per": "1", "result": "61.5"},
            {"code": "rounded", "mode": "down", "result": 61},
        ]
        assert passed_over(capped, brought, usage=usage) == {
            "points": ("cap_reached", said | {"used": "20.5"})
        }

    def test_on_the_quantity_says_nothing_where_it_does_not_cut(self):
        capped = rule(
            trigger="recycling",
            effect={"kind": "per_quantity", "units": 3},
            caps=[{"per": "partner", "period": "month", "quantity": "20"}],
        )

        assert len(steps(capped, activity("recycling", quantity=20))) == 2

    def test_says_nothing_where_it_does_not_cut(self):
        capped = rule(caps=[{"per": "partner", "period": "month", "units": 10}])

        assert len(steps(capped, order(10))) == 2

    def test_is_not_used_up_by_what_gives_nothing(self):
        capped = rule(caps=[{"per": "partner", "period": "month", "times": 1}])

        assert each_earns(capped, [order("0.5"), order(3), order(3)]) == [0, 3, 0]
