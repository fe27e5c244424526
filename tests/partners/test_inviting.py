"""Invitations: one link, once, for seven days, and nothing told about who is known."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from partners import inviting
from partners.inviting import (
    Offer,
    State,
    accept,
    find,
    invite,
    join,
    limits,
    resend,
    state_of,
    withdraw,
)
from partners.models import Actor, Event, Invitation, Member, Partner, Person
from partners.team import OnlyHeadBuyerDecides, PartnerClosed
from tests.rewards.cast import NOON, Shop, make_partner, open_shop
from tests.rewards.cast import join as put_on

pytestmark = pytest.mark.django_db

IVY = Offer(email="ivy@example.com", name="Ivy Lane", role="buyer", job_title="Glass")
SECRET = "a long enough secret"


@pytest.fixture
def shop() -> Shop:
    return open_shop()


class Letters(dict):
    """The tokens that were mailed, by invitation; the last one counts."""

    def __call__(self, invitation: Invitation, token: str) -> None:
        self[invitation.pk] = token


def as_head(shop: Shop) -> Actor:
    return Actor(person=shop.alice.person, member=shop.alice)


@pytest.fixture
def ask(shop, django_capture_on_commit_callbacks):
    """Invite, and return the invitation with the token of its mail, if one was sent."""
    letters = Letters()

    def invite_and_read(offer=IVY, *, by=None, at=NOON, partner=None):
        letters.clear()
        with django_capture_on_commit_callbacks(execute=True):
            made = invite(
                partner=partner or shop.partner,
                offer=offer,
                by=by or as_head(shop),
                at=at,
                mail=letters,
            )
        return made, letters.get(made.pk)

    return invite_and_read


def changed(**fields) -> Offer:
    return Offer(**{**{name: getattr(IVY, name) for name in Offer.__slots__}, **fields})


class TestInviting:
    def test_keeps_what_was_offered_and_only_a_hash_of_the_link(self, shop, ask):
        made, token = ask(changed(email=" Ivy@Example.com ", name="Ivy \r\n Lane"))

        assert (made.email, made.name, made.role) == ("ivy@example.com", "Ivy Lane", "buyer")
        assert made.expires_at == NOON + timedelta(days=7)
        assert find(token) == made
        assert token not in str(Invitation.objects.values().get())
        assert Event.objects.get(kind="member_invited").payload == {
            "invitation": str(made.public_id),
            "role": "buyer",
        }

    def test_asked_twice_sends_one_mail(self, ask):
        first, _token = ask()

        again, token = ask(at=NOON + timedelta(seconds=1))

        assert (again, token) == (first, None)

    def test_with_other_words_is_refused_while_one_is_open(self, ask):
        ask()

        with pytest.raises(inviting.AlreadyInvited):
            ask(changed(role="viewer"))

    def test_makes_way_for_a_new_one_when_it_has_expired(self, ask):
        first, _token = ask()

        second, token = ask(changed(role="viewer"), at=NOON + timedelta(days=7))

        assert second != first
        assert find(token) == second
        assert Invitation.objects.open().get() == second

    def test_tells_that_somebody_is_on_this_team_and_nothing_about_others(self, shop, ask):
        with pytest.raises(inviting.AlreadyOnTheTeam):
            ask(changed(email=shop.bob.person.email.upper()))
        elsewhere = put_on(make_partner(shop.programme, "99"), "Kim")

        with CaptureQueriesContext(connection) as known:
            ask(changed(email=elsewhere.person.email))
        with CaptureQueriesContext(connection) as unknown:
            ask(changed(email="nobody-knows@example.com"))

        assert len(known) == len(unknown)

    @pytest.mark.parametrize("name", ["win at www.evil.example", "a@b", "https://x", "<b>Ivy</b>"])
    def test_carries_no_link_in_the_name(self, ask, name):
        with pytest.raises(inviting.NameNotPlain):
            ask(changed(name=name))

    def test_is_for_head_buyers_and_asked_under_the_lock(self, shop, ask):
        stale = as_head(shop)
        Member.objects.filter(pk=shop.alice.pk).update(role="buyer")

        for by in (stale, Actor(person=shop.bob.person, member=shop.bob)):
            with pytest.raises(OnlyHeadBuyerDecides):
                ask(by=by)

    def test_a_head_buyer_of_another_company_is_nobody_here(self, shop, ask):
        other = put_on(make_partner(shop.programme, "99"), "Kim", "head_buyer")

        with pytest.raises(OnlyHeadBuyerDecides):
            ask(by=Actor(person=other.person, member=other))

    def test_nobody_invites_themselves(self, ask):
        dana = Person.objects.create(email=IVY.email, name="Dana", is_staff=True)

        with pytest.raises(inviting.OwnInvitation):
            ask(by=Actor(person=dana))

    def test_needs_a_company_that_takes_part(self, shop, ask):
        Partner.objects.filter(pk=shop.partner.pk).update(status="closed")

        with pytest.raises(PartnerClosed):
            ask(by=Actor())


class TestLimits:
    def test_of_one_mailbox_hold_over_all_companies_and_end_after_a_day(self, shop, ask):
        for number in range(inviting.MAILS_TO_ADDRESS_A_DAY):
            ask(by=Actor(), partner=make_partner(shop.programme, f"9{number}"))

        with pytest.raises(inviting.TooManyInvitations) as refusal:
            ask()

        assert refusal.value.retry_after == 24 * 60 * 60
        assert ask(at=NOON + timedelta(days=1))[1]

    def test_of_one_company_hold(self, ask, monkeypatch):
        monkeypatch.setattr(limits, "MAILS_OF_COMPANY_A_DAY", 2)
        for number in range(2):
            ask(changed(email=f"ivy{number}@example.com"))

        with pytest.raises(inviting.TooManyInvitations):
            ask()

    def test_count_what_is_sent_again(self, shop, ask):
        made, _token = ask()
        for number in range(1, inviting.MAILS_TO_ADDRESS_A_DAY):
            resend(invitation=made, by=as_head(shop), at=NOON + timedelta(hours=number), mail=None)

        with pytest.raises(inviting.TooManyInvitations):
            resend(invitation=made, by=as_head(shop), at=NOON + timedelta(hours=9), mail=None)


class TestSendingAgain:
    def test_makes_a_new_link_and_ends_the_old_one(
        self, shop, ask, django_capture_on_commit_callbacks
    ):
        made, old = ask()
        letters = Letters()

        with django_capture_on_commit_callbacks(execute=True):
            later = NOON + timedelta(days=6)
            sent = resend(invitation=made, by=as_head(shop), at=later, mail=letters)

        assert find(old) is None
        assert find(letters[made.pk]) == sent
        assert (sent.expires_at, sent.sent_times) == (later + timedelta(days=7), 2)

    def test_pressed_twice_sends_once(self, shop, ask):
        made, token = ask()

        sent = resend(invitation=made, by=as_head(shop), at=NOON + timedelta(seconds=5), mail=None)

        assert sent.sent_times == 1
        assert find(token) == made

    def test_ends_with_the_answer(self, shop, ask):
        made, _token = ask()
        withdraw(invitation=made, by=as_head(shop), at=NOON)

        with pytest.raises(inviting.InvitationNotOpen) as refusal:
            resend(invitation=made, by=as_head(shop), at=NOON + timedelta(days=1), mail=None)

        assert refusal.value.state == "withdrawn"


class TestAccepting:
    def test_makes_a_person_of_somebody_new_and_puts_them_on_the_team(self, shop, ask):
        made, _token = ask()

        member = join(invitation=made, name="Ivy Lane", language="pl", password=SECRET, at=NOON)

        person = Person.objects.get(email="ivy@example.com")
        assert person.check_password(SECRET)
        assert (person.language, member.person, member.role) == ("pl", person, "buyer")
        assert (member.status, member.job_title) == ("active", "Glass")
        made.refresh_from_db()
        assert (made.accepted_at, made.member) == (NOON, member)
        joined = Event.objects.get(kind="member_joined")
        assert joined.member == member
        assert "ivy" not in str(joined.payload).lower()

    def test_works_once(self, ask):
        made, _token = ask()
        person = Person.objects.create(email=made.email, name="Ivy")
        accept(invitation=made, person=person, at=NOON)

        with pytest.raises(inviting.InvitationNotOpen) as refusal:
            accept(invitation=made, person=person, at=NOON)

        assert refusal.value.state == "accepted"

    @pytest.mark.parametrize(
        ("after", "state"),
        [
            (timedelta(days=7) - timedelta(microseconds=1), State.OPEN),
            (timedelta(days=7), State.EXPIRED),
        ],
    )
    def test_ends_to_the_moment_after_seven_days(self, ask, after, state):
        made, _token = ask()

        assert state_of(made, NOON + after) == state

    def test_is_only_for_the_address_it_went_to(self, shop, ask):
        made, _token = ask()

        with pytest.raises(inviting.NotTheInvited):
            accept(invitation=made, person=shop.bob.person, at=NOON)

    def test_is_not_for_whoever_may_not_sign_in(self, ask):
        made, _token = ask()
        person = Person.objects.create(email=made.email, name="Ivy", is_active=False)

        with pytest.raises(inviting.NotTheInvited):
            accept(invitation=made, person=person, at=NOON)

    def test_does_not_set_the_password_of_who_has_one(self, ask):
        made, _token = ask()
        known = Person.objects.create_user(made.email, "their own secret", name="Ivy")

        with pytest.raises(inviting.AddressKnown):
            join(invitation=made, name="Eve", language="en", password=SECRET, at=NOON)

        known.refresh_from_db()
        assert known.check_password("their own secret")

    def test_brings_back_who_left_as_the_same_member(self, shop, ask):
        Member.objects.filter(pk=shop.bob.pk).update(status="left", left_at=NOON)
        made, _token = ask(changed(email=shop.bob.person.email, role="viewer", job_title=""))

        member = accept(invitation=made, person=shop.bob.person, at=NOON + timedelta(days=1))

        assert member == shop.bob
        assert (member.status, member.role, member.left_at) == ("active", "viewer", None)

    def test_an_old_link_in_the_hand_of_who_opened_the_page_before_it_was_sent_again(
        self, shop, ask
    ):
        made, _token = ask()
        resend(invitation=made, by=as_head(shop), at=NOON + timedelta(hours=1), mail=None)

        with pytest.raises(inviting.InvitationNotOpen):
            join(invitation=made, name="Ivy", language="en", password=SECRET, at=NOON)

    def test_withdrawn_it_works_no_more(self, shop, ask):
        made, _token = ask()
        withdraw(invitation=made, by=as_head(shop), at=NOON)
        withdraw(invitation=made, by=as_head(shop), at=NOON)

        with pytest.raises(inviting.InvitationNotOpen):
            join(invitation=made, name="Ivy", language="en", password=SECRET, at=NOON)
        assert Event.objects.filter(kind="invitation_withdrawn").count() == 1
