"""Holds: slices of a balance that are reserved until somebody decides."""

from typing import ClassVar

import uuid_utils.compat
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from ledger.models.accounts import Account
from ledger.models.journal import TRANSFER_AMOUNT_MAX, Lot, Transfer
from partners.models import Partner, PartnerScopedQuerySet


class HoldQuerySet(PartnerScopedQuerySet):
    partner_path = "partner"

    def open(self) -> "HoldQuerySet":
        return self.filter(state=Hold.State.OPEN)


class Hold(models.Model):
    """
    Reserves part of a balance. It ends once: captured (whole or part), released, or lapsed.

    What is held stays in the balance and cannot be spent, clawed back or retired by expiry. A
    capture of a part releases the rest in the same act.
    """

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        CAPTURED = "captured", _("Captured")
        RELEASED = "released", _("Released")
        LAPSED = "lapsed", _("Lapsed")

    public_id = models.UUIDField(
        default=uuid_utils.compat.uuid7, unique=True, editable=False, verbose_name=_("id")
    )
    idempotency_key = models.CharField(_("idempotency key"), max_length=150, unique=True)
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="holds", verbose_name=_("account")
    )
    partner = models.ForeignKey(
        Partner, on_delete=models.PROTECT, related_name="holds", verbose_name=_("partner")
    )
    amount = models.BigIntegerField(_("amount"), help_text=_("Whole minor units of the unit."))
    captured = models.BigIntegerField(_("captured"), default=0)
    state = models.CharField(_("state"), max_length=16, choices=State.choices, default=State.OPEN)
    reason_code = models.CharField(_("reason"), max_length=64, blank=True)
    reference = models.CharField(
        _("reference"), max_length=100, blank=True, help_text=_("Opaque id of what caused it.")
    )
    placed_at = models.DateTimeField(_("placed at"))
    lapses_at = models.DateTimeField(_("lapses at"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    capture = models.OneToOneField(
        Transfer,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="captured_hold",
        verbose_name=_("captured by"),
    )

    objects = HoldQuerySet.as_manager()

    class Meta:
        verbose_name = _("hold")
        verbose_name_plural = _("holds")
        constraints: ClassVar = [
            models.CheckConstraint(
                name="ledger_hold_reserves_a_bounded_amount",
                condition=Q(amount__gt=0, amount__lte=TRANSFER_AMOUNT_MAX),
            ),
            models.CheckConstraint(
                name="ledger_hold_captures_within_amount",
                condition=Q(captured__gte=0, captured__lte=F("amount")),
            ),
            models.CheckConstraint(
                name="ledger_hold_state_fits_its_end",
                condition=Q(state="open", captured=0, ended_at__isnull=True, capture__isnull=True)
                | Q(
                    state="captured",
                    captured__gt=0,
                    ended_at__isnull=False,
                    capture__isnull=False,
                )
                | Q(
                    state__in=("released", "lapsed"),
                    captured=0,
                    ended_at__isnull=False,
                    capture__isnull=True,
                ),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["partner", "-id"], name="ledger_hold_of_partner"),
            models.Index(
                fields=["lapses_at"], condition=Q(state="open"), name="ledger_hold_open_by_lapse"
            ),
        ]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} #{self.pk}"


class HoldSlice(models.Model):
    """How much of a lot a hold reserves. ``Lot.held`` is the sum over its open holds."""

    hold = models.ForeignKey(Hold, on_delete=models.PROTECT, related_name="slices")
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="hold_slices")
    amount = models.BigIntegerField(_("amount"))

    class Meta:
        verbose_name = _("slice of a hold")
        verbose_name_plural = _("slices of holds")
        constraints: ClassVar = [
            models.CheckConstraint(
                name="ledger_holdslice_reserves_something", condition=Q(amount__gt=0)
            ),
            models.UniqueConstraint(fields=["hold", "lot"], name="ledger_holdslice_once_per_hold"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} of lot {self.lot_id} for hold {self.hold_id}"
