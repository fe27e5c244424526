"""Rates of exchange, and what facts in other currencies come to by the rate of their day."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from partners.models.activity import Activity
from partners.models.amounts import ExactAmountField
from partners.models.scope import PartnerScopedQuerySet

RATE_SCALE = 10**8
"""A rate is kept as a whole number of hundred-millionths."""


class ExchangeRate(models.Model):
    """One unit of ``currency`` is worth ``rate_e8`` hundred-millionths of ``into`` from ``day`` on."""

    currency = models.CharField(_("currency"), max_length=3)
    into = models.CharField(_("into"), max_length=3)
    day = models.DateField(_("day"))
    rate_e8 = models.BigIntegerField(_("rate"))
    source = models.CharField(_("source"), max_length=64, blank=True)
    recorded_at = models.DateTimeField(_("recorded at"))
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = _("exchange rate")
        verbose_name_plural = _("exchange rates")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["currency", "into", "day"], name="partners_exchangerate_once_per_day"
            ),
            models.CheckConstraint(
                name="partners_exchangerate_positive", condition=Q(rate_e8__gt=0)
            ),
            models.CheckConstraint(
                name="partners_exchangerate_of_two", condition=~Q(currency=F("into"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.currency} → {self.into} {self.day}"


class ConvertedAmountQuerySet(PartnerScopedQuerySet):
    partner_path = "activity__partner"


class ConvertedAmount(models.Model):
    """
    What a fact in another currency comes to, by the rate of its day.

    The rate is kept with it: correcting a rate later changes what comes, never what was counted.
    """

    activity = models.ForeignKey(
        Activity, on_delete=models.PROTECT, related_name="converted", verbose_name=_("activity")
    )
    currency = models.CharField(_("currency"), max_length=3)
    amount = ExactAmountField(_("amount"))
    rate_e8 = models.BigIntegerField(_("rate"))
    rate_day = models.DateField(_("rate of"))

    objects = ConvertedAmountQuerySet.as_manager()

    class Meta:
        verbose_name = _("converted amount")
        verbose_name_plural = _("converted amounts")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["activity", "currency"], name="partners_convertedamount_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"
