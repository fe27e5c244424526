"""
Breakage: of what came to its end in the period, the share that nobody used.

    breakage = units that expired in the period / units that expired or were redeemed in it

Unit: a share from 0 to 1, six decimals, of the programme's main unit, by the day of posting. What
was taken back or corrected counts nowhere; refunds and reinstatements are not taken off. It tells
what happened. What is expected of the units still outstanding is in ``export_liability``.
"""

from typing import Any

from django.db.models import Q, QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from ledger.models import Account, Transfer
from metrics.measuring import RATIO_PLACES, Behind, Cut, tally
from metrics.periods import Period
from partners.families import root_of
from partners.models import Partner

EXPIRED = Q(credit_account__kind=Account.Kind.EXPIRED)
REDEEMED = Q(credit_account__kind=Account.Kind.REDEEMED)


class BreakageRate:
    code = "breakage"
    name = _("Breakage")
    places = RATIO_PLACES

    def count(self, period: Period, cut: Cut) -> list[dict[str, Any]]:
        figures = {
            "numerator": Sum("amount", filter=EXPIRED, default=0),
            "denominator": Sum("amount", default=0),
        }
        return tally(self._ended(period, cut), figures, cut, "partner")

    def behind(self, period: Period, cut: Cut) -> Behind:
        ended = self._ended(period, cut)
        everyone = Partner.objects.for_actor(cut.actor)
        return Behind(
            everyone.filter(pk__in=ended.filter(EXPIRED).values(company=root_of("partner__"))),
            everyone.filter(pk__in=ended.values(company=root_of("partner__"))),
        )

    def _ended(self, period: Period, cut: Cut) -> QuerySet[Transfer]:
        if cut.programme is None:
            return Transfer.objects.none()
        return Transfer.objects.for_actor(cut.actor).filter(
            EXPIRED | REDEEMED,
            debit_account__unit=cut.programme.main_unit,
            debit_account__kind__in=Account.KINDS_WITH_LOTS,
            posted_at__gte=period.starts_at,
            posted_at__lt=period.ends_at,
        )


METRIC = BreakageRate()
