"""What is counted of caps and volumes, and how it is named."""

import pytest

from rewards.earning.situation import (
    Situation,
)
from rewards.earning.usage import (
    Usage,
)
from tests.rewards.earning.rules import (
    campaign,
    definition,
    each_earns,
    fixed,
    judge,
    order,
    rule,
)

PERSONAL = {"allowed": True, "terms": {"en": "We agree."}}


AGREED = Situation(may_earn_personally=True)


class TestWhatIsUsed:
    def test_is_named_by_what_is_counted_for_whom_and_when(self):
        caps = [
            {"per": "partner", "period": "week", "units": 50},
            {"per": "member", "period": "day", "times": 3},
        ]
        volume = {"kind": "each_full", "units": 1, "per": "10", "period": "quarter"}
        several = definition(
            rule(caps=caps, to="member"),
            rule("full", effect=volume),
            campaigns=[campaign("spring", fixed("x", 5), caps=caps[:1])],
            personal_earning=PERSONAL,
        )

        assert judge(several, order(12, member_id=7), AGREED).used == {
            ("cap", "rule", "points", "units", "partner", "", "week 2026-03-02"): 12,
            ("cap", "rule", "points", "times", "member", "7", "day 2026-03-05"): 1,
            ("volume", "full", "quarter 2026-1"): 120_000,
            ("cap", "campaign", "spring", "units", "partner", "", "week 2026-03-02"): 5,
            ("personal", "7", "year 2026"): 12_000_000,
        }

    def test_of_all_time_is_named_so(self):
        once = rule(caps=[{"per": "partner", "period": "lifetime", "times": 1}])

        assert judge(once, order(5)).used == {
            ("cap", "rule", "points", "times", "partner", "", "lifetime"): 1
        }

    def test_is_the_volume_looked_at_also_where_nothing_was_given(self):
        full = {"kind": "each_full", "units": 1, "per": "100", "period": "year"}
        rivals = definition(rule("full", effect=full, group="g"), fixed("b", 9, group="g"))

        assert each_earns(rivals, [order(60), order(60)]) == [9, 9]
        assert judge(rivals, order(60)).used == {("volume", "full", "year 2026"): 600_000}

    def test_is_no_volume_where_the_rule_did_not_count(self):
        full = {"kind": "each_full", "units": 1, "per": "100", "period": "year"}
        web = {"kind": "channel", "in": ["web"]}

        assert judge(rule(effect=full, when=web), order(60)).used == {}


class TestUsage:
    def test_never_goes_down(self):
        usage = Usage({("a",): 1})
        usage.add(("a",), 0)

        with pytest.raises(ValueError, match="never given back"):
            usage.add(("a",), -1)
        assert usage.read(("a",)) == 1
        assert usage.read(("b",)) == 0

    def test_as_it_was_is_not_changed_by_what_comes_after(self):
        usage = Usage({("a",): 1})
        seen = [usage.as_it_is()]
        for amount in (2, 4):
            usage.add(("b",), 10)
            usage.add(("a",), amount)
            seen.append(usage.as_it_is())

        assert [each.read(("a",)) for each in seen] == [1, 3, 7]
        assert [each.read(("b",)) for each in seen] == [0, 10, 20]
        assert [each.read(("c",)) for each in seen] == [0, 0, 0]

    def test_as_it_was_a_volume_can_be_less_by_what_came_back(self):
        volume = ("volume", "full", "year 2026")
        usage = Usage()
        usage.add(volume, 10)
        before = usage.as_it_is()
        usage.leave(volume, 6)

        left = [before.read(volume)]
        for amount in (4, 5, 9):
            before.leave(volume, amount)
            left.append(before.read(volume))

        assert left == [10, 6, 1, 0]
        assert usage.read(volume) == 4
        with pytest.raises(ValueError, match="never given back"):
            before.leave(("cap", "volume"), 1)

    def test_lets_a_volume_be_less_by_what_came_back_but_never_below_nothing(self):
        volume = ("volume", "full", "year 2026")
        usage = Usage({volume: 10})

        left = []
        for amount in (4, 5, 9):
            usage.leave(volume, amount)
            left.append(usage.read(volume))
        usage.leave(("volume", "other", "lifetime"), 0)

        assert left == [6, 1, 0]
        assert usage.read(("volume", "other", "lifetime")) == 0

    @pytest.mark.parametrize("key", [("cap", "volume"), ("cap", "x", "volume"), ("paid", "a")])
    def test_lets_no_cap_be_less(self, key):
        usage = Usage({key: 10})

        with pytest.raises(ValueError, match="never given back"):
            usage.leave(key, 1)
        assert usage.read(key) == 10

    def test_can_leave_nothing(self):
        usage = Usage()
        usage.leave(("volume", "a", "lifetime"), 1)
        usage.add(("volume", "a", "lifetime"), 2)

        assert usage.read(("volume", "a", "lifetime")) == 2
