"""Teams in the admin: the same acts as in the portal, with a reason, and no way around them."""

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from ledger.models import Transfer
from partners.models import Invitation, Member, Partner
from partners.roles import Role
from tests.rewards.cast import balance, earn, join, make_partner, offer, open_shop, take

# What the page says is the same on both databases.
pytestmark = [pytest.mark.django_db, pytest.mark.once("SQLite")]

ADD = reverse("admin:partners_invitation_add")


@pytest.fixture
def shop():
    return open_shop(points=500)


def act(client, member, step, **given):
    return client.post(
        f"/admin/partners/member/{member.pk}/{step}/", {"reason": "As they asked.", **given}
    )


def invite(client, shop, **changes):
    given = {
        "partner": shop.partner.pk,
        "email": "Ivy@example.com",
        "name": "Ivy Lane",
        "role": "buyer",
        "job_title": "",
        "language": "uk",
    }
    return client.post(ADD, {**given, **changes})


@pytest.mark.usefixtures("root")
class TestMembers:
    def test_have_no_fields_to_edit(self, client, shop):
        page = reverse("admin:partners_member_change", args=[shop.bob.pk])

        answer = client.post(page, {"role": "head_buyer", "status": "left"})

        assert answer.status_code == 403
        assert client.get(reverse("admin:partners_member_add")).status_code == 403
        shop.bob.refresh_from_db()
        assert (shop.bob.role, shop.bob.status) == ("buyer", "active")

    def test_get_another_role_with_a_reason_in_the_log(self, client, shop):
        act(client, shop.bob, "change_role", role="viewer", job_title="Glass", reason="")
        shop.bob.refresh_from_db()
        assert shop.bob.role == "buyer"

        act(client, shop.bob, "change_role", role="viewer", job_title="Glass")

        shop.bob.refresh_from_db()
        assert (shop.bob.role, shop.bob.job_title) == ("viewer", "Glass")
        assert "As they asked." in LogEntry.objects.get().change_message

    def test_the_only_head_buyer_stays_one_and_on_the_team(self, client, shop):
        act(client, shop.alice, "change_role", role="buyer", job_title="")
        act(client, shop.alice, "deactivate")

        shop.alice.refresh_from_db()
        assert (shop.alice.role, shop.alice.status) == ("head_buyer", "active")

    def test_hand_over_within_their_team(self, client, shop):
        stranger = join(make_partner(shop.programme, "99"), "Kim")
        act(client, shop.alice, "hand_over", to=stranger.pk, becomes="buyer")
        assert Member.objects.get(pk=stranger.pk).role == "buyer"

        act(client, shop.alice, "hand_over", to=shop.bob.pk, becomes="viewer")

        roles = Member.objects.filter(partner=shop.partner).values_list("person__name", "role")
        assert dict(roles) == {"Alice": "viewer", "Bob": "head_buyer", "Vera": "viewer"}

    def test_leave_with_their_wallet_once_nothing_waits(self, client, shop):
        earn(shop.wallet(shop.bob), 200)
        reward = offer(shop.programme, audience="person", price=120, approval_required=True)
        take(shop.bob, shop.wallet(shop.bob), reward)

        refused = act(client, shop.bob, "deactivate")
        page = client.get(refused.url).content.decode()
        assert reward.name in page
        assert not Transfer.objects.filter(kind="leave").exists()
        act(client, shop.bob, "deactivate", withdraws="on")

        assert balance(shop.wallet(shop.bob)) == 0
        assert balance(shop.pool) == 700
        assert Member.objects.get(pk=shop.bob.pk).status == "left"


@pytest.mark.usefixtures("root")
class TestInvitations:
    def test_are_sent_in_the_language_chosen(
        self, client, shop, mailoutbox, django_capture_on_commit_callbacks
    ):
        with django_capture_on_commit_callbacks(execute=True):
            invite(client, shop)

        [mail] = mailoutbox
        assert mail.to == ["ivy@example.com"]
        assert "/invitation/" in mail.body
        made = Invitation.objects.get()
        assert (made.email, made.language, made.invited_by.name) == (
            "ivy@example.com",
            "uk",
            "Root",
        )

    @pytest.mark.transaction
    @pytest.mark.once("SQLite")
    def test_say_so_when_the_mail_server_is_down(self, client, shop, settings, mailoutbox):
        backend, settings.EMAIL_BACKEND = settings.EMAIL_BACKEND, "tests.admin.no_mail.Down"
        added = client.get(invite(client, shop).url)
        made = Invitation.objects.get()
        address = reverse("admin:partners_invitation_resend", args=[made.pk])
        failed = client.post(address, follow=True)
        settings.EMAIL_BACKEND = backend
        # Within a minute: what did not go out is no earlier press of the button.
        sent = client.post(address, follow=True)

        warning = "the mail to ivy@example.com could not be sent. Send it again."
        assert warning in added.content.decode()
        assert "Could not be sent" in added.content.decode()
        assert warning in failed.content.decode()
        assert "The invitation is on its way to ivy@example.com." in sent.content.decode()
        assert len(mailoutbox) == made.mails.count() == 1

    def test_that_are_over_are_not_asked_about(self, client, shop):
        invite(client, shop)
        made = Invitation.objects.get()
        address = reverse("admin:partners_invitation_withdraw", args=[made.pk])
        client.post(address, {"reason": "A mistake"})

        answer = client.get(address, follow=True)

        assert answer.redirect_chain[-1][0].endswith(f"/{made.pk}/change/")
        assert "This invitation is not open any more." in answer.content.decode()

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"email": "bob@12346.example"}, "email"),
            ({"email": "root@example.com"}, "email"),
            ({"name": "www.evil.example"}, "name"),
        ],
    )
    def test_are_refused_at_the_field(self, client, shop, changes, field):
        answer = invite(client, shop, **changes)

        assert list(answer.context["adminform"].form.errors) == [field]
        assert not Invitation.objects.exists()

    def test_are_withdrawn_and_cannot_be_edited(self, client, shop):
        invite(client, shop)
        made = Invitation.objects.get()
        page = reverse("admin:partners_invitation_change", args=[made.pk])

        assert client.post(page, {"email": "other@example.com"}).status_code == 403
        client.post(f"/admin/partners/invitation/{made.pk}/withdraw/", {"reason": "Left us."})

        made.refresh_from_db()
        assert made.withdrawn_at is not None
        assert made.email == "ivy@example.com"


class TestAnAccountManager:
    def test_acts_for_own_partners_only(self, client, employ, shop):
        manager = employ(Role.ACCOUNT_MANAGER)
        Partner.objects.filter(pk=shop.partner.pk).update(account_manager=manager)
        stranger = join(make_partner(shop.programme, "99"), "Kim")

        invite(client, shop, partner=stranger.partner_id)
        act(client, stranger, "change_role", role="viewer", job_title="")
        assert not Invitation.objects.exists()
        assert Member.objects.get(pk=stranger.pk).role == "buyer"

        invite(client, shop)
        act(client, shop.bob, "change_role", role="viewer", job_title="")
        assert Invitation.objects.get().partner == shop.partner
        assert Member.objects.get(pk=shop.bob.pk).role == "viewer"

    @pytest.mark.parametrize("role", [Role.AUDITOR, Role.FINANCE])
    def test_readers_decide_nothing(self, client, employ, shop, role):
        employ(role)

        invite(client, shop)
        act(client, shop.bob, "change_role", role="viewer", job_title="")

        assert not Invitation.objects.exists()
        assert Member.objects.get(pk=shop.bob.pk).role == "buyer"
