"""What the seller's books take over: the journal by day and pair of accounts, with money."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from ledger.bookings import BookAccount, Booking, read_book_accounts, read_bookings
from ledger.models import Unit
from metrics.finance.values import Running, UnitBooks, read_books, show_cents


@dataclass(frozen=True, slots=True)
class Posting:
    """
    One entry of the books: the same amount and money on the debit and on the credit side.

    ``money`` is None where the unit has no value on that day.
    """

    books: UnitBooks
    booking: Booking
    debit: BookAccount
    credit: BookAccount
    money: Decimal | None


def read_postings(
    *, first: date, last: date, units: Collection[Unit] | None = None
) -> Iterator[Posting]:
    """
    Yield the entries of the local days from ``first`` to ``last``, both included, unit by unit.

    Days are those of each unit's programme, by the time of posting. Money is rounded per stream
    (unit, kind, pair of accounts) over the whole journal from its beginning, so that the days of
    any periods that meet sum to what one export of all of them says, to the cent.
    """
    for books in read_books(units):
        accounts = read_book_accounts(books.unit.pk)
        running: dict[tuple[int, str, str, str], Running] = {}
        until_at = books.midnight(last + timedelta(days=1))
        bookings = read_bookings(unit_id=books.unit.pk, zone=books.zone, until_at=until_at)
        for booking in bookings:
            money = _value(books, booking, running)
            if booking.day >= first:
                yield Posting(
                    books,
                    booking,
                    accounts[booking.debit_kind],
                    accounts[booking.credit_kind],
                    money,
                )


def _value(
    books: UnitBooks, booking: Booking, running: dict[tuple[int, str, str, str], Running]
) -> Decimal | None:
    value = books.value_at(books.end_of(booking.day))
    if value is None:
        return None
    stream = running.setdefault(booking.stream, Running(books.unit.decimals))
    return show_cents(stream.add(booking.amount, value))
