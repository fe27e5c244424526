"""Taking a reward: who may, what it costs, and the one statement that gives the last one once."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from ledger.models import Account
from partners.models import Member, Partner
from rewards.catalogue.eligibility import Obstacle, Situation, find_obstacle
from rewards.catalogue.registry import kind_of
from rewards.models import Programme, Redemption, Reward, Standing
from rewards.programmes.live import NoVersionInForce, version_in_force
from rewards.redeeming import paying
from rewards.redeeming.moving import approve_locked, record_move
from rewards.spending import RequestIdReused, refuse_while_owing


class RewardUnavailable(Exception):
    """The reward is not in the catalogue at this time."""

    code = "reward_unavailable"


class NotEligible(Exception):
    """The reward is not for this taker. ``obstacle`` says what stands in the way."""

    code = "not_eligible"

    def __init__(self, obstacle: str, message: str) -> None:
        super().__init__(message)
        self.obstacle = obstacle


class LimitReached(Exception):
    """The partner has taken this reward as often as it may."""

    code = "limit_reached"

    def __init__(self, *, limit: int) -> None:
        super().__init__(_("Each company may take it %(limit)d times.") % {"limit": limit})
        self.limit = limit


class OutOfStock(Exception):
    """The last one is gone."""

    code = "out_of_stock"


class PriceChanged(Exception):
    """The price is not the one the taker saw and agreed to."""

    code = "price_changed"

    def __init__(self, *, seen: int, now: int) -> None:
        super().__init__(
            _("The price changed from %(seen)d to %(now)d.") % {"seen": seen, "now": now}
        )
        self.seen = seen
        self.now = now


def redeem(
    *,
    member: Member,
    account: Account,
    reward: Reward,
    request_id: UUID,
    details: Mapping[str, Any],
    redeemed_at: datetime,
    price_seen: int | None = None,
) -> Redemption:
    """
    Take one reward and pay its price from a pool or a wallet.

    What needs approval holds its price until somebody decides; everything else spends it now, and
    what needs no parcel is delivered at once. Stock, codes, ledger and redemption change together
    or not at all. Calling again with the same ``request_id`` returns the first redemption and moves
    nothing. If several refusals apply, the first of the list below is raised (of NotEligible: role
    and account before all that follow, audience and tier in their place).

    :raises RequestIdReused: If the id stands for another redemption.
    :raises RewardUnavailable: If it is not on offer at ``redeemed_at``.
    :raises NotEligible: If the role, the account, the audience or the tier forbids it.
    :raises LimitReached: If the partner took it as often as it may.
    :raises OutOfStock: If the last one is gone.
    :raises PriceChanged: If ``price_seen`` is not the price any more.
    :raises FieldsNotValid: If ``details`` are not what the kind asks for.
    :raises DebtOutstanding: If the pool is spent while points are owed.
    :raises InsufficientPoints: If the account holds too few points.
    """
    with transaction.atomic():
        Partner.objects.lock([member.partner_id])
        if earlier := _find_earlier(member, account, reward, request_id, details):
            return earlier
        current = Reward.objects.select_related("programme__main_unit").get(pk=reward.pk)
        cleaned = _check(member, account, current, details, price_seen, redeemed_at)
        _take_stock(current)
        redemption = _create(member, account, current, request_id, cleaned, redeemed_at)
        if not kind_of(current.kind).reserve(redemption):
            raise OutOfStock(_("The last one has just been taken."))
        if not current.approval_required:
            approve_locked(redemption, by=None, reason="", at=redeemed_at)
        return redemption


# --------------------------------------------------------------------- checks


def _find_earlier(
    member: Member,
    account: Account,
    reward: Reward,
    request_id: UUID,
    details: Mapping[str, Any],
) -> Redemption | None:
    earlier = (
        Redemption.objects.for_listing()
        .filter(partner_id=member.partner_id, request_id=request_id)
        .first()
    )
    if earlier is None:
        return None
    given = (earlier.member_id, earlier.account_id, earlier.reward_id)
    if given != (member.pk, account.pk, reward.pk):
        raise RequestIdReused(str(request_id))
    if kind_of(earlier.reward.kind).check_details(details) != earlier.details:
        raise RequestIdReused(str(request_id))
    return earlier


def _check(
    member: Member,
    account: Account,
    reward: Reward,
    details: Mapping[str, Any],
    price_seen: int | None,
    at: datetime,
) -> dict[str, Any]:
    """Refuse what stands against it, in the order that ``redeem`` promises; clean the details."""
    _check_taker(member, account, reward.programme)
    _check_reward(member, account, reward, at)
    if price_seen is not None and price_seen != reward.price:
        raise PriceChanged(seen=price_seen, now=reward.price)
    cleaned = kind_of(reward.kind).check_details(details)
    if account.kind == Account.Kind.POOL:
        refuse_while_owing(partner_id=member.partner_id, unit_id=account.unit_id)
    return cleaned


def _check_taker(member: Member, account: Account, programme: Programme) -> None:
    if member.status != Member.Status.ACTIVE or not member.may_spend:
        raise NotEligible("role", _("Your role reads only. Ask your head buyer."))
    if account.partner_id != member.partner_id or account.unit_id != programme.main_unit_id:
        raise NotEligible("account", _("These points cannot pay for this reward."))
    own_wallet = account.kind == Account.Kind.WALLET and account.member_id == member.pk
    company_pool = account.kind == Account.Kind.POOL and member.is_head_buyer
    if not own_wallet and not company_pool:
        raise NotEligible("account", _("Only the head buyer spends the company's pool."))


def _check_reward(member: Member, account: Account, reward: Reward, at: datetime) -> None:
    partner_is_active = Partner.objects.active().filter(pk=member.partner_id).exists()
    if reward.programme.status != Programme.Status.LIVE or not partner_is_active:
        raise RewardUnavailable(_("%(reward)s is not available.") % {"reward": reward.name})
    try:
        situation = read_situation(member, account, reward, at)
    except NoVersionInForce as error:
        raise RewardUnavailable(_("The programme is not running now.")) from error
    match find_obstacle(reward, situation):
        case None:
            return
        case Obstacle.NOT_ON_OFFER:
            raise RewardUnavailable(_("%(reward)s is not available.") % {"reward": reward.name})
        case Obstacle.LIMIT_REACHED:
            raise LimitReached(limit=reward.limit_per_partner or 0)
        case Obstacle.OUT_OF_STOCK:
            raise OutOfStock(_("The last one has just been taken."))
        case Obstacle.TIER_TOO_LOW:
            raise NotEligible(Obstacle.TIER_TOO_LOW, _("Your tier does not open it yet."))
        case obstacle:
            raise NotEligible(obstacle, _("It is not for those who hold these points."))


def read_situation(member: Member, account: Account, reward: Reward, at: datetime) -> Situation:
    """Return the taker's side for one reward, read under the partner's lock."""
    standing = Standing.objects.filter(
        programme_id=reward.programme_id, partner_id=member.partner_id
    ).first()
    if standing is None:
        raise NotEligible("not_enrolled", _("Your company is not in this programme."))
    tiers = version_in_force(reward.programme, at).definition.tiers
    # What was taken before a merge, by the one or the other, counts for the one company.
    of_company = Q(partner_id=member.partner_id) | Q(partner__merged_into_id=member.partner_id)
    taken = Redemption.objects.counting().filter(of_company, reward_id=reward.pk)
    return Situation(
        at=at,
        for_company=account.kind == Account.Kind.POOL,
        tier_code=standing.tier_code,
        tiers=tuple(tier.code for tier in tiers),
        taken={reward.pk: taken.count()},
    )


# -------------------------------------------------------------------- effects


def _take_stock(reward: Reward) -> None:
    """One conditional UPDATE: however many ask at once, the last one is given once."""
    if reward.stock is None:
        return
    limited = Reward.objects.filter(pk=reward.pk, stock__gt=0)
    if not limited.update(stock=F("stock") - 1):
        raise OutOfStock(_("The last one has just been taken."))


def _create(
    member: Member,
    account: Account,
    reward: Reward,
    request_id: UUID,
    details: dict[str, Any],
    at: datetime,
) -> Redemption:
    redemption = Redemption(
        partner=member.partner,
        member=member,
        reward=reward,
        account=account,
        request_id=request_id,
        price=reward.price,
        details=details,
        requested_at=at,
    )
    if reward.approval_required:
        paying.reserve(redemption, at=at)
    else:
        paying.pay(redemption, at=at)
    redemption.save(force_insert=True)
    record_move(redemption, "", by=member.person, reason="", at=at)
    return redemption
