"""The journal summed for the seller's books: by local day, unit, kind and pair of accounts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db.models import Count, Sum
from django.db.models.functions import TruncDate

from ledger.models import Account, AccountCode, Transfer


@dataclass(frozen=True, slots=True)
class Booking:
    """All transfers of one day, unit and kind between two kinds of accounts, in minor units."""

    day: date
    unit_id: int
    kind: str
    debit_kind: str
    credit_kind: str
    amount: int
    transfers: int

    @property
    def stream(self) -> tuple[int, str, str, str]:
        """Return what runs on from day to day: everything but the day."""
        return (self.unit_id, self.kind, self.debit_kind, self.credit_kind)


@dataclass(frozen=True, slots=True)
class BookAccount:
    """A kind of account as the seller's books call it."""

    code: str
    name: str


def read_bookings(
    *,
    unit_id: int,
    zone: ZoneInfo,
    from_at: datetime | None = None,
    until_at: datetime | None = None,
) -> Iterator[Booking]:
    """
    Yield the bookings of a unit by local day of posting, oldest first, in one statement.

    Only what was posted in ``[from_at, until_at)``; without bounds the whole journal. Every
    transfer of the unit is in exactly one booking, so any periods that meet sum to the journal.
    """
    rows = Transfer.objects.filter(debit_account__unit=unit_id)
    if from_at is not None:
        rows = rows.filter(posted_at__gte=from_at)
    if until_at is not None:
        rows = rows.filter(posted_at__lt=until_at)
    stream = ("kind", "debit_account__kind", "credit_account__kind")
    grouped = (
        rows.annotate(day=TruncDate("posted_at", tzinfo=zone))
        .values_list("day", *stream)
        .annotate(total=Sum("amount"), transfers=Count("pk"))
        .order_by("day", *stream)
    )
    for day, kind, debit_kind, credit_kind, amount, transfers in grouped.iterator():
        yield Booking(day, unit_id, kind, debit_kind, credit_kind, amount, transfers)


def read_book_accounts(unit_id: int) -> Mapping[str, BookAccount]:
    """
    Return what the seller's books call each kind of account, for this unit.

    The unit's own code comes before the default of the kind; where none is set the kind itself
    stands for the code, so that an export is never without one.
    """
    found = {str(kind): BookAccount(str(kind), str(label)) for kind, label in Account.Kind.choices}
    # Defaults first, so that the unit's own replace them.
    rows = [
        *AccountCode.objects.filter(unit__isnull=True),
        *AccountCode.objects.filter(unit=unit_id),
    ]
    for row in rows:
        found[row.account_kind] = BookAccount(row.code, row.name or found[row.account_kind].name)
    return found
