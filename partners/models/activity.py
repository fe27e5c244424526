"""Facts reported about partners. A fact is never edited: a correction is another fact."""

from typing import ClassVar

import uuid_utils.compat
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
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
        CANCELLATION = "cancellation", _("Cancellation")
        INVOICE = "invoice", _("Invoice")
        PAYMENT = "payment", _("Payment")
        DISPUTE = "dispute", _("Dispute")
        E_CORRESPONDENCE = "e_correspondence", _("E-correspondence")
        AUTO_ORDER = "auto_order", _("Auto-order")
        TRAINING = "training", _("Training")
        RECYCLING = "recycling", _("Recycling")
        REFERRAL = "referral", _("Referral")
        SURVEY = "survey", _("Survey")
        SELL_OUT = "sell_out", _("Sell-out")
        GENERIC = "generic", _("Other")

    public_id = models.UUIDField(
        default=uuid_utils.compat.uuid7, unique=True, editable=False, verbose_name=_("id")
    )
    # One of Kind, or the code of an own kind that a manager defined.
    kind = models.CharField(_("kind"), max_length=40)
    # The index by partner and time serves it too.
    partner = models.ForeignKey(
        Partner,
        on_delete=models.PROTECT,
        related_name="activities",
        verbose_name=_("partner"),
        db_index=False,
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
    currency = models.CharField(
        _("currency"), max_length=3, blank=True, help_text=_("Empty where the kind has no amount.")
    )
    quantity = ExactAmountField(
        _("quantity"), null=True, blank=True, help_text=_("Of what is counted without lines.")
    )
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
        return f"{self.kind_name} {self.external_id}"

    @property
    def kind_name(self) -> str:
        """What people call the kind; an own kind is called by its code here."""
        known = dict(self.Kind.choices)
        return str(known.get(self.kind, self.kind))


class OwnKind(models.Model):
    """A kind of activity that the seller defines: its code, its names, and what it must say."""

    code = models.CharField(
        _("code"), max_length=40, unique=True, help_text=_("Small letters, digits and underscores.")
    )
    names = models.JSONField(_("names"), default=dict, help_text=_("By language."))
    description = models.CharField(_("description"), max_length=300, blank=True)
    fields = models.JSONField(
        _("fields"), default=list, help_text=_("What a report of this kind says beside the basics.")
    )
    has_amount = models.BooleanField(_("has an amount of money"), default=False)
    has_quantity = models.BooleanField(_("has a quantity"), default=False)
    is_active = models.BooleanField(_("may be reported"), default=True)

    class Meta:
        verbose_name = _("own kind of activity")
        verbose_name_plural = _("own kinds of activity")

    def __str__(self) -> str:
        language = (get_language() or "en").split("-")[0]
        return str(self.names.get(language) or self.names.get("en") or self.code)


class WaitingReferenceQuerySet(PartnerScopedQuerySet):
    partner_path = "activity__partner"


class WaitingReference(models.Model):
    """
    A fact names another one that is not here yet: a return its order, a payment its invoice.

    The fact is stored and waits. When the other one arrives, it is referred to as if it had always
    been there; or somebody gives up waiting, and the fact is judged as one that names none.
    """

    activity = models.OneToOneField(
        Activity, on_delete=models.PROTECT, related_name="waiting_reference"
    )
    source = models.CharField(_("source"), max_length=64)
    external_id = models.CharField(_("external id"), max_length=100)
    waits_since = models.DateTimeField(_("waits since"))
    found_at = models.DateTimeField(_("found at"), null=True, blank=True)
    given_up_at = models.DateTimeField(_("given up at"), null=True, blank=True)
    given_up_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects = WaitingReferenceQuerySet.as_manager()

    class Meta:
        verbose_name = _("waiting reference")
        verbose_name_plural = _("waiting references")
        constraints: ClassVar = [
            models.CheckConstraint(
                name="partners_waitingreference_ends_once",
                condition=Q(found_at__isnull=True) | Q(given_up_at__isnull=True),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["source", "external_id"],
                condition=Q(found_at__isnull=True, given_up_at__isnull=True),
                name="partners_waitingreference_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.external_id} ({self.source})"


class LateMark(models.Model):
    """From which local day on the figures of a partner must be worked out again, and since when."""

    partner = models.OneToOneField(Partner, on_delete=models.PROTECT, related_name="late_mark")
    earliest_on = models.DateField(_("earliest day"))
    marked_at = models.DateTimeField(_("marked at"))

    class Meta:
        verbose_name = _("late mark")
        verbose_name_plural = _("late marks")

    def __str__(self) -> str:
        return f"partner {self.partner_id} from {self.earliest_on}"


class ActivityLineQuerySet(PartnerScopedQuerySet):
    partner_path = "activity__partner"


class ActivityLine(models.Model):
    """One line of an activity, in canonical order, whatever order the source sent them in."""

    # Its place among the lines is unique with it, so that index serves it too.
    activity = models.ForeignKey(
        Activity, on_delete=models.PROTECT, related_name="lines", db_index=False
    )
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
