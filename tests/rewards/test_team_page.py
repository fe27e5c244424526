"""The head buyer sees every wallet and decides; everybody else sees names, and their own wallet."""

import re

import pytest
from django.urls import reverse

from partners.models import Invitation, Member
from tests.rewards.cast import NOON, balance, earn, join, make_partner, offer, take
from tests.rewards.merging.world import join_up
from tests.rewards.portal import open_shop_today, sign_in, words

# What the page says is the same on both databases.
pytestmark = [pytest.mark.django_db, pytest.mark.once("PostgreSQL")]

TEAM = reverse("rewards:team")
INVITE = reverse("rewards:invite")


def wallets_on(page):
    return {member.person.name: held for member, held in page.context["rows"]}


@pytest.fixture
def shop():
    shop = open_shop_today(points=500)
    earn(shop.wallet(shop.bob), 120)
    earn(shop.wallet(shop.alice), 30)
    return shop


@pytest.fixture
def alice(shop):
    return sign_in(shop.alice)


def page_of(member, step=""):
    return f"{TEAM}{member.public_id}/{step}"


def invite_form(shop, **changes):
    return {
        "acting_for": str(shop.alice.public_id),
        "email": "ivy@example.com",
        "name": "Ivy Lane",
        "role": "buyer",
        "job_title": "Glass",
        "language": "pl",
        **changes,
    }


class TestTeam:
    def test_shows_the_head_buyer_every_wallet_and_their_sum(self, alice):
        page = alice.get(TEAM)

        assert wallets_on(page) == {"Alice": 30, "Bob": 120, "Vera": 0}
        assert "3 people. Wallets hold 150 points together." in words(page)

    @pytest.mark.parametrize(
        ("who", "wallets"),
        [
            ("bob", {"Alice": None, "Bob": 120, "Vera": None}),
            ("vera", {"Alice": None, "Bob": None, "Vera": 0}),
        ],
    )
    def test_shows_the_others_names_and_their_own_wallet(self, shop, alice, who, wallets):
        alice.post(INVITE, invite_form(shop))

        page = sign_in(getattr(shop, who)).get(TEAM)

        assert wallets_on(page) == wallets
        for hidden in ("Share bonuses", "Invite", "Manage", "ivy@example.com"):
            assert hidden not in words(page)

    def test_shows_apart_who_left_and_nobody_of_another_team(self, shop, alice):
        join(shop.partner, "Gone", status="left", left_at=NOON)
        join(make_partner(shop.programme, "99999"), "Charlie", "head_buyer")

        page = alice.get(TEAM)

        assert set(wallets_on(page)) == {"Alice", "Bob", "Vera"}
        assert [member.person.name for member in page.context["left"]] == ["Gone"]

    def test_who_came_with_a_merged_company_is_here_and_did_not_leave(self, shop, alice):
        charlie = join(make_partner(shop.programme, "99999"), "Charlie", "head_buyer")
        join_up(shop.partner, charlie.partner)

        page = alice.get(TEAM)

        assert "Charlie" in wallets_on(page)
        assert page.context["left"] == []

    def test_costs_the_same_queries_for_three_people_and_for_nine(
        self, shop, alice, django_assert_num_queries
    ):
        alice.post(INVITE, invite_form(shop))
        alice.get(TEAM)

        # session, person, memberships, frame: standing and versions; members, wallets, their lots,
        # invitations
        for more in (0, 6):
            for number in range(more):
                earn(shop.wallet(join(shop.partner, f"Extra{number}")), 10)
                alice.post(INVITE, invite_form(shop, email=f"ivy{number}@example.com"))
            alice.get(TEAM)
            with django_assert_num_queries(9):
                alice.get(TEAM)


class TestInviting:
    def test_sends_the_link_in_the_language_chosen(
        self, shop, alice, mailoutbox, django_capture_on_commit_callbacks
    ):
        with django_capture_on_commit_callbacks(execute=True):
            answer = alice.post(INVITE, invite_form(shop), follow=True)

        assert "The invitation is on its way to ivy@example.com." in words(answer)
        [mail] = mailoutbox
        assert mail.to == ["ivy@example.com"]
        html = mail.alternatives[0].content
        [link] = set(re.findall(r"http://testserver/invitation/[\w-]{43}/", mail.body))
        assert link in html
        assert 'lang="pl"' in html
        assert [each.email for each, _works in answer.context["invitations"]] == ["ivy@example.com"]

    def test_pressed_twice_invites_once(
        self, shop, alice, mailoutbox, django_capture_on_commit_callbacks
    ):
        with django_capture_on_commit_callbacks(execute=True):
            answers = [alice.post(INVITE, invite_form(shop)) for _time in range(2)]

        assert [answer.status_code for answer in answers] == [302, 302]
        assert len(mailoutbox) == Invitation.objects.count() == 1

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"email": "no address"}, "email"),
            ({"email": "bob@12346.example"}, "email"),
            ({"name": "Win: www.evil.example"}, "name"),
            ({"role": "king"}, "role"),
            ({"language": "xx"}, "language"),
        ],
    )
    def test_tells_what_is_wrong_at_the_field_and_keeps_the_rest(self, shop, alice, changes, field):
        answer = alice.post(INVITE, invite_form(shop, **changes))

        assert answer.status_code == 422
        assert list(answer.context["form"].errors) == [field]
        assert "Glass" in answer.content.decode()
        assert not Invitation.objects.exists()

    def test_of_a_tab_of_another_company_invites_nobody(self, shop, alice):
        other = make_partner(shop.programme, "99")
        second = Member.objects.create(
            partner=other, person=shop.alice.person, role="head_buyer", joined_at=NOON
        )
        alice.post("/company/", {"company": str(second.public_id)})

        answer = alice.post(INVITE, invite_form(shop), follow=True)

        assert "You changed the company in another tab." in words(answer)
        assert not Invitation.objects.exists()

    def test_is_filled_in_for_who_was_here_before(self, shop, alice):
        gone = join(shop.partner, "Gone", "viewer", status="left", left_at=NOON)
        stranger = join(make_partner(shop.programme, "99"), "Kim", status="left", left_at=NOON)

        own = alice.get(INVITE, {"again": str(gone.public_id)})
        other = alice.get(INVITE, {"again": str(stranger.public_id)})

        assert gone.person.email in own.content.decode()
        assert stranger.person.email not in other.content.decode()

    def test_withdrawn_or_sent_again_from_the_team_page(self, shop, alice):
        alice.post(INVITE, invite_form(shop))
        made = Invitation.objects.get()

        again = alice.post(reverse("rewards:invitation-resend", args=[made.public_id]))
        ended = alice.post(reverse("rewards:invitation-withdraw", args=[made.public_id]))
        late = alice.post(reverse("rewards:invitation-resend", args=[made.public_id]), follow=True)

        assert [again.status_code, ended.status_code] == [302, 302]
        assert "This invitation is not open any more." in words(late)


class TestOneMember:
    def test_gets_another_role(self, shop, alice):
        form = {"revision": "1", "role": "viewer", "job_title": "Glass"}

        answer = alice.post(page_of(shop.bob), form, follow=True)

        shop.bob.refresh_from_db()
        assert (shop.bob.role, shop.bob.job_title) == ("viewer", "Glass")
        assert "Bob: saved." in words(answer)

    def test_stays_as_somebody_else_just_made_it(self, shop, alice):
        Member.objects.filter(pk=shop.bob.pk).update(revision=2, job_title="China")

        typed = {"revision": "1", "role": "viewer", "job_title": "Glass"}
        answer = alice.post(page_of(shop.bob), typed)

        shop.bob.refresh_from_db()
        assert (shop.bob.role, shop.bob.job_title) == ("buyer", "China")
        assert "Somebody changed this meanwhile." in words(answer)
        # What was typed is still there, and can be saved now that the other edit was seen.
        again = {name: answer.context["form"][name].value() for name in typed}
        assert again == typed | {"revision": "2"}
        alice.post(page_of(shop.bob), again)
        shop.bob.refresh_from_db()
        assert (shop.bob.role, shop.bob.job_title) == ("viewer", "Glass")

    def test_the_only_head_buyer_is_told_at_the_role(self, shop, alice):
        answer = alice.post(
            page_of(shop.alice), {"revision": "1", "role": "buyer", "job_title": ""}
        )

        assert list(answer.context["form"].errors) == ["role"]


class TestHandingOver:
    def test_says_what_follows_and_then_does_it_once(self, shop, alice):
        page = page_of(shop.bob, "hand-over/")
        form = {"revision": "1", "becomes": "buyer"}

        asked = alice.get(page)
        answers = [alice.post(page, form) for _time in range(2)]

        assert "Only a head buyer, or the seller, can give it back to you." in words(asked)
        assert [(each.status_code, each["Location"]) for each in answers] == [(302, TEAM)] * 2
        roles = Member.objects.filter(partner=shop.partner).values_list("person__name", "role")
        assert dict(roles) == {"Alice": "buyer", "Bob": "head_buyer", "Vera": "viewer"}
        assert alice.get(INVITE).status_code == 403


class TestLeaving:
    def test_shows_the_wallet_going_back_and_then_does_it_once(self, shop, alice):
        page = page_of(shop.bob, "leave/")

        asked = words(alice.get(page))
        answers = [alice.post(page, {"revision": "1"}) for _time in range(2)]

        assert "In the pool 500 From the wallet +120 In the pool after 620 points" in asked
        assert [(each.status_code, each["Location"]) for each in answers] == [(302, TEAM)] * 2
        assert balance(shop.pool) == 620
        assert balance(shop.wallet(shop.bob)) == 0
        assert "Bob Returned by who left the team +120" in words(
            alice.get("/statement/?period=all")
        )

    def test_ends_every_session_of_the_member_at_once(self, shop, alice):
        bob = sign_in(shop.bob)
        assert bob.get("/").status_code == 200

        alice.post(page_of(shop.bob, "leave/"), {"revision": "1"})

        assert bob.get("/").status_code == 403
        assert bob.post("/share/", {}).status_code == 403

    def test_names_what_waits_and_withdraws_it_only_when_told(self, shop, alice):
        reward = offer(shop.programme, audience="person", price=50, approval_required=True)
        taken = take(shop.bob, shop.wallet(shop.bob), reward)
        page = page_of(shop.bob, "leave/")

        asked = words(alice.get(page))
        refused = alice.post(page, {"revision": "1"})
        assert refused.status_code == 422
        assert list(refused.context["form"].errors) == ["withdraws"]
        alice.post(page, {"revision": "1", "withdraws": "on"})

        assert "This still waits for a decision Credit on the next invoice" in asked
        taken.refresh_from_db()
        assert taken.state == "cancelled"
        assert balance(shop.pool) == 620

    def test_of_the_only_head_buyer_is_not_offered(self, shop, alice):
        page = page_of(shop.alice, "leave/")

        asked = words(alice.get(page))
        alice.post(page, {"revision": "1"})

        assert "The only head buyer cannot leave." in asked
        assert Member.objects.get(pk=shop.alice.pk).status == "active"

    def test_of_oneself_ends_at_a_clear_page(self, shop, alice):
        join(shop.partner, "Zoe", "head_buyer")

        answer = alice.post(page_of(shop.alice, "leave/"), {"revision": "1"}, follow=True)

        assert "You are not on a team now" in words(answer)
