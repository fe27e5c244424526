"""Every refusal of the writer in one table: which error, with which numbers, and nothing written."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import transaction

from ledger.entries import Instruction
from ledger.expiring import expire
from ledger.models import ACCOUNT_BALANCE_MAX, TRANSFER_AMOUNT_MAX, Account, Hold, Lot, Transfer
from ledger.posting import AmountOutOfBounds, HoldEnded, IdempotencyKeyReused, InsufficientPoints
from tests.ledger.entries import Till, open_till, post_all, post_one

pytestmark = pytest.mark.django_db

MAY = datetime(2026, 5, 1, tzinfo=UTC)
JUNE = datetime(2026, 6, 1, tzinfo=UTC)


class Scene:
    """
    A pool of 100: 40 held, 25 past their expiry, 35 free. A wallet of 20, 5 held. Pending 30 + 10.

    Before that, 8 were redeemed and 6 expired; 9 are owed by somebody else.
    """

    def __init__(self) -> None:
        self.till = till = open_till()
        self.wallet = till.wallet()
        self.retired_award = post_one(till.earn(6, expires_at=MAY)).transfer
        with transaction.atomic():
            expire(as_of=MAY)
        self.expiry = Transfer.objects.get(kind="expire")
        self.redeemed = post_all(till.earn(8), till.redeem(8))[1].transfer
        self.hold = post_all(till.earn(75), till.reserve(40, idempotency_key="hold"))[1].hold
        post_one(till.earn(25, expires_at=MAY))
        post_all(till.earn(20, into=self.wallet), till.reserve(5, of=self.wallet))
        self.pended = [one.transfer for one in post_all(till.pend(30), till.pend(10))]
        self.released = post_one(till.reserve(1)).hold
        post_one(till.release(self.released))
        self.debtor = open_till(unit=till.unit)
        post_one(self.debtor.claw_back(9))

    def of_award(self, kind: str, credit: Account, number: int, amount: int) -> Instruction:
        return self.till.entry(
            kind,
            self.till.pending,
            credit,
            amount,
            prefer_origin_id=self.pended[number].pk,
            strictly_of_origin=True,
        )

    def back(self, of: Transfer, debit: Account, amount: int) -> Instruction:
        return self.till.entry("refund", debit, self.till.pool, amount, gives_back=of)


def short(available: int, held: int, needed: int) -> dict[str, int]:
    return {"available": available, "held": held, "needed": needed}


def outside(amount: int, bound: int) -> dict[str, int]:
    return {"amount": amount, "bound": bound}


Ask = Callable[[Scene, Till], Instruction]

NOT_ENOUGH: dict[str, tuple[Ask, dict[str, int]]] = {
    "redeem": (lambda s, t: t.redeem(36), short(35, 40, 36)),
    "redeem out of a wallet": (lambda s, t: t.redeem(16, from_=s.wallet), short(15, 5, 16)),
    "share": (lambda s, t: t.share(36, to=s.wallet), short(35, 40, 36)),
    "unshare": (lambda s, t: t.entry("unshare", s.wallet, t.pool, 16), short(15, 5, 16)),
    "debit by hand": (lambda s, t: t.entry("adjust", t.pool, t.adjusted, 36), short(35, 40, 36)),
    "hold": (lambda s, t: t.reserve(36), short(35, 40, 36)),
    "hold of a wallet": (lambda s, t: t.reserve(16, of=s.wallet), short(15, 5, 16)),
    # What corrects a balance may take what has expired, and still not what is held.
    "reverse": (lambda s, t: t.entry("reverse", t.pool, t.issued, 61), short(60, 40, 61)),
    "merge": (lambda s, t: t.entry("merge", t.pool, s.debtor.pool, 61), short(60, 40, 61)),
    "expire": (lambda s, t: t.expire(26), short(25, 40, 26)),
    "mature": (lambda s, t: t.mature(41), short(40, 0, 41)),
    "release one award": (lambda s, t: s.of_award("mature", t.pool, 1, 11), short(10, 0, 11)),
    "cancel one award": (
        lambda s, t: s.of_award("cancel_pending", t.taken_back, 0, 31),
        short(30, 0, 31),
    ),
}
OUT_OF_BOUNDS: dict[str, tuple[Ask, dict[str, int]]] = {
    "nothing": (lambda s, t: t.earn(0), outside(0, TRANSFER_AMOUNT_MAX)),
    "too much": (
        lambda s, t: t.earn(TRANSFER_AMOUNT_MAX + 1),
        outside(TRANSFER_AMOUNT_MAX + 1, TRANSFER_AMOUNT_MAX),
    ),
    "nothing to claw back": (lambda s, t: t.claw_back(0), outside(0, TRANSFER_AMOUNT_MAX)),
    "nothing to hold": (lambda s, t: t.reserve(0), outside(0, TRANSFER_AMOUNT_MAX)),
    "capture more than is held": (lambda s, t: t.capture(s.hold, amount=41), outside(41, 40)),
    "refund more than was taken": (lambda s, t: s.back(s.redeemed, t.redeemed, 9), outside(9, 8)),
    "reinstate more than expired": (lambda s, t: s.back(s.expiry, t.expired, 7), outside(7, 6)),
    "repay more than is owed": (
        lambda s, t: t.entry("forgive_debt", t.adjusted, s.debtor.debt, 10),
        outside(10, 9),
    ),
}
OTHERS: dict[str, tuple[Ask, type[Exception], dict[str, Any]]] = {
    "capture what was released": (
        lambda s, t: t.capture(s.released),
        HoldEnded,
        {"state": "released"},
    ),
    "lapse what was released": (
        lambda s, t: t.release(s.released, lapses=True),
        HoldEnded,
        {"state": "released"},
    ),
    "a key for something else": (
        lambda s, t: t.redeem(1, idempotency_key=s.redeemed.idempotency_key),
        IdempotencyKeyReused,
        {},
    ),
    "a hold's key for something else": (
        lambda s, t: t.reserve(1, idempotency_key="hold"),
        IdempotencyKeyReused,
        {"key": "hold"},
    ),
}
TABLE = (
    {name: (ask, InsufficientPoints, facts) for name, (ask, facts) in NOT_ENOUGH.items()}
    | {name: (ask, AmountOutOfBounds, facts) for name, (ask, facts) in OUT_OF_BOUNDS.items()}
    | OTHERS
)


def everything() -> list[Any]:
    return [
        list(model.objects.order_by("pk").values_list()) for model in (Account, Lot, Hold, Transfer)
    ]


@pytest.mark.parametrize("name", TABLE)
def test_is_typed_says_its_numbers_and_leaves_no_trace(name):
    ask, error, facts = TABLE[name]
    scene = Scene()
    instruction, before = ask(scene, scene.till), everything()

    with pytest.raises(error) as caught:
        post_one(instruction, at=JUNE)

    assert {key: getattr(caught.value, key) for key in facts} == facts
    assert caught.value.code
    assert everything() == before


def test_an_account_grows_to_its_bound_and_no_further():
    till = open_till()
    Account.objects.filter(pk=till.pool.pk).update(balance=ACCOUNT_BALANCE_MAX - 1)

    with pytest.raises(AmountOutOfBounds) as caught:
        post_one(till.earn(2))

    assert caught.value.bound == ACCOUNT_BALANCE_MAX
