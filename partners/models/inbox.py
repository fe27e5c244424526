"""The inbox: what came in and cannot be taken yet, row by row, and rules that match it."""

from typing import ClassVar

import uuid_utils.compat
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from partners.models.company import Partner
from partners.models.runs import ImportRun


class ParkedDocumentQuerySet(models.QuerySet["ParkedDocument"]):
    def waiting(self) -> "ParkedDocumentQuerySet":
        return self.filter(matched_at__isnull=True, dismissed_at__isnull=True)

    def oldest_first(self) -> "ParkedDocumentQuerySet":
        return self.order_by("occurred_at", "source", "external_id")


class ParkedDocument(models.Model):
    """
    A document that cannot be taken yet: its partner is not known, or no rate of its day.

    What came in a file waits as rows, what came through the API as ``content``. Of a document
    that only lacks a rate ``matched_partner`` says already whose it is.
    """

    class Reason(models.TextChoices):
        NO_PARTNER = "no_partner", _("Names no partner")
        UNKNOWN_PARTNER = "unknown_partner", _("Partner is not known")
        NO_RATE = "no_rate", _("No rate of exchange for its day")

    public_id = models.UUIDField(
        default=uuid_utils.compat.uuid7, unique=True, editable=False, verbose_name=_("id")
    )
    run = models.ForeignKey(
        ImportRun, on_delete=models.PROTECT, null=True, blank=True, related_name="parked_documents"
    )
    kind = models.CharField(_("kind"), max_length=40, blank=True)
    partner_ref = models.CharField(
        _("names the partner"), max_length=100, blank=True, help_text=_("As the source calls it.")
    )
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    content = models.JSONField(
        _("content"),
        null=True,
        blank=True,
        help_text=_("What came through the API; files have rows."),
    )
    source = models.CharField(_("source"), max_length=64)
    external_id = models.CharField(_("external id"), max_length=100)
    reason = models.CharField(_("reason"), max_length=32, choices=Reason.choices)
    content_hash = models.CharField(max_length=64, editable=False)
    occurred_at = models.DateTimeField(_("occurred at"), null=True)
    parked_at = models.DateTimeField(_("parked at"))
    matched_at = models.DateTimeField(_("matched at"), null=True, blank=True)
    matched_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    matched_partner = models.ForeignKey(
        Partner, on_delete=models.PROTECT, null=True, blank=True, related_name="matched_documents"
    )
    dismissed_at = models.DateTimeField(_("dismissed at"), null=True, blank=True)
    dismissed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    dismiss_reason = models.CharField(_("reason"), max_length=300, blank=True)

    objects = ParkedDocumentQuerySet.as_manager()

    class Meta:
        verbose_name = _("parked document")
        verbose_name_plural = _("parked documents")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["source", "external_id"], name="partners_parkeddocument_once"
            ),
            models.CheckConstraint(
                name="partners_parkeddocument_ends_once",
                condition=Q(matched_at__isnull=True) | Q(dismissed_at__isnull=True),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["source", "partner_ref"],
                condition=Q(matched_at__isnull=True, dismissed_at__isnull=True),
                name="partners_parkeddocument_waits",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.external_id} ({self.source})"

    @property
    def state(self) -> str:
        """``parked`` while it waits, then ``matched`` or ``dismissed``."""
        if self.matched_at is not None:
            return "matched"
        return "parked" if self.dismissed_at is None else "dismissed"


class ImportRow(models.Model):
    """A row that was not accepted, with why: parked (it waits) or refused (it is reported)."""

    class Outcome(models.TextChoices):
        PARKED = "parked", _("Parked")
        REFUSED = "refused", _("Refused")

    run = models.ForeignKey(ImportRun, on_delete=models.PROTECT, related_name="rows")
    row_number = models.PositiveBigIntegerField(_("row"))
    document = models.CharField(_("document"), max_length=100)
    parked_document = models.ForeignKey(
        ParkedDocument, on_delete=models.PROTECT, null=True, related_name="rows"
    )
    outcome = models.CharField(_("outcome"), max_length=16, choices=Outcome.choices)
    code = models.CharField(_("code"), max_length=32)
    column = models.CharField(_("column"), max_length=64, blank=True)
    value = models.CharField(_("value"), max_length=255, blank=True)
    content = models.JSONField(_("content"), default=dict)

    class Meta:
        verbose_name = _("import row")
        verbose_name_plural = _("import rows")
        constraints: ClassVar = [
            models.CheckConstraint(
                name="partners_importrow_parked_has_document",
                condition=~Q(outcome="parked") | Q(parked_document__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"row {self.row_number}: {self.code}"


class MatchingRule(models.Model):
    """Whose documents these are: what a source writes, and the partner that is meant by it."""

    class Field(models.TextChoices):
        PARTNER_REF = "partner_ref", _("What names the partner")
        EXTERNAL_ID = "external_id", _("The number of the document")

    class Condition(models.TextChoices):
        EQUALS = "equals", _("is")
        STARTS_WITH = "starts_with", _("begins with")

    source = models.CharField(
        _("source"), max_length=64, blank=True, help_text=_("Empty: every source.")
    )
    field = models.CharField(_("field"), max_length=16, choices=Field.choices)
    condition = models.CharField(_("condition"), max_length=16, choices=Condition.choices)
    value = models.CharField(_("value"), max_length=100)
    partner = models.ForeignKey(
        Partner, on_delete=models.PROTECT, related_name="matching_rules", verbose_name=_("partner")
    )
    is_active = models.BooleanField(_("active"), default=True)
    made_at = models.DateTimeField(_("made at"))
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = _("matching rule")
        verbose_name_plural = _("matching rules")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["source", "field", "condition", "value"], name="partners_matchingrule_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_field_display()} {self.get_condition_display()} {self.value}"
