"""Units, and the accounts that hold them for the house, a partner or a member."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from partners.models import Member, Partner, PartnerScopedQuerySet

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
        return f"{self.get_kind_display()} #{self.pk}"

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
