"""The first step of a bill in another currency: what was reported, the rate, its day."""

from dataclasses import replace
from datetime import date

import pytest

from rewards.earning.converted import rate_as_text
from rewards.earning.facts import Reported
from tests.rewards.earning.rules import activity, fixed, judge, order, payment, rule, steps

RATE_OF = date(2026, 3, 2)
DOLLARS = {"is_converted": True, "reported": Reported("USD", 1_000_000, 80_125_000, RATE_OF)}
CONVERTED = {
    "code": "converted",
    "amount": "100",
    "currency": "USD",
    "rate": "0.80125",
    "rate_day": "2026-03-02",
    "rate_of": "order",
    "into": "GBP",
    "result": "80.125",
}


def test_is_told_before_all_else_where_money_counts():
    told = steps(rule(), order("80.125", **DOLLARS))

    assert told[:2] == [CONVERTED, {"code": "net_amount", "amount": "80.125", "currency": "GBP"}]


@pytest.mark.parametrize(
    ("what", "fact"),
    [
        (fixed("points", 5), order("80.125", **DOLLARS)),
        (rule(effect={"kind": "per_quantity", "units": 1}), order(80, ("mug", 2, 80), **DOLLARS)),
        (rule(), order(80)),
    ],
)
def test_is_not_told_where_no_money_or_that_of_the_programme_counts(what, fact):
    assert "converted" not in [step["code"] for step in steps(what, fact)]


@pytest.mark.parametrize(
    ("currency", "of", "rate", "result"),
    [("USD", "invoice", "2", "200"), ("EUR", "payment", "0.80125", "80.125")],
)
def test_a_payment_in_the_currency_of_its_invoice_counts_by_its_rate(currency, of, rate, result):
    paid, situation = payment("80.125", of=400, **DOLLARS)
    billed = Reported(currency, 2_000_000, 200_000_000, RATE_OF)
    paid.invoice = replace(paid.invoice, is_converted=True, reported=billed)

    [award] = judge(rule(trigger="payment"), paid, situation).awards

    assert award.explanation["steps"][0] == CONVERTED | {
        "rate": rate,
        "rate_of": of,
        "result": result,
    }


def test_an_invoice_in_the_currency_of_the_programme_lends_no_rate():
    paid, situation = payment("80.125", of=400, **DOLLARS)

    [award] = judge(rule(trigger="payment"), paid, situation).awards

    assert award.explanation["steps"][0]["rate_of"] == "payment"


def test_what_pays_no_invoice_has_its_own_rate():
    fact = activity("sell_out", "80.125", **DOLLARS)

    assert steps(rule(trigger="sell_out"), fact)[0]["rate_of"] == "sell_out"


@pytest.mark.parametrize(
    ("rate_e8", "text"),
    [(1, "0.00000001"), (105_000_000, "1.05"), (300_000_000, "3"), (0, "0")],
)
def test_a_rate_is_written_with_the_decimals_it_has(rate_e8, text):
    assert rate_as_text(rate_e8) == text
