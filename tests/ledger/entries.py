"""A partner's accounts in one unit, and the entries that tests post on them in one line."""

import itertools
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from ledger import accounts
from ledger.entries import Instruction
from ledger.models import Account, Hold, Lot, Transfer, Unit
from ledger.posting import Capture, ClawBack, Entry, Posted, Release, Reserve, post
from partners.models import Member, Partner
from tests.factories import NOON, MemberFactory, PartnerFactory, UnitFactory

numbers = itertools.count(1)


@dataclass
class Till:
    """One partner's pool, pending and debt beside the house, and ways to move between them."""

    unit: Unit
    partner: Partner
    issued: Account
    redeemed: Account
    expired: Account
    taken_back: Account
    adjusted: Account
    pool: Account
    pending: Account
    debt: Account

    def wallet(self, member: Member | None = None) -> Account:
        return accounts.wallet(self.unit, member or MemberFactory(partner=self.partner))

    def entry(self, kind: str, debit: Account, credit: Account, amount: int, **more: Any) -> Entry:
        more = {"idempotency_key": f"test:{next(numbers)}", "occurred_at": NOON} | more
        return Entry(kind=kind, debit=debit, credit=credit, amount=amount, **more)

    def earn(self, amount: int, *, into: Account | None = None, **more: Any) -> Entry:
        return self.entry(Transfer.Kind.EARN, self.issued, into or self.pool, amount, **more)

    def pend(self, amount: int, **more: Any) -> Entry:
        return self.entry(Transfer.Kind.PEND, self.issued, self.pending, amount, **more)

    def mature(self, amount: int, **more: Any) -> Entry:
        return self.entry(Transfer.Kind.MATURE, self.pending, self.pool, amount, **more)

    def redeem(self, amount: int, *, from_: Account | None = None, **more: Any) -> Entry:
        return self.entry(Transfer.Kind.REDEEM, from_ or self.pool, self.redeemed, amount, **more)

    def refund(self, of: Transfer, amount: int | None = None, **more: Any) -> Entry:
        amount = of.amount if amount is None else amount
        more = {"gives_back": of} | more
        return self.entry(Transfer.Kind.REFUND, self.redeemed, self.pool, amount, **more)

    def share(self, amount: int, *, to: Account, **more: Any) -> Entry:
        return self.entry(Transfer.Kind.SHARE, self.pool, to, amount, **more)

    def expire(self, amount: int, *, from_: Account | None = None, **more: Any) -> Entry:
        return self.entry(Transfer.Kind.EXPIRE, from_ or self.pool, self.expired, amount, **more)

    def claw_back(self, due: int, *, origin: Transfer | None = None, **more: Any) -> ClawBack:
        more = {
            "policy": "allow_debt",
            "idempotency_key": f"test:{next(numbers)}",
            "occurred_at": NOON,
            "origin_transfer_id": origin.pk if origin else None,
        } | more
        return ClawBack(
            pool=self.pool,
            pending=self.pending,
            debt=self.debt,
            taken_back=self.taken_back,
            due=due,
            **more,
        )

    def reserve(self, amount: int, *, of: Account | None = None, **more: Any) -> Reserve:
        more = {"idempotency_key": f"test:{next(numbers)}", "occurred_at": NOON} | more
        return Reserve(account=of or self.pool, amount=amount, **more)

    def capture(self, hold: Hold, **more: Any) -> Capture:
        more = {"idempotency_key": f"test:{next(numbers)}", "occurred_at": NOON} | more
        return Capture(hold=hold, credit=self.redeemed, **more)

    def release(self, hold: Hold, **more: Any) -> Release:
        return Release(hold=hold, **({"occurred_at": NOON} | more))


def open_till(*, unit: Unit | None = None, partner: Partner | None = None) -> Till:
    unit, partner = unit or UnitFactory(), partner or PartnerFactory()
    house = accounts.open_house_accounts(unit)
    return Till(
        unit=unit,
        partner=partner,
        issued=house[Account.Kind.ISSUED],
        redeemed=house[Account.Kind.REDEEMED],
        expired=house[Account.Kind.EXPIRED],
        taken_back=house[Account.Kind.TAKEN_BACK],
        adjusted=house[Account.Kind.ADJUSTED],
        pool=accounts.pool(unit, partner),
        pending=accounts.pending(unit, partner),
        debt=accounts.debt(unit, partner),
    )


def post_all(*batch: Instruction, at: datetime = NOON) -> list[Posted]:
    with transaction.atomic():
        return post(batch, posted_at=at)


def post_one(instruction: Instruction, at: datetime = NOON) -> Posted:
    return post_all(instruction, at=at)[0]


def balance(account: Account) -> int:
    return Account.objects.get(pk=account.pk).balance


def held(account: Account) -> int:
    return Account.objects.get(pk=account.pk).held


def lots(account: Account) -> list[tuple[int, datetime | None]]:
    """What is left of the account's open lots, in spending order, with their expiry."""
    rows = Lot.objects.filter(account=account).open().in_spending_order()
    return [(lot.remaining, lot.expires_at) for lot in rows]
