"""What invoices and payments earned, when goods come back and when the bill does not stand."""

import pytest

from rewards.earning.judging import judge
from tests.rewards.earning.facts import activity, always, cancelled, order, returned
from tests.rewards.earning.rules import definition, fixed, rule

RULES = (
    fixed("as-such", 5, trigger="invoice"),
    rule("by-money", trigger="invoice"),
    fixed("for-paying", 20, trigger="payment"),
    rule("by-payment", trigger="payment"),
)


def goods(pounds):
    return [("mug", 1, pounds)]


def bought(pounds="100", **named):
    return order("Order", day=2, lines=goods(pounds), **named)


def billed(pounds="100", number="Invoice", *, day=3, of=None):
    return activity("invoice", number, day=day, lines=goods(pounds), order=of)


def paid(pounds, of, number="Payment", *, day=5):
    return activity("payment", number, day=day, lines=goods(pounds), invoice=of)


def sent_back(pounds, *, of=None, day=9, **named):
    return returned(f"Return {day}", day=day, lines=goods(pounds), order=of, **named)


def left(*facts):
    """What is left of each award."""
    due = judge(facts, version_of=always(definition(*RULES)))
    points = {
        (each.activity.external_id, each.award.rule_code): each.award.amount for each in due.awards
    }
    for each in due.claw_backs:
        points[each.activity.external_id, each.rule_code] -= each.amount
    return points


def left_by_rule(*facts):
    """The same where each rule gave one award."""
    return {code: amount for (_number, code), amount in left(*facts).items()}


class TestGoodsThatComeBack:
    def test_take_their_part_of_what_went_with_them_and_nothing_fixed(self):
        first = bought()
        bill = billed(of=first)
        facts = [first, bill, paid("100", bill)]

        assert left_by_rule(*facts, sent_back("25", of=first)) == {
            "as-such": 5,
            "by-money": 75,
            "for-paying": 20,
            "by-payment": 75,
        }
        assert left_by_rule(*facts, sent_back("100", of=first)) == {
            "as-such": 5,
            "by-money": 0,
            "for-paying": 20,
            "by-payment": 0,
        }

    def test_are_rounded_over_all_returns_together(self):
        first = bought("10")
        bill = billed("10", of=first)
        parts = [sent_back("3.40", of=first, day=day) for day in (6, 7)]

        due = judge([first, bill, *parts], version_of=always(definition(*RULES)))

        assert [(each.rule_code, each.amount) for each in due.claw_backs] == [
            ("by-money", 3),
            ("by-money", 3),
        ]
        assert due.claw_backs[1].explanation["steps"] == [
            {"code": "awarded_before", "units": 7},
            {"code": "returned", "amount": "3.4", "currency": "GBP"},
            {"code": "earned_by_what_is_kept", "units": 4},
        ]

    def test_before_the_bill_are_on_no_bill(self):
        """Of 100 a quarter came back, 75 are billed, then 25 more come back: a third of it."""
        first = bought()
        early = sent_back("25", of=first, day=2)
        bill = billed("75", of=first)

        assert left_by_rule(first, early, bill) == {"as-such": 5, "by-money": 75}
        assert left_by_rule(first, early, bill, sent_back("25", of=first)) == {
            "as-such": 5,
            "by-money": 50,
        }

    def test_that_were_not_paid_yet_take_nothing_of_payments(self):
        first = bought()
        bill = billed(of=first)

        found = left_by_rule(first, bill, paid("70", bill), sent_back("20", of=first))

        assert (found["by-money"], found["by-payment"]) == (80, 70)

    def test_of_a_bill_that_names_no_order_are_credited(self):
        bill = billed()
        credit = sent_back("25", invoice=bill)

        assert left_by_rule(bill, paid("100", bill), credit) == {
            "as-such": 5,
            "by-money": 75,
            "for-paying": 20,
            "by-payment": 75,
        }


class TestABillThatIsCancelled:
    @pytest.mark.parametrize("of_an_order", [True, False])
    def test_earned_nothing_and_neither_did_its_payments(self, of_an_order):
        first = bought() if of_an_order else None
        bill = billed(of=first)
        gone = cancelled("X1", day=9, order=first, invoice=bill)
        facts = [first, bill, paid("40", bill), gone] if first else [bill, paid("40", bill), gone]

        assert set(left(*facts).values()) == {0}

    def test_takes_back_nothing_of_the_one_that_takes_its_place(self):
        first = bought()
        wrong, right = billed(of=first), billed(number="Again", day=9, of=first)
        facts = [
            first,
            wrong,
            paid("100", wrong),
            cancelled("X1", day=8, order=first, invoice=wrong),
            right,
            paid("100", right, "Moved", day=10),
        ]

        assert left(*facts) == {
            ("Invoice", "as-such"): 0,
            ("Invoice", "by-money"): 0,
            ("Payment", "for-paying"): 0,
            ("Payment", "by-payment"): 0,
            ("Again", "as-such"): 5,
            ("Again", "by-money"): 100,
            ("Moved", "for-paying"): 20,
            ("Moved", "by-payment"): 100,
        }

    def test_says_what_was_cancelled(self):
        bill = billed()

        due = judge(
            [bill, cancelled("X1", day=9, invoice=bill)], version_of=always(definition(*RULES[:1]))
        )

        [taken] = due.claw_backs
        assert (taken.activity, taken.rule_code, taken.amount) == (bill, "as-such", 5)
        assert taken.explanation["steps"] == [
            {"code": "awarded_before", "units": 5},
            {"code": "cancelled", "amount": "100", "currency": "GBP"},
            {"code": "earned_by_what_is_kept", "units": 0},
        ]

    def test_a_second_time_takes_nothing_more(self):
        bill = billed()
        gone = [cancelled(f"X{n}", day=9, invoice=bill) for n in "12"]

        assert left_by_rule(bill, paid("100", bill), *gone) == {
            "as-such": 0,
            "by-money": 0,
            "for-paying": 0,
            "by-payment": 0,
        }


class TestAnOrderThatIsCancelled:
    def test_takes_all_that_its_bills_and_payments_earned(self):
        first = bought()
        bills = [billed("60", "I1", of=first), billed("40", "I2", of=first)]
        facts = [first, *bills, paid("60", bills[0]), cancelled("X1", day=9, order=first)]

        assert set(left(*facts).values()) == {0}

    def test_after_all_of_it_came_back_takes_what_is_fixed(self):
        first = bought()
        bill = billed(of=first)
        facts = [first, bill, paid("100", bill), sent_back("100", of=first)]

        assert set(left(*facts, cancelled("X1", day=12, order=first)).values()) == {0}

    def test_that_is_worth_nothing_takes_what_its_bill_earned(self):
        first = bought("0")
        bill = billed("8", of=first)
        facts = [first, bill, paid("8", bill)]

        assert left_by_rule(*facts) == {
            "as-such": 5,
            "by-money": 8,
            "for-paying": 20,
            "by-payment": 8,
        }
        assert set(left(*facts, cancelled("X1", day=9, order=first)).values()) == {0}

    def test_by_one_of_its_bills_leaves_what_the_other_earned(self):
        first = bought()
        bills = [billed("60", "I1", of=first), billed("40", "I2", of=first)]
        gone = cancelled("X1", day=9, order=first, invoice=bills[0])

        assert left(first, *bills, gone, paid("40", bills[1], day=10)) == {
            ("I1", "as-such"): 0,
            ("I1", "by-money"): 0,
            ("I2", "as-such"): 5,
            ("I2", "by-money"): 40,
            ("Payment", "for-paying"): 20,
            ("Payment", "by-payment"): 40,
        }

    def test_earns_nothing_by_a_bill_of_a_later_day(self):
        first = bought()
        bill = billed(day=9, of=first)

        assert left(first, cancelled("X1", day=8, order=first), bill, paid("100", bill)) == {}
