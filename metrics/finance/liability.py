"""The liability of each programme: what is outstanding, in money, by age, with what may expire."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from ledger.liability import (
    BANDS,
    PLACES,
    Band,
    Breakage,
    Outstanding,
    Part,
    estimate_breakage,
    read_outstanding,
)
from ledger.models import Unit
from metrics.finance.values import Running, UnitBooks, read_books, show_cents


@dataclass(frozen=True, slots=True)
class PartInMoney:
    """One place and band; ``money`` is None where the unit has no value."""

    part: Part
    money: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitLiability:
    """
    The liability of one unit at one moment.

    The money of the parts, the bands and the whole are sums of each other to the cent. ``debt``
    is what partners owe, apart: it is no part of ``money``.
    """

    books: UnitBooks
    as_of: datetime
    value: Decimal | None
    outstanding: Outstanding
    parts: tuple[PartInMoney, ...]
    debt_money: Decimal | None
    breakage: Breakage
    breakage_money: Decimal | None

    @property
    def money(self) -> Decimal | None:
        return self.sum_of(self.parts)

    def money_in_band(self, band: Band) -> Decimal | None:
        return self.sum_of([each for each in self.parts if each.part.band == band])

    def money_in_place(self, place: str) -> Decimal | None:
        return self.sum_of([each for each in self.parts if each.part.place == place])

    def sum_of(self, parts: Sequence[PartInMoney]) -> Decimal | None:
        if self.value is None:
            return None
        return sum((each.money for each in parts if each.money is not None), Decimal("0.00"))

    @property
    def net_money(self) -> Decimal | None:
        """Return the liability less what is expected to expire, or None without an estimate."""
        if self.money is None or self.breakage_money is None:
            return None
        return self.money - self.breakage_money


def read_liability(
    *, as_of: datetime | date, units: Collection[Unit] | None = None
) -> list[UnitLiability]:
    """
    Return the liability of each unit, valued by the version of its programme in force then.

    A day means its end in the time zone of each unit's programme. What was posted up to and
    including the moment counts. The number of statements does not grow with the ledger.
    """
    found: list[UnitLiability] = []
    at_same_moment: dict[datetime, list[UnitBooks]] = {}
    for books in read_books(units):
        moment = as_of if isinstance(as_of, datetime) else books.end_of(as_of)
        at_same_moment.setdefault(moment, []).append(books)
    for moment, together in at_same_moment.items():
        outstanding = read_outstanding(as_of=moment, unit_ids=[books.unit.pk for books in together])
        breakage = estimate_breakage(
            as_of=moment,
            outstanding={pk: each.expiring_by_band() for pk, each in outstanding.items()},
            decimals={books.unit.pk: books.unit.decimals for books in together},
        )
        found += [
            value_liability(books, moment, outstanding[books.unit.pk], breakage[books.unit.pk])
            for books in together
        ]
    return sorted(found, key=lambda each: each.books.unit.code)


def value_liability(
    books: UnitBooks, as_of: datetime, outstanding: Outstanding, breakage: Breakage
) -> UnitLiability:
    """Put what is outstanding into money: oldest band last, each part rounded with those before."""
    value = books.value_at(as_of)
    running = Running(books.unit.decimals)
    # A fixed order, because a part's cent depends on the parts before it.
    ordered = sorted(
        outstanding.parts, key=lambda part: (part.band.number, PLACES.index(part.place))
    )
    parts = tuple(
        PartInMoney(part, None if value is None else show_cents(running.add(part.amount, value)))
        for part in ordered
    )

    def alone(amount: int | None) -> Decimal | None:
        if value is None or amount is None:
            return None
        return show_cents(Running(books.unit.decimals).add(amount, value))

    return UnitLiability(
        books=books,
        as_of=as_of,
        value=value,
        outstanding=outstanding,
        parts=parts,
        debt_money=alone(outstanding.debt),
        breakage=breakage,
        breakage_money=alone(breakage.expected),
    )


def total_by_currency(liabilities: Sequence[UnitLiability]) -> dict[str, Decimal]:
    """Return the sum of what has a value, by currency."""
    totals: dict[str, Decimal] = {}
    for each in liabilities:
        if each.money is not None:
            totals[each.books.currency] = totals.get(each.books.currency, Decimal(0)) + each.money
    return dict(sorted(totals.items()))


__all__ = ["BANDS", "PLACES", "PartInMoney", "UnitLiability", "read_liability", "total_by_currency"]
