"""Sell-out claims: what a partner's seller sold on, with serial numbers, proof and a review."""

from typing import ClassVar

import uuid_utils.compat
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from partners.models.activity import Activity
from partners.models.company import Partner
from partners.models.scope import PartnerScopedQuerySet
from partners.models.team import Member


class SellOutClaimQuerySet(PartnerScopedQuerySet):
    def newest_first(self) -> "SellOutClaimQuerySet":
        return self.order_by("-filed_at", "-pk")

    def to_review(self) -> "SellOutClaimQuerySet":
        return self.filter(state__in=(SellOutClaim.State.PENDING, SellOutClaim.State.APPEALED))


class SellOutClaim(models.Model):
    """
    One sale to an end customer that a member reports, to be reviewed by the seller.

    Each article has its serial number and counts once, whoever claims it. Approving makes the
    activity that earns.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("Pending")
        APPROVED = "approved", _("Approved")
        REJECTED = "rejected", _("Rejected")
        APPEALED = "appealed", _("Appealed")
        PAID = "paid", _("Paid")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    public_id = models.UUIDField(
        default=uuid_utils.compat.uuid7, unique=True, editable=False, verbose_name=_("id")
    )
    partner = models.ForeignKey(
        Partner, on_delete=models.PROTECT, related_name="claims", verbose_name=_("partner")
    )
    member = models.ForeignKey(
        Member,
        on_delete=models.PROTECT,
        related_name="claims",
        verbose_name=_("claimed by"),
    )
    request_id = models.UUIDField(
        help_text=_("Issued with the form; a second post of it is the same.")
    )
    sku = models.CharField(_("SKU"), max_length=64)
    sold_on = models.DateField(_("sold on"))
    document = models.CharField(
        _("invoice or receipt"), max_length=64, help_text=_("Its number in your books.")
    )
    note = models.CharField(_("note"), max_length=500, blank=True)
    state = models.CharField(
        _("state"), max_length=16, choices=State.choices, default=State.PENDING
    )
    filed_at = models.DateTimeField(_("filed at"))
    activity = models.OneToOneField(
        Activity,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="claim",
        verbose_name=_("activity"),
    )

    objects = SellOutClaimQuerySet.as_manager()

    class Meta:
        verbose_name = _("sell-out claim")
        verbose_name_plural = _("sell-out claims")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["member", "request_id"], name="partners_selloutclaim_request_once"
            ),
            models.CheckConstraint(
                name="partners_selloutclaim_approved_is_an_activity",
                condition=~Q(state__in=("approved", "paid")) | Q(activity__isnull=False),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["partner", "-filed_at"], name="partners_selloutclaim_newest"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.sku}"

    @property
    def serial_numbers(self) -> list[str]:
        """Of every article, whether the claim stands or not; prefetch ``serials`` for many."""
        return [article.serial for article in self.serials.all()]


class ClaimedSerial(models.Model):
    """An article of a claim. While the claim stands, nobody else can claim the same one."""

    claim = models.ForeignKey(SellOutClaim, on_delete=models.PROTECT, related_name="serials")
    sku = models.CharField(_("SKU"), max_length=64)
    serial = models.CharField(_("serial number"), max_length=64)
    stands = models.BooleanField(default=True, help_text=_("False once rejected or withdrawn."))

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["sku", "serial"],
                condition=Q(stands=True),
                name="partners_claimedserial_stands_once",
            ),
            models.UniqueConstraint(
                fields=["claim", "serial"], name="partners_claimedserial_once_per_claim"
            ),
        ]

    def __str__(self) -> str:
        return self.serial


class ClaimProof(models.Model):
    """A picture or document that shows the sale. Kept out of reach of the web server."""

    public_id = models.UUIDField(
        default=uuid_utils.compat.uuid7, unique=True, editable=False, verbose_name=_("id")
    )
    claim = models.ForeignKey(SellOutClaim, on_delete=models.PROTECT, related_name="proofs")
    name = models.CharField(_("name"), max_length=200)
    content_type = models.CharField(_("type"), max_length=64)
    size = models.PositiveIntegerField(_("size"))
    digest = models.CharField(max_length=64)
    stored_as = models.CharField(max_length=255)
    added_at = models.DateTimeField(_("added at"))

    class Meta:
        verbose_name = _("proof")
        verbose_name_plural = _("proofs")

    def __str__(self) -> str:
        return self.name


class ClaimMove(models.Model):
    """Who moved a claim from one state to another, when and why."""

    claim = models.ForeignKey(SellOutClaim, on_delete=models.PROTECT, related_name="moves")
    from_state = models.CharField(max_length=16, choices=SellOutClaim.State.choices, blank=True)
    to_state = models.CharField(max_length=16, choices=SellOutClaim.State.choices)
    reason_code = models.CharField(_("reason"), max_length=32, blank=True)
    note = models.CharField(_("note"), max_length=500, blank=True)
    by_member = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    by_person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    moved_at = models.DateTimeField(_("moved at"))

    class Meta:
        verbose_name = _("move of a claim")
        verbose_name_plural = _("moves of claims")

    def __str__(self) -> str:
        return f"claim {self.claim_id}: {self.to_state}"
