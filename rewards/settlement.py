"""What settling works with: the books it writes in, the steps it takes, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from ledger.entries import ClawBack as ClawBackInstruction
from ledger.entries import Entry
from ledger.models import Account
from partners.models import Member
from rewards.earning.facts import ActivityFacts
from rewards.earning.judging import AwardDue, Unmatched, VersionInForce
from rewards.models import Award, ClawBack
from rewards.programmes.calendar import add_months, end_of_local_day, last_day_of_month
from rewards.remembering import AwardKey


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


@dataclass(slots=True)
class Raise:
    """
    What is new of an award. ``withheld`` is what its campaign's budget has not given of it, in all;
    ``personal`` how much of what is new the member who earned it may have. ``earner`` is that
    member, with a wallet. ``year_is_shared`` says that other companies gave of the same year.
    """

    partner_id: int
    key: AwardKey
    due: AwardDue
    amount: int
    personal: int
    withheld: int = 0
    earner: Member | None = None
    year_is_shared: bool = False

    @property
    def budget(self) -> int | None:
        """What its campaign may give in all; None where nobody has to be asked."""
        award = self.due.award
        campaign = self.due.version.definition.campaign(award.campaign_code)
        return campaign.budget_units if campaign and award.campaign_code else None

    def explain(self, *, personal: int) -> dict[str, Any]:
        """
        Return the explanation, with what the ledger does not allow of it.

        ``personal`` is what its member has of the award in all: less than the rules say where the
        member has left, or where a year gave its cap by other awards, or in other companies.

        What comes back of an award later lives as long as the award: by the tier of its day.
        """
        due, explanation = self.due, self.due.award.explanation
        definition = due.version.definition
        if definition.tiers_prolong or definition.settings.tier_of == "today":
            explanation = explanation | {"tier": due.tier_code}
        if personal != due.award.personal:
            said: dict[str, Any] = {"amount": personal}
            said |= {"year_is_shared": True} if self.year_is_shared else {}
            steps = [
                step | said if step["code"] == "personal" else step for step in explanation["steps"]
            ]
            explanation = explanation | {"steps": steps}
        if self.withheld:
            total = due.award.amount - self.withheld
            step = {
                "code": "withheld",
                "amount": self.withheld,
                "campaign": due.award.campaign_code,
                "result": total,
            }
            steps = [*explanation["steps"], step]
            explanation = explanation | {"steps": steps, "total": total}
        return explanation


def says_shared(explanation: Mapping[str, Any]) -> bool:
    """Say whether an award on file was cut, since other companies gave of the same year."""
    return any("year_is_shared" in step for step in explanation.get("steps", ()))


@dataclass(frozen=True, slots=True)
class Wait:
    """Until when an award waits before it can be spent; without a time: until something happens."""

    until: datetime | None


@dataclass(frozen=True, slots=True)
class Books:
    """The accounts of the partners being settled, by partner id, at the moment ``as_of``."""

    issued: Account
    taken_back: Account
    pools: Mapping[int, Account]
    pendings: Mapping[int, Account]
    debts: Mapping[int, Account]
    wallets: Mapping[int, Account]
    time_zone: str
    as_of: datetime

    def wait_of(
        self, activity: ActivityFacts, version: VersionInForce, rule_code: str
    ) -> Wait | None:
        """
        Return how long what a rule gave waits before it may be spent; None where it is free.

        A wait for a day counts from the activity's own local day and ends at a local midnight.
        What is reported after it has waited long enough.
        """
        wait = find_wait(activity, version, rule_code, time_zone=self.time_zone)
        is_over = wait is not None and wait.until is not None and wait.until <= self.as_of
        return None if is_over else wait


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


def find_wait(
    activity: ActivityFacts, version: VersionInForce, rule_code: str, *, time_zone: str
) -> Wait | None:
    """Return how long the award of a rule waits by its own terms or the programme's."""
    pending = version.definition.pending_of(rule_code)
    match pending.until:
        case "days":
            last_day = activity.local_date + timedelta(days=pending.days)
            return Wait(end_of_local_day(last_day, time_zone)) if pending.days else None
        case "month_end":
            month = add_months(activity.local_date.replace(day=1), pending.months)
            return Wait(end_of_local_day(last_day_of_month(month), time_zone))
    return Wait(None)


def expiry(
    activity: ActivityFacts,
    rule_code: str,
    version: VersionInForce,
    *,
    tier_code: str,
    time_zone: str,
) -> datetime | None:
    """
    Return when points of a rule for this activity expire: at the end of a local day; None for never.

    Validity counts from the activity's own day, whenever it was reported and however long it waited.
    ``tier_code`` is the tier the award was judged with.
    """
    definition = version.definition
    rule, tier = definition.rule(rule_code), definition.tier(tier_code)
    if rule is not None and rule.expiry_days is not None:
        return end_of_local_day(activity.local_date + timedelta(days=rule.expiry_days), time_zone)
    return definition.settings.expiry.expires_at(
        activity.local_date,
        time_zone=time_zone,
        extra_months=tier.expiry_extra_months if tier else 0,
    )


def tier_of(award: Award) -> str:
    """Return the tier an award was judged with, where its version asks what that was."""
    return str(award.explanation.get("tier", ""))
