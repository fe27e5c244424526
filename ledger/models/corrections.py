"""Corrections by people: who asked for what and why, who agreed, and the transfer it became."""

from typing import ClassVar

import uuid_utils.compat
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ledger.models.accounts import Account, Unit
from ledger.models.journal import TRANSFER_AMOUNT_MAX, Transfer
from partners.models import ApiKey, Partner, PartnerScopedQuerySet


class CorrectionReason(models.Model):
    """One reason of the managed list. The code goes into the journal and never changes meaning."""

    code = models.SlugField(_("code"), max_length=64, unique=True)
    name = models.CharField(_("name"), max_length=120)
    for_reversals = models.BooleanField(_("for reversals"), default=True)
    for_adjustments = models.BooleanField(_("for adjustments"), default=True)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("reason of corrections")
        verbose_name_plural = _("reasons of corrections")

    def __str__(self) -> str:
        return self.name


class CorrectionLimit(models.Model):
    """
    How much one person of a role may correct without a second one. No row means nothing.

    ``role`` is a role of the staff, or ``integrator`` for what comes through an API key.
    """

    INTEGRATOR: ClassVar = "integrator"

    role = models.CharField(_("role"), max_length=32)
    unit = models.ForeignKey(
        Unit, on_delete=models.PROTECT, related_name="correction_limits", verbose_name=_("unit")
    )
    per_correction = models.BigIntegerField(
        _("at most at once"), help_text=_("Whole minor units. Above it a second person decides.")
    )
    per_day = models.BigIntegerField(
        _("at most in 24 hours"), help_text=_("All corrections of one person together.")
    )

    class Meta:
        verbose_name = _("limit of corrections")
        verbose_name_plural = _("limits of corrections")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["role", "unit"], name="ledger_correctionlimit_one_a_role_and_unit"
            ),
            models.CheckConstraint(
                name="ledger_correctionlimit_bounded",
                condition=Q(per_correction__gte=0, per_correction__lte=TRANSFER_AMOUNT_MAX)
                & Q(per_day__gte=0),
            ),
        ]

    def __str__(self) -> str:
        return self.role


class CorrectionQuerySet(PartnerScopedQuerySet):
    partner_path = "partner"

    def waiting(self) -> "CorrectionQuerySet":
        return self.filter(state=Correction.State.WAITING)


class Correction(models.Model):
    """
    A reversal of a transfer, or an adjustment of an account, asked for by a person or a key.

    What is within the asker's limit is posted at once; above it a second person decides. The note
    is personal words and may be erased; the journal holds the code of the reason only.
    """

    class Kind(models.TextChoices):
        REVERSAL = "reversal", _("Reversal")
        CREDIT = "credit", pgettext_lazy("correction", "Credit")
        DEBIT = "debit", _("Debit")
        REINSTATEMENT = "reinstatement", _("Reinstatement")

    class State(models.TextChoices):
        WAITING = "waiting", _("Waits for a second person")
        POSTED = "posted", _("Posted")
        DECLINED = "declined", _("Declined")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    class Door(models.TextChoices):
        ADMIN = "admin", _("Admin")
        IMPORT = "import", _("Import")
        API = "api", _("API")
        COMMAND = "command", _("Command")

    public_id = models.UUIDField(
        default=uuid_utils.compat.uuid7, unique=True, editable=False, verbose_name=_("id")
    )
    request_key = models.CharField(
        max_length=150,
        unique=True,
        help_text=_("Issued with the form; a second post of it is the same."),
    )
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices)
    door = models.CharField(_("through"), max_length=16, choices=Door.choices)
    partner = models.ForeignKey(
        Partner, on_delete=models.PROTECT, related_name="corrections", verbose_name=_("partner")
    )
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="corrections", verbose_name=_("account")
    )
    corrects = models.ForeignKey(
        Transfer,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="corrections",
        verbose_name=_("corrects"),
    )
    amount = models.BigIntegerField(_("amount"), help_text=_("Whole minor units of the unit."))
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    reason = models.ForeignKey(
        CorrectionReason, on_delete=models.PROTECT, related_name="+", verbose_name=_("reason")
    )
    note = models.CharField(_("note"), max_length=500, blank=True)
    reference = models.CharField(_("reference"), max_length=100, blank=True)
    state = models.CharField(
        _("state"), max_length=16, choices=State.choices, default=State.WAITING
    )
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("asked for by"),
    )
    requested_with = models.ForeignKey(
        ApiKey,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("asked for with key"),
    )
    requested_at = models.DateTimeField(_("asked for at"))
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("decided by"),
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    decision_note = models.CharField(_("note on the decision"), max_length=500, blank=True)
    transfer = models.OneToOneField(
        Transfer,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="correction",
        verbose_name=_("posted as"),
    )

    objects = CorrectionQuerySet.as_manager()

    class Meta:
        verbose_name = _("correction")
        verbose_name_plural = _("corrections")
        permissions: ClassVar = [("decide_correction", "Can decide about corrections of others")]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="ledger_correction_moves_a_bounded_amount",
                condition=Q(amount__gt=0, amount__lte=TRANSFER_AMOUNT_MAX),
            ),
            models.CheckConstraint(
                name="ledger_correction_asked_by_one",
                condition=Q(requested_by__isnull=False, requested_with__isnull=True)
                | Q(requested_by__isnull=True, requested_with__isnull=False),
            ),
            models.CheckConstraint(
                name="ledger_correction_posted_has_transfer",
                condition=Q(state="posted", transfer__isnull=False)
                | (~Q(state="posted") & Q(transfer__isnull=True)),
            ),
            models.CheckConstraint(
                name="ledger_correction_corrects_fits_kind",
                condition=Q(kind__in=("reversal", "reinstatement"), corrects__isnull=False)
                | Q(kind__in=("credit", "debit"), corrects__isnull=True),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["partner", "-id"], name="ledger_correction_of_partner"),
            models.Index(fields=["state", "id"], name="ledger_correction_queue"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} #{self.pk}"
