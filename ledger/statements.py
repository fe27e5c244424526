"""What moved on an account in a period: opening + movements = closing, in posting order."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import BigIntegerField, Max, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from ledger.expiring import schedule
from ledger.models import Account, Transfer


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

    ``opening`` + ``credited`` - ``debited`` = ``closing``. ``next_after`` is None on the last page.
    """

    account: Account
    from_at: datetime
    until_at: datetime
    opening: int
    credited: int
    debited: int
    closing: int
    movements: tuple[Movement, ...]
    next_after: int | None


def read_statement(
    *,
    account: Account,
    from_at: datetime,
    until_at: datetime,
    after: int | None = None,
    page_size: int | None = 50,
    newest_first: bool = False,
) -> Statement:
    """
    Read a statement by the time of posting, so that a closed period never changes.

    Figures and movements agree even while others post: the movements stop at the transfer that
    was the latest when the figures were read.

    :param after: ``next_after`` of the page before.
    :param page_size: None for all movements on one page.
    :raises ValueError: If ``until_at`` is not after ``from_at``.
    """
    if until_at <= from_at:
        raise ValueError("a period ends after it begins")
    figures = _read_figures(account, from_at, until_at)
    inside = _of(account).filter(
        posted_at__gte=from_at, posted_at__lt=until_at, pk__lte=figures.latest_id
    )
    page = inside.order_by("-pk" if newest_first else "pk")
    if after is not None:
        page = page.filter(Q(pk__lt=after) if newest_first else Q(pk__gt=after))
    rows = list(page if page_size is None else page[: page_size + 1])
    shown = rows if page_size is None else rows[:page_size]
    # The first page in posting order starts at the opening; any other adds what stands before it.
    starts_at_opening = not shown or (after is None and not newest_first)
    before = (
        0
        if starts_at_opening
        else _net(account, inside.filter(pk__lt=min(row.pk for row in shown)))
    )
    return Statement(
        account=account,
        from_at=from_at,
        until_at=until_at,
        opening=figures.opening,
        credited=figures.credited,
        debited=figures.debited,
        closing=figures.opening + figures.credited - figures.debited,
        movements=_run(account, shown, figures.opening + before),
        next_after=shown[-1].pk if len(rows) > len(shown) else None,
    )


def balance_as_of(account: Account, at: datetime) -> int:
    """Return what the account had after everything posted up to and including ``at``."""
    return _net(account, _of(account).filter(posted_at__lte=at))


@dataclass(frozen=True, slots=True)
class Expiring:
    """``amount`` minor units are lost at ``expires_at`` if they are not spent before."""

    expires_at: datetime
    amount: int


def expiring_soon(*, account: Account, as_of: datetime, until_at: datetime) -> list[Expiring]:
    """Return what of the account expires in ``(as_of, until_at]``, soonest first."""
    return [
        Expiring(expires_at, amount)
        for expires_at, amount in schedule(account, as_of=as_of)
        if expires_at is not None and expires_at <= until_at
    ]


@dataclass(frozen=True, slots=True)
class _Figures:
    opening: int
    credited: int
    debited: int
    latest_id: int


def _read_figures(account: Account, from_at: datetime, until_at: datetime) -> _Figures:
    """Read all figures in one statement, which sees one snapshot."""
    before = Q(posted_at__lt=from_at)
    within = Q(posted_at__gte=from_at, posted_at__lt=until_at)
    row = (
        Account.objects.filter(pk=account.pk)
        .annotate(
            credited_before=_sum("credit_account", before),
            debited_before=_sum("debit_account", before),
            credited_within=_sum("credit_account", within),
            debited_within=_sum("debit_account", within),
            latest_credit=_latest("credit_account"),
            latest_debit=_latest("debit_account"),
        )
        .get()
    )
    credited, debited = row.credited_within, row.debited_within
    opening = row.credited_before - row.debited_before
    if account.kind == Account.Kind.DEBT:
        opening, credited, debited = -opening, debited, credited
    return _Figures(opening, credited, debited, max(row.latest_credit, row.latest_debit))


def _sum(side: str, when: Q) -> Coalesce:
    return _one_figure(side, when, Sum("amount"))


def _latest(side: str) -> Coalesce:
    return _one_figure(side, Q(), Max("pk"))


def _one_figure(side: str, when: Q, figure: Sum | Max) -> Coalesce:
    rows = Transfer.objects.filter(when, **{side: OuterRef("pk")}).order_by().values(side)
    found = Subquery(rows.annotate(figure=figure).values("figure"), output_field=BigIntegerField())
    return Coalesce(found, 0)


def _of(account: Account) -> QuerySet[Transfer]:
    return Transfer.objects.of_account(account)


def _net(account: Account, transfers: QuerySet[Transfer]) -> int:
    signed = Sum("amount", filter=Q(credit_account=account), default=0) - Sum(
        "amount", filter=Q(debit_account=account), default=0
    )
    total: int = transfers.aggregate(total=signed)["total"]
    return -total if account.kind == Account.Kind.DEBT else total


def _run(account: Account, shown: list[Transfer], balance: int) -> tuple[Movement, ...]:
    """Return the lines in the order given, each with the balance after it."""
    grows = "debit_account_id" if account.kind == Account.Kind.DEBT else "credit_account_id"
    by_position: dict[int, Movement] = {}
    for row in sorted(shown, key=lambda one: one.pk):
        amount = row.amount if getattr(row, grows) == account.pk else -row.amount
        balance += amount
        by_position[row.pk] = Movement(
            position=row.pk,
            transfer_id=row.public_id,
            posted_at=row.posted_at,
            occurred_at=row.occurred_at,
            kind=row.kind,
            label=row.get_kind_display(),
            amount=amount,
            balance=balance,
            reason_code=row.reason_code,
            reference=row.reference,
        )
    return tuple(by_position[row.pk] for row in shown)
