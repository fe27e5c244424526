"""
Where in an account's journal to begin: seals know what it had, so nobody adds up its whole past.

``posted_at`` never decreases along a partner's account, so a moment cuts its journal into two
ranges of ids. The house's accounts have no such order and are always read from the beginning.
"""

from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from django.db.models import BigIntegerField, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce

from ledger.models import Account, SealedAccount, Transfer


@dataclass(frozen=True, slots=True)
class Stretch:
    """
    The part of a journal that matters for a period, and what the account had before it.

    ``last_id`` is None where the journal has to be read to its end.
    """

    balance: int
    after_id: int
    last_id: int | None

    @property
    def rows(self) -> Q:
        upwards = Q(pk__gt=self.after_id)
        return upwards if self.last_id is None else upwards & Q(pk__lte=self.last_id)


def find_stretch(account: Account, *, from_at: datetime, until_at: datetime) -> Stretch:
    """Return the stretch between the last seal before a period and the first one after it."""
    if account.is_house:
        return Stretch(0, 0, None)
    sealed = SealedAccount.objects.filter(account=account)
    before = sealed.filter(last_posted_at__lt=from_at).order_by("-seal_id")
    behind = sealed.filter(last_posted_at__gte=until_at).order_by("seal_id")
    either = Q(pk=Subquery(before.values("pk")[:1])) | Q(pk=Subquery(behind.values("pk")[:1]))
    start, end = None, None
    for each in SealedAccount.objects.filter(either):
        if each.last_posted_at < from_at:
            start = each
        else:
            end = each
    return Stretch(
        balance=start.balance if start else 0,
        after_id=start.last_transfer_id if start else 0,
        last_id=end.last_transfer_id if end else None,
    )


def find_known_balance(account: Account, *, before_id: int) -> tuple[int, int]:
    """Return what the latest seal before a transfer says the account had, and after which one."""
    if account.is_house:
        return 0, 0
    sealed = SealedAccount.objects.filter(account=account, last_transfer_id__lt=before_id)
    found = sealed.order_by("-seal_id").values_list("balance", "last_transfer_id").first()
    return found or (0, 0)


def sides(account: Account) -> tuple[str, str]:
    """Return the side of a transfer that adds to the account, and the one that takes from it."""
    if account.kind == Account.Kind.DEBT:
        return "debit_account", "credit_account"
    return "credit_account", "debit_account"


def read_rows(
    account: Account, rows: Q, *, rows_max: int | None, descending: bool
) -> list[Transfer]:
    """
    Return the first of the account's transfers among ``rows``, by id: two queries.

    Each side is read along its own index and no further than needed; OR, or a union that the
    database has to sort, would read the whole journal for one page.
    """
    order = "-pk" if descending else "pk"
    found: list[Transfer] = []
    for side in sides(account):
        found += Transfer.objects.filter(rows, **{side: account}).order_by(order)[:rows_max]
    found.sort(key=attrgetter("pk"), reverse=descending)
    return found[:rows_max]


def net_of(account: Account, rows: Q) -> int:
    """Return by how much the account's transfers among ``rows`` change it: one statement."""
    adding, taking = sides(account)
    found = Account.objects.filter(pk=account.pk).annotate(
        added=_total(adding, rows), taken=_total(taking, rows)
    )
    added, taken = found.values_list("added", "taken").get()
    return int(added - taken)


def _total(side: str, rows: Q) -> Coalesce:
    moved = Transfer.objects.filter(rows, **{side: OuterRef("pk")}).order_by().values(side)
    total = Subquery(moved.annotate(total=Sum("amount")).values("total"))
    return Coalesce(total, 0, output_field=BigIntegerField())
