"""
What partners hold, by double entry.

A transfer moves a whole amount in minor units from a debit account to a credit account and never
changes. *House* accounts (issued, redeemed, expired, taken back, adjusted) are the programme's
side: they store no balance, so that nothing contends on them. *Held* accounts (pool, wallet,
pending, debt) can run out: they store ``balance`` and ``held``, changed only by
``ledger.posting`` under their row lock.

For every held account ``balance`` = sum of its journal. For pools, wallets and pending it is also
the sum of the remaining amounts of its lots. A pool's balance counts credits minus debits; the
debt account counts debits minus credits, so that neither is ever below zero.
"""

from datetime import datetime
from typing import ClassVar

import uuid_utils.compat
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from partners.models import Member, Partner, PartnerScopedQuerySet

TRANSFER_AMOUNT_MAX = 10**12
ACCOUNT_BALANCE_MAX = 10**15


class Unit(models.Model):
    """What is counted: points, or money for cashback. Always of one programme."""

    class Kind(models.TextChoices):
        POINTS = "points", _("Points")
        MONEY = "money", _("Money")

    code = models.SlugField(_("code"), max_length=64, unique=True)
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices)
    decimals = models.PositiveSmallIntegerField(
        _("decimals"), default=0, help_text=_("Minor units are 10 to this power. Frozen once used.")
    )
    currency = models.CharField(_("currency"), max_length=3, blank=True)

    class Meta:
        verbose_name = _("unit")
        verbose_name_plural = _("units")
        constraints: ClassVar = [
            models.CheckConstraint(
                name="ledger_unit_up_to_four_decimals", condition=Q(decimals__lte=4)
            ),
            models.CheckConstraint(
                name="ledger_unit_money_has_currency",
                condition=(Q(kind="money") & ~Q(currency="")) | (Q(kind="points") & Q(currency="")),
            ),
        ]

    def __str__(self) -> str:
        return self.code


class AccountQuerySet(PartnerScopedQuerySet):
    def pools(self) -> "AccountQuerySet":
        return self.filter(kind=Account.Kind.POOL)

    def wallets(self) -> "AccountQuerySet":
        return self.filter(kind=Account.Kind.WALLET)


class Account(models.Model):
    """Holds one unit for one owner: the house, a partner, or a member."""

    class Kind(models.TextChoices):
        ISSUED = "issued", _("Issued")
        REDEEMED = "redeemed", _("Redeemed")
        EXPIRED = "expired", _("Expired")
        TAKEN_BACK = "taken_back", _("Taken back")
        ADJUSTED = "adjusted", _("Adjusted")
        POOL = "pool", _("Pool")
        PENDING = "pending", _("Pending")
        DEBT = "debt", _("Debt")
        WALLET = "wallet", _("Wallet")

    HOUSE_KINDS: ClassVar = ("issued", "redeemed", "expired", "taken_back", "adjusted")
    PARTNER_KINDS: ClassVar = ("pool", "pending", "debt")
    KINDS_WITH_LOTS: ClassVar = ("pool", "pending", "wallet")

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="accounts")
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices)
    partner = models.ForeignKey(
        Partner, on_delete=models.PROTECT, null=True, related_name="accounts"
    )
    member = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="accounts")
    balance = models.BigIntegerField(_("balance"), default=0)
    held = models.BigIntegerField(
        _("held"), default=0, help_text=_("Part of the balance that is reserved by holds.")
    )
    last_posted_at = models.DateTimeField(
        null=True, help_text=_("Time of the latest transfer. It never goes back.")
    )

    objects = AccountQuerySet.as_manager()

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        constraints: ClassVar = [
            models.CheckConstraint(
                name="ledger_account_never_overdrawn",
                condition=Q(balance__gte=0, held__gte=0, held__lte=F("balance")),
            ),
            models.CheckConstraint(
                name="ledger_account_balance_bounded", condition=Q(balance__lte=ACCOUNT_BALANCE_MAX)
            ),
            models.CheckConstraint(
                name="ledger_account_house_stores_no_balance",
                condition=Q(partner__isnull=False) | Q(balance=0, held=0),
            ),
            models.CheckConstraint(
                name="ledger_account_owner_fits_kind",
                condition=Q(
                    kind__in=("issued", "redeemed", "expired", "taken_back", "adjusted"),
                    partner__isnull=True,
                    member__isnull=True,
                )
                | Q(
                    kind__in=("pool", "pending", "debt"), partner__isnull=False, member__isnull=True
                )
                | Q(kind="wallet", partner__isnull=False, member__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["unit", "kind"],
                condition=Q(partner__isnull=True),
                name="ledger_account_one_house_account_of_a_kind",
            ),
            models.UniqueConstraint(
                fields=["partner", "unit", "kind"],
                condition=Q(partner__isnull=False, member__isnull=True),
                name="ledger_account_one_partner_account_of_a_kind",
            ),
            models.UniqueConstraint(
                fields=["member", "unit"],
                condition=Q(member__isnull=False),
                name="ledger_account_one_wallet_a_member",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.kind} in {self.unit_id}"

    @property
    def is_house(self) -> bool:
        return self.kind in self.HOUSE_KINDS

    @property
    def has_lots(self) -> bool:
        return self.kind in self.KINDS_WITH_LOTS

    @property
    def available(self) -> int:
        """Balance less holds; lots past their expiry still count until the nightly step."""
        return self.balance - self.held


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

    public_id = models.UUIDField(
        default=uuid_utils.compat.uuid7, unique=True, editable=False, verbose_name=_("id")
    )
    idempotency_key = models.CharField(_("idempotency key"), max_length=150, unique=True)
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices)
    debit_account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="debits", verbose_name=_("debit account")
    )
    credit_account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="credits", verbose_name=_("credit account")
    )
    partner = models.ForeignKey(
        Partner, on_delete=models.PROTECT, related_name="transfers", verbose_name=_("partner")
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
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.amount} {self.debit_account_id}→{self.credit_account_id}"


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
        return f"#{self.pk} {self.remaining} of {self.amount}"


class LotUse(models.Model):
    """How much a transfer took out of a lot. Append-only, like the transfer."""

    transfer = models.ForeignKey(Transfer, on_delete=models.PROTECT, related_name="lot_uses")
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
