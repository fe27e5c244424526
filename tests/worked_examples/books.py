"""What an accountant looks at: the journal line by line, and the balance of every account."""

from collections import Counter
from typing import Protocol

from ledger.auditing import audit
from ledger.models import Account, Transfer, Unit
from tests.rewards.club import utc

# Every house account grows on the credit side, but issued: points come from there.
GROWS_BY_DEBIT = ("issued", "debt")


class Club(Protocol):
    """Whose books are read: everything in one unit."""

    @property
    def unit(self) -> Unit: ...


def journal(club: Club) -> list[str]:
    """Every line ever written: ``issued > pool 250``."""
    rows = Transfer.objects.select_related(
        "debit_account__member__person", "credit_account__member__person"
    )
    return [
        f"{name(row.debit_account)} > {name(row.credit_account)} {row.amount}"
        for row in rows.filter(debit_account__unit=club.unit).order_by("pk")
    ]


def balances(club: Club) -> dict[str, int]:
    """
    The balance of every account that is not empty, summed from the journal.

    On the way the promises of the books are checked: what was issued is somewhere, and the whole
    ledger passes its audit.
    """
    sums: Counter[str] = Counter()
    rows = Transfer.objects.filter(debit_account__unit=club.unit)
    for row in rows.select_related(
        "debit_account__member__person", "credit_account__member__person"
    ):
        sums[name(row.debit_account)] -= row.amount
        sums[name(row.credit_account)] += row.amount
    for account in GROWS_BY_DEBIT:
        sums[account] = -sums[account]
    everywhere = sum(amount for account, amount in sums.items() if account not in GROWS_BY_DEBIT)
    assert sums["issued"] == everywhere - sums["debt"]
    assert audit(as_of=utc(2040, 1, 1)).ok
    return {account: amount for account, amount in sums.items() if amount}


def name(account: Account) -> str:
    if account.member is None:
        return str(account.kind).replace("_", " ")
    return f"{account.member.person.name}'s wallet"
