"""What a member's page shows of the ledger: what is free, what expires when, what moved by month."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q, Sum
from django.db.models.functions import TruncMonth

from ledger.models import Account, Lot, Transfer
from metrics.charting import MONTHS, Lapse, Movements, add_months
from partners.access import Frame
from partners.drawing import Piece, pieces
from partners.models import Actor, Member

SOON_DAYS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """An account by what can be done with it, in minor units, and the lengths of its bar."""

    soon: int
    soon_until: date | None
    soon_first: Lapse | None
    soon_days: int
    later: int
    held: int
    pending: int
    matures_on: date | None
    debt: int
    next_expiry: Lapse | None
    soon_piece: Piece
    later_piece: Piece
    pending_piece: Piece

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


def read_holdings(member: Member, actor: Actor, frame: Frame) -> Holdings:
    """Read the accounts and open lots behind a member's home page: two queries."""
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


def weigh(holdings: Holdings, as_of: datetime, zone: ZoneInfo) -> tuple[Balance, list[Lapse], int]:
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
        soon_first=soon[0] if len(soon) > 1 else None,
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


def read_movements(
    account: Account | None, zone: ZoneInfo, this_month: date
) -> dict[date, Movements]:
    """Sum an account's journal by local month of posting, for the twelve months shown."""
    if account is None:
        return {}
    first = add_months(this_month, 1 - MONTHS)
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
