"""What a member sees of the catalogue: which points pay, what is open, what is in reach."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, F, Q, Sum

from ledger.models import Account, Lot
from partners.models import Actor, Member
from rewards.catalogue.eligibility import Obstacle, Situation, count_left, find_obstacle
from rewards.catalogue.kind import RewardKind
from rewards.catalogue.registry import kind_of
from rewards.models import Programme, Redemption, Reward, Standing
from rewards.programmes.definition import Definition, Tier
from rewards.programmes.live import NoVersionInForce, version_in_force
from rewards.spending import find_owed
from rewards.tiers.ladder import TierProgress, progress


class NotEnrolled(Exception):
    """The member's company is in no programme that runs now."""


@dataclass(frozen=True, slots=True)
class Purse:
    """An account that a member may see, and how much of it can be spent now."""

    account: Account | None
    available: int
    is_pool: bool


@dataclass(frozen=True, slots=True)
class Standpoint:
    """The member's company in its programme at a moment, with what it holds."""

    member: Member
    programme: Programme
    definition: Definition
    progress: TierProgress
    tier_code: str
    at: datetime
    pool: Purse
    wallet: Purse
    owed: int

    @property
    def spends_pool(self) -> bool:
        return self.member.is_head_buyer

    def purse_for(self, reward: Reward) -> Purse:
        """Return what pays: a head buyer's pool, else the wallet; a viewer looks at the pool."""
        if reward.audience == Reward.Audience.PERSON:
            return self.wallet
        if reward.audience == Reward.Audience.COMPANY or self.member.role != Member.Role.BUYER:
            return self.pool
        return self.wallet


@dataclass(frozen=True, slots=True)
class Card:
    """One reward as this member sees it."""

    reward: Reward
    kind: RewardKind
    purse: Purse
    obstacle: Obstacle | None
    opens_at: Tier | None
    spend_to_go: Decimal
    times_left: int | None
    is_for_head_buyer: bool

    @property
    def missing(self) -> int:
        return max(0, self.reward.price - self.purse.available)

    @property
    def percent(self) -> int:
        """How far the purse reaches, rounded down: 100 only when it is enough."""
        return min(100, self.purse.available * 100 // self.reward.price)

    @property
    def is_open(self) -> bool:
        return self.obstacle is None

    @property
    def is_affordable(self) -> bool:
        return self.is_open and not self.missing and not self.is_for_head_buyer


def read_standpoint(
    *, actor: Actor, member: Member, unit_id: int | None, at: datetime
) -> Standpoint:
    """
    Read where a member's company stands in the programme of a unit.

    :raises NotEnrolled: If there is no such programme, or it does not run at ``at``.
    """
    standing = (
        Standing.objects.for_actor(actor)
        .filter(partner_id=member.partner_id, programme__main_unit_id=unit_id)
        .filter(programme__status=Programme.Status.LIVE)
        .select_related("programme__main_unit")
        .first()
    )
    if standing is None:
        raise NotEnrolled
    programme = standing.programme
    try:
        definition = version_in_force(programme, at).definition
    except NoVersionInForce as error:
        raise NotEnrolled from error
    pool, wallet = _read_purses(member, programme.main_unit_id, at)
    return Standpoint(
        member=member,
        programme=programme,
        definition=definition,
        progress=progress(standing, definition),
        tier_code=standing.tier_code,
        at=at,
        pool=pool,
        wallet=wallet,
        owed=find_owed(partner_id=member.partner_id, unit_id=programme.main_unit_id),
    )


def _read_purses(member: Member, unit_id: int, at: datetime) -> tuple[Purse, Purse]:
    theirs = Q(kind=Account.Kind.POOL) | Q(kind=Account.Kind.WALLET, member=member)
    accounts = Account.objects.filter(theirs, unit_id=unit_id, partner_id=member.partner_id)
    held = {account.kind: account for account in accounts}
    free = find_available([account.pk for account in held.values()], at)

    def purse(kind: str) -> Purse:
        account = held.get(kind)
        available = free[account.pk] if account else 0
        return Purse(account, available, is_pool=kind == Account.Kind.POOL)

    return purse(Account.Kind.POOL), purse(Account.Kind.WALLET)


def find_available(account_ids: Iterable[int], at: datetime) -> dict[int, int]:
    """Return by account what its lots leave to spend: neither held nor past their expiry."""
    sums = (
        Lot.objects.spendable(at)
        .filter(account__in=list(account_ids))
        .values_list("account")
        .annotate(free=Sum(F("remaining") - F("held")))
    )
    return defaultdict(int, dict(sums))


def read_cards(standpoint: Standpoint) -> list[Card]:
    """Return every reward on offer: in reach first, then dearer ones, then what is closed."""
    programme = standpoint.programme
    rewards = list(
        Reward.objects.filter(programme=programme).on_offer(standpoint.at).in_catalogue_order()
    )
    for reward in rewards:
        reward.programme = programme
    taken, emptied = _count_taken(standpoint), _find_emptied(rewards)
    cards = [_see(reward, standpoint, taken, emptied) for reward in rewards]
    return sorted(cards, key=lambda card: (not card.is_open, not card.is_affordable))


def read_card(standpoint: Standpoint, reward: Reward, *, from_wallet: bool = False) -> Card:
    """Return one reward as this member sees it, paid from what they chose."""
    purse = standpoint.wallet if from_wallet else None
    taken, emptied = _count_taken(standpoint, reward), _find_emptied([reward])
    return _see(reward, standpoint, taken, emptied, purse)


def _see(
    reward: Reward,
    standpoint: Standpoint,
    taken: dict[int, int],
    emptied: frozenset[int],
    chosen: Purse | None = None,
) -> Card:
    purse = chosen or standpoint.purse_for(reward)
    situation = Situation(
        at=standpoint.at,
        for_company=purse.is_pool,
        tier_code=standpoint.tier_code,
        tiers=tuple(tier.code for tier in standpoint.definition.tiers),
        taken=taken,
        emptied=emptied,
    )
    obstacle = find_obstacle(reward, situation)
    opens_at = standpoint.definition.tier(reward.min_tier)
    to_go_e4 = opens_at.threshold_e4 - standpoint.progress.spend_e4 if opens_at else 0
    return Card(
        reward=reward,
        kind=kind_of(reward.kind),
        purse=purse,
        obstacle=obstacle,
        opens_at=opens_at,
        spend_to_go=Decimal(max(0, to_go_e4)) / 10_000,
        times_left=count_left(reward, situation),
        is_for_head_buyer=purse.is_pool and standpoint.member.role == Member.Role.BUYER,
    )


def _count_taken(standpoint: Standpoint, reward: Reward | None = None) -> dict[int, int]:
    taken = Redemption.objects.counting().filter(
        partner_id=standpoint.member.partner_id, reward__programme=standpoint.programme
    )
    if reward is not None:
        taken = taken.filter(reward=reward)
    return dict(taken.values_list("reward").annotate(Count("pk")))


def _find_emptied(rewards: Iterable[Reward]) -> frozenset[int]:
    """Ask each kind once, whatever the number of its rewards."""
    by_kind: dict[str, set[int]] = defaultdict(set)
    for reward in rewards:
        by_kind[reward.kind].add(reward.pk)
    return frozenset(
        reward_id
        for code, reward_ids in by_kind.items()
        for reward_id in kind_of(code).find_emptied(reward_ids)
    )
