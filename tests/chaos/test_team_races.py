"""Everybody leaves, joins or shares at the same moment: a head buyer stays, nothing is left behind."""

import threading
import uuid
from collections import Counter
from datetime import timedelta

import pytest
from django.db import transaction

from ledger.auditing import audit
from partners import inviting, team
from partners.models import Actor, Invitation, InvitationMail, Member, Partner, Person
from rewards import sharing
from rewards.leaving import deactivate
from tests.rewards.cast import NOON, Shop, balance, earn, join, open_shop
from tests.threads import Outcome, run_at_once

pytestmark = [pytest.mark.chaos, pytest.mark.django_db]

HEADS = 6
LATER = NOON + timedelta(days=1)


def open_with_heads(count: int) -> tuple[Shop, list[Member]]:
    shop = open_shop(points=1_000)
    more = [join(shop.partner, f"Head{number}", "head_buyer") for number in range(1, count)]
    return shop, [shop.alice, *more]


def count_heads(shop: Shop) -> int:
    return team.find_head_buyers(shop.partner.pk).count()


def answers(outcomes: list[Outcome]) -> Counter:
    """What each got: its answer, or the code of its refusal."""
    return Counter(
        outcome.answer if outcome.error is None else getattr(outcome.error, "code", outcome.error)
        for outcome in outcomes
    )


def step_down(member: Member) -> str:
    team.change(member=member, role="buyer", by=Actor(), at=NOON)
    return "done"


class TestTheLastHeadBuyer:
    def test_stays_when_all_leave_or_step_down_at_once(self):
        shop, heads = open_with_heads(HEADS)

        def go(place: int) -> str:
            if place % 2:
                return step_down(heads[place])
            deactivate(member=heads[place], by=Actor(), at=LATER)
            return "done"

        outcomes = run_at_once(HEADS, go)

        assert answers(outcomes) == {"done": HEADS - 1, "last_head_buyer": 1}
        assert count_heads(shop) == 1

    @pytest.mark.control
    @pytest.mark.pg
    def test_would_go_if_the_partner_were_not_locked(self, monkeypatch):
        """SQLite has one writer at a time, so there the transaction itself is the guard."""
        shop, heads = open_with_heads(2)
        both_have_looked = threading.Barrier(2)
        look = team.refuse_without_head_buyer

        def look_and_wait(member: Member) -> None:
            look(member)
            both_have_looked.wait(timeout=30)

        monkeypatch.setattr(type(Partner.objects), "lock", lambda _manager, _ids: None)
        monkeypatch.setattr(team, "refuse_without_head_buyer", look_and_wait)

        outcomes = run_at_once(2, lambda place: step_down(heads[place]))

        assert answers(outcomes) == {"done": 2}
        assert count_heads(shop) == 0


class TestAWallet:
    def test_is_empty_after_leaving_whatever_was_shared_meanwhile(self):
        shop = open_shop(points=1_000)
        earn(shop.wallet(shop.bob), 40)

        def give_or_go(place: int) -> str:
            if place == 0:
                deactivate(member=shop.bob, by=Actor(), at=LATER)
                return "left"
            with transaction.atomic():
                sharing.share(
                    head_buyer=shop.alice,
                    programme=shop.programme,
                    amount=10,
                    method="equal",
                    parts=[sharing.PartDraft(member_id=shop.bob.pk, amount=10)],
                    reason="Thank you",
                    request_id=uuid.uuid4(),
                    shared_at=NOON,
                )
            return "shared"

        outcomes = run_at_once(6, give_or_go)

        assert set(answers(outcomes)) <= {"left", "shared", "not_on_the_team"}
        assert answers(outcomes)["left"] == 1
        assert balance(shop.wallet(shop.bob)) == 0
        assert balance(shop.pool) == 1_040
        assert audit(as_of=LATER + timedelta(days=1)).divergences == ()


class TestAnInvitation:
    def test_is_made_mailed_and_accepted_once_by_ten_hands(self):
        shop = open_shop()
        offer = inviting.Offer(email="ivy@example.com", name="Ivy", role="buyer")
        mailed: list[str] = []

        def ask(_place: int) -> str:
            inviting.invite(
                partner=shop.partner,
                offer=offer,
                by=Actor(),
                at=NOON,
                mail=lambda _invitation, token: mailed.append(token),
            )
            return "invited"

        asked = run_at_once(10, ask)
        [token] = mailed
        made = inviting.find(token)

        def accept(_place: int) -> str:
            inviting.join(invitation=made, name="Ivy", language="en", password="x" * 12, at=NOON)
            return "joined"

        joined = run_at_once(10, accept)

        assert answers(asked) == {"invited": 10}
        assert Invitation.objects.get() == made
        assert InvitationMail.objects.count() == 1
        assert answers(joined) == {"joined": 1, "invitation_not_open": 9}
        assert Person.objects.filter(email=made.email).count() == 1
        assert Member.objects.filter(person__email=made.email, status="active").count() == 1
