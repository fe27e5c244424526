"""Programmes, their published versions, and where each partner stands in them."""

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ledger.models import Unit
from partners.models import ExactAmountField, Partner, PartnerScopedQuerySet

EDITION_LENGTH = 32


class ProgrammeQuerySet(models.QuerySet["Programme"]):
    def live(self) -> "ProgrammeQuerySet":
        return self.filter(status=Programme.Status.LIVE)


class Programme(models.Model):
    """A set of rules, tiers, units and a budget that partners are enrolled in."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        LIVE = "live", _("Live")
        CLOSED = "closed", _("Closed")

    code = models.SlugField(_("code"), max_length=64, unique=True)
    name = models.CharField(_("name"), max_length=100)
    seller_name = models.CharField(
        _("seller"), max_length=100, help_text=_("The name partners know the seller by.")
    )
    currency = models.CharField(_("currency"), max_length=3)
    time_zone = models.CharField(_("time zone"), max_length=64)
    status = models.CharField(
        _("status"), max_length=16, choices=Status.choices, default=Status.DRAFT
    )
    starts_on = models.DateField(
        _("starts on"), null=True, blank=True, help_text=_("Empty: facts of any date count.")
    )
    ends_on = models.DateField(_("ends on"), null=True, blank=True)
    main_unit = models.OneToOneField(
        Unit, on_delete=models.PROTECT, related_name="+", verbose_name=_("main unit")
    )
    shifted_days = models.IntegerField(
        _("demo dates shifted by days"),
        default=0,
        help_text=_("Only in the demo: how far the real dates were moved."),
    )

    objects = ProgrammeQuerySet.as_manager()

    class Meta:
        verbose_name = _("programme")
        verbose_name_plural = _("programmes")
        constraints: ClassVar = [
            models.CheckConstraint(
                name="rewards_programme_ends_after_it_starts",
                condition=Q(starts_on__isnull=True)
                | Q(ends_on__isnull=True)
                | Q(ends_on__gt=models.F("starts_on")),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ProgrammeVersionQuerySet(models.QuerySet["ProgrammeVersion"]):
    def published(self) -> "ProgrammeVersionQuerySet":
        return self.filter(number__isnull=False)

    def in_force(self, at: datetime) -> "ProgrammeVersionQuerySet":
        """The published versions already valid at ``at``, latest first."""
        started = Q(valid_from__isnull=True) | Q(valid_from__lte=at)
        return self.published().filter(started).order_by("-number")


class ProgrammeVersion(models.Model):
    """
    Settings, rules and tiers as one validated document. Publishing gives it a number and freezes it.

    The document is read by ``rewards.programmes.definition.parse``. A fact is judged by the version
    in force when it occurred, and every award names that version.
    """

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(
        _("number"), null=True, blank=True, help_text=_("Empty while it is a draft.")
    )
    definition = models.JSONField(_("definition"))
    valid_from = models.DateTimeField(
        _("valid from"), null=True, blank=True, help_text=_("Empty: from the beginning.")
    )
    published_at = models.DateTimeField(_("published at"), null=True, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("published by"),
    )
    note = models.CharField(
        _("what changes"), max_length=300, blank=True, help_text=_("For colleagues.")
    )
    edits = models.PositiveIntegerField(
        default=0, editable=False, help_text=_("How often the draft was changed.")
    )

    objects = ProgrammeVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("programme version")
        verbose_name_plural = _("programme versions")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["programme", "number"], name="rewards_programmeversion_number_once"
            ),
            models.CheckConstraint(
                name="rewards_programmeversion_published_has_number",
                condition=Q(number__isnull=True, published_at__isnull=True)
                | Q(number__isnull=False, published_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        if self.number is None:
            return str(_("Draft %(number)d") % {"number": self.pk or 0})
        return str(_("Version %(number)d") % {"number": self.number})


class StandingQuerySet(PartnerScopedQuerySet):
    def of_companies(self) -> "StandingQuerySet":
        """One a company: who was merged into another one has no place of its own any more."""
        return self.filter(partner__merged_into__isnull=True)

    def for_listing(self) -> "StandingQuerySet":
        return self.select_related("partner", "programme")


class Standing(models.Model):
    """
    A partner's place in a programme: being here means being enrolled.

    ``spend`` is the net spend of the window the tier was last decided on. ``settled_by`` names the
    rules by which all facts of the partner were last settled; empty for never.
    """

    programme = models.ForeignKey(
        Programme, on_delete=models.PROTECT, related_name="standings", verbose_name=_("programme")
    )
    partner = models.ForeignKey(
        Partner, on_delete=models.PROTECT, related_name="standings", verbose_name=_("partner")
    )
    tier_code = models.SlugField(_("tier"), max_length=32, blank=True)
    tier_since = models.DateField(_("in this tier since"), null=True, blank=True)
    spend = ExactAmountField(_("net spend in the window"), default=0)
    orders = models.PositiveIntegerField(_("orders in the window"), default=0)
    decided_on = models.DateField(_("decided on"), null=True, blank=True)
    enrolled_at = models.DateTimeField(_("enrolled at"))
    settled_by = models.CharField(max_length=EDITION_LENGTH, blank=True, default="", editable=False)

    objects = StandingQuerySet.as_manager()

    class Meta:
        verbose_name = _("standing")
        verbose_name_plural = _("standings")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["programme", "partner"], name="rewards_standing_partner_once_per_programme"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["programme", "tier_code"], name="rewards_standing_by_tier"),
        ]

    def __str__(self) -> str:
        return f"partner {self.partner_id} in {self.programme_id}: {self.tier_code or '-'}"


class TierChangeQuerySet(PartnerScopedQuerySet):
    partner_path = "standing__partner"


class TierChange(models.Model):
    """One move up or down: from, to, why, with the figures it was decided on."""

    standing = models.ForeignKey(Standing, on_delete=models.PROTECT, related_name="changes")
    from_tier = models.SlugField(_("from"), max_length=32, blank=True)
    to_tier = models.SlugField(_("to"), max_length=32, blank=True)
    reason_code = models.CharField(_("why"), max_length=32)
    figures = models.JSONField(_("figures"))
    decided_on = models.DateField(_("decided for local day"))
    decided_at = models.DateTimeField(_("decided at"))

    objects = TierChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("tier change")
        verbose_name_plural = _("tier changes")

    def __str__(self) -> str:
        return f"{self.from_tier or '-'} → {self.to_tier or '-'}"
