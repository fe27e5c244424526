"""Rewards, refunds, holds and wallets. Points are earned on 2 March 2026 at noon."""

import uuid
from datetime import timedelta

import pytest
from django.db import transaction

from ledger import accounts, holds
from ledger.models import Transfer
from ledger.posting import Entry, post
from partners.models import Partner
from rewards.redeeming import approve, cancel, redeem, reject
from tests.rewards.cast import join, offer
from tests.rewards.club import open_club, utc
from tests.worked_examples.books import balances, journal

pytestmark = [pytest.mark.django_db, pytest.mark.once("SQLite")]

EARNED_AT = utc(2026, 3, 2)
ADDRESS = {
    "recipient": "Alice Marsh",
    "street": "14 Market Square",
    "postcode": "CB2 1AA",
    "city": "Cambridge",
    "country": "United Kingdom",
}
A_YEAR = {"rule": "after_months", "months": 12}


def order_a_gift(club, *, price, at, **fields):
    """The head buyer takes a parcel; until it is sent it can be called off."""
    gift = offer(club.programme, kind="physical_gift", terms={}, price=price, **fields)
    return redeem(
        member=join(club.partner, "Alice", "head_buyer"),
        account=accounts.pool(club.unit, club.partner),
        reward=gift,
        request_id=uuid.uuid4(),
        details=ADDRESS,
        redeemed_at=at,
    )


def share(club, member, amount, *, at):
    entry = Entry(
        kind=Transfer.Kind.SHARE,
        debit=accounts.pool(club.unit, club.partner),
        credit=accounts.wallet(club.unit, member),
        amount=amount,
        idempotency_key=f"test:share:{member.pk}:{at.isoformat()}",
        occurred_at=at,
    )
    with transaction.atomic():
        Partner.objects.lock([club.partner.pk])
        post([entry], posted_at=at)


def test_points_are_charged_once_and_refunded_once():
    """
    A gift of 120 is ordered, and called off on the next day. Calling it off again is refused.

    120 left the pool and 120 came back; they keep the expiry they had, at the end of 2 March 2027.
    """
    club = open_club(expiry=A_YEAR)
    club.take_in("Order 1", 250, at=EARNED_AT, told_at=EARNED_AT)
    taken = order_a_gift(club, price=120, at=utc(2026, 3, 5))

    cancel(redemption=taken, by=None, reason="", at=utc(2026, 3, 6))
    with pytest.raises(Exception, match="cannot move from “Cancelled”"):
        cancel(redemption=taken, by=None, reason="", at=utc(2026, 3, 7))

    assert journal(club) == ["issued > pool 250", "pool > redeemed 120", "redeemed > pool 120"]
    assert balances(club) == {"issued": 250, "pool": 250}
    assert {expires_at for _left, expires_at in club.lots()} == {utc(2027, 3, 3, 0)}


def test_a_refund_after_expiry_without_a_window():
    """
    100 points are good up to 2 March 2027. On that day they buy a gift, which is called off on 10
    March, when they would have expired.

    They come back as they were, that is expired, and the next night retires them.
    """
    club = open_club(expiry=A_YEAR)
    club.take_in("Order 1", 100, at=EARNED_AT, told_at=EARNED_AT)
    taken = order_a_gift(club, price=100, at=utc(2027, 3, 2))
    club.run_night(utc(2027, 3, 3, 0))

    cancel(redemption=taken, by=None, reason="", at=utc(2027, 3, 10))
    assert balances(club) == {"issued": 100, "pool": 100}
    club.run_night(utc(2027, 3, 11, 0))

    assert journal(club) == [
        "issued > pool 100",
        "pool > redeemed 100",
        "redeemed > pool 100",
        "pool > expired 100",
    ]
    assert balances(club) == {"issued": 100, "expired": 100}


def test_a_refund_after_expiry_with_a_window_of_thirty_days():
    """
    The same gift, in a programme where what comes back expired lives for 30 more days.

    The refund is on 10 March; 30 days on is 9 April. In London that day ends at 23:00 UTC.
    """
    club = open_club(expiry=A_YEAR | {"reinstatement_days": 30})
    club.take_in("Order 1", 100, at=EARNED_AT, told_at=EARNED_AT)
    taken = order_a_gift(club, price=100, at=utc(2027, 3, 2))
    club.run_night(utc(2027, 3, 3, 0))

    cancel(redemption=taken, by=None, reason="", at=utc(2027, 3, 10))
    club.run_night(utc(2027, 3, 11, 0))
    assert club.lots() == [(100, utc(2027, 4, 9, 23))]
    club.run_night(utc(2027, 4, 10, 0))

    assert balances(club) == {"issued": 100, "expired": 100}


def test_a_request_that_is_approved():
    """
    A gift of 120 needs approval. While somebody decides, 120 of the 250 are reserved: they are
    still in the pool, and cannot be spent. Approval is the moment in which they go.
    """
    club = open_club()
    club.take_in("Order 1", 250, at=EARNED_AT, told_at=EARNED_AT)

    asked = order_a_gift(club, price=120, at=utc(2026, 3, 5), approval_required=True)
    pool = accounts.pool(club.unit, club.partner)
    assert (pool.balance, pool.held, pool.available) == (250, 120, 130)
    assert journal(club) == ["issued > pool 250"]
    approve(redemption=asked, by=None, reason="", at=utc(2026, 3, 8))

    pool = accounts.pool(club.unit, club.partner)
    assert (pool.balance, pool.held, pool.available) == (130, 0, 130)
    assert journal(club) == ["issued > pool 250", "pool > redeemed 120"]


def test_a_request_that_is_refused_was_never_spent():
    """The same request, refused: the journal has no line about it."""
    club = open_club()
    club.take_in("Order 1", 250, at=EARNED_AT, told_at=EARNED_AT)
    asked = order_a_gift(club, price=120, at=utc(2026, 3, 5), approval_required=True)

    reject(redemption=asked, by=None, reason="", at=utc(2026, 3, 8))

    pool = accounts.pool(club.unit, club.partner)
    assert (pool.balance, pool.held) == (250, 0)
    assert journal(club) == ["issued > pool 250"]


def test_a_hold_that_is_captured_in_part():
    """
    A web shop reserves 200 of 250 points for a basket. Part of it is out of stock: 140 are taken.

    The other 60 are free again in the same act, and 110 can be spent.
    """
    club = open_club()
    club.take_in("Order 1", 250, at=EARNED_AT, told_at=EARNED_AT)
    pool = accounts.pool(club.unit, club.partner)
    held = holds.place(account=pool, amount=200, request_key="basket 7", placed_at=utc(2026, 3, 5))

    ended = holds.capture(
        hold=held, amount=140, request_key="basket 7", captured_at=utc(2026, 3, 6)
    )

    pool.refresh_from_db()
    assert (ended.state, ended.amount, ended.captured) == ("captured", 200, 140)
    assert (pool.balance, pool.held, pool.available) == (110, 0, 110)
    assert balances(club) == {"issued": 250, "redeemed": 140, "pool": 110}


def test_two_wallets():
    """
    200 points expire at the end of 2 March 2027, 100 of a later order at the end of 2 June 2027.
    The head buyer shares 150 with Bob, then 100 with Cara.

    Sharing gives what expires first, and points keep their expiry in a wallet: Bob has 150 of
    March; Cara has the 50 of March that were left, and 50 of June. When March has passed, Cara has
    50, the pool 50, and Bob nothing.
    """
    club = open_club(expiry=A_YEAR)
    bob, cara = join(club.partner, "Bob"), join(club.partner, "Cara")
    club.take_in("Order 1", 200, at=EARNED_AT, told_at=EARNED_AT)
    club.take_in("Order 2", 100, at=utc(2026, 6, 2), told_at=utc(2026, 6, 2))

    share(club, bob, 150, at=utc(2026, 6, 3))
    share(club, cara, 100, at=utc(2026, 6, 4))
    assert balances(club) == {
        "issued": 300,
        "pool": 50,
        "Bob's wallet": 150,
        "Cara's wallet": 100,
    }
    club.run_night(utc(2027, 3, 3, 0))

    assert balances(club) == {"issued": 300, "pool": 50, "Cara's wallet": 50, "expired": 200}
    assert {expires_at for _left, expires_at in club.lots()} == {
        utc(2027, 6, 2, 23),
    }


def test_what_a_return_takes_back_is_not_taken_from_wallets():
    """
    Of 200 points 150 are shared with Bob. Everything is returned, so 200 are due.

    The pool gives its 50. Bob keeps what he got, and the company owes 150: its next orders repay
    them.
    """
    club = open_club()
    bob = join(club.partner, "Bob")
    club.take_in("Order 1", 200, at=EARNED_AT, told_at=EARNED_AT)
    share(club, bob, 150, at=EARNED_AT + timedelta(days=1))

    club.take_in("Return 1", 200, at=utc(2026, 3, 9), told_at=utc(2026, 3, 9), kind="return")

    assert balances(club) == {
        "issued": 200,
        "Bob's wallet": 150,
        "taken back": 200,
        "debt": 150,
    }
