"""
What the home page answers in one glance: what we have, where we stand, what happened and why.

A head buyer and a viewer see the company's pool, a buyer their own wallet. The number of queries
is fixed, whatever the partner's history.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db.models import Q, Sum
from django.db.models.functions import TruncMonth
from django.utils.translation import gettext as _

from ledger.models import Account, Lot, Transfer
from metrics.charting import (
    Chart,
    ExpirySchedule,
    Lapse,
    Movements,
    add_months,
    draw_chart,
    draw_expiry,
)
from rewards.explaining import Teller
from metrics.timeline import Item, read_timeline
from partners.access import Frame
from partners.drawing import Piece, percent, pieces
from partners.models import Actor, Member
from partners.wording import format_money
from rewards.models import Standing
from rewards.programmes.definition import Definition
from rewards.programmes.live import NoVersionInForce, version_in_force
from rewards.tiers.ladder import TierProgress, progress

SOON_DAYS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """An account by what can be done with it, in minor units, and the lengths of its bar."""

    soon: int = 0
    soon_until: date | None = None
    soon_days: int = 0
    later: int = 0
    held: int = 0
    pending: int = 0
    matures_on: date | None = None
    debt: int = 0
    next_expiry: Lapse | None = None
    soon_piece: Piece = Piece("0%", "0%")
    later_piece: Piece = Piece("0%", "0%")
    pending_piece: Piece = Piece("0%", "0%")

    @property
    def available(self) -> int:
        return self.soon + self.later

    @property
    def has_parts(self) -> bool:
        """Whether the bar says more than the big figure above it."""
        return any((self.soon, self.pending, self.held, self.debt))

    @property
    def total(self) -> int:
        return self.available + self.pending


@dataclass(frozen=True, slots=True)
class Stop:
    """A tier on the track."""

    name: str
    threshold: Decimal
    x: str
    shift: int
    anchor: str
    is_reached: bool
    is_current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """The ladder of tiers, and what is missing for the next one."""

    stops: tuple[Stop, ...]
    here: str
    here_anchor: str
    spend: Decimal
    orders: int
    current: str
    since: date | None
    next: str
    to_next: Decimal
    next_threshold: Decimal
    in_words: str

    @property
    def spend_whole(self) -> int:
        """Whole units of the currency, for <progress>: no language writes them differently."""
        return max(int(self.spend), 0)

    @property
    def next_whole(self) -> int:
        return int(self.next_threshold)


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """Everything the page shows; ``track`` is empty where a programme has no tiers."""

    is_own_wallet: bool
    balance: Balance
    worth: Decimal
    own_wallet: int | None
    track: Track | None
    chart: Chart
    expiry: ExpirySchedule | None
    timeline: list[Item]


def read_home(
    *, member: Member, actor: Actor, frame: Frame, language: str, as_of: datetime
) -> Home:
    """Gather the home page of a member. Ten queries at most."""
    standing, definition = _read_standing(actor, as_of)
    holdings = _read_holdings(member, actor, frame)
    names = {tier.code: tier.name(language) for tier in definition.tiers} if definition else {}
    teller = Teller(language=language, unit=frame.unit, tier_names=names)
    this_month = as_of.astimezone(frame.zone).date().replace(day=1)
    balance, lapses, never = _weigh(holdings, as_of, frame.zone)
    movements = _read_movements(holdings.shown, frame.zone, this_month)
    schedule = draw_expiry(
        lapses, never=never, first_month=this_month, soon_until=balance.soon_until
    )
    return Home(
        is_own_wallet=holdings.is_wallet,
        balance=balance,
        worth=frame.unit.amount(balance.available) * frame.unit_value,
        own_wallet=holdings.own_wallet,
        track=_lay_track(standing, definition, language, frame.currency),
        chart=draw_chart(movements, last_month=this_month),
        expiry=schedule if lapses or never else None,
        timeline=read_timeline(actor=actor, member=member, teller=teller, as_of=as_of),
    )


# ------------------------------------------------------------------ balance


@dataclass(frozen=True, slots=True)
class Holdings:
    """The accounts behind the page and their open lots."""

    shown: Account | None
    pending: Account | None
    debt: int
    own_wallet: int | None
    is_wallet: bool
    lots: Sequence[Lot]

    def lots_of(self, account: Account | None) -> list[Lot]:
        return [lot for lot in self.lots if account and lot.account_id == account.pk]


def _read_holdings(member: Member, actor: Actor, frame: Frame) -> Holdings:
    accounts = Account.objects.for_actor(actor).filter(
        Q(member=member) | Q(member__isnull=True), unit_id=frame.unit_id
    )
    by_kind = {account.kind: account for account in accounts}
    is_wallet = member.role == Member.Role.BUYER
    wallet = by_kind.get(Account.Kind.WALLET)
    shown = wallet if is_wallet else by_kind.get(Account.Kind.POOL)
    pending = None if is_wallet else by_kind.get(Account.Kind.PENDING)
    debt = None if is_wallet else by_kind.get(Account.Kind.DEBT)
    wanted = [account.pk for account in (shown, pending) if account]
    lots = list(Lot.objects.filter(account__in=wanted).open().in_spending_order())
    return Holdings(
        shown=shown,
        pending=pending,
        debt=debt.balance if debt else 0,
        own_wallet=wallet.balance if wallet and not is_wallet else None,
        is_wallet=is_wallet,
        lots=lots,
    )


def _weigh(
    holdings: Holdings, as_of: datetime, zone: ZoneInfo
) -> tuple[Balance, list[Lapse], int]:
    """Split a balance by what expires when; return it with the lapses and what never expires."""
    today = as_of.astimezone(zone).date()
    by_day: dict[date, int] = defaultdict(int)
    never = 0
    for lot in holdings.lots_of(holdings.shown):
        free = lot.remaining - lot.held
        if lot.expires_at is None:
            never += free
        elif lot.expires_at > as_of and free:
            by_day[_last_day(lot.expires_at, zone)] += free
    lapses = [Lapse(day, amount) for day, amount in sorted(by_day.items())]
    soon = [each for each in lapses if each.last_day <= today + timedelta(days=SOON_DAYS)]
    later = [each for each in lapses if each not in soon]
    soon_amount = sum(each.amount for each in soon)
    later_amount = sum(each.amount for each in later) + never
    pending = holdings.lots_of(holdings.pending)
    waiting = sum(lot.remaining for lot in pending)
    matures = min((lot.matures_at for lot in pending if lot.matures_at), default=None)
    laid = pieces([soon_amount, later_amount, waiting])
    balance = Balance(
        soon=soon_amount,
        soon_until=soon[-1].last_day if soon else None,
        soon_days=(soon[-1].last_day - today).days if soon else 0,
        later=later_amount,
        held=holdings.shown.held if holdings.shown else 0,
        pending=waiting,
        matures_on=matures.astimezone(zone).date() if matures else None,
        debt=holdings.debt,
        next_expiry=later[0] if later else None,
        soon_piece=laid[0],
        later_piece=laid[1],
        pending_piece=laid[2],
    )
    return balance, lapses, never


def _last_day(expires_at: datetime, zone: ZoneInfo) -> date:
    # A lot expires at the midnight that ends its last day.
    return (expires_at - timedelta(microseconds=1)).astimezone(zone).date()


# ------------------------------------------------------------ twelve months


def _read_movements(
    account: Account | None, zone: ZoneInfo, this_month: date
) -> dict[date, Movements]:
    """Sum an account's journal by local month of posting, for the twelve months shown."""
    if account is None:
        return {}
    first = add_months(this_month, -11)
    starts_at = datetime(first.year, first.month, 1, tzinfo=zone)
    rows = (
        Transfer.objects.of_account(account)
        .filter(posted_at__gte=starts_at)
        .annotate(month=TruncMonth("posted_at", tzinfo=zone))
        .values("month", "kind", "credit_account_id")
        .annotate(total=Sum("amount"))
        .order_by()
    )
    sums: dict[date, list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in rows:
        came_in = row["credit_account_id"] == account.pk
        place = 0 if came_in else 2 if row["kind"] == Transfer.Kind.EXPIRE else 1
        sums[row["month"].date()][place] += row["total"]
    return {month: Movements(*each) for month, each in sums.items()}


# --------------------------------------------------------------------- tier


def _read_standing(
    actor: Actor, as_of: datetime
) -> tuple[Standing | None, Definition | None]:
    standing = (
        Standing.objects.for_actor(actor)
        .filter(programme__status="live")
        .select_related("programme")
        .order_by("programme_id")
        .first()
    )
    if standing is None:
        return None, None
    try:
        return standing, version_in_force(standing.programme, as_of).definition
    except NoVersionInForce:
        return standing, None


def _lay_track(
    standing: Standing | None, definition: Definition | None, language: str, currency: str
) -> Track | None:
    if standing is None or definition is None or len(definition.tiers) < 2:
        return None
    place = progress(standing, definition)
    spend = Decimal(place.spend_e4) / 10_000
    at = place.position_percent
    return Track(
        stops=_stops(place, language),
        here=percent(at),
        here_anchor="start" if at < 8 else "end" if at > 92 else "middle",
        spend=spend,
        orders=place.orders,
        current=place.current.name(language) if place.current else "",
        since=standing.tier_since,
        next=place.next.name(language) if place.next else "",
        to_next=Decimal(place.to_next_e4) / 10_000,
        next_threshold=place.next.threshold if place.next else Decimal(0),
        in_words=_track_in_words(place, spend, language, currency),
    )


def _stops(place: TierProgress, language: str) -> tuple[Stop, ...]:
    last = len(place.tiers) - 1
    current = place.tiers.index(place.current) if place.current else -1
    return tuple(
        Stop(
            name=tier.name(language),
            threshold=tier.threshold,
            x=percent(100 * index / last),
            shift={0: 6, last: -6}.get(index, 0),
            anchor={0: "start", last: "end"}.get(index, "middle"),
            is_reached=index <= current,
            is_current=index == current,
        )
        for index, tier in enumerate(place.tiers)
    )


def _track_in_words(
    place: TierProgress, spend: Decimal, language: str, currency: str
) -> str:
    tiers = ", ".join(
        _("%(tier)s from %(money)s")
        % {
            "tier": tier.name(language),
            "money": format_money(tier.threshold, currency, language, whole=True),
        }
        for tier in place.tiers
    )
    here = format_money(spend, currency, language)
    return _("Tiers: %(tiers)s. You stand at %(here)s.") % {"tiers": tiers, "here": here}
