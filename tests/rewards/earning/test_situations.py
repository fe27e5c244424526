"""What held for a partner just before each of its facts, and which fact comes before which."""

from datetime import UTC, datetime

import pytest

from rewards.earning.evaluating import Evaluation
from rewards.earning.judging import Dated, judge
from rewards.programmes.definition import parse
from tests.rewards.earning.facts import activity, always, cancelled, order, returned
from tests.rewards.earning.rules import TIERS, definition, document, fixed, march, rule


def orders(*days, pounds="10", **fields):
    return [order(f"A{day}", day=day, lines=[("mug", 1, pounds)], **fields) for day in days]


def earned(*facts, rules, dated=None, **settings):
    due = judge(facts, version_of=always(definition(*rules, **settings)), dated=dated or Dated())
    return {(each.activity.external_id, each.award.rule_code): each.award.amount
            for each in due.awards}  # fmt: skip


def only(code, **fields):
    return fixed(code, 1, **fields)


class TestTheTier:
    """Silver from 100 pounds on is worth half as much again, gold from 1,000 on twice as much."""

    TIMES = rule(tier_multiplier=True)

    def test_is_that_of_the_orders_before_less_what_came_back(self):
        first, second, third = orders(2, 4, 6, pounds="100")
        back = returned("R1", day=5, order=first, lines=[("mug", 1, "100")])

        found = earned(first, second, back, third, rules=[self.TIMES])

        assert list(found.values()) == [100, 150, 150]
        gone = cancelled("X1", day=5, order=second)
        found = earned(first, second, back, gone, third, rules=[self.TIMES])
        assert list(found.values()) == [100, 150, 100]

    def test_may_be_that_of_the_order_itself_but_of_nothing_else(self):
        again = {"current_order_counts_for_tier": True}
        bill = activity("invoice", "I1", day=3, lines=[("mug", 1, "1000")])
        billing = rule("bill", trigger="invoice", tier_multiplier=True)

        found = earned(*orders(2, pounds="99"), rules=[self.TIMES], **again)
        assert found == {("A2", "points"): 99}
        found = earned(*orders(2, pounds="100"), bill, rules=[self.TIMES, billing], **again)
        assert found == {("A2", "points"): 150, ("I1", "bill"): 1500}

    def test_of_today_is_that_which_was_used_or_the_present_one(self):
        first, second = orders(2, 3, pounds="100")
        dated = Dated(tiers_used={first.id: "gold"}, tier_today="bronze")

        found = earned(first, second, rules=[self.TIMES], dated=dated, tier_of="today")

        assert list(found.values()) == [200, 100]

    def test_of_today_is_the_present_one_for_what_is_not_stored(self):
        [supposed] = orders(2, pounds="100")
        supposed.id = None
        dated = Dated(tiers_used={1: "gold", -1: "gold"}, tier_today="silver")

        found = earned(supposed, rules=[self.TIMES], dated=dated, tier_of="today")

        assert found == {("A2", "points"): 150}

    def test_is_kept_with_what_is_due(self):
        first, second = orders(2, 3, pounds="100")

        due = judge([first, second], version_of=always(definition(self.TIMES)))

        assert [each.tier_code for each in due.awards] == ["bronze", "silver"]
        due = judge([first, second], version_of=always(definition(rule())))
        assert [each.tier_code for each in due.awards] == ["", ""]


class TestTheRest:
    def test_is_asked_for_by_the_day(self):
        dated = Dated(segments=[("shops", march(3), march(4))])
        listed = only("listed", when={"kind": "segment", "in": ["shops"]})

        assert earned(*orders(2, 3, 4), rules=[listed], dated=dated) == {("A3", "listed"): 1}

    def test_is_the_country_last_stated_or_else_that_of_the_partner(self):
        first, second = orders(2, 3)
        british = only("british", when={"kind": "country", "in": ["GB"]})

        assert earned(first, second, rules=[british], dated=Dated(country="GB"))
        used = Dated(country="GB", countries_used={first.id: "PL"})
        assert earned(first, second, rules=[british], dated=used) == {("A3", "british"): 1}
        first.id = None
        used = Dated(country="GB", countries_used={1: "PL", -1: "PL"})
        assert len(earned(first, second, rules=[british], dated=used)) == 2

    def test_is_the_share_of_the_latest_survey_that_states_one(self):
        surveys = [
            activity("survey", f"S{day}", day=day, attributes=said)
            for day, said in (
                (3, {"supplier_share": "60"}),
                (5, {}),
                (7, {"supplier_share": "40"}),
            )
        ]
        told = activity("training", "T1", day=8, attributes={"supplier_share": "90"})
        most = only("most", when={"kind": "supplier_share", "at_least_percent": 60})

        found = earned(*orders(2, 4, 6, 9), *surveys, told, rules=[most])

        assert [number for number, _code in found] == ["A4", "A6"]

    def test_is_what_the_company_agreed_to_by_then(self):
        dated = Dated(consents={7: [(datetime(2026, 3, 3, 10, tzinfo=UTC), None, 1)]})
        found = judge(
            orders(2, 3, member_id=7),
            version_of=always(
                definition(
                    rule(to="member"), personal_earning={"allowed": True, "terms": {"en": "Yes."}}
                )
            ),
            dated=dated,
        )

        assert [each.award.personal for each in found.awards] == [0, 10]

    def test_counts_no_orders_where_no_rule_asks_for_them(self):
        """Whatever else is asked for: only what a rule needs is looked up."""
        dated = Dated(segments=[("shops", march(1), None)], country="GB")

        for condition, known in (
            ({"kind": "first_order"}, {"orders_before"}),
            ({"kind": "segment", "in": ["x"]}, {"segments"}),
            ({"kind": "country", "in": ["x"]}, {"country_of_partner"}),
            ({"kind": "tier", "in": ["gold"]}, {"tier"}),
        ):
            asked = orders(2, 3)
            due = judge(
                asked,
                version_of=always(definition(only("x", when=condition))),
                dated=dated,
                asked=asked,
            )
            situation = due.judged[1].situation
            names = {"tier", "segments", "country_of_partner", "orders_before"}
            assert {name for name in names if getattr(situation, name)} == known


class TestADispute:
    IN_TIME = rule("in-time", trigger="payment", when={"kind": "payment", "late_days_at_most": 0})

    def test_that_names_an_invoice_stops_its_clock_and_no_other(self):
        first, second = (
            activity("invoice", f"I{n}", day=2, lines=[("g", 1, "10")], due_on=march(5))
            for n in "12"
        )
        disputes = [
            activity("dispute", f"D{day}", day=day, attributes={"state": state}, invoice=invoice)
            for day, state, invoice in (
                (4, "opened", first),
                (9, "closed", first),
                (4, "opened", None),
            )
        ]
        paid = [
            activity("payment", f"P{n}", day=9, lines=[("m", 1, "10")], invoice=invoice)
            for n, invoice in enumerate((first, second, None), start=1)
        ]

        found = earned(first, second, *disputes, *paid, rules=[self.IN_TIME])

        assert found == {("P1", "in-time"): 10}


class TestWhatIsAsked:
    def test_is_told_in_full_and_nothing_else(self):
        first, second = orders(2, 3)
        version_of = always(definition(rule(), only("x", when={"kind": "first_order"})))

        due = judge([first, second], version_of=version_of, asked=[second])

        [judged] = due.judged
        assert (judged.activity, judged.version) == (second, version_of(second))
        assert [each.rule_code for each in judged.evaluation.awards] == ["points"]
        assert [each.rule_code for each in judged.evaluation.passed_over] == ["x"]
        assert isinstance(judged.evaluation, Evaluation)

    def test_is_nothing_unless_somebody_asks(self):
        assert judge(orders(2), version_of=always(definition(rule()))).judged == []


class TestOtherKinds:
    def test_earn_by_themselves_where_a_version_is_in_force(self):
        told = activity("training", "T1", day=2)
        learning = always(definition(fixed("learning", 5, trigger="training")))

        assert [each.award.amount for each in judge([told], version_of=learning).awards] == [5]
        assert judge([told], version_of=lambda _fact: None).awards == []

    def test_take_up_limits_together_with_what_came_before(self):
        once = fixed("once", 5, trigger="training", caps=[
            {"per": "partner", "period": "lifetime", "times": 1}])  # fmt: skip
        told = [activity("training", f"T{day}", day=day) for day in (3, 2)]

        due = judge(told, version_of=always(definition(once)))

        assert [each.activity.external_id for each in due.awards] == ["T2"]
        assert due.usage.read(("cap", "rule", "once", "times", "partner", "", "lifetime")) == 1


ROLLING = {"rule": "rolling_months", "months": 6}


class TestRollingExpiry:
    def prolonging(self, *facts, expiry, tiers=TIERS):
        parts = document(rule(tier_multiplier=True), expiry=expiry) | {"tiers": tiers}
        due = judge(facts, version_of=always(parse(parts)))
        return [(each.order.external_id, each.last_day.isoformat()) for each in due.prolonging]

    def test_is_prolonged_by_each_order_and_by_nothing_else(self):
        bill = activity("invoice", "I1", day=9, lines=[("mug", 1, "10")])

        assert self.prolonging(*orders(2, 3), bill, expiry=ROLLING) == [
            ("A2", "2026-09-02"),
            ("A3", "2026-09-03"),
        ]
        assert self.prolonging(*orders(2), expiry={"rule": "after_months", "months": 6}) == []

    def test_is_longer_by_what_the_tier_of_then_adds(self):
        longer = [TIERS[0], TIERS[1] | {"expiry_extra_months": 2}]

        found = self.prolonging(*orders(2, 3, pounds="100"), expiry=ROLLING, tiers=longer)

        assert found == [("A2", "2026-09-02"), ("A3", "2026-11-03")]
        assert self.prolonging(*orders(2), expiry=ROLLING, tiers=[]) == [("A2", "2026-09-02")]


class TestThePlaceOfAFact:
    def test_is_by_moment_then_kind_then_source_and_number(self):
        bought, back, gone = (
            activity(kind, "B", day=2) for kind in ("order", "return", "cancellation")
        )
        other = activity("order", "A", day=2)
        other.source = "web"
        early = activity("cancellation", "Z", day=1)
        facts = [gone, back, other, bought, activity("order", "A", day=2), early]

        in_order = sorted(facts, key=lambda each: each.canonical_place)

        assert [(each.kind, each.source, each.external_id) for each in in_order] == [
            ("cancellation", "erp", "Z"),
            ("order", "erp", "A"),
            ("order", "erp", "B"),
            ("order", "web", "A"),
            ("return", "erp", "B"),
            ("cancellation", "erp", "B"),
        ]

    def test_of_other_kinds_is_that_of_orders(self):
        told = activity("training", "A", day=2)

        assert told.canonical_place == activity("order", "A", day=2).canonical_place

    def test_is_right_after_what_it_names_where_that_is_dated_later(self):
        first = order("A1", day=5)
        bill = activity("invoice", "I1", day=4, order=first)
        paid = activity("payment", "P1", day=3, invoice=bill)
        second = order("A2", day=5)

        in_order = sorted([second, paid, bill, first], key=lambda each: each.canonical_place)

        assert in_order == [first, bill, paid, second]
        # What comes later anyhow keeps its own place.
        late = activity("payment", "P2", day=6, invoice=bill)
        assert late.canonical_place == (late.occurred_at, 0, "erp", "P2")

    def test_is_behind_what_it_names_also_under_the_same_number(self):
        first = order("A1", day=5)
        bill = activity("invoice", "A1", day=5, order=first)

        assert sorted([bill, first], key=lambda each: each.canonical_place) == [first, bill]


class TestWhoIsCountedFor:
    @pytest.mark.parametrize(
        ("person_id", "member_id", "counted_for"),
        [(3, 7, "person 3"), (None, 7, "7"), (None, None, "")],
    )
    def test_is_the_person_or_else_the_member(self, person_id, member_id, counted_for):
        told = activity("training", "T", day=1, person_id=person_id, member_id=member_id)

        assert told.counted_for == counted_for


def test_only_what_is_stored_has_an_id():
    stored = order("A1", day=2)
    assert stored.stored_id == stored.id

    stored.id = None
    with pytest.raises(ValueError, match="only stored"):
        stored.stored_id  # noqa: B018 - reading it is what is tested


def test_a_fact_says_no_more_than_it_was_told():
    told = activity("training", "T1", day=2)

    assert (told.amount_e4, told.quantity_e4, told.country) == (0, 0, "")
    assert (told.waits, told.is_converted, told.attributes) == (False, False, {})
    assert (told.reported.amount_e4, told.reported.rate_e8) == (0, 0)
