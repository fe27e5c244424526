"""What stands of an order when invoices of it are cancelled, and billed again or not."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards.earning.judging import judge, net_spend
from tests.rewards.earning.facts import activity, always, cancelled, order, returned, starter


def history_of(told, worth="100"):
    """``A 60, B 40, -A``: an order, invoices of it and what cancels them, a day after another."""
    bought = order("Order", day=1, lines=[("mug", 1, worth)])
    facts, named = [bought], {"Order": bought}
    for day, words in enumerate(told.split(", "), start=2):
        name, _space, amount = words.partition(" ")
        if amount:
            named[name] = activity(
                "invoice", name, day=day, lines=[("mug", 1, amount)], order=bought
            )
            facts.append(named[name])
            continue
        other = named[name.removeprefix("-")]
        invoice = None if other is bought else other
        facts.append(cancelled(f"{day}", day=day, order=bought, invoice=invoice))
    return facts


def stands(told, worth="100"):
    """What is left of the order, in points of a point a pound; the spend says the same."""
    facts = history_of(told, worth)
    due = judge(facts, version_of=always(starter()))
    spent_e4 = net_spend(facts).within_year_to(facts[-1].local_date)
    left = sum(each.award.amount for each in due.awards)
    left -= sum(each.amount for each in due.claw_backs)
    assert spent_e4 == left * 10_000
    return left


@pytest.mark.parametrize(
    ("told", "left"),
    [
        # Cancelled and billed again, the same or less, once or twice, before or after.
        ("A 100, -A", 0),
        ("A 100, -A, B 100", 100),
        ("A 100, -A, B 80", 80),
        ("A 100, -A, B 100, -B", 0),
        ("A 100, -A, B 100, -B, C 100", 100),
        ("A 100, B 100, -A", 100),
        ("A 100, B 95, -A", 95),
        ("A 100, B 100, -B, -A", 0),
        ("A 100, B 100, C 100, -A, -B", 100),
        # In parts.
        ("A 40, B 60, -A", 60),
        ("A 40, B 50, C 10, -A, -B", 10),
        ("A 40, B 50, C 10, -A, -B, -C", 0),
        ("A 40, -A, B 60", 60),
        ("A 40, -A, C 40, B 60", 100),
        ("A 60, B 40, -A, C 50", 90),
        ("A 60, B 40, -A, C 60, -C", 40),
        ("A 40, B 60, C 40, -A", 100),
        ("A 70, B 30, C 25, -B", 95),
        # Not all was billed: the rest stands, unless nothing else was billed.
        ("A 40, B 10, -A", 60),
        ("A 40, B 10, -A, -B", 0),
        ("A 40, -A", 0),
        # With tax of a fifth.
        ("A 120, -A, B 120", 100),
        ("A 60, B 60, -A", 50),
        ("A 60, B 60, -A, C 60", 100),
        ("A 60, B 60, C 60, -A", 100),
        ("A 60, B 60, -A, -B", 0),
        ("A 60, -A, C 60, B 60", 100),
        ("A 48, B 36, C 36, -C", 70),
        # Twice, and beside the order as a whole.
        ("A 40, B 60, -A, -A", 60),
        ("A 40, B 60, -Order", 0),
        ("A 40, B 60, -Order, -A", 0),
        ("A 40, B 60, -A, -Order", 0),
        # Worth nothing.
        ("A 0, B 100, -A", 100),
        ("A 100, B 0, -A", 0),
        ("A 100, B 0, C 0, -A, -B", 0),
        ("A 0, B 0, -A", 100),
        ("A 0, B 0, -A, -B", 0),
    ],
)
def test_what_other_invoices_cover_stands(told, left):
    assert stands(told) == left


@pytest.mark.parametrize("told", ["A 0, B 0, -A", "A 10, B 5, -A", "A 10, -A, B 10, -B", "-Order"])
def test_an_order_worth_nothing_has_nothing_to_call_off(told):
    assert stands(told, worth="0") == 0


def test_the_least_that_no_other_invoice_covers_is_called_off():
    facts = history_of("A 100, B 99.9999, -A")

    assert net_spend(facts).within_year_to(facts[-1].local_date) == 999_999


def test_what_came_back_is_called_off_no_second_time():
    """20 of 100 came back; of the 80 that are left the invoice of 40 calls off its 40 %."""
    facts = history_of("A 40, B 60, X 0, -A")
    facts[3] = returned("Back", day=4, order=facts[0], lines=[("mug", 1, "20")])

    due = judge(facts, version_of=always(starter()))

    assert [each.amount for each in due.claw_backs] == [20, 32]


def test_an_invoice_that_is_dated_after_its_cancellation_was_cancelled():
    facts = history_of("A 40, B 60, -A")
    facts[1].occurred_at = facts[3].occurred_at.replace(day=28)

    due = judge(facts, version_of=always(starter()))

    assert [each.amount for each in due.claw_backs] == [40]


BILLS = st.lists(
    st.tuples(st.sampled_from("ABCDE"), st.integers(0, 150), st.integers(0, 9)), max_size=9
)


@given(bills=BILLS, worth=st.integers(0, 120), seed=st.integers())
def test_no_more_is_called_off_than_others_leave_uncovered_in_any_order_of_arrival(
    bills, worth, seed
):
    """Each name is billed once and may be cancelled; places are days, so that all may mix."""
    bought = order("Order", day=1, lines=[("mug", 1, str(worth))])
    facts, invoices = [bought], {}
    for name, amount, place in bills:
        day = place + 2
        if name not in invoices:
            lines = [("mug", 1, str(amount))]
            invoices[name] = activity("invoice", name, day=day, lines=lines, order=bought)
            facts.append(invoices[name])
        else:
            number = f"-{name}{len(facts)}"
            facts.append(cancelled(number, day=day, order=bought, invoice=invoices[name]))
    gone = {id(fact.invoice) for fact in facts if fact.kind == "cancellation"}
    left = [each.amount_e4 for each in invoices.values() if id(each) not in gone]

    first, second = (
        judge(told, version_of=always(starter()))
        for told in (facts, random.Random(seed).sample(facts, len(facts)))
    )

    found = [(each.cause.external_id, each.amount) for each in first.claw_backs]
    assert found == [(each.cause.external_id, each.amount) for each in second.claw_backs]
    taken = sum(amount for _cause, amount in found)
    # What the invoices that are left cover, where they are net, was not called off.
    if sum(each.amount_e4 for each in invoices.values()) <= bought.amount_e4:
        assert worth - taken >= sum(left) // 10_000
    if left and sum(left) >= bought.amount_e4:
        assert taken == 0
    if invoices and not left:
        assert taken == worth
