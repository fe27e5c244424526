"""What settling works with: the books it writes in, the steps it takes, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from ledger.entries import ClawBack as ClawBackInstruction
from ledger.entries import Entry
from ledger.models import Account
from rewards.earning.facts import ActivityFacts
from rewards.earning.judging import Unmatched, VersionInForce
from rewards.models import Award, ClawBack
from rewards.programmes.calendar import end_of_local_day


@dataclass(slots=True)
class Settlement:
    """What settling changed. Amounts are minor units of the programme's main unit."""

    new_awards: list[Award] = field(default_factory=list)
    units_clawed_back: int = 0
    compensated: int = 0
    unmatched: list[Unmatched] = field(default_factory=list)

    @property
    def units_awarded(self) -> int:
        return sum(award.amount for award in self.new_awards)


@dataclass(frozen=True, slots=True)
class Books:
    """The accounts of the partners being settled, by partner id, at the moment ``as_of``."""

    issued: Account
    taken_back: Account
    pools: Mapping[int, Account]
    pendings: Mapping[int, Account]
    debts: Mapping[int, Account]
    time_zone: str
    as_of: datetime

    def waits_until(self, order: ActivityFacts, version: VersionInForce) -> datetime | None:
        """
        Return when what an order earned may be spent; None where that is so already.

        The wait counts from the order's own local day and ends at a local midnight. What is
        reported after it has waited long enough.
        """
        matures_at = maturity(order, version, self.time_zone)
        return matures_at if matures_at is not None and matures_at > self.as_of else None


@dataclass(frozen=True, slots=True)
class Step:
    """One instruction to the ledger, the fact that causes it, and the row it belongs to."""

    partner_id: int
    fact: ActivityFacts
    award: Award
    instruction: Entry | ClawBackInstruction
    claw_back: ClawBack | None = None

    def at_its_fact(self) -> "Step":
        return replace(self, instruction=replace(self.instruction, posted_at=self.fact.occurred_at))


def earning_key(award: Award, *, revision: int = 0) -> str:
    """Return the idempotency key under which an award, or a later raise of it, was posted."""
    return f"earn:{award.version_id}:{award.activity_id}:{award.rule_code}:{revision}"


def maturity(order: ActivityFacts, version: VersionInForce, time_zone: str) -> datetime | None:
    """Return the local midnight from which points for this order may be spent; None: at once."""
    days = version.definition.settings.pending_days
    return end_of_local_day(order.local_date + timedelta(days=days), time_zone) if days else None


def expiry(
    order: ActivityFacts,
    rule_code: str,
    version: VersionInForce,
    *,
    tier_code: str,
    time_zone: str,
) -> datetime | None:
    """
    Return when points of a rule for this order expire: at the end of a local day; None for never.

    Validity counts from the order's own day, whenever it was reported and however long it waited.
    ``tier_code`` is the tier the award was judged with.
    """
    definition = version.definition
    rule, tier = definition.rule(rule_code), definition.tier(tier_code)
    if rule is not None and rule.expiry_days is not None:
        return end_of_local_day(order.local_date + timedelta(days=rule.expiry_days), time_zone)
    return definition.settings.expiry.expires_at(
        order.local_date,
        time_zone=time_zone,
        extra_months=tier.expiry_extra_months if tier else 0,
    )


def tier_of(award: Award) -> str:
    """Return the tier an award was judged with, where its version lets tiers prolong points."""
    return str(award.explanation.get("tier", ""))
