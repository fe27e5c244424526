"""How the programme does: the key figures of the admin's first page, and its months."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, Sum
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from ledger.models import Account, Transfer
from ledger.wording import say_amount
from metrics.kpis import METRICS
from metrics.measuring import MONEY_PLACES, Cut, measure, worth_in
from metrics.periods import Length, Period, between, containing, latest_full
from partners.doors.showing import NOTHING, language, say_money, say_number
from partners.models import Activity, Actor, Partner
from rewards.models import Programme

MONTHS_SHOWN = 13
KEY_FIGURES = ("crr", "rpr", "aov")


@dataclass(frozen=True, slots=True)
class Card:
    """One key figure, with what it was before or what it is made of."""

    label: str
    value: str
    note: str
    url: str = ""


def read_cards(
    actor: Actor, programme: Programme | None, zone: ZoneInfo, as_of: datetime
) -> list[Card]:
    partners = (
        Partner.objects.for_actor(actor)
        .companies()
        .aggregate(all=Count("pk"), active=Count("pk", filter=Q(status=Partner.Status.ACTIVE)))
    )
    cards = [
        Card(
            _("Partners"),
            say_number(partners["all"]),
            _("%(count)s active") % {"count": say_number(partners["active"])},
            reverse("admin:partners_partner_changelist"),
        )
    ]
    if programme is not None:
        cards += read_ledger_cards(actor, programme, zone, as_of)
    period = latest_full(length=Length.MONTH, zone=zone, as_of=as_of)
    cut = Cut(actor=actor, programme=programme)
    return cards + [read_metric_card(code, period, cut) for code in KEY_FIGURES]


def read_ledger_cards(
    actor: Actor, programme: Programme, zone: ZoneInfo, as_of: datetime
) -> list[Card]:
    unit = programme.main_unit
    held = (
        Account.objects.for_actor(actor)
        .filter(unit=unit, kind__in=Account.KINDS_WITH_LOTS)
        .aggregate(total=Sum("balance"), wallets=Sum("balance", filter=Q(kind="wallet")))
    )
    month = containing(as_of.astimezone(zone).date(), length=Length.MONTH, zone=zone)
    before = month.previous()
    earned = Transfer.objects.for_actor(actor).filter(
        kind__in=(Transfer.Kind.EARN, Transfer.Kind.PEND),
        debit_account__unit=unit,
        posted_at__gte=before.starts_at,
        posted_at__lt=month.ends_at,
    )
    awarded = earned.aggregate(
        now=Sum("amount", filter=Q(posted_at__gte=month.starts_at)),
        before=Sum("amount", filter=Q(posted_at__lt=month.starts_at)),
    )
    spoken = language()
    in_wallets = say_amount(held["wallets"] or 0, unit, spoken)
    month_before = say_amount(awarded["before"] or 0, unit, spoken)
    return [
        Card(
            _("Points outstanding"),
            say_amount(held["total"] or 0, unit, spoken),
            _("%(amount)s of them in wallets") % {"amount": in_wallets},
            reverse("admin:ledger_account_changelist"),
        ),
        Card(
            _("Awarded this month"),
            say_amount(awarded["now"] or 0, unit, spoken),
            _("%(amount)s the month before") % {"amount": month_before},
            reverse("admin:rewards_award_changelist"),
        ),
    ]


def read_metric_card(code: str, period: Period, cut: Cut) -> Card:
    metric = METRICS[code]
    [now] = measure(metric, period=period, cut=cut)
    [before] = measure(metric, period=period.previous(), cut=cut)
    is_money = metric.places == MONEY_PLACES
    currency = currency_of(cut.programme)
    shown, shown_before = (
        say_value(item.value, is_money=is_money, currency=currency) for item in (now, before)
    )
    note = _("%(month)s; %(value)s the month before") % {
        "month": say_month(period),
        "value": shown_before,
    }
    return Card(str(metric.name), shown, note)


def say_value(value: Decimal | None, *, is_money: bool, currency: str) -> str:
    if value is None:
        return NOTHING
    if is_money:
        return say_money(value, currency)
    return _("%(percent)s %%") % {"percent": f"{value * 100:.1f}"}


def currency_of(programme: Programme | None) -> str:
    return programme.currency if programme else "GBP"


def read_months(
    actor: Actor, programme: Programme | None, zone: ZoneInfo, as_of: datetime
) -> list[tuple[Period, int, Decimal]]:
    """Return orders and their value for the last 13 months, this one included, in one query."""
    today = as_of.astimezone(zone).date()
    first = containing(today.replace(year=today.year - 1, day=1), length=Length.MONTH, zone=zone)
    months = between(first.starts_on, today, length=Length.MONTH, zone=zone)[-MONTHS_SHOWN:]
    figures: dict[str, Any] = {}
    for number, month in enumerate(months):
        inside = Q(occurred_at__gte=month.starts_at, occurred_at__lt=month.ends_at)
        figures[f"orders_{number}"] = Count("pk", filter=inside)
        figures[f"value_{number}"] = Sum("worth", filter=inside)
    orders = Activity.objects.for_actor(actor).filter(
        kind=Activity.Kind.ORDER,
        occurred_at__gte=months[0].starts_at,
        occurred_at__lt=months[-1].ends_at,
    )
    found = orders.annotate(worth=worth_in(programme)).aggregate(**figures)
    return [
        (month, found[f"orders_{number}"], found[f"value_{number}"] or Decimal(0))
        for number, month in enumerate(months)
    ]


def draw_months(months: Sequence[tuple[Period, int, Decimal]]) -> str:
    """Return the data of the bar chart, as the theme's chart reads it."""
    return json.dumps(
        {
            "labels": [date_format(month.starts_on, "M y") for month, _orders, _value in months],
            "datasets": [
                {
                    "label": _("Orders"),
                    "data": [orders for _month, orders, _value in months],
                    "backgroundColor": "var(--chart-mark)",
                    "maxBarThickness": 36,
                    "barPercentage": 0.6,
                    "displayYAxis": True,
                    "borderRadius": 4,
                    "borderSkipped": "start",
                }
            ],
        }
    )


def say_month(period: Period) -> str:
    return date_format(period.starts_on, "F Y")
