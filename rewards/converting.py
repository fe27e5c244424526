"""
Facts in another currency than a programme's: what they come to by the rate of their local day.

The amount and the rate are kept when the fact comes in, so that a rate corrected later changes
nothing that was counted. A fact without a rate is not taken: it waits in the inbox. What was here
before a programme went live is converted by the night: see ``rewards.catching_up``.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from partners.intake import ActivityReport, NaturalKey, Recorded, find_content_hashes
from partners.kinds import KINDS
from partners.models import Activity, ConvertedAmount
from partners.models.amounts import from_ten_thousandths
from partners.rates import Rate, Wanted, convert, convert_parts, find_rates
from rewards.earning.exact import e4_as_text
from rewards.earning.facts import LineFacts
from rewards.earning.said import amount_said
from rewards.models import Programme

ROWS_PER_STATEMENT = 1_000
MONEY_SAID = {
    code: {field.name for field in kind.fields if field.is_money} for code, kind in KINDS.items()
}
"""By kind, which attributes are money in the currency of the fact."""


@dataclass(frozen=True, slots=True)
class NoRate:
    """A fact that was not stored: there is no rate for it. ``wanted`` says which is missing."""

    report: ActivityReport
    wanted: Wanted


@dataclass(frozen=True, slots=True)
class Conversions:
    """The rates a batch needs: found, by fact and currency, and the facts that lack one."""

    found: Mapping[NaturalKey, Mapping[str, Rate]]
    missing: Mapping[NaturalKey, NoRate]


NOTHING_TO_CONVERT = Conversions({}, {})


def look_up(reports: Sequence[ActivityReport], *, programmes: Sequence[Programme]) -> Conversions:
    """
    Return the rates that new facts need for these programmes. No query where none is needed.

    What is known already needs none: it was converted when it came.
    """
    zones = {
        programme.currency: ZoneInfo(programme.time_zone) for programme in reversed(programmes)
    }
    foreign = _find_foreign(reports, currencies=zones.keys())
    if not foreign:
        return NOTHING_TO_CONVERT
    known = find_content_hashes(foreign)
    wanted = {
        key: [
            Wanted(report.currency, currency, report.occurred_at.astimezone(zone).date())
            for currency, zone in zones.items()
            if currency != report.currency
        ]
        for key, report in foreign.items()
        if key not in known
    }
    rates = find_rates({each for some in wanted.values() for each in some})
    missing = {
        key: NoRate(foreign[key], each)
        for key, some in wanted.items()
        for each in some
        if each not in rates
    }
    found = {
        key: {each.into: rates[each] for each in some}
        for key, some in wanted.items()
        if key not in missing
    }
    return Conversions(found, missing)


def _find_foreign(
    reports: Sequence[ActivityReport], *, currencies: Collection[str]
) -> dict[NaturalKey, ActivityReport]:
    """Return what has to be converted. Under one number the first report stands, as it is stored."""
    first: dict[NaturalKey, ActivityReport] = {}
    for report in reports:
        first.setdefault(report.natural_key, report)
    return {
        key: report
        for key, report in first.items()
        if report.currency
        and any(report.currency != currency for currency in currencies)
        and report.net_amount_e4
    }


def keep_converted(recorded: Sequence[Recorded], conversions: Conversions) -> None:
    """Write down what the facts that were just stored come to."""
    rows = [
        make_converted(result.activity, currency, rate)
        for result in recorded
        if result.is_new
        for currency, rate in conversions.found.get(
            (result.activity.source, result.activity.external_id), {}
        ).items()
    ]
    ConvertedAmount.objects.bulk_create(rows, batch_size=ROWS_PER_STATEMENT)


def make_converted(activity: Activity, currency: str, rate: Rate) -> ConvertedAmount:
    """Return what a fact comes to in a currency, to be stored."""
    amount_e4 = convert(int(activity.amount.scaleb(4)), rate.rate_e8)
    return ConvertedAmount(
        activity=activity,
        currency=currency,
        amount=from_ten_thousandths(amount_e4),
        rate_e8=rate.rate_e8,
        rate_day=rate.day,
    )


def convert_lines(lines: Sequence[LineFacts], *, rate_e8: int, total_e4: int) -> list[LineFacts]:
    """Return lines by the rate of their activity; they add up to what it came to."""
    amounts = convert_parts([line.amount_e4 for line in lines], rate_e8, total_e4=total_e4)
    return [
        LineFacts(line.id, line.sku, line.category, line.quantity_e4, amount_e4)
        for line, amount_e4 in zip(lines, amounts, strict=True)
    ]


def convert_attributes(
    attributes: Mapping[str, Any], *, kind: str, rate_e8: int
) -> Mapping[str, Any]:
    """Return what a fact says beside the basics, the money of it by its rate."""
    names = [name for name in MONEY_SAID.get(kind, ()) if name in attributes]
    money = {name: convert(amount_said(attributes, name), rate_e8) for name in names}
    return {**attributes, **{name: e4_as_text(amount_e4) for name, amount_e4 in money.items()}}
