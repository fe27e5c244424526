"""Who of a partner decides that its people may earn for themselves, and for whom they said yes."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from partners.models import Member, Partner, PartnerScopedQuerySet
from rewards.models.programme import Programme


class EarningApprover(models.Model):
    """
    The member a partner named to approve personal earning; naming another one ends the row.

    Nobody approves earning of their own.
    """

    partner = models.ForeignKey(
        Partner, on_delete=models.PROTECT, related_name="approvers", verbose_name=_("partner")
    )
    member = models.ForeignKey(
        Member, on_delete=models.PROTECT, related_name="+", verbose_name=_("approver")
    )
    named_at = models.DateTimeField(_("named at"))
    named_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    objects = PartnerScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("approver of personal earning")
        verbose_name_plural = _("approvers of personal earning")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["partner"],
                condition=Q(ended_at__isnull=True),
                name="rewards_earningapprover_one_per_partner",
            ),
        ]

    def __str__(self) -> str:
        return f"approver {self.member_id} of partner {self.partner_id}"


class EarningConsent(models.Model):
    """
    The employer's yes to one member earning for themselves in one programme.

    ``version`` counts the consents of this member; ``terms`` are the words that were agreed to,
    with ``terms_version``. It holds for facts from ``given_at`` up to ``withdrawn_at`` that are
    judged by those terms. A change is another row: what was agreed to stays readable.
    """

    programme = models.ForeignKey(
        Programme, on_delete=models.PROTECT, related_name="consents", verbose_name=_("programme")
    )
    partner = models.ForeignKey(
        Partner, on_delete=models.PROTECT, related_name="consents", verbose_name=_("partner")
    )
    member = models.ForeignKey(
        Member, on_delete=models.PROTECT, related_name="consents", verbose_name=_("member")
    )
    version = models.PositiveIntegerField(_("version"))
    approver = models.ForeignKey(
        Member, on_delete=models.PROTECT, related_name="+", verbose_name=_("approved by")
    )
    terms_version = models.PositiveIntegerField(_("version of the terms"))
    terms = models.TextField(_("terms agreed to"))
    given_at = models.DateTimeField(_("given at"))
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects = PartnerScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("consent to personal earning")
        verbose_name_plural = _("consents to personal earning")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["programme", "member", "version"], name="rewards_earningconsent_numbered"
            ),
            models.UniqueConstraint(
                fields=["programme", "member"],
                condition=Q(withdrawn_at__isnull=True),
                name="rewards_earningconsent_one_in_force",
            ),
            models.CheckConstraint(
                name="rewards_earningconsent_not_by_oneself", condition=~Q(approver=F("member"))
            ),
            models.CheckConstraint(
                name="rewards_earningconsent_withdrawn_after_given",
                condition=Q(withdrawn_at__isnull=True) | Q(withdrawn_at__gte=F("given_at")),
            ),
        ]

    def __str__(self) -> str:
        return f"consent {self.version} of member {self.member_id} in {self.programme_id}"
