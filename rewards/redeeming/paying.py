"""
How a redemption is paid: at once, or by a hold that somebody's decision captures or sets free.

Requests of before there were holds have spent already; they are refunded instead of set free. The
caller has locked the partner, and owns the transaction.
"""

from datetime import datetime, timedelta

from django.db.models import F, Sum

from ledger import accounts
from ledger.models import Account, Hold, Lot, Transfer
from ledger.posting import Capture, Entry, Release, Reserve, post
from partners.models import Member
from rewards.models import Redemption
from rewards.programmes.calendar import end_of_local_day, local_date
from rewards.programmes.live import settings_at

HOLD_REASON = "redemption"


def reserve(redemption: Redemption, *, at: datetime) -> None:
    """
    Hold the price until somebody decides, or until the request lapses at a local midnight.

    :raises InsufficientPoints: If the account has too little available.
    """
    programme = redemption.reward.programme
    days = settings_at(programme, at).request_lapses_days
    lapses_on = local_date(at, programme.time_zone) + timedelta(days=days)
    asked = Reserve(
        account=redemption.account,
        amount=redemption.price,
        idempotency_key=f"request:{redemption.partner_id}:{redemption.request_id}",
        occurred_at=at,
        lapses_at=end_of_local_day(lapses_on, programme.time_zone),
        reason_code=HOLD_REASON,
        reference=str(redemption.public_id),
    )
    redemption.hold = post([asked], posted_at=at)[0].hold


def pay(redemption: Redemption, *, at: datetime) -> None:
    """
    Let the seller have the price: what is held if there is a hold, else from what is available.

    :raises InsufficientPoints: If nothing is held and too little is available.
    :raises HoldEnded: If the hold has ended, or its time is over.
    """
    redeemed = accounts.house(redemption.reward.programme.main_unit, Account.Kind.REDEEMED)
    key = f"redeem:{redemption.partner_id}:{redemption.request_id}"
    reference = str(redemption.public_id)
    asked: Entry | Capture
    if redemption.hold is not None:
        asked = Capture(
            hold=redemption.hold,
            credit=redeemed,
            idempotency_key=key,
            occurred_at=at,
            reference=reference,
        )
    else:
        asked = Entry(
            kind=Transfer.Kind.REDEEM,
            debit=redemption.account,
            credit=redeemed,
            amount=redemption.price,
            idempotency_key=key,
            occurred_at=at,
            reference=reference,
        )
    redemption.transfer = post([asked], posted_at=at)[0].transfer


def give_back(redemption: Redemption, *, at: datetime, lapses: bool = False) -> None:
    """Set free what is held, or give the same lots back that were spent."""
    if redemption.transfer is not None:
        redemption.refund = _refund(redemption, redemption.transfer, at=at)
    elif redemption.hold is not None and redemption.hold.state == Hold.State.OPEN:
        release = Release(hold=redemption.hold, occurred_at=at, lapses=lapses)
        redemption.hold = post([release], posted_at=at)[0].hold
        if _has_left(redemption):
            _return_to_pool(redemption, at=at)


def has_lapsed(redemption: Redemption, *, at: datetime) -> bool:
    """Whether the time is over in which somebody could have decided."""
    hold = redemption.hold
    return hold is not None and hold.lapses_at is not None and hold.lapses_at <= at


def _refund(redemption: Redemption, spent: Transfer, *, at: datetime) -> Transfer:
    """
    Give the same lots back; what a member who left had paid goes to the company's pool, and what
    a merged partner had paid to the one that was kept.

    What has expired since lives again for the days that the programme says, or comes back expired.
    """
    programme = redemption.reward.programme
    account = accounts.now_of(redemption.account)
    if account.pk == redemption.account_id and _has_left(redemption):
        account = accounts.pool(programme.main_unit, redemption.partner)
    refund = Entry(
        kind=Transfer.Kind.REFUND,
        debit=accounts.house(programme.main_unit, Account.Kind.REDEEMED),
        credit=account,
        amount=redemption.price,
        idempotency_key=f"refund:{redemption.public_id}",
        occurred_at=at,
        reference=str(redemption.public_id),
        gives_back=spent,
        revive_until=settings_at(programme, at).expiry.revived_until(
            local_date(at, programme.time_zone), time_zone=programme.time_zone
        ),
    )
    return post([refund], posted_at=at)[0].transfer


def _has_left(redemption: Redemption) -> bool:
    from_wallet = redemption.account.kind == Account.Kind.WALLET
    return from_wallet and redemption.member.status == Member.Status.LEFT


def _return_to_pool(redemption: Redemption, *, at: datetime) -> None:
    """Nobody can spend what is in the wallet of a member who left: it goes to the company."""
    lots = Lot.objects.spendable(at).filter(account=redemption.account)
    free = lots.aggregate(free=Sum(F("remaining") - F("held")))["free"] or 0
    if not free:
        return
    returning = Entry(
        kind=Transfer.Kind.UNSHARE,
        debit=redemption.account,
        credit=accounts.pool(redemption.reward.programme.main_unit, redemption.partner),
        amount=min(free, redemption.price),
        idempotency_key=f"return:{redemption.public_id}",
        occurred_at=at,
        reference=str(redemption.public_id),
    )
    post([returning], posted_at=at)
