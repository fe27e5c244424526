"""Rolling expiry: an order lets all that its partner holds live longer; tiers add months."""

import itertools

import pytest
from django.db import transaction

from ledger import accounts
from ledger.auditing import audit
from ledger.models import LotExtension, Transfer
from ledger.posting import Entry, post
from partners.models import Partner
from rewards.crediting import take_in
from rewards.models import Award
from tests.rewards.cast import join
from tests.rewards.club import open_club, utc

pytestmark = [pytest.mark.django_db, pytest.mark.once("PostgreSQL")]

SILVER_LIVES_LONGER = {"silver": {"expiry_extra_months": 12}}
ROLLING = {"rule": "rolling_months", "months": 6}
# 20 September: London is an hour ahead.
SIX_MONTHS_AFTER_20_MARCH = utc(2026, 9, 20, 23)


class TestAnOrder:
    def test_prolongs_what_is_held_and_shortens_nothing(self):
        club = open_club(expiry=ROLLING)
        club.take_in("A1", 10, at=utc(2026, 1, 10), told_at=utc(2026, 1, 10))

        club.take_in("A2", 5, at=utc(2026, 3, 20), told_at=utc(2026, 3, 20))

        assert club.lots() == [(10, SIX_MONTHS_AFTER_20_MARCH), (5, SIX_MONTHS_AFTER_20_MARCH)]
        told = LotExtension.objects.get()
        assert (told.expired_before, told.expires_at) == (
            utc(2026, 7, 10, 23),
            SIX_MONTHS_AFTER_20_MARCH,
        )
        assert audit(as_of=utc(2026, 3, 20)).ok

    def test_prolongs_wallets_and_what_waits(self):
        club = open_club(expiry=ROLLING, pending_days=90)
        club.take_in("A0", 8, at=utc(2025, 11, 1), told_at=utc(2026, 2, 20), sku="jug")
        wallet = accounts.wallet(club.unit, join(club.partner, "Bob"))
        share = Entry(
            kind=Transfer.Kind.SHARE,
            debit=accounts.pool(club.unit, club.partner),
            credit=wallet,
            amount=3,
            idempotency_key="test:share",
            occurred_at=utc(2026, 2, 21),
        )
        with transaction.atomic():
            Partner.objects.lock([club.partner.pk])
            post([share], posted_at=utc(2026, 2, 21))
        club.take_in("A1", 10, at=utc(2026, 2, 22), told_at=utc(2026, 2, 22))

        club.take_in("A2", 5, at=utc(2026, 3, 20), told_at=utc(2026, 3, 20))

        assert club.balances() == {"pool": 5, "wallet": 3, "pending": 15}
        assert {expires_at for _left, expires_at in club.lots()} == {SIX_MONTHS_AFTER_20_MARCH}

    def test_revives_nothing_that_has_expired(self):
        club = open_club(expiry=ROLLING)
        club.take_in("A1", 10, at=utc(2025, 9, 1), told_at=utc(2025, 9, 1))

        club.take_in("A2", 5, at=utc(2026, 3, 20), told_at=utc(2026, 3, 20))

        # Nobody has run the night yet: the first 10 are still there, and expired.
        assert club.lots() == [(10, utc(2026, 3, 2, 0)), (5, SIX_MONTHS_AFTER_20_MARCH)]

    def test_told_twice_prolongs_once(self):
        club = open_club(expiry=ROLLING)
        club.take_in("A1", 10, at=utc(2026, 1, 10), told_at=utc(2026, 1, 10))
        for _ in range(2):
            club.take_in("A2", 5, at=utc(2026, 3, 20), told_at=utc(2026, 3, 20))

        assert LotExtension.objects.count() == 1

    def test_of_another_programme_prolongs_nothing(self):
        club = open_club(expiry={"rule": "after_months", "months": 6})
        club.take_in("A1", 10, at=utc(2026, 1, 10), told_at=utc(2026, 1, 10))

        club.take_in("A2", 5, at=utc(2026, 3, 20), told_at=utc(2026, 3, 20))

        assert not LotExtension.objects.exists()

    @pytest.mark.parametrize("arrival", list(itertools.permutations(range(3))))
    def test_gives_the_same_expiry_whatever_arrives_first(self, arrival):
        club = open_club(expiry=ROLLING)
        facts = [
            ("A1", 10, utc(2026, 1, 10), "mug", "order"),
            ("A2", 5, utc(2026, 3, 20), "jug", "order"),
            ("C1", 4, utc(2026, 3, 25), "mug", "return"),
        ]

        for place in arrival:
            number, pounds, at, sku, kind = facts[place]
            club.take_in(number, pounds, at=at, told_at=utc(2026, 3, 30), sku=sku, kind=kind)

        assert club.balances() == {"pool": 11}
        assert {expires_at for _left, expires_at in club.lots()} == {SIX_MONTHS_AFTER_20_MARCH}

    def test_of_an_empty_ledger_finds_what_was_alive_at_its_own_time(self):
        """The history of a new installation: each order is posted at its own time."""
        club = open_club(expiry=ROLLING)
        reports = [
            club.report(number, 10, at=utc(2025, month, 10))
            for number, month in (("A1", 1), ("A2", 5), ("A3", 9))
        ]

        with transaction.atomic():
            take_in(reports, as_of=utc(2026, 1, 1), post_when_occurred=True)

        # January lives on by May, and May by September.
        assert {expires_at for _left, expires_at in club.lots()} == {utc(2026, 3, 11, 0)}


class TestATier:
    def test_prolongs_what_is_earned_in_it(self):
        club = open_club(expiry={"rule": "after_months", "months": 6}, tiers=SILVER_LIVES_LONGER)
        club.take_in("A1", 2_500, at=utc(2026, 1, 10), told_at=utc(2026, 1, 10))

        club.take_in("A2", 5, at=utc(2026, 1, 20), told_at=utc(2026, 1, 20))

        # The first order was judged in bronze, the second in silver.
        assert club.lots() == [(2_500, utc(2026, 7, 10, 23)), (5, utc(2027, 7, 20, 23))]
        assert Award.objects.get(activity__external_id="A2").explanation["tier"] == "silver"

    def test_is_remembered_for_what_comes_back_of_an_award(self):
        club = open_club(expiry={"rule": "after_months", "months": 6}, tiers=SILVER_LIVES_LONGER)
        for number, pounds, day, sku, kind in (
            ("A1", 2_500, 10, "jug", "order"),
            ("A2", 10, 20, "mug", "order"),
            ("C1", 10, 25, "mug", "return"),
            # The return belongs to this newer order: A2 is whole again.
            ("A3", 20, 22, "mug", "order"),
        ):
            club.take_in(
                number, pounds, at=utc(2026, 1, day), told_at=utc(2026, 2, 1), sku=sku, kind=kind
            )

        back = Transfer.objects.get(kind=Transfer.Kind.REVERSE)
        assert back.opened_lots.get().expires_at == utc(2027, 7, 20, 23)

    def test_prolongs_what_an_order_in_it_rolls_on(self):
        club = open_club(expiry=ROLLING, tiers=SILVER_LIVES_LONGER)
        club.take_in("A1", 2_500, at=utc(2026, 1, 10), told_at=utc(2026, 1, 10))

        club.take_in("A2", 5, at=utc(2026, 1, 20), told_at=utc(2026, 1, 20))

        assert {expires_at for _left, expires_at in club.lots()} == {utc(2027, 7, 20, 23)}
