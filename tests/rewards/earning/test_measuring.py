"""What of an activity a rule counts."""

import pytest

from rewards.earning.counting import Counted
from rewards.earning.measuring import measure
from rewards.earning.situation import PaymentTiming, Situation
from tests.rewards.earning.rules import (
    activity,
    definition,
    earns,
    fixed,
    lines,
    order,
    passed_over,
    payment,
    rule,
    steps,
)

BASKET = [
    ("mug", 2, 20, "cups"),
    ("mug-xl", 1, 15, "cups"),
    ("jug", 3, 30, "jars"),
    ("post", 1, 5, "delivery"),
]
PER_PIECE = {"kind": "per_quantity", "units": 1}
NOTHING = {"points": ("nothing_to_count", {})}


@pytest.mark.parametrize(
    ("wanted", "money", "pieces"),
    [
        ({"include_skus": ["mug"]}, 20, 2),
        ({"include_skus": ["mug*"]}, 35, 3),
        ({"include_skus": ["jug", "post"]}, 35, 4),
        ({"exclude_skus": ["mug*"]}, 35, 4),
        ({"include_categories": ["cups"]}, 35, 3),
        ({"include_categories": ["c*", "jars"]}, 65, 6),
        ({"exclude_categories": ["delivery"]}, 65, 6),
        ({"include_categories": ["cups"], "exclude_skus": ["mug"]}, 15, 1),
        ({"include_skus": ["mug", "jug"], "include_categories": ["cups"]}, 20, 2),
        ({"include_skus": ["*"], "exclude_categories": ["cups", "jars"]}, 5, 1),
    ],
)
def test_lines_are_counted_or_left_out(wanted, money, pieces):
    fact = order(0, *BASKET)

    assert earns(rule(lines=wanted), fact) == {"points": money}
    assert earns(rule(lines=wanted, effect=PER_PIECE), fact) == {"points": pieces}
    assert earns(fixed("points", 9, lines=wanted), fact) == {"points": 9}


@pytest.mark.parametrize("effect", [{"kind": "fixed", "units": 9}, PER_PIECE, rule()["effect"]])
def test_where_no_line_counts_there_is_nothing(effect):
    wanted = rule(lines={"include_skus": ["pin"]}, effect=effect)

    assert passed_over(wanted, order(0, *BASKET)) == NOTHING


def test_the_lines_that_count_are_explained():
    wanted = rule(lines={"include_skus": ["mug*"]})

    assert steps(wanted, order(0, *BASKET))[:2] == [
        {"code": "net_amount", "amount": "70", "currency": "GBP"},
        {
            "code": "counted_lines",
            "lines": 2,
            "of": 4,
            "quantity": "3",
            "amount": "35",
            "currency": "GBP",
        },
    ]


@pytest.mark.parametrize(
    ("fields", "said", "earned"),
    [
        ({}, {"delivery": "5"}, 70),
        ({"delivery": False}, {"delivery": "5"}, 65),
        ({"delivery": False}, {}, 70),
        ({"delivery": False}, {"delivery": "69"}, 1),
        ({"delivery": False, "lines": {"include_skus": ["mug"]}}, {"delivery": "5"}, 20),
        ({"delivery": False, "lines": {"include_categories": ["cups"]}}, {"delivery": "5"}, 35),
        ({"delivery": False, "lines": {"exclude_skus": ["mug"]}}, {"delivery": "5"}, 45),
        ({"tax": True}, {"tax": "14"}, 84),
        ({"tax": False}, {"tax": "14"}, 70),
        ({"tax": True, "delivery": False}, {"tax": "14", "delivery": "5"}, 78),
        ({"tax": True, "lines": {"include_skus": ["mug"]}}, {"tax": "14"}, 24),
        ({}, {"paid_with_points": "10"}, 60),
        ({"lines": {"include_skus": ["mug"]}}, {"paid_with_points": "35"}, 10),
        ({"effect": PER_PIECE}, {"paid_with_points": "35"}, 3),
        ({"effect": PER_PIECE}, {"paid_with_points": "10"}, 6),
        ({"effect": {"kind": "fixed", "units": 9}}, {"paid_with_points": "69.99"}, 9),
        ({"tax": True}, {"tax": "14", "paid_with_points": "35"}, 42),
    ],
)
def test_parts_of_an_order_count_as_the_rule_says(fields, said, earned):
    assert earns(rule(**fields), order(0, *BASKET, attributes=said)) == {"points": earned}


@pytest.mark.parametrize(("setting", "earned"), [(True, 100), (False, 90)])
def test_what_is_paid_with_points_earns_by_the_setting(setting, earned):
    paid = order(100, attributes={"paid_with_points": "10"})

    assert earns(definition(rule(), points_payment_earns=setting), paid) == {"points": earned}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, {"paid_with_points": "70"}),
        ({}, {"paid_with_points": "71"}),
        ({"effect": {"kind": "fixed", "units": 9}}, {"paid_with_points": "70"}),
        ({"effect": PER_PIECE}, {"paid_with_points": "70"}),
        ({"delivery": False}, {"delivery": "70"}),
        ({"delivery": False}, {"delivery": "99"}),
    ],
)
def test_where_all_of_it_is_left_out_there_is_nothing(fields, said):
    fact = order(0, *BASKET, attributes=said)

    assert passed_over(rule(**fields), fact) == NOTHING


def test_every_part_is_explained():
    said = {"delivery": "20", "paid_with_points": "50", "tax": "30"}
    whole = rule(delivery=False, tax=True)

    assert steps(whole, order(100, attributes=said)) == [
        {"code": "net_amount", "amount": "100", "currency": "GBP"},
        {"code": "delivery_left_out", "amount": "20", "currency": "GBP", "result": "80"},
        {"code": "paid_with_points", "amount": "40", "currency": "GBP", "result": "40"},
        {"code": "tax_added", "amount": "12", "currency": "GBP", "result": "52"},
        {"code": "per_money", "units": 1, "per": "1", "result": "52"},
    ]


@pytest.mark.parametrize(
    "said", [{}, {"delivery": "0"}, {"tax": "x", "delivery": True}, {"tax": -3}]
)
def test_what_is_not_said_or_no_amount_changes_nothing(said):
    whole = rule(delivery=False, tax=True)

    found = [step["code"] for step in steps(whole, order(100, attributes=said))]

    assert found == ["net_amount", "per_money"]


def test_what_is_finer_than_an_amount_can_be_is_cut():
    fact = order(100, attributes={"delivery": "10.00019"})

    assert steps(rule(delivery=False), fact)[1]["amount"] == "10.0001"


class TestQuantity:
    def test_is_that_of_the_activity_where_it_has_no_lines(self):
        recycled = rule(trigger="recycling", effect=PER_PIECE)

        assert earns(recycled, activity("recycling", quantity=20)) == {"points": 20}
        assert passed_over(recycled, activity("recycling", quantity=0)) == NOTHING

    def test_is_explained(self):
        recycled = rule(trigger="recycling", effect=PER_PIECE)

        assert steps(recycled, activity("recycling", quantity="2"))[0] == {
            "code": "quantity",
            "quantity": "2",
        }

    def test_counts_where_goods_cost_nothing_unless_they_are_ordered(self):
        sold_out = rule(trigger="sell_out", effect=PER_PIECE)
        fact = activity("sell_out", lines=lines(("mug", 2, 0)))

        assert earns(sold_out, fact) == {"points": 2}
        assert passed_over(rule(effect=PER_PIECE), order(0, ("mug", 2, 0))) == NOTHING


def test_the_smallest_amount_and_the_smallest_quantity_count():
    money = rule(effect={"kind": "per_money", "units": 10_000, "per": "1"})
    pieces = rule(trigger="recycling", effect={"kind": "per_quantity", "units": 10_000})

    assert earns(money, order("0.0001", attributes={"channel": "web"})) == {"points": 1}
    assert earns(money, order("0.0001")) == {"points": 1}
    assert earns(pieces, activity("recycling", quantity="0.0001")) == {"points": 1}


class TestNothingPaid:
    @pytest.mark.parametrize("kind", ["order", "invoice"])
    def test_earns_nothing_by_a_fixed_award(self, kind):
        paid = fixed("points", 9, trigger=kind)

        assert passed_over(paid, activity(kind, 0)) == NOTHING
        assert earns(paid, activity(kind, "0.0001")) == {"points": 9}

    @pytest.mark.parametrize("said", [{}, {"tax": "5"}, {"paid_with_points": "5"}])
    def test_earns_nothing_by_money(self, said):
        free = order(0, attributes=said)

        assert passed_over(rule(tax=True), free) == NOTHING
        assert passed_over(rule(), free) == NOTHING

    def test_is_no_matter_where_nothing_is_to_be_paid(self):
        assert earns(fixed("points", 9, trigger="training"), activity("training")) == {"points": 9}


class TestPayment:
    def test_counts_what_was_open_of_its_invoice(self):
        paid, _situation = payment(100)
        timing = PaymentTiming(days_late=0, counted_e4=300_000, invoice_e4=1_000_000)
        a_pound = rule(trigger="payment")

        assert earns(a_pound, paid, Situation(payment=timing)) == {"points": 30}
        assert steps(a_pound, paid, Situation(payment=timing))[0]["amount"] == "30"

    @pytest.mark.parametrize("effect", [{"kind": "fixed", "units": 9}, rule()["effect"]])
    def test_counts_nothing_where_nothing_was_open_or_the_invoice_is_unknown(self, effect):
        paid, _situation = payment(100)
        nothing_open = PaymentTiming(days_late=0, counted_e4=0, invoice_e4=1_000_000)
        rewarded = rule(trigger="payment", effect=effect)

        assert passed_over(rewarded, paid) == NOTHING
        assert passed_over(rewarded, paid, Situation(payment=nothing_open)) == NOTHING

    def test_of_the_smallest_part_counts(self):
        paid, situation = payment("0.0001", of="0.0001")
        big = {"kind": "per_money", "units": 10_000, "per": "1"}

        assert earns(rule(trigger="payment", effect=big), paid, situation) == {"points": 1}


@pytest.mark.parametrize("said", [{}, {"channel": "web"}])
def test_money_is_counted_without_a_quantity(said):
    settings = definition().settings
    [a_pound] = definition(rule()).rules
    fact = order(0, ("mug", 3, 10), attributes=said)

    assert measure(fact, a_pound, payment=None, settings=settings)[0] == Counted(
        100_000, 0, "GBP", volume_before_e4=0, invoice_e4=0
    )


def test_a_payment_is_counted_without_a_quantity():
    settings = definition().settings
    [a_pound] = definition(rule(trigger="payment")).rules
    fact, situation = payment(3, of=10)

    counted, _steps = measure(fact, a_pound, payment=situation.payment, settings=settings)

    assert counted == Counted(30_000, 0, "GBP", volume_before_e4=0, invoice_e4=100_000)


def test_other_kinds_say_nothing_of_delivery_or_points():
    fact = activity("sell_out", 100, attributes={"paid_with_points": "50", "delivery": "5"})

    assert earns(rule(trigger="sell_out"), fact) == {"points": 100}


def test_what_is_fixed_tells_of_the_lines_and_of_no_money():
    each = rule(effect={"kind": "fixed", "units": 9}, lines={"include_skus": ["mug"]})
    fact = order(0, ("mug", 3, 30), ("cup", 1, 40), attributes={"paid_with_points": "35"})

    assert [step["code"] for step in steps(each, fact)] == ["counted_lines", "fixed"]
