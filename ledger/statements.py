"""What moved on an account in a period: opening + movements = closing, in posting order."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q

from ledger.checkpoints import find_known_balance, find_stretch, net_of, read_rows, sides
from ledger.figures import Figures, KindTotal, read_figures
from ledger.models import Account, Transfer

INSTANT = timedelta(microseconds=1)
CHUNK_ROWS = 1000


@dataclass(frozen=True, slots=True)
class Movement:
    """
    One line: ``amount`` is signed as the account sees it, ``balance`` is what it then had.

    ``label`` is the kind in the reader's language. ``position`` is where the next page starts.
    """

    position: int
    transfer_id: UUID
    posted_at: datetime
    occurred_at: datetime
    kind: str
    label: str
    amount: int
    balance: int
    reason_code: str
    reference: str


@dataclass(frozen=True, slots=True)
class Statement:
    """
    A page of an account's movements in ``[from_at, until_at)``, with the totals of all of them.

    ``opening`` + ``credited`` - ``debited`` = ``closing``. ``next_after`` is None on the last page,
    ``previous_before`` on the first.
    """

    account: Account
    from_at: datetime
    until_at: datetime
    opening: int
    credited: int
    debited: int
    closing: int
    by_kind: tuple[KindTotal, ...]
    movements: tuple[Movement, ...]
    next_after: int | None
    previous_before: int | None


def read_statement(
    *,
    account: Account,
    from_at: datetime,
    until_at: datetime,
    after: int | None = None,
    before: int | None = None,
    page_size: int | None = 50,
    newest_first: bool = False,
) -> Statement:
    """
    Read a statement by the time of posting, so that a closed period never changes.

    Figures and movements agree even while others post: the movements stop at the transfer that
    was the latest when the figures were read. Six queries at most, none of which adds up what
    lies before the last seal.

    :param after: ``next_after`` of the page before; ``before``: ``previous_before`` of the next.
    :param page_size: None for all movements on one page.
    :raises ValueError: If ``until_at`` is not after ``from_at``.
    """
    figures = read_figures(account=account, from_at=from_at, until_at=until_at)
    shown = _read_page(figures, after, before, page_size, newest_first=newest_first)
    first, last = (shown[0].pk, shown[-1].pk) if shown else (None, None)
    ends = (
        (figures.last_id, figures.first_id) if newest_first else (figures.first_id, figures.last_id)
    )
    return Statement(
        account=account,
        from_at=from_at,
        until_at=until_at,
        opening=figures.opening,
        credited=figures.credited,
        debited=figures.debited,
        closing=figures.closing,
        by_kind=figures.by_kind,
        movements=_run(account, shown, _balance_before(figures, shown)),
        next_after=None if last == ends[1] else last,
        previous_before=None if first == ends[0] else first,
    )


def stream_movements(figures: Figures) -> Iterator[list[Movement]]:
    """Read all movements of a period, oldest first, in chunks: memory stays flat."""
    balance, after = figures.opening, None
    while chunk := _read_page(figures, after, None, CHUNK_ROWS, newest_first=False):
        movements = _run(figures.account, chunk, balance)
        balance, after = movements[-1].balance, movements[-1].position
        yield list(movements)
        if after == figures.last_id:
            return


def balance_as_of(account: Account, at: datetime) -> int:
    """Return what the account had after everything posted up to and including ``at``."""
    stretch = find_stretch(account, from_at=at + INSTANT, until_at=at + INSTANT)
    return stretch.balance + net_of(account, stretch.rows & Q(posted_at__lte=at))


def _read_page(
    figures: Figures,
    after: int | None,
    before: int | None,
    page_size: int | None,
    *,
    newest_first: bool,
) -> list[Transfer]:
    """Return the rows of a page in reading order; ``before`` asks for the page that ends there."""
    if figures.first_id is None:
        return []
    backwards = before is not None
    rows = figures.rows
    if after is not None:
        rows &= Q(pk__lt=after) if newest_first else Q(pk__gt=after)
    if before is not None:
        rows &= Q(pk__gt=before) if newest_first else Q(pk__lt=before)
    descending = newest_first is not backwards
    page = read_rows(figures.account, rows, rows_max=page_size, descending=descending)
    return page[::-1] if backwards else page


def _balance_before(figures: Figures, shown: Sequence[Transfer]) -> int:
    """Return what the account had before the oldest row of a page, from the nearest known sum."""
    ids = [row.pk for row in shown]
    if not ids or min(ids) == figures.first_id:
        return figures.opening
    if max(ids) == figures.last_id:
        return figures.closing - sum(_signed(figures.account, shown))
    known, known_id = find_known_balance(figures.account, before_id=min(ids))
    if known_id < (figures.first_id or 0):
        return figures.opening + net_of(figures.account, figures.rows & Q(pk__lt=min(ids)))
    return known + net_of(figures.account, Q(pk__gt=known_id, pk__lt=min(ids)))


def _signed(account: Account, rows: Iterable[Transfer]) -> Iterator[int]:
    adding, _taking = sides(account)
    for row in rows:
        yield row.amount if getattr(row, f"{adding}_id") == account.pk else -row.amount


def _run(account: Account, shown: Sequence[Transfer], balance: int) -> tuple[Movement, ...]:
    """Return the lines in the order given, each with the balance after it."""
    by_position: dict[int, Movement] = {}
    # Looked up once: Django translates all choices for each row that asks for its own.
    labels = {kind.value: str(kind.label) for kind in Transfer.Kind}
    in_order = sorted(shown, key=lambda one: one.pk)
    for row, amount in zip(in_order, _signed(account, in_order), strict=True):
        balance += amount
        by_position[row.pk] = Movement(
            position=row.pk,
            transfer_id=row.public_id,
            posted_at=row.posted_at,
            occurred_at=row.occurred_at,
            kind=row.kind,
            label=labels[row.kind],
            amount=amount,
            balance=balance,
            reason_code=row.reason_code,
            reference=row.reference,
        )
    return tuple(by_position[row.pk] for row in shown)
