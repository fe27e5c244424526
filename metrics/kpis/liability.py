"""
Liability: what is outstanding at the end of the period, in money.

    liability = (credits - debits of all pools, wallets and pending accounts until then)
                x the value of one unit by the version of the programme in force then

Unit: money of the programme, four decimals, of its main unit. It is a figure at a moment and no
ratio: the denominator is 1, or 0 where the programme gives its units no value. Debt of partners is
not taken off. It equals the total of ``export_liability`` before that is rounded to cents.
"""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from ledger.models import Account, Transfer
from metrics.finance.values import read_books
from metrics.measuring import MONEY_PLACES, Behind, Cut, tally
from metrics.periods import Period
from partners.families import root_of
from partners.models import Partner

CREDITED = Q(credit_account__kind__in=Account.KINDS_WITH_LOTS)
DEBITED = Q(debit_account__kind__in=Account.KINDS_WITH_LOTS)
# What moves between two of them is on both sides and counts nothing.
NET = Sum("amount", filter=CREDITED, default=0) - Sum("amount", filter=DEBITED, default=0)


class Liability:
    code = "liability"
    name = _("Liability")
    places = MONEY_PLACES

    def count(self, period: Period, cut: Cut) -> list[dict[str, Any]]:
        if cut.programme is None:
            return [{"numerator": None, "denominator": 0}]
        unit = cut.programme.main_unit
        [books] = read_books([unit])
        value = books.value_at(period.ends_at - timedelta(microseconds=1))
        rows = tally(self._posted(period, cut), {"net": NET}, cut, "partner")
        for row in rows:
            amount = Decimal(row.pop("net"))
            row["numerator"] = None if value is None else amount.scaleb(-unit.decimals) * value
            row["denominator"] = 0 if value is None else 1
        return rows

    def behind(self, period: Period, cut: Cut) -> Behind:
        everyone = Partner.objects.for_actor(cut.actor)
        if cut.programme is None:
            return Behind(everyone.none(), everyone.none())
        held = (
            self._posted(period, cut)
            .order_by()
            .values(company=root_of("partner__"))
            .annotate(net=NET)
        )
        holders = everyone.filter(pk__in=held.filter(net__gt=0).values("company"))
        return Behind(holders, holders)

    def _posted(self, period: Period, cut: Cut) -> QuerySet[Transfer]:
        return Transfer.objects.for_actor(cut.actor).filter(
            CREDITED | DEBITED,
            debit_account__unit=cut.programme.main_unit if cut.programme else None,
            posted_at__lt=period.ends_at,
        )


METRIC = Liability()
