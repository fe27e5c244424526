"""
What campaigns with a budget may still give.

A budget is shared between partners, so it is dealt in the order of posting, under the lock of its
row, and never again: what is taken back later does not reopen it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from rewards.models import CampaignBudget, Programme


@dataclass(slots=True)
class Budgets:
    """The rows of some campaigns, by code: locked where something is to be given."""

    rows: dict[str, CampaignBudget] = field(default_factory=dict)
    given: dict[str, int] = field(default_factory=dict)

    @classmethod
    def lock(cls, programme: Programme, campaign_codes: Iterable[str]) -> "Budgets":
        """
        Lock what these campaigns have given so far; no query without campaigns.

        The caller owns the transaction and has locked the partners, and no accounts yet.
        """
        codes = sorted(set(campaign_codes))
        if not codes:
            return cls()
        CampaignBudget.objects.bulk_create(
            [CampaignBudget(programme=programme, campaign_code=code) for code in codes],
            ignore_conflicts=True,
        )
        rows = CampaignBudget.objects.filter(programme=programme, campaign_code__in=codes)
        locked = rows.select_for_update().order_by("campaign_code")
        return cls({row.campaign_code: row for row in locked})

    @classmethod
    def look(cls, programme: Programme, campaign_codes: Iterable[str]) -> "Budgets":
        """Read what these campaigns have given so far, for a supposition: nothing is locked."""
        codes = set(campaign_codes)
        if not codes:
            return cls()
        rows = CampaignBudget.objects.filter(programme=programme, campaign_code__in=codes)
        unused = {code: CampaignBudget(programme=programme, campaign_code=code) for code in codes}
        return cls(unused | {row.campaign_code: row for row in rows})

    def take(self, campaign_code: str, amount: int, *, budget: int) -> int:
        """Return how much of an amount the campaign can still give, and count it as given."""
        row = self.rows[campaign_code]
        granted = max(min(amount, budget - row.given), 0)
        row.given += granted
        self.given[campaign_code] = self.given.get(campaign_code, 0) + granted
        return granted

    def save(self) -> None:
        for code, given in self.given.items():
            if given:
                self.rows[code].save(update_fields=["given"])
