"""Opening balances that the ledger already has of a source, to compare rows with."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Min, Sum
from django.db.models.functions import Left
from django.utils.translation import gettext as _

from ledger.models import Account, Lot, LotExtension, Transfer
from ledger.opening.report import Place
from ledger.opening.rows import BalanceRow

DIGEST_LENGTH = 32
ADJUSTED_SIDES = {
    Account.Kind.POOL: "credit_account",
    Account.Kind.PENDING: "credit_account",
    Account.Kind.DEBT: "debit_account",
}


def make_key(source: str, partner_id: int, natural_key: str) -> str:
    """Return the idempotency key of a balance: the same row of the same source is the same."""
    digest = hashlib.sha256(f"{partner_id}:{natural_key}".encode()).hexdigest()
    return f"{_prefix(source)}{digest[:DIGEST_LENGTH]}"


def _prefix(source: str) -> str:
    return f"open:{source}:"


def midnight(day: str, zone: ZoneInfo) -> datetime:
    """Return the moment the local day begins, in UTC."""
    return datetime.combine(date.fromisoformat(day), time.min, tzinfo=zone).astimezone(UTC)


def end_of_day(day: str, zone: ZoneInfo) -> datetime:
    after = date.fromisoformat(day) + timedelta(days=1)
    return datetime.combine(after, time.min, tzinfo=zone).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Standing:
    """What a balance is: its amount, where it stands, and its moments."""

    amount: int
    account: str
    earned_at: datetime
    expires_at: datetime | None
    matures_at: datetime | None

    @classmethod
    def of_row(cls, row: BalanceRow, zone: ZoneInfo) -> "Standing":
        return cls(
            row.amount,
            row.account,
            midnight(row.earned_on, zone),
            end_of_day(row.expires_on, zone) if row.expires_on else None,
            midnight(row.matures_on, zone) if row.matures_on else None,
        )

    def differs_in(self, other: "Standing") -> str:
        """Return our name of the first column in which the two differ, or nothing."""
        names = {
            "amount": "amount",
            "account": "account",
            "earned_at": "earned_on",
            "expires_at": "expires_on",
            "matures_at": "matures_on",
        }
        for field, column in names.items():
            if getattr(self, field) != getattr(other, field):
                return column
        return ""

    def describe(self, column: str, *, zone: ZoneInfo, decimals: int) -> str:
        """Return the value of a column as the file would write it."""
        if column == "amount":
            return show_minor_units(self.amount, decimals)
        if column == "account":
            return self.account
        moment = {
            "earned_on": self.earned_at,
            "expires_on": self.expires_at and self.expires_at - timedelta(microseconds=1),
            "matures_on": self.matures_at,
        }[column]
        return f"{moment.astimezone(zone):%Y-%m-%d}" if moment else _("nothing")


def show_minor_units(amount: int, decimals: int) -> str:
    whole, rest = divmod(amount, 10**decimals)
    return f"{whole}.{rest:0{decimals}}" if decimals else str(whole)


def read_standing(keys: Iterable[str]) -> dict[str, Standing]:
    """Return what already stands under these keys: three queries."""
    rows = Transfer.objects.filter(idempotency_key__in=list(keys)).select_related(
        "debit_account", "credit_account"
    )
    transfers = {transfer.pk: transfer for transfer in rows}
    lots = {lot.opened_by_id: lot for lot in Lot.objects.filter(opened_by__in=transfers)}
    # An expiry that was extended since is not another content of the file.
    extended = LotExtension.objects.filter(lot__opened_by__in=transfers).values_list("lot")
    first_expiries = dict(extended.annotate(Min("expired_before")).order_by())
    found = {}
    for transfer in transfers.values():
        lot = lots.get(transfer.pk)
        is_debt = transfer.debit_account.kind == Account.Kind.DEBT
        account = transfer.debit_account if is_debt else transfer.credit_account
        found[transfer.idempotency_key] = Standing(
            transfer.amount,
            account.kind,
            transfer.occurred_at,
            first_expiries.get(lot.pk, lot.expires_at) if lot else None,
            lot.matures_at if lot else None,
        )
    return found


def sum_posted(source: str) -> Counter[Place]:
    """Return what this source has posted so far, by unit and kind of account."""
    prefix = _prefix(source)
    # Not startswith, which looks past capitals on SQLite.
    of_source = Transfer.objects.filter(kind=Transfer.Kind.OPEN).alias(
        begins=Left("idempotency_key", len(prefix))
    )
    of_source = of_source.filter(begins=prefix)
    total: Counter[Place] = Counter()
    for kind, side in ADJUSTED_SIDES.items():
        rows = of_source.filter(**{f"{side}__kind": kind}).order_by()
        for unit, amount in rows.values_list(f"{side}__unit__code").annotate(Sum("amount")):
            total[unit, kind.value] += amount
    return total
