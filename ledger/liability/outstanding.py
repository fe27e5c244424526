"""What partners and members hold at a moment, by age: from the journal, not from today's lots."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import F, Q, QuerySet, Sum

from ledger.liability.bands import BANDS, Band, band_at
from ledger.models import Account, HoldSlice, Lot, LotUse, Transfer

HELD = "held"
PLACES = (Account.Kind.POOL.value, Account.Kind.WALLET.value, Account.Kind.PENDING.value, HELD)
"""Where something stands. What a hold reserves stands apart from its pool or wallet."""

_Cell = tuple[int, str, int, bool]
"""Unit id, place, number of the band, whether it can expire."""


@dataclass(frozen=True, slots=True)
class Part:
    """Minor units in one place and band; ``expiring`` of them have an expiry."""

    place: str
    band: Band
    amount: int
    expiring: int


@dataclass(frozen=True, slots=True)
class Outstanding:
    """
    All that is outstanding in one unit: every place and band, also where it is nothing.

    ``debt`` is what partners owe. It stands apart: what one partner owes pays nobody else.
    """

    unit_id: int
    parts: tuple[Part, ...]
    debt: int

    @property
    def amount(self) -> int:
        return sum(part.amount for part in self.parts)

    def in_place(self, place: str) -> int:
        return sum(part.amount for part in self.parts if part.place == place)

    def in_band(self, band: Band) -> int:
        return sum(part.amount for part in self.parts if part.band == band)

    def expiring_by_band(self) -> list[int]:
        """Return by band what may still expire: it has an expiry and no hold reserves it."""
        free = [part for part in self.parts if part.place != HELD]
        return [sum(part.expiring for part in free if part.band == band) for band in BANDS]


@dataclass(slots=True)
class _Sums:
    cells: Counter[_Cell] = field(default_factory=Counter)

    def add(self, rows: QuerySet[Lot] | QuerySet[LotUse], lot: str, as_of: datetime) -> None:
        """Count lots in, and what was taken out of them out again."""
        sign = 1 if not lot else -1
        for unit_id, kind, band, can_expire, amount in _grouped(rows, lot, as_of):
            self.cells[unit_id, kind, band, can_expire] += sign * amount

    def set_apart(self, slices: QuerySet[HoldSlice], as_of: datetime) -> None:
        for unit_id, kind, band, can_expire, amount in _grouped(slices, "lot__", as_of):
            cell = (unit_id, kind, band, can_expire)
            held = min(amount, self.cells[cell])
            self.cells[cell] -= held
            self.cells[unit_id, HELD, band, can_expire] += held

    def part(self, unit_id: int, place: str, band: Band) -> Part:
        expiring = self.cells[unit_id, place, band.number, True]
        never = self.cells[unit_id, place, band.number, False]
        return Part(place, band, expiring + never, expiring)


def read_outstanding(
    *, as_of: datetime, unit_ids: Collection[int], of_partners: Q | None = None
) -> dict[int, Outstanding]:
    """
    Return by unit what was outstanding after everything posted up to and including ``as_of``.

    Any moment, the past as well as now, in five statements whatever the size of the ledger.

    :param of_partners: Limits it to some partners; a condition on ``partner``.
    """
    units = list(unit_ids)
    sums = _Sums()
    accounts = Account.objects.filter(unit__in=units)
    if of_partners is not None:
        accounts = accounts.filter(of_partners)
    sums.add(Lot.objects.filter(opened_by__posted_at__lte=as_of, account__in=accounts), "", as_of)
    sums.add(
        LotUse.objects.filter(transfer__posted_at__lte=as_of, lot__account__in=accounts),
        "lot__",
        as_of,
    )
    still_open = Q(hold__ended_at__isnull=True) | Q(hold__ended_at__gt=as_of)
    sums.set_apart(
        HoldSlice.objects.filter(
            still_open, hold__placed_at__lte=as_of, hold__account__in=accounts
        ),
        as_of,
    )
    owed = read_debts(as_of=as_of, accounts=accounts)
    return {
        unit_id: Outstanding(
            unit_id,
            tuple(sums.part(unit_id, place, band) for place in PLACES for band in BANDS),
            owed[unit_id],
        )
        for unit_id in units
    }


def read_debts(*, as_of: datetime, accounts: QuerySet[Account]) -> Mapping[int, int]:
    """Return by unit what partners owed: debits less credits of their debt accounts."""
    owed: dict[int, int] = defaultdict(int)
    of_debt = accounts.filter(kind=Account.Kind.DEBT)
    posted = Transfer.objects.filter(posted_at__lte=as_of).order_by()
    for side, sign in (("debit_account", 1), ("credit_account", -1)):
        rows = posted.filter(**{f"{side}__in": of_debt}).values_list(f"{side}__unit")
        for unit_id, amount in rows.annotate(Sum("amount")):
            owed[unit_id] += sign * amount
    return owed


def _grouped(
    rows: QuerySet[Lot] | QuerySet[LotUse] | QuerySet[HoldSlice], lot: str, as_of: datetime
) -> Iterator[tuple[int, str, int, bool, int]]:
    """Yield unit, kind of account, band, whether it can expire, and the amount."""
    yield from (
        rows.order_by()
        .annotate(
            place=F(f"{lot}account__kind"),
            band=band_at(f"{lot}earned_at", as_of),
            can_expire=Q(**{f"{lot}expires_at__isnull": False}),
        )
        .values_list(f"{lot}account__unit", "place", "band", "can_expire")
        .annotate(total=Sum("amount"))
    )
