"""What activities earned, what returns took back, and why."""

from typing import ClassVar

import uuid_utils.compat
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ledger.models import Unit
from partners.models import Activity, ActivityLine, ExactAmountField, Partner, PartnerScopedQuerySet
from partners.models.amounts import to_ten_thousandths
from rewards.models.programme import ProgrammeVersion


class AwardQuerySet(PartnerScopedQuerySet):
    def for_listing(self) -> "AwardQuerySet":
        return self.select_related("activity", "unit", "version__programme").order_by("-pk")


class Award(models.Model):
    """
    What one rule gives for one activity, with the explanation of every step.

    ``amount`` is everything ever credited for it; ``revision`` counts later raises. What a return
    or a late fact took back again stands in its claw-backs.

    ``withheld`` is what its campaign's budget did not allow any more, ``personal`` the part that
    went to the wallet of the member who earned it. Of an award that waits for something to happen,
    ``released`` is what became available by it; ``decide_on`` is the local day whose end decides
    about what still waits.
    """

    public_id = models.UUIDField(
        default=uuid_utils.compat.uuid7, unique=True, editable=False, verbose_name=_("id")
    )
    partner = models.ForeignKey(
        Partner, on_delete=models.PROTECT, related_name="awards", verbose_name=_("partner")
    )
    # Unique with its rule, so that index serves it too.
    activity = models.ForeignKey(
        Activity,
        on_delete=models.PROTECT,
        related_name="awards",
        verbose_name=_("activity"),
        db_index=False,
    )
    version = models.ForeignKey(
        ProgrammeVersion,
        on_delete=models.PROTECT,
        related_name="awards",
        verbose_name=_("programme version"),
    )
    rule_code = models.SlugField(_("rule"), max_length=64)
    unit = models.ForeignKey(
        Unit, on_delete=models.PROTECT, related_name="+", verbose_name=_("unit")
    )
    amount = models.BigIntegerField(_("amount"), help_text=_("Whole minor units, before returns."))
    explanation = models.JSONField(_("explanation"))
    revision = models.PositiveIntegerField(default=0, editable=False)
    campaign_code = models.SlugField(_("campaign"), max_length=64, blank=True, default="")
    withheld = models.BigIntegerField(_("withheld by the budget"), default=0)
    personal = models.BigIntegerField(_("earned personally"), default=0)
    released = models.BigIntegerField(_("released"), default=0)
    decide_on = models.DateField(_("decided at the end of"), null=True, blank=True)

    objects = AwardQuerySet.as_manager()

    class Meta:
        verbose_name = _("award")
        verbose_name_plural = _("awards")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["activity", "version", "rule_code"], name="rewards_award_once_per_rule"
            ),
            models.CheckConstraint(
                name="rewards_award_amount_not_negative", condition=Q(amount__gte=0)
            ),
            models.CheckConstraint(
                name="rewards_award_parts_not_negative",
                condition=Q(withheld__gte=0, personal__gte=0, released__gte=0),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["decide_on"],
                condition=Q(decide_on__isnull=False),
                name="rewards_award_to_decide",
            ),
        ]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} #{self.pk}"


class ClawBackQuerySet(PartnerScopedQuerySet):
    partner_path = "award__partner"


class ClawBack(models.Model):
    """
    What one fact takes back from one award: due = collected + debt + waived.

    The cause is a return; where a late fact makes the award itself smaller, it is the order.

    ``due`` follows from the facts; how it was met depends on what was left to take.
    """

    award = models.ForeignKey(Award, on_delete=models.PROTECT, related_name="claw_backs")
    cause = models.ForeignKey(Activity, on_delete=models.PROTECT, related_name="claw_backs")
    due = models.BigIntegerField(_("due"))
    collected = models.BigIntegerField(_("collected"), default=0)
    debt = models.BigIntegerField(_("booked as debt"), default=0)
    waived = models.BigIntegerField(_("waived"), default=0)
    explanation = models.JSONField(_("explanation"), default=dict)
    revision = models.PositiveIntegerField(default=0, editable=False)

    objects = ClawBackQuerySet.as_manager()

    class Meta:
        verbose_name = _("claw-back")
        verbose_name_plural = _("claw-backs")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["award", "cause"], name="rewards_clawback_once_per_cause"
            ),
            models.CheckConstraint(
                name="rewards_clawback_due_is_met",
                condition=Q(due__gte=0, collected__gte=0, debt__gte=0, waived__gte=0)
                & Q(due=models.F("collected") + models.F("debt") + models.F("waived")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} #{self.pk}"


class ReturnMatch(models.Model):
    """Which order line a return line takes back, and how much of it."""

    return_line = models.ForeignKey(ActivityLine, on_delete=models.PROTECT, related_name="matches")
    order_line = models.ForeignKey(
        ActivityLine, on_delete=models.PROTECT, related_name="returned_by"
    )
    quantity = ExactAmountField(_("quantity"))
    amount = ExactAmountField(_("amount"))

    class Meta:
        verbose_name = _("match of a return")
        verbose_name_plural = _("matches of returns")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["return_line", "order_line"], name="rewards_returnmatch_pair_once"
            ),
        ]

    def __str__(self) -> str:
        return f"line {self.return_line_id} takes {self.amount} of line {self.order_line_id}"

    @property
    def stored_parts(self) -> tuple[int, int]:
        """Quantity and amount in ten-thousandths, as policy counts them."""
        return to_ten_thousandths(self.quantity), to_ten_thousandths(self.amount)
