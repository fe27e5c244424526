"""Facts reported about partners. A fact is never edited: a correction is another fact."""

from typing import ClassVar

import uuid_utils.compat
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from partners.models.amounts import ExactAmountField
from partners.models.company import Partner
from partners.models.scope import PartnerScopedQuerySet
from partners.models.team import Member


class ActivityQuerySet(PartnerScopedQuerySet):
    def orders(self) -> "ActivityQuerySet":
        return self.filter(kind=Activity.Kind.ORDER)

    def returns(self) -> "ActivityQuerySet":
        return self.filter(kind=Activity.Kind.RETURN)

    def newest_first(self) -> "ActivityQuerySet":
        return self.order_by("-occurred_at", "-pk")


class Activity(models.Model):
    """
    One fact: an order, a return, an invoice paid, a training passed.

    ``amount`` is never negative; the kind says which way it counts. ``content_hash`` covers
    everything the source reported, so that the same id with other content can be refused.
    """

    class Kind(models.TextChoices):
        ORDER = "order", _("Order")
        RETURN = "return", _("Return")
        INVOICE = "invoice", _("Invoice")
        PAYMENT = "payment", _("Payment")
        TRAINING = "training", _("Training")
        GENERIC = "generic", _("Other")

    public_id = models.UUIDField(
        default=uuid_utils.compat.uuid7, unique=True, editable=False, verbose_name=_("id")
    )
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices)
    partner = models.ForeignKey(
        Partner, on_delete=models.PROTECT, related_name="activities", verbose_name=_("partner")
    )
    member = models.ForeignKey(
        Member,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="activities",
        verbose_name=_("member"),
    )
    source = models.CharField(
        _("source"), max_length=64, help_text=_("The system that reported it.")
    )
    external_id = models.CharField(
        _("external id"), max_length=100, help_text=_("Its number in that system.")
    )
    occurred_at = models.DateTimeField(_("occurred at"))
    amount = ExactAmountField(_("net amount"), default=0)
    currency = models.CharField(_("currency"), max_length=3)
    country = models.CharField(_("country"), max_length=64, blank=True)
    refers_to = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="referred_by",
        verbose_name=_("refers to"),
    )
    due_on = models.DateField(_("due on"), null=True, blank=True)
    paid_on = models.DateField(_("paid on"), null=True, blank=True)
    attributes = models.JSONField(_("attributes"), default=dict, blank=True)
    content_hash = models.CharField(max_length=64, editable=False)
    recorded_at = models.DateTimeField(_("recorded at"))

    objects = ActivityQuerySet.as_manager()

    class Meta:
        verbose_name = _("activity")
        verbose_name_plural = _("activities")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["source", "external_id"], name="partners_activity_reported_once"
            ),
            models.CheckConstraint(
                name="partners_activity_amount_not_negative", condition=Q(amount__gte=0)
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["partner", "occurred_at"], name="partners_activity_of_partner"),
            models.Index(fields=["occurred_at"], name="partners_activity_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.external_id}"


class ActivityLineQuerySet(PartnerScopedQuerySet):
    partner_path = "activity__partner"


class ActivityLine(models.Model):
    """One line of an activity, in canonical order, whatever order the source sent them in."""

    activity = models.ForeignKey(Activity, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveIntegerField(_("position"))
    sku = models.CharField(_("SKU"), max_length=64)
    description = models.CharField(_("description"), max_length=255, blank=True)
    category = models.CharField(_("category"), max_length=64, blank=True)
    quantity = ExactAmountField(_("quantity"))
    amount = ExactAmountField(_("net amount"))

    objects = ActivityLineQuerySet.as_manager()

    class Meta:
        verbose_name = _("line")
        verbose_name_plural = _("lines")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["activity", "position"], name="partners_activityline_position_once"
            ),
            models.CheckConstraint(
                name="partners_activityline_amount_not_negative", condition=Q(amount__gte=0)
            ),
            models.CheckConstraint(
                name="partners_activityline_quantity_positive", condition=Q(quantity__gt=0)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.sku}"
