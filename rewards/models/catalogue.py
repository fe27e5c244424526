"""The catalogue and what was taken from it."""

from datetime import datetime
from typing import ClassVar

import uuid_utils.compat
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ledger.models import Account, Hold, Transfer
from partners.models import Member, Partner, PartnerScopedQuerySet
from rewards.models.programme import Programme


class RewardQuerySet(models.QuerySet["Reward"]):
    def on_offer(self, at: datetime) -> "RewardQuerySet":
        not_ended = Q(offered_until=None) | Q(offered_until__gt=at)
        return self.filter(not_ended, is_active=True, offered_from__lte=at)

    def in_stock(self) -> "RewardQuerySet":
        return self.filter(Q(stock__isnull=True) | Q(stock__gt=0))

    def for_company(self) -> "RewardQuerySet":
        return self.exclude(audience=Reward.Audience.PERSON)

    def for_person(self) -> "RewardQuerySet":
        return self.exclude(audience=Reward.Audience.COMPANY)

    def in_catalogue_order(self) -> "RewardQuerySet":
        return self.order_by("price", "name", "pk")


class Reward(models.Model):
    """
    Something in the catalogue. Its kind says how it is delivered.

    ``terms`` holds the fields of the kind, validated by ``rewards.catalogue.kinds``.
    """

    class Audience(models.TextChoices):
        COMPANY = "company", _("For the company")
        PERSON = "person", _("For a person")
        BOTH = "both", _("For both")

    programme = models.ForeignKey(
        Programme, on_delete=models.PROTECT, related_name="rewards", verbose_name=_("programme")
    )
    slug = models.SlugField(_("code"), max_length=64)
    kind = models.CharField(_("kind"), max_length=32)
    name = models.CharField(_("name"), max_length=120)
    summary = models.CharField(_("summary"), max_length=200)
    description = models.TextField(_("description"), blank=True)
    audience = models.CharField(
        _("for whom"), max_length=16, choices=Audience.choices, default=Audience.COMPANY
    )
    price = models.BigIntegerField(_("price"), help_text=_("Whole minor units of the main unit."))
    min_tier = models.SlugField(_("from tier"), max_length=32, blank=True)
    stock = models.PositiveIntegerField(
        _("stock"), null=True, blank=True, help_text=_("Empty: no limit.")
    )
    limit_per_partner = models.PositiveIntegerField(
        _("limit per partner"), null=True, blank=True, help_text=_("Empty: no limit.")
    )
    approval_required = models.BooleanField(_("needs approval"), default=False)
    terms = models.JSONField(_("terms of the kind"), default=dict, blank=True)
    is_active = models.BooleanField(_("in the catalogue"), default=True)
    offered_from = models.DateTimeField(_("offered from"))
    offered_until = models.DateTimeField(_("offered until"), null=True, blank=True)

    objects = RewardQuerySet.as_manager()

    class Meta:
        verbose_name = _("reward")
        verbose_name_plural = _("rewards")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["programme", "slug"], name="rewards_reward_code_once_per_programme"
            ),
            models.CheckConstraint(name="rewards_reward_price_positive", condition=Q(price__gt=0)),
            models.CheckConstraint(
                name="rewards_reward_offer_ends_after_it_starts",
                condition=Q(offered_until__isnull=True)
                | Q(offered_until__gt=models.F("offered_from")),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class RedemptionQuerySet(PartnerScopedQuerySet):
    def for_listing(self) -> "RedemptionQuerySet":
        return self.select_related("reward__programme__main_unit", "member__person", "partner")

    def for_moving(self) -> "RedemptionQuerySet":
        """With everything that a move reads."""
        return self.select_related(
            "reward__programme__main_unit",
            "account",
            "member",
            "partner",
            "transfer",
            "hold__account",
        )

    def newest_first(self) -> "RedemptionQuerySet":
        return self.order_by("-requested_at", "-pk")

    def counting(self) -> "RedemptionQuerySet":
        """Those that count against limits: all but those that came to nothing."""
        return self.filter(state__in=Redemption.COUNTING_STATES)


class Redemption(models.Model):
    """
    One act of taking a reward. Price, eligibility and kind are fixed at request.

    ``delivery`` records what the kind did: the code given, the credit booked, the parcel's state.
    """

    class State(models.TextChoices):
        REQUESTED = "requested", _("Requested")
        APPROVED = "approved", _("Approved")
        FULFILLED = "fulfilled", _("Delivered")
        REJECTED = "rejected", _("Rejected")
        CANCELLED = "cancelled", _("Cancelled")
        RETURNED = "returned", _("Returned")
        LAPSED = "lapsed", _("Lapsed")

    COUNTING_STATES: ClassVar = ("requested", "approved", "fulfilled")

    public_id = models.UUIDField(
        default=uuid_utils.compat.uuid7, unique=True, editable=False, verbose_name=_("id")
    )
    partner = models.ForeignKey(
        Partner, on_delete=models.PROTECT, related_name="redemptions", verbose_name=_("partner")
    )
    member = models.ForeignKey(
        Member, on_delete=models.PROTECT, related_name="redemptions", verbose_name=_("redeemed by")
    )
    reward = models.ForeignKey(
        Reward, on_delete=models.PROTECT, related_name="redemptions", verbose_name=_("reward")
    )
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="+", verbose_name=_("paid from")
    )
    hold = models.OneToOneField(
        Hold,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="redemption",
        verbose_name=_("hold"),
        help_text=_("Reserves the price while somebody decides."),
    )
    transfer = models.OneToOneField(
        Transfer,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="redemption",
        verbose_name=_("transfer"),
    )
    refund = models.OneToOneField(
        Transfer,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="refunded_redemption",
        verbose_name=_("refund"),
    )
    request_id = models.UUIDField(
        help_text=_("Issued with the form; a second post of it is the same.")
    )
    price = models.BigIntegerField(_("price"))
    state = models.CharField(
        _("state"), max_length=16, choices=State.choices, default=State.REQUESTED
    )
    details = models.JSONField(_("details given"), default=dict, blank=True)
    delivery = models.JSONField(_("delivery"), default=dict, blank=True)
    requested_at = models.DateTimeField(_("requested at"))

    objects = RedemptionQuerySet.as_manager()

    class Meta:
        verbose_name = _("redemption")
        verbose_name_plural = _("redemptions")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["partner", "request_id"], name="rewards_redemption_requested_once"
            ),
            models.CheckConstraint(
                name="rewards_redemption_price_positive", condition=Q(price__gt=0)
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["partner", "-requested_at"], name="rewards_redemption_of_partner"),
            models.Index(fields=["state", "requested_at"], name="rewards_redemption_queue"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.state}"

    @property
    def reserved_until(self) -> datetime | None:
        """Until when its price is kept for it; None where nothing is reserved."""
        if self.hold is None or self.hold.state != Hold.State.OPEN:
            return None
        return self.hold.lapses_at

    @property
    def is_set_free(self) -> bool:
        """Whether its price was reserved, and never spent."""
        return self.hold is not None and self.hold.state in (
            Hold.State.RELEASED,
            Hold.State.LAPSED,
        )


class RedemptionMove(models.Model):
    """One move of a redemption from state to state: who, when, why."""

    redemption = models.ForeignKey(Redemption, on_delete=models.PROTECT, related_name="moves")
    from_state = models.CharField(max_length=16, blank=True)
    to_state = models.CharField(max_length=16, choices=Redemption.State.choices)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    moved_at = models.DateTimeField(_("moved at"))

    class Meta:
        verbose_name = _("move of a redemption")
        verbose_name_plural = _("moves of redemptions")

    def __str__(self) -> str:
        return f"{self.from_state or '-'} → {self.to_state}"


class RewardCode(models.Model):
    """A code of an uploaded pool. Given to one redemption, once."""

    reward = models.ForeignKey(
        Reward, on_delete=models.PROTECT, related_name="codes", verbose_name=_("reward")
    )
    code = models.CharField(_("code"), max_length=64)
    redemption = models.OneToOneField(
        Redemption,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="pool_code",
        verbose_name=_("given to"),
    )

    class Meta:
        verbose_name = _("code")
        verbose_name_plural = _("codes")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["reward", "code"], name="rewards_rewardcode_once"),
        ]

    def __str__(self) -> str:
        return f"code {self.pk} of reward {self.reward_id}"


class EntitlementQuerySet(PartnerScopedQuerySet):
    def active(self, at: datetime) -> "EntitlementQuerySet":
        not_over = Q(valid_until__isnull=True) | Q(valid_until__gt=at)
        return self.filter(not_over, state=Entitlement.State.OPEN, valid_from__lte=at)


class Entitlement(models.Model):
    """
    What a delivered redemption lets the partner have from the seller: a credit, a deferral.

    The seller's ERP reads open entitlements and marks them used.
    """

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        USED = "used", _("Used")
        CANCELLED = "cancelled", _("Cancelled")

    public_id = models.UUIDField(
        default=uuid_utils.compat.uuid7, unique=True, editable=False, verbose_name=_("id")
    )
    partner = models.ForeignKey(
        Partner, on_delete=models.PROTECT, related_name="entitlements", verbose_name=_("partner")
    )
    redemption = models.OneToOneField(
        Redemption,
        on_delete=models.PROTECT,
        related_name="entitlement",
        verbose_name=_("redemption"),
    )
    kind = models.CharField(_("kind"), max_length=32)
    value = models.JSONField(_("value"), default=dict)
    state = models.CharField(_("state"), max_length=16, choices=State.choices, default=State.OPEN)
    valid_from = models.DateTimeField(_("valid from"))
    valid_until = models.DateTimeField(_("valid until"), null=True, blank=True)
    used_at = models.DateTimeField(_("used at"), null=True, blank=True)

    objects = EntitlementQuerySet.as_manager()

    class Meta:
        verbose_name = _("entitlement")
        verbose_name_plural = _("entitlements")

    def __str__(self) -> str:
        return f"{self.kind} #{self.pk}"
