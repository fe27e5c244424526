"""What campaigns with a budget have given so far."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from rewards.models.programme import Programme


class CampaignBudget(models.Model):
    """
    What a campaign has given of its budget, in minor units of the programme's main unit.

    What a campaign is stands in the programme's versions; the budget is shared between partners,
    so it is counted here, in the order of posting, and never dealt again: what is taken back later
    does not reopen it. Whoever gives of it locks the row.
    """

    programme = models.ForeignKey(
        Programme, on_delete=models.PROTECT, related_name="campaign_budgets"
    )
    campaign_code = models.SlugField(_("campaign"), max_length=64)
    given = models.BigIntegerField(_("given"), default=0)

    class Meta:
        verbose_name = _("budget of a campaign")
        verbose_name_plural = _("budgets of campaigns")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["programme", "campaign_code"], name="rewards_campaignbudget_once"
            ),
            models.CheckConstraint(
                name="rewards_campaignbudget_not_negative", condition=Q(given__gte=0)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.campaign_code}: {self.given}"
