import random
from collections import Counter
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from rewards.earning.judging import Dated, judge, net_spend
from rewards.programmes.definition import parse
from tests.rewards.earning.facts import (
    STARTER,
    activity,
    always,
    cancelled,
    order,
    returned,
    starter,
)


def starter_with(**parts):
    return parse(STARTER | parts)


def points_by_order(judgement):
    awarded = Counter({due.activity.external_id: due.award.amount for due in judgement.awards})
    for due in judgement.claw_backs:
        awarded[due.activity.external_id] -= due.amount
    return dict(awarded)


class TestAnOrder:
    def test_earns_a_point_for_each_whole_pound(self):
        bought = order("A1", day=3, lines=[("mug", 3, "15.90"), ("jug", 1, "4.09")])

        judgement = judge([bought], version_of=always(starter()))

        assert points_by_order(judgement) == {"A1": 19}

    def test_below_one_pound_earns_nothing_and_leaves_no_award(self):
        judgement = judge(
            [order("A1", day=3, lines=[("pin", 1, "0.99")])], version_of=always(starter())
        )

        assert judgement.awards == []

    def test_outside_every_version_earns_nothing(self):
        bought = order("A1", day=3, lines=[("mug", 1, "50.00")])

        assert judge([bought], version_of=lambda _fact: None).awards == []

    def test_explains_itself_step_by_step(self):
        bought = order("A1", day=3, lines=[("mug", 1, "330.18")])

        [due] = judge([bought], version_of=always(starter())).awards

        assert [step["code"] for step in due.award.explanation["steps"]] == [
            "net_amount",
            "per_money",
            "rounded",
        ]
        assert due.award.explanation["steps"][0]["amount"] == "330.18"
        assert due.award.explanation["total"] == 330

    def test_is_judged_by_the_tier_reached_before_it_and_not_by_itself(self):
        tiers = [
            tier | {"multiplier_percent": 200 if tier["code"] == "silver" else 100}
            for tier in STARTER["tiers"]
        ]
        definition = starter_with(tiers=tiers)
        first = order("A1", day=3, lines=[("mug", 1, "2500.00")])
        second = order("A2", day=4, lines=[("mug", 1, "10.00")])

        judgement = judge([second, first], version_of=always(definition))

        assert points_by_order(judgement) == {"A1": 2500, "A2": 20}
        assert judgement.awards[1].award.explanation["steps"][2]["tier"] == "silver"

    def test_counts_for_a_campaign_only_on_its_days(self):
        campaign = STARTER["rules"][0] | {
            "code": "march",
            "starts_on": "2026-03-03",
            "ends_on": "2026-03-05",
        }
        definition = starter_with(rules=[campaign])
        orders = [order(f"A{day}", day=day, lines=[("mug", 1, "10.00")]) for day in (2, 3, 4, 5)]

        assert points_by_order(judge(orders, version_of=always(definition))) == {"A3": 10, "A4": 10}


class TestACountry:
    def test_that_facts_state_decides_whatever_the_partner_says(self):
        spain = {"kind": "country", "in": ["ES"]}
        rules = [STARTER["rules"][0] | {"when": spain}]
        first, second, third, abroad = (
            order(f"A{day}", day=day, lines=[("mug", 1, "10.00")], country=country)
            for day, country in ((3, ""), (4, "ES"), (5, ""), (6, "PL"))
        )
        definition = starter(rules=rules)

        for today in ("PL", "ES"):
            judgement = judge(
                [first, second, third, abroad],
                version_of=always(definition),
                dated=Dated(country=today),
            )
            assert points_by_order(judgement) == {"A3": 10, "A4": 10, "A5": 10}
            assert not any("country" in due.award.explanation for due in judgement.awards)
        kept = Dated(country="PL", countries_used={first.id: "ES"})
        [alone] = judge([first], version_of=always(definition), dated=kept).awards
        assert alone.award.explanation["country"] == "ES"


class TestAReturn:
    def test_takes_back_what_the_kept_part_would_not_have_earned(self):
        bought = order("A1", day=3, lines=[("mug", 3, "29.70")])
        back = returned("C1", day=5, lines=[("mug", 1, "9.90")])

        judgement = judge([bought, back], version_of=always(starter()))

        # 29.70 earned 29; the 19.80 that is kept earns 19.
        assert points_by_order(judgement) == {"A1": 19}

    def test_goes_to_the_newest_earlier_line_of_the_same_sku(self):
        older = order("A1", day=3, lines=[("mug", 1, "10.00")])
        newer = order("A2", day=4, lines=[("mug", 1, "10.00")])
        later = order("A3", day=9, lines=[("mug", 1, "10.00")])
        back = returned("C1", day=5, lines=[("mug", 1, "10.00")])

        judgement = judge([older, newer, later, back], version_of=always(starter()))

        assert points_by_order(judgement) == {"A1": 10, "A2": 0, "A3": 10}

    def test_in_the_same_minute_as_its_order_still_finds_it(self):
        bought = order("A1", day=3, lines=[("mug", 1, "10.00")])
        back = returned("C1", day=3, lines=[("mug", 1, "10.00")])

        assert points_by_order(judge([back, bought], version_of=always(starter()))) == {"A1": 0}

    def test_of_another_article_goes_by_value_to_the_newest_orders(self):
        older = order("A1", day=3, lines=[("mug", 1, "10.00")])
        newer = order("A2", day=4, lines=[("jug", 1, "10.00")])
        back = returned("C1", day=5, lines=[("discount", 1, "15.00")])

        judgement = judge([older, newer, back], version_of=always(starter()))

        assert points_by_order(judgement) == {"A1": 5, "A2": 0}

    def test_without_any_purchase_takes_nothing_and_says_how_much(self):
        back = returned("C1", day=5, lines=[("mug", 1, "10.00"), ("jug", 1, "2.50")])

        judgement = judge([back], version_of=always(starter()))

        assert judgement.claw_backs == []
        assert [gap.amount_e4 for gap in judgement.unmatched] == [100_000, 25_000]

    def test_by_value_never_takes_more_than_was_awarded_over_several_parts(self):
        bought = order("A1", day=3, lines=[("mug", 3, "10.00")])
        parts = [returned(f"C{day}", day=day, lines=[("mug", 1, "3.33")]) for day in (5, 6, 7)]

        judgement = judge([bought, *parts], version_of=always(starter(claw_back_basis="by_value")))

        assert sum(due.amount for due in judgement.claw_backs) == 9


class TestANamedReturn:
    def test_takes_from_the_order_it_names_and_not_from_a_newer_one(self):
        older = order("A1", day=3, lines=[("mug", 1, "10.00")])
        newer = order("A2", day=4, lines=[("mug", 1, "10.00")])
        back = returned("C1", day=5, lines=[("mug", 1, "10.00")], order=older)

        judgement = judge([back, newer, older], version_of=always(starter()))

        assert points_by_order(judgement) == {"A1": 0, "A2": 10}

    def test_takes_the_value_of_that_order_where_the_article_is_another(self):
        older = order("A1", day=3, lines=[("jug", 1, "10.00")])
        newer = order("A2", day=4, lines=[("mug", 1, "10.00")])
        back = returned("C1", day=5, lines=[("mug", 1, "6.00")], order=older)

        assert points_by_order(judge([newer, older, back], version_of=always(starter()))) == {
            "A1": 4,
            "A2": 10,
        }

    def test_of_more_than_the_order_takes_the_rest_like_one_that_names_none(self):
        older = order("A1", day=3, lines=[("mug", 1, "10.00")])
        newer = order("A2", day=4, lines=[("mug", 1, "10.00")])
        back = returned("C1", day=5, lines=[("mug", 2, "15.00")], order=older)

        assert points_by_order(judge([newer, older, back], version_of=always(starter()))) == {
            "A1": 0,
            "A2": 5,
        }

    def test_dated_before_its_order_is_judged_right_after_it(self):
        bought = order("A1", day=6, lines=[("mug", 1, "10.00")])
        early = returned("C1", day=5, lines=[("mug", 1, "10.00")], order=bought)
        later = returned("C2", day=7, lines=[("mug", 1, "10.00")])

        judgement = judge([early, later, bought], version_of=always(starter()))

        assert [due.cause for due in judgement.claw_backs] == [early]
        assert [gap.cause for gap in judgement.unmatched] == [later]

    def test_takes_nothing_while_its_order_is_not_here(self):
        bought = order("A1", day=3, lines=[("mug", 1, "10.00")])
        back = returned("C1", day=5, lines=[("mug", 1, "10.00")], waits=True)

        judgement = judge([bought, back], version_of=always(starter()))

        assert points_by_order(judgement) == {"A1": 10}
        assert judgement.unmatched == []

    def test_without_lines_takes_its_amount_by_value(self):
        bought = order("A1", day=3, lines=[("mug", 1, "10.00")])
        back = returned("C1", day=5, order=bought)
        back.amount_e4 = 40_000

        assert points_by_order(judge([bought, back], version_of=always(starter()))) == {"A1": 6}


class TestACancellation:
    def test_takes_all_that_is_left_of_its_order(self):
        bought = order("A1", day=3, lines=[("mug", 2, "20.00")])
        kept = order("A2", day=4, lines=[("mug", 2, "20.00")])
        back = returned("C1", day=5, lines=[("mug", 1, "10.00")], order=bought)
        gone = cancelled("X1", day=6, order=bought)

        judgement = judge([gone, back, kept, bought], version_of=always(starter()))

        assert points_by_order(judgement) == {"A1": 0, "A2": 20}
        assert [due.amount for due in judgement.claw_backs] == [10, 10]
        steps = judgement.claw_backs[1].explanation["steps"]
        assert steps[1] == {"code": "cancelled", "amount": "10", "currency": "GBP"}

    def test_twice_takes_nothing_more(self):
        bought = order("A1", day=3, lines=[("mug", 2, "20.00")])
        twice = [cancelled(f"X{n}", day=6, order=bought) for n in (1, 2)]

        judgement = judge([bought, *twice], version_of=always(starter()))

        assert [due.amount for due in judgement.claw_backs] == [20]

    def test_of_an_invoice_takes_its_part_by_value_of_what_is_left(self):
        bought = order("A1", day=3, lines=[("mug", 2, "70.00"), ("jug", 1, "30.00")])
        back = returned("C1", day=5, lines=[("mug", 1, "20.00")], order=bought)
        forty, fifty, ten = invoices = [
            activity("invoice", number, day=day, lines=[("goods", 1, pounds)], order=bought)
            # The last one is of a day after the first cancellation.
            for number, day, pounds in (("I1", 4, "40"), ("I2", 4, "50"), ("I3", 9, "10"))
        ]
        gone = [
            cancelled(number, day=day, order=bought, invoice=invoice)
            for number, day, invoice in (("X1", 6, forty), ("X2", 7, forty), ("X3", 10, fifty))
        ]

        def left(*facts):
            judgement = judge([*facts, bought], version_of=always(starter()))
            return points_by_order(judgement)["A1"], [due.amount for due in judgement.claw_backs]

        # 40 of 100 are called off of the 80 that are left, once; then 50 of 60 of the other 48.
        assert left(*gone[:2], *invoices, back) == (48, [20, 32])
        assert left(back, *invoices, *gone) == (8, [20, 32, 40])
        # The last that stands is of all that is left, and so is the only one.
        last = cancelled("X4", day=11, order=bought, invoice=ten)
        assert left(last, *gone, back, *invoices) == (0, [20, 32, 40, 8])
        assert left(forty, gone[0]) == (0, [100])
        days = [date(2026, 3, day) for day in (5, 6, 7, 10)]
        spend = net_spend([*gone, back, *invoices, bought])
        assert [spend.within_year_to(day) // 10_000 for day in days] == [80, 48, 48, 8]

    def test_lowers_the_spend_on_its_own_day_by_what_was_left(self):
        bought = order("A1", day=3, lines=[("mug", 2, "20.00")])
        back = returned("C1", day=5, lines=[("mug", 1, "5.00")], order=bought)
        gone = cancelled("X1", day=6, order=bought)

        spend = net_spend([gone, bought, back])

        days = [date(2026, 3, day) for day in (4, 5, 6)]
        assert [spend.within_year_to(day) for day in days] == [200_000, 150_000, 0]


SKUS = ["mug", "jug", "pin"]
KINDS = ["order", "return", "named return", "waiting return", "cancellation"]
histories = st.lists(
    st.tuples(
        st.sampled_from(KINDS),
        st.integers(1, 28),
        st.sampled_from(SKUS),
        st.integers(1, 5),
        st.integers(1, 50_00),
        st.integers(0, 11),
    ),
    max_size=12,
)


def facts_of(history):
    """What names an order names one of the history, whenever that was."""
    lines = [
        [(sku, quantity, f"{pence / 100:.2f}")] for _k, _d, sku, quantity, pence, _n in history
    ]
    orders = {
        place: order(f"{place}", day=day, lines=lines[place])
        for place, (kind, day, *_rest) in enumerate(history)
        if kind == "order"
    }
    facts = list(orders.values())
    for place, (kind, day, *_rest, named) in enumerate(history):
        if kind == "cancellation":
            facts.append(cancelled(f"{place}", day=day, order=orders.get(named)))
        elif kind != "order":
            known = orders.get(named) if kind == "named return" else None
            facts.append(
                returned(
                    f"{place}",
                    day=day,
                    lines=lines[place],
                    order=known,
                    waits=kind == "waiting return" or (kind == "named return" and known is None),
                )
            )
    return facts


class TestAnyHistory:
    @given(history=histories, seed=st.integers())
    def test_is_judged_alike_in_any_order_of_arrival(self, history, seed):
        facts = facts_of(history)
        shuffled = random.Random(seed).sample(facts, len(facts))

        first = judge(facts, version_of=always(starter()))
        second = judge(shuffled, version_of=always(starter()))

        assert points_by_order(first) == points_by_order(second)
        last_day = date(2026, 3, 31)
        assert first.spend.within_year_to(last_day) == second.spend.within_year_to(last_day)

    @given(history=histories)
    def test_never_leaves_an_order_below_zero(self, history):
        judgement = judge(facts_of(history), version_of=always(starter()))

        assert all(points >= 0 for points in points_by_order(judgement).values())

    @given(history=histories)
    def test_matches_exactly_the_value_returned(self, history):
        facts = facts_of(history)

        judgement = judge(facts, version_of=always(starter()))

        value_returned = sum(
            fact.amount_e4 for fact in facts if fact.kind == "return" and not fact.waits
        )
        matched = sum(match.amount_e4 for match in judgement.matches)
        unmatched = sum(gap.amount_e4 for gap in judgement.unmatched)
        assert matched + unmatched == value_returned

    @given(pence=st.lists(st.integers(1, 100_00), min_size=1, max_size=6))
    def test_gains_at_most_a_rounding_unit_a_part_by_splitting_an_order(self, pence):
        parts = [
            order(f"A{n}", day=3, lines=[("mug", 1, f"{p / 100:.2f}")]) for n, p in enumerate(pence)
        ]
        whole = order("B", day=3, lines=[("mug", 1, f"{sum(pence) / 100:.2f}")])

        split = sum(points_by_order(judge(parts, version_of=always(starter()))).values())
        together = sum(points_by_order(judge([whole], version_of=always(starter()))).values())

        assert together - len(pence) < split <= together
