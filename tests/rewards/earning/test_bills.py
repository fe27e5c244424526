"""What goes of the awards of payments when goods come back: once for each rule, however often paid."""

import pytest

from rewards.earning.judging import VersionInForce, judge
from tests.rewards.earning.facts import activity, always, cancelled, order, returned
from tests.rewards.earning.rules import definition, fixed, rule

pytestmark = pytest.mark.once("SQLite")

BY_MONEY = rule("by-money", trigger="payment")
AS_SUCH = fixed("as-such", 20, trigger="payment")


def twice(**fields):
    return rule("twice", trigger="payment", effect={"kind": "multiply", "percent": 200} | fields)


def dealings(pounds, *payments):
    """An order, its invoice, and payments of it on the days after."""
    bought = order("O", day=1, lines=[("mug", 10, str(pounds))])
    bill = activity("invoice", "I", day=2, lines=[("mug", 10, str(pounds))], order=bought)
    paid = [
        activity("payment", f"P{place}", day=2 + place, lines=[("", 1, str(each))], invoice=bill)
        for place, each in enumerate(payments, start=1)
    ]
    return [bought, bill, *paid]


def back(facts, pounds, *, day=20):
    return returned(f"R{day}", day=day, order=facts[0], lines=[("mug", 0, str(pounds))])


def left(facts, *rules, **settings):
    due = judge(facts, version_of=always(definition(*rules, **settings)))
    points = {
        (each.activity.external_id, each.award.rule_code): each.award.amount for each in due.awards
    }
    for each in due.claw_backs:
        points[each.activity.external_id, each.rule_code] -= each.amount
    return points


class TestPaidInParts:
    @pytest.mark.parametrize("rounding", ["down", "half_up"])
    @pytest.mark.parametrize("parts", [[10], [5, 5], [1] * 10])
    @pytest.mark.parametrize(("pounds", "stays"), [(9, 1), (5, 5), (10, 0)])
    def test_as_much_is_taken_as_of_one_payment(self, rounding, parts, pounds, stays):
        facts = dealings(10, *parts)

        found = left([*facts, back(facts, pounds)], BY_MONEY, rounding=rounding)

        assert sum(found.values()) == stays

    def test_the_latest_are_taken_first(self):
        facts = dealings(10, 4, 3, 3)
        first, second = back(facts, 4), back(facts, 2, day=21)

        assert list(left([*facts, first], BY_MONEY).values()) == [4, 2, 0]
        assert list(left([*facts, first, second], BY_MONEY).values()) == [4, 0, 0]

    def test_parts_that_come_back_are_rounded_together(self):
        facts = dealings(10, *[1] * 10)
        parts = [back(facts, "2.5", day=20 + place) for place in range(3)]

        due = judge([*facts, *parts], version_of=always(definition(BY_MONEY)))

        taken = [(each.cause.external_id, each.activity.external_id) for each in due.claw_backs]
        assert taken == [
            ("R20", "P9"), ("R20", "P10"),
            ("R21", "P6"), ("R21", "P7"), ("R21", "P8"),
            ("R22", "P4"), ("R22", "P5"),
        ]  # fmt: skip
        assert {each.explanation["steps"][1]["amount"] for each in due.claw_backs} == {"2.5"}

    def test_each_rule_is_rounded_for_itself(self):
        facts = dealings(10, 5, 5)
        half = rule("half", trigger="payment", effect={"kind": "percent", "percent": "50"})

        found = left([*facts, back(facts, 3)], BY_MONEY, half)

        assert found == {
            ("P1", "by-money"): 5,
            ("P1", "half"): 2,
            ("P2", "by-money"): 2,
            # Of five 1.5 go, which is 1.
            ("P2", "half"): 2,
        }

    def test_each_version_rounds_what_it_gave(self):
        facts = dealings(10, 5, 5)
        versions = [
            VersionInForce(number, number, definition(BY_MONEY, rounding=rounding))
            for number, rounding in enumerate(["half_up", "down"])
        ]

        due = judge(
            [*facts, back(facts, 5)],
            version_of=lambda fact: versions[fact.external_id == "P2"],
        )

        taken = {each.activity.external_id: each.amount for each in due.claw_backs}
        assert taken == {"P1": 3, "P2": 2}

    def test_a_bill_that_is_cancelled_takes_all(self):
        facts = dealings(10, 4, 3)
        gone = cancelled("C", day=21, order=facts[0], invoice=facts[1])

        found = left([*facts, back(facts, 8), gone], BY_MONEY, AS_SUCH)

        assert set(found.values()) == {0}


class TestWhatMultipliesOthers:
    facts = dealings(100, 100)

    @pytest.mark.parametrize(
        ("rules", "stays"),
        [
            # What is given for paying as such stays, and so does as much again.
            ([AS_SUCH, twice()], {"as-such": 20, "twice": 20}),
            ([BY_MONEY, twice()], {"by-money": 50, "twice": 50}),
            # Of 120 the hundred go by half.
            ([AS_SUCH, BY_MONEY, twice()], {"as-such": 20, "by-money": 50, "twice": 70}),
            (
                [AS_SUCH, BY_MONEY, twice(rules=["as-such"])],
                {"as-such": 20, "by-money": 50, "twice": 20},
            ),
            (
                [AS_SUCH, BY_MONEY, twice(rules=["by-money"])],
                {"as-such": 20, "by-money": 50, "twice": 50},
            ),
        ],
    )
    def test_goes_as_far_as_they_go(self, rules, stays):
        found = left([*self.facts, back(self.facts, 50)], *rules)

        assert found == {("P1", code): amount for code, amount in stays.items()}

    def test_goes_in_its_part_where_a_cap_cut_it(self):
        cap = {"per": "partner", "period": "month", "units": 60}
        capped = twice() | {"caps": [cap]}

        found = left([*self.facts, back(self.facts, 50)], AS_SUCH, BY_MONEY, capped)

        # 60 of 120 are given; of them 50 for the hundred, of which the half goes.
        assert found["P1", "twice"] == 35


def test_what_the_bill_earned_is_taken_before_what_its_payments_did():
    facts = dealings(10, 5, 5)
    due = judge(
        [*facts, back(facts, 6)],
        version_of=always(definition(BY_MONEY, rule("billed", trigger="invoice"))),
    )

    taken = [(each.activity.external_id, each.amount) for each in due.claw_backs]
    assert taken == [("I", 6), ("P1", 1), ("P2", 5)]


def test_goods_that_were_not_paid_are_no_part_of_what_is_said():
    """Half is paid: 20 come back and take nothing, 40 more take what 10 of them earned."""
    facts = dealings(100, 50)
    due = judge(
        [*facts, back(facts, 20), back(facts, 40, day=21)], version_of=always(definition(BY_MONEY))
    )

    [taken] = due.claw_backs
    assert (taken.amount, taken.explanation["steps"][1]["amount"]) == (10, "10")


def test_a_bill_for_goods_that_are_back_keeps_what_it_earned_while_it_stands():
    """All came back before both bills; the cancellation of one concerns the other in nothing."""
    bought = order("O", day=1, lines=[("mug", 10, "100")])
    gone = returned("R", day=2, order=bought, lines=[("mug", 10, "100")])
    bills = [
        activity("invoice", number, day=3, lines=[("mug", 1, pounds)], order=bought)
        for number, pounds in (("I1", "60"), ("I2", "40"))
    ]
    void = cancelled("C", day=4, order=bought, invoice=bills[0])

    found = left([bought, gone, *bills, void], fixed("billed", 5, trigger="invoice"))

    assert found == {("I1", "billed"): 0, ("I2", "billed"): 5}
