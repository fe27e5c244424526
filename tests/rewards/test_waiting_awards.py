"""Awards that wait: pending first, then the pool; taken back, released or cancelled meanwhile."""

import random
from datetime import timedelta

import pytest
from django.db.models import Sum

from ledger.auditing import audit
from ledger.models import Account, Lot, Transfer
from partners.models import Event
from rewards.models import Award, ClawBack
from rewards.waiting import (
    NothingWaits,
    OwnPartner,
    ReasonNotAllowed,
    cancel,
    find_waiting,
    release,
)
from tests.rewards.cast import join
from tests.rewards.club import open_club, utc

pytestmark = pytest.mark.django_db

TOLD = utc(2026, 3, 5)


class TestAnAward:
    def test_waits_until_the_local_midnight_that_ends_its_last_day(self):
        club = open_club(pending_days=14, expiry={"rule": "after_months", "months": 12})

        club.take_in("A1", 30, at=utc(2026, 3, 20), told_at=utc(2026, 3, 20, 13))

        # 20 March and 14 days is 3 April, when London is an hour ahead.
        lot = Lot.objects.get()
        assert club.balances() == {"pending": 30}
        assert lot.matures_at == utc(2026, 4, 3, 23)
        assert lot.expires_at == utc(2027, 3, 20, 0) + timedelta(days=1)
        assert lot.opened_by.kind == Transfer.Kind.PEND

    def test_can_be_spent_after_the_night_of_that_day(self):
        club = open_club(pending_days=14)
        club.take_in("A1", 30, at=utc(2026, 3, 1), told_at=TOLD)

        club.run_night(utc(2026, 3, 15, 0))
        assert club.balances() == {"pending": 30}
        club.run_night(utc(2026, 3, 16, 0))

        assert club.balances() == {"pool": 30}
        assert audit(as_of=TOLD).ok

    def test_told_of_after_it_has_waited_can_be_spent_at_once(self):
        club = open_club(pending_days=14)

        club.take_in("A1", 30, at=utc(2026, 2, 1), told_at=TOLD)

        assert club.balances() == {"pool": 30}
        assert Transfer.objects.get().kind == Transfer.Kind.EARN

    def test_expires_while_it_waits_if_it_waits_too_long(self):
        club = open_club(pending_days=60, expiry={"rule": "after_days", "days": 30})
        club.take_in("A1", 30, at=utc(2026, 3, 1), told_at=TOLD)

        club.run_night(utc(2026, 4, 2, 0))

        assert club.balances() == {}
        assert audit(as_of=TOLD).ok

    def test_that_a_late_fact_raises_waits_with_its_order(self):
        silver = {"silver": {"multiplier_percent": 200}}
        club = open_club(pending_days=14, tiers=silver)
        club.take_in("A2", 100, at=utc(2026, 3, 4), told_at=TOLD)

        club.take_in("A1", 2_500, at=utc(2026, 1, 4), told_at=TOLD, sku="jug")

        raised = Lot.objects.filter(account__kind=Account.Kind.PENDING).order_by("pk")
        assert club.balances() == {"pool": 2_500, "pending": 200}
        assert {lot.matures_at for lot in raised} == {utc(2026, 3, 19, 0)}


class TestTakingBack:
    def test_begins_with_what_waits(self):
        club = open_club(pending_days=14)
        club.take_in("A0", 50, at=utc(2026, 1, 1), told_at=TOLD, sku="jug")
        club.take_in("A1", 30, at=utc(2026, 3, 1), told_at=TOLD)

        club.take_in("C1", 10, at=utc(2026, 3, 4), told_at=TOLD, kind="return")

        assert club.balances() == {"pool": 50, "pending": 20}
        assert ClawBack.objects.get().collected == 10

    @pytest.mark.parametrize(
        ("policy", "after"),
        [
            ("only_pending", {"waived": 10, "debt": 0, "collected": 0}),
            ("within_balance", {"waived": 10, "debt": 0, "collected": 0}),
            ("allow_debt", {"waived": 0, "debt": 10, "collected": 0}),
        ],
    )
    def test_of_what_has_matured_and_is_spent_follows_the_policy(self, policy, after):
        club = open_club(pending_days=14, claw_back_policy=policy)
        club.take_in("A1", 30, at=utc(2026, 3, 1), told_at=TOLD)
        club.run_night(utc(2026, 3, 16, 0))
        club.spend(30, at=utc(2026, 3, 17))

        club.take_in("C1", 10, at=utc(2026, 3, 18), told_at=utc(2026, 3, 18), kind="return")

        row = ClawBack.objects.get()
        assert {name: getattr(row, name) for name in after} == after

    def test_that_a_late_order_explains_better_gives_back_to_what_waits(self):
        club = open_club(pending_days=14)
        club.take_in("A1", 10, at=utc(2026, 3, 1), told_at=TOLD)
        club.take_in("C1", 10, at=utc(2026, 3, 4), told_at=TOLD, kind="return")
        assert club.balances() == {}

        # The return now belongs to this newer order: A1 is whole again, and still waits.
        club.take_in("A2", 20, at=utc(2026, 3, 2), told_at=TOLD)

        assert club.balances() == {"pending": 20}
        back = Transfer.objects.get(kind=Transfer.Kind.REVERSE)
        assert back.opened_lots.get().matures_at == utc(2026, 3, 16, 0)

    def test_that_was_booked_as_debt_is_repaid_at_once_though_the_award_waits(self):
        club = open_club(pending_days=14)
        club.take_in("A1", 10, at=utc(2026, 3, 1), told_at=TOLD)
        release(award=club.award("A1"), reason="goodwill", by=None, at=TOLD)
        club.spend(10, at=TOLD)
        club.take_in("C1", 10, at=utc(2026, 3, 4), told_at=TOLD, kind="return")
        assert club.balances() == {"debt": 10}

        club.take_in("A2", 20, at=utc(2026, 3, 2), told_at=TOLD)

        # 20 wait, of which the return takes 10; the debt of A1 is lifted.
        assert club.balances() == {"pending": 10}
        assert audit(as_of=TOLD).ok


class TestEndingTheWaitByHand:
    @pytest.fixture
    def club(self):
        club = open_club(pending_days=14, expiry={"rule": "after_months", "months": 12})
        club.take_in("A0", 7, at=utc(2026, 3, 1), told_at=TOLD, sku="jug")
        club.take_in("A1", 30, at=utc(2026, 3, 2), told_at=TOLD)
        return club

    def test_releases_this_award_and_no_other(self, club):
        award = club.award("A1")
        assert (find_waiting(award).amount, find_waiting(award).until) == (30, utc(2026, 3, 17, 0))

        released = release(award=award, reason="agreement", by=None, at=TOLD)

        moved = Transfer.objects.get(kind=Transfer.Kind.MATURE)
        assert (released, club.balances()) == (30, {"pool": 30, "pending": 7})
        assert (moved.reason_code, moved.reference) == ("agreement", str(award.public_id))
        assert find_waiting(award).amount == 0
        assert Event.objects.get(kind="points_matured").payload["amount"] == 30

    def test_cancels_this_award_and_no_other(self, club):
        cancelled = cancel(award=club.award("A1"), reason="misuse", by=None, at=TOLD)

        assert (cancelled, club.balances()) == (30, {"pending": 7})
        assert audit(as_of=TOLD).ok

    @pytest.mark.parametrize("end", [release, cancel])
    def test_twice_finds_nothing_left(self, club, end):
        end(award=club.award("A1"), reason="agreement", by=None, at=TOLD)

        with pytest.raises(NothingWaits):
            end(award=club.award("A1"), reason="agreement", by=None, at=TOLD)

    @pytest.mark.parametrize("end", [release, cancel])
    def test_is_not_for_the_team_of_the_partner(self, club, end):
        own = join(club.partner, "Bob").person

        with pytest.raises(OwnPartner):
            end(award=club.award("A1"), reason="agreement", by=own, at=TOLD)

    @pytest.mark.parametrize(("end", "reason"), [(release, "expiry-waived"), (cancel, "goodwill")])
    def test_needs_a_reason_of_the_list(self, club, end, reason):
        with pytest.raises(ReasonNotAllowed):
            end(award=club.award("A1"), reason=reason, by=None, at=TOLD)

        assert club.balances() == {"pending": 37}

    def test_includes_what_was_added_to_the_award(self):
        club = open_club(pending_days=14, tiers={"silver": {"multiplier_percent": 200}})
        club.take_in("A2", 100, at=utc(2026, 3, 4), told_at=TOLD)
        club.take_in("A1", 2_500, at=utc(2026, 1, 4), told_at=TOLD, sku="jug")

        assert release(award=club.award("A2"), reason="agreement", by=None, at=TOLD) == 200
        assert club.balances() == {"pool": 2_700}


HISTORY = (
    # number, pounds, day of March, article, kind
    ("A1", 21, 3, "mug", "order"),
    ("A2", 13, 4, "mug", "order"),
    ("A3", 40, 6, "jug", "order"),
    ("C1", 22, 7, "mug", "return"),
    ("C2", 5, 8, "voucher", "return"),
    ("A4", 9, 9, "mug", "order"),
    ("C3", 30, 10, "jug", "return"),
)


def play(club, seed: int) -> dict[str, int]:
    """Tell the facts in a shuffled order, with nights and spending between; return what is due."""
    dice = random.Random(seed)
    facts = list(HISTORY)
    dice.shuffle(facts)
    now = utc(2026, 3, 11)
    for number, pounds, day, sku, kind in facts:
        club.take_in(number, pounds, at=utc(2026, 3, day), told_at=now, sku=sku, kind=kind)
        if dice.random() < 0.4:
            now += timedelta(days=dice.randint(1, 4))
            club.run_night(now)
        free = club.balances().get("pool", 0)
        if free and dice.random() < 0.5:
            club.spend(dice.randint(1, free), at=now)
    assert audit(as_of=now).ok
    rows = ClawBack.objects.filter(award__partner=club.partner)
    awarded = Award.objects.filter(partner=club.partner).aggregate(Sum("amount"))["amount__sum"]
    houses = dict.fromkeys(("issued", "taken_back"), 0)
    for transfer in club.partner.transfers.select_related("debit_account", "credit_account"):
        for side, sign in ((transfer.debit_account, 1), (transfer.credit_account, -1)):
            if side.kind in houses:
                houses[side.kind] += sign * transfer.amount
    return {
        "due": awarded - (rows.aggregate(Sum("due"))["due__sum"] or 0),
        "net": houses["issued"] + houses["taken_back"],
    }


@pytest.mark.once("SQLite")
@pytest.mark.parametrize("pending_days", [0, 3, 30])
@pytest.mark.parametrize("seed", range(4))
def test_points_due_are_the_same_however_facts_arrive_and_however_long_they_wait(
    pending_days, seed
):
    """Orders of 83 pounds and returns of 57: every point of 26, and no other, is due."""
    club = open_club(pending_days=pending_days)

    assert play(club, seed) == {"due": 26, "net": 26}
