"""The journal: transfers, the lots they open and what they take out of lots. Append-only."""

from datetime import datetime
from typing import ClassVar

import uuid_utils.compat
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from ledger.models.accounts import Account
from partners.models import Partner, PartnerScopedQuerySet

TRANSFER_AMOUNT_MAX = 10**12


class TransferQuerySet(PartnerScopedQuerySet):
    partner_path = "partner"

    def of_account(self, account: Account) -> "TransferQuerySet":
        return self.filter(Q(debit_account=account) | Q(credit_account=account))


class Transfer(models.Model):
    """
    One movement of a whole amount. Append-only: correct it with a reversing transfer.

    ``posted_at`` is when the ledger moved and never decreases per account; ``occurred_at`` is when
    it happened in the world. The order of ``id`` is each account's journal order.
    """

    class Kind(models.TextChoices):
        EARN = "earn", _("Earned")
        PEND = "pend", _("Pending award")
        MATURE = "mature", _("Pending award became available")
        CANCEL_PENDING = "cancel_pending", _("Pending award cancelled")
        REDEEM = "redeem", _("Redeemed")
        REFUND = "refund", _("Refunded")
        SHARE = "share", _("Shared with the team")
        UNSHARE = "unshare", _("Returned to the pool")
        CLAW_BACK = "claw_back", _("Taken back")
        INCUR_DEBT = "incur_debt", _("Taken back as debt")
        REPAY_DEBT = "repay_debt", _("Debt repaid")
        FORGIVE_DEBT = "forgive_debt", _("Debt reduced")
        EXPIRE = "expire", _("Expired")
        REINSTATE = "reinstate", _("Reinstated")
        ADJUST = "adjust", _("Adjusted")
        REVERSE = "reverse", _("Reversed")
        OPEN = "open", _("Opening balance")
        MERGE = "merge", _("Moved by a merge")
        LEAVE = "leave", _("Returned by who left the team")

    public_id = models.UUIDField(
        default=uuid_utils.compat.uuid7, unique=True, editable=False, verbose_name=_("id")
    )
    idempotency_key = models.CharField(_("idempotency key"), max_length=150, unique=True)
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices)
    debit_account = models.ForeignKey(
        Account,
        on_delete=models.PROTECT,
        related_name="debits",
        verbose_name=_("debit account"),
        db_index=False,
    )
    credit_account = models.ForeignKey(
        Account,
        on_delete=models.PROTECT,
        related_name="credits",
        verbose_name=_("credit account"),
        db_index=False,
    )
    partner = models.ForeignKey(
        Partner,
        on_delete=models.PROTECT,
        related_name="transfers",
        verbose_name=_("partner"),
        db_index=False,
    )
    amount = models.BigIntegerField(_("amount"), help_text=_("Whole minor units of the unit."))
    occurred_at = models.DateTimeField(_("occurred at"))
    posted_at = models.DateTimeField(_("posted at"))
    reason_code = models.CharField(_("reason"), max_length=64, blank=True)
    reference = models.CharField(
        _("reference"), max_length=100, blank=True, help_text=_("Opaque id of what caused it.")
    )
    reverses = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        related_name="reversed_by",
        verbose_name=_("reverses"),
    )
    batch = models.UUIDField(_("batch"), help_text=_("Transfers posted together share it."))

    objects = TransferQuerySet.as_manager()

    class Meta:
        verbose_name = _("transfer")
        verbose_name_plural = _("transfers")
        constraints: ClassVar = [
            models.CheckConstraint(
                name="ledger_transfer_moves_a_bounded_amount",
                condition=Q(amount__gt=0, amount__lte=TRANSFER_AMOUNT_MAX),
            ),
            models.CheckConstraint(
                name="ledger_transfer_between_two_accounts",
                condition=~Q(debit_account=F("credit_account")),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["partner", "id"], name="ledger_transfer_of_partner"),
            models.Index(fields=["posted_at"], name="ledger_transfer_by_time"),
            # One account's journal in order: statements read a page of it, however long it is.
            models.Index(fields=["debit_account", "id"], name="ledger_transfer_of_debit"),
            models.Index(fields=["credit_account", "id"], name="ledger_transfer_of_credit"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} #{self.pk}"


class LotQuerySet(PartnerScopedQuerySet):
    partner_path = "account__partner"

    def open(self) -> "LotQuerySet":
        return self.filter(remaining__gt=0)

    def spendable(self, at: datetime) -> "LotQuerySet":
        """Lots that may be spent at ``at``: something left, and not past their expiry."""
        return self.open().filter(Q(expires_at__isnull=True) | Q(expires_at__gt=at))

    def in_spending_order(self) -> "LotQuerySet":
        """Earliest expiry first, then oldest; what never expires comes last."""
        return self.order_by(F("expires_at").asc(nulls_last=True), "earned_at", "pk")


class Lot(models.Model):
    """
    A slice of a balance with its own expiry.

    ``origin`` is the transfer that first credited it: a share or a refund keeps origin, expiry and
    ``earned_at``. ``remaining`` changes only with a ``LotUse`` beside it.
    """

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="lots")
    opened_by = models.ForeignKey(
        Transfer, on_delete=models.PROTECT, related_name="opened_lots", verbose_name=_("opened by")
    )
    origin = models.ForeignKey(
        Transfer, on_delete=models.PROTECT, related_name="origin_lots", verbose_name=_("origin")
    )
    amount = models.BigIntegerField(_("amount"))
    remaining = models.BigIntegerField(_("remaining"))
    held = models.BigIntegerField(_("held"), default=0)
    earned_at = models.DateTimeField(_("earned at"))
    matures_at = models.DateTimeField(_("matures at"), null=True)
    expires_at = models.DateTimeField(_("expires at"), null=True)

    objects = LotQuerySet.as_manager()

    class Meta:
        verbose_name = _("lot")
        verbose_name_plural = _("lots")
        constraints: ClassVar = [
            models.CheckConstraint(
                name="ledger_lot_remaining_within_amount",
                condition=Q(amount__gt=0, remaining__gte=0, remaining__lte=F("amount")),
            ),
            models.CheckConstraint(
                name="ledger_lot_held_within_remaining",
                condition=Q(held__gte=0, held__lte=F("remaining")),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["account", "expires_at", "id"],
                condition=Q(remaining__gt=0),
                name="ledger_lot_open_of_account",
            ),
            models.Index(
                fields=["expires_at"],
                condition=Q(remaining__gt=0),
                name="ledger_lot_open_by_expiry",
            ),
        ]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} #{self.pk}"


class LotUse(models.Model):
    """How much a transfer took out of a lot. Append-only, like the transfer."""

    transfer = models.ForeignKey(
        Transfer, on_delete=models.PROTECT, related_name="lot_uses", db_index=False
    )
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="uses")
    amount = models.BigIntegerField(_("amount"))

    class Meta:
        verbose_name = _("use of a lot")
        verbose_name_plural = _("uses of lots")
        constraints: ClassVar = [
            models.CheckConstraint(name="ledger_lotuse_takes_something", condition=Q(amount__gt=0)),
            models.UniqueConstraint(
                fields=["transfer", "lot"], name="ledger_lotuse_once_per_transfer"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} of lot {self.lot_id} by transfer {self.transfer_id}"


class LotExtension(models.Model):
    """
    A lot lives longer than it was given: its partner was active, and the programme rolls expiry.

    Append-only. ``Lot.expires_at`` changes only with a row beside it; it never moves back.
    """

    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="extensions")
    expired_before = models.DateTimeField(_("would have expired at"))
    expires_at = models.DateTimeField(_("expires at"))
    extended_at = models.DateTimeField(_("extended at"))
    reference = models.CharField(
        _("reference"), max_length=100, blank=True, help_text=_("Opaque id of what caused it.")
    )

    class Meta:
        verbose_name = _("extension of a lot")
        verbose_name_plural = _("extensions of lots")
        constraints: ClassVar = [
            models.CheckConstraint(
                name="ledger_lotextension_only_forward",
                condition=Q(expires_at__gt=F("expired_before")),
            ),
        ]

    def __str__(self) -> str:
        return f"lot {self.lot_id} until {self.expires_at:%Y-%m-%d}"
