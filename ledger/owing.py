"""Debt: what was taken back beyond what was left. It comes before everything else."""

from django.db.models import Sum
from django.utils.translation import gettext as _

from ledger.models import Account


class DebtOutstanding(Exception):
    """Points taken back are still owed, so the pool cannot be spent. New points repay first."""

    code = "debt_outstanding"

    def __init__(self, *, owed: int) -> None:
        super().__init__(
            _("%(owed)d are still owed. What you earn repays them first.") % {"owed": owed}
        )
        self.owed = owed


def find_owed(*, partner_id: int, unit_id: int) -> int:
    """Return what a partner still owes in a unit, in minor units."""
    debts = Account.objects.filter(kind=Account.Kind.DEBT, partner_id=partner_id, unit_id=unit_id)
    return int(debts.aggregate(owed=Sum("balance"))["owed"] or 0)


def refuse_while_owing(*, partner_id: int, unit_id: int) -> None:
    """
    Let a pool be spent only when nothing is owed. Wallets are not asked.

    :raises DebtOutstanding: If something is.
    """
    owed = find_owed(partner_id=partner_id, unit_id=unit_id)
    if owed:
        raise DebtOutstanding(owed=owed)
