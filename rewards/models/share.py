"""Pool points distributed to the wallets of a team."""

from typing import ClassVar

import uuid_utils.compat
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ledger.models import Transfer
from partners.models import Member, Partner, PartnerScopedQuerySet
from rewards.models.programme import Programme


class ShareQuerySet(PartnerScopedQuerySet):
    def newest_first(self) -> "ShareQuerySet":
        return self.order_by("-shared_at", "-pk")


class Share(models.Model):
    """One act of distributing an amount of the pool. The parts always sum to ``amount``."""

    class Method(models.TextChoices):
        EQUAL = "equal", _("Equal")
        WEIGHTS = "weights", _("By weights")
        BY_HAND = "by_hand", _("By hand")

    class State(models.TextChoices):
        POSTED = "posted", _("Shared")
        UNDONE = "undone", _("Undone")

    public_id = models.UUIDField(
        default=uuid_utils.compat.uuid7, unique=True, editable=False, verbose_name=_("id")
    )
    programme = models.ForeignKey(
        Programme, on_delete=models.PROTECT, related_name="shares", verbose_name=_("programme")
    )
    partner = models.ForeignKey(
        Partner, on_delete=models.PROTECT, related_name="shares", verbose_name=_("partner")
    )
    shared_by = models.ForeignKey(
        Member, on_delete=models.PROTECT, related_name="shares_given", verbose_name=_("shared by")
    )
    request_id = models.UUIDField(
        help_text=_("Issued with the form; a second post of it is the same.")
    )
    method = models.CharField(_("method"), max_length=16, choices=Method.choices)
    amount = models.BigIntegerField(_("amount"))
    reason = models.CharField(_("reason"), max_length=300)
    state = models.CharField(_("state"), max_length=16, choices=State.choices, default=State.POSTED)
    shared_at = models.DateTimeField(_("shared at"))
    undo_until = models.DateTimeField(_("can be undone until"))
    undone_at = models.DateTimeField(_("undone at"), null=True, blank=True)

    objects = ShareQuerySet.as_manager()

    class Meta:
        verbose_name = _("share")
        verbose_name_plural = _("shares")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["partner", "request_id"], name="rewards_share_requested_once"
            ),
            models.CheckConstraint(name="rewards_share_amount_positive", condition=Q(amount__gt=0)),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.amount} by member {self.shared_by_id}"


class SharePartQuerySet(PartnerScopedQuerySet):
    partner_path = "share__partner"


class SharePart(models.Model):
    """What one member got in a share, beside what the method proposed."""

    share = models.ForeignKey(Share, on_delete=models.PROTECT, related_name="parts")
    member = models.ForeignKey(
        Member, on_delete=models.PROTECT, related_name="share_parts", verbose_name=_("member")
    )
    weight = models.PositiveIntegerField(
        _("weight"), default=1, help_text=_("In thousandths, so that 0.5 is exact.")
    )
    proposed = models.BigIntegerField(_("proposed"))
    amount = models.BigIntegerField(_("amount"))
    note = models.CharField(_("note"), max_length=200, blank=True)
    transfer = models.OneToOneField(
        Transfer, on_delete=models.PROTECT, null=True, related_name="share_part"
    )
    undo_transfer = models.OneToOneField(
        Transfer, on_delete=models.PROTECT, null=True, related_name="undone_share_part"
    )

    objects = SharePartQuerySet.as_manager()

    class Meta:
        verbose_name = _("part of a share")
        verbose_name_plural = _("parts of shares")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["share", "member"], name="rewards_sharepart_member_once"
            ),
            models.CheckConstraint(
                name="rewards_sharepart_amounts_not_negative",
                condition=Q(amount__gte=0, proposed__gte=0),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} to member {self.member_id}"
