"""Approving, handing over, rejecting: asked first, then one call of the domain."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse
from django.utils import timezone

from partners.roles import Role
from rewards.models import Redemption
from tests.rewards.cast import offer, open_shop, take

pytestmark = [pytest.mark.django_db, pytest.mark.once("PostgreSQL")]

State = Redemption.State
LIST = reverse("admin:rewards_redemption_changelist")


def move(redemption, name):
    return f"/admin/rewards/redemption/{redemption.pk}/{name}/"


def said(answer):
    return [str(message) for message in get_messages(answer.wsgi_request)]


@pytest.fixture
def shop():
    return open_shop(points=1000)


@pytest.fixture
def requested(shop):
    reward = offer(shop.programme, approval_required=True)
    return take(shop.alice, shop.pool, reward, redeemed_at=timezone.now())


class TestOneRedemption:
    @pytest.mark.usefixtures("root")
    def test_has_the_times_that_partners_read(self, client, shop):
        # Half past midnight in London's summer time: in UTC it is still the day before.
        late = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)
        taken = take(shop.alice, shop.pool, offer(shop.programme), redeemed_at=late)

        page = client.get(f"/admin/rewards/redemption/{taken.pk}/change/").content.decode()

        assert "2 Jul 2026, 00:30" in page

    @pytest.mark.usefixtures("root")
    def test_is_asked_about_first_and_a_get_moves_nothing(self, client, requested):
        answer = client.get(move(requested, "approve"))

        requested.refresh_from_db()
        assert answer.status_code == 200
        assert "Credit on the next invoice" in answer.content.decode()
        assert requested.state == State.REQUESTED

    def test_is_approved_by_the_person_who_confirmed(self, client, root, requested):
        answer = client.post(move(requested, "approve"), {"reason": "A good partner"})

        requested.refresh_from_db()
        approved = requested.moves.get(to_state=State.APPROVED)
        assert requested.state == State.FULFILLED
        assert (approved.by, approved.reason) == (root, "A good partner")
        assert "is approved" in said(answer)[0]

    @pytest.mark.usefixtures("root")
    def test_is_not_rejected_without_saying_why(self, client, requested):
        answer = client.post(move(requested, "reject"), {"reason": " "})

        requested.refresh_from_db()
        assert answer.status_code == 422
        assert answer.context["form"].errors["reason"]
        assert requested.state == State.REQUESTED

    @pytest.mark.usefixtures("root")
    def test_says_until_when_its_points_are_reserved(self, client, requested):
        page = client.get(f"/admin/rewards/redemption/{requested.pk}/change/").content.decode()

        assert "Reserved until" in page

    @pytest.mark.usefixtures("root")
    def test_sets_the_points_free_when_rejected(self, client, shop, requested):
        assert shop.pool.available == 880

        client.post(move(requested, "reject"), {"reason": "Out of season"})

        assert (shop.pool.balance, shop.pool.available) == (1000, 1000)

    @pytest.mark.usefixtures("root")
    def test_is_not_approved_when_nobody_decided_in_time(self, client, shop):
        reward = offer(shop.programme, approval_required=True)
        long_ago = timezone.now() - timedelta(days=32)
        waiting = take(shop.alice, shop.pool, reward, redeemed_at=long_ago)

        answer = client.post(move(waiting, "approve"), {"reason": ""})

        waiting.refresh_from_db()
        assert waiting.state == State.REQUESTED
        assert "Nobody decided in time" in said(answer)[0]

    @pytest.mark.usefixtures("root")
    def test_tells_what_cannot_be_done(self, client, requested):
        client.post(move(requested, "reject"), {"reason": "Out of season"})

        answer = client.post(move(requested, "approve"), {"reason": ""})

        requested.refresh_from_db()
        assert requested.state == State.REJECTED
        assert "cannot move from “Rejected”" in said(answer)[-1]

    @pytest.mark.usefixtures("root")
    def test_offers_only_the_moves_that_are_legal_now(self, client, requested):
        offered = client.get(f"/admin/rewards/redemption/{requested.pk}/change/")

        paths = [action["path"] for action in offered.context["actions_detail"]]
        assert [path.rstrip("/").split("/")[-1] for path in paths] == ["approve", "reject"]

    def test_is_not_decided_by_somebody_of_the_partners_team(self, client, root, shop, requested):
        shop.bob.person = root
        shop.bob.save()

        answer = client.post(move(requested, "approve"), {"reason": ""})

        requested.refresh_from_db()
        assert requested.state == State.REQUESTED
        assert "Somebody else has to decide" in said(answer)[0]


class TestManyRedemptions:
    @pytest.mark.usefixtures("root")
    def test_are_asked_about_first(self, client, requested):
        chosen = {"action": "approve_chosen", "_selected_action": [requested.pk]}

        answer = client.post(LIST, chosen)

        requested.refresh_from_db()
        assert answer.status_code == 200
        assert requested.state == State.REQUESTED

    @pytest.mark.usefixtures("root")
    def test_are_done_one_by_one_and_each_is_told(self, client, shop, requested):
        done = take(shop.alice, shop.pool, offer(shop.programme))
        chosen = {
            "action": "approve_chosen",
            "_selected_action": [requested.pk, done.pk],
            "confirmed": "1",
            "reason": "",
        }

        answer = client.post(LIST, chosen)

        requested.refresh_from_db()
        assert requested.state == State.FULFILLED
        assert "is approved" in said(answer)[0]
        assert "cannot move from “Delivered”" in said(answer)[1]

    @pytest.mark.usefixtures("root")
    def test_do_nothing_for_rows_that_are_not_there(self, client):
        chosen = {"action": "approve_chosen", "_selected_action": [987654], "confirmed": "1"}

        assert client.post(LIST, chosen).status_code == 302


class TestFulfilment:
    def test_hands_over_but_does_not_decide(self, client, employ, shop, requested):
        employ(Role.FULFILMENT)

        assert client.post(move(requested, "approve"), {"reason": ""}).status_code == 403
        assert client.post(move(requested, "reject"), {"reason": "x"}).status_code == 403
        assert client.get(move(requested, "fulfil")).status_code == 200

    def test_sends_a_gift_and_says_that_it_arrived(self, client, employ, shop):
        gift = offer(shop.programme, kind="physical_gift", terms={})
        address = {
            "recipient": "Alice",
            "street": "High Street 1",
            "postcode": "AB1",
            "city": "Town",
            "country": "United Kingdom",
        }
        redemption = take(shop.alice, shop.pool, gift, details=address)
        employ(Role.FULFILMENT)

        client.post(move(redemption, "ship"), {"tracking_number": "GB123"})
        redemption.refresh_from_db()
        assert redemption.delivery["tracking"] == "GB123"

        client.post(move(redemption, "fulfil"), {"reason": ""})
        redemption.refresh_from_db()
        assert redemption.state == State.FULFILLED

    def test_does_not_see_the_code_that_somebody_was_given(self, client, employ, shop):
        voucher = offer(
            shop.programme,
            kind="discount_voucher",
            terms={"percent": 10, "valid_days": 30},
        )
        redemption = take(shop.alice, shop.pool, voucher)
        employ(Role.FULFILMENT)

        shown = client.get(f"/admin/rewards/redemption/{redemption.pk}/change/").content.decode()

        assert redemption.delivery["code"] not in shown
        assert "••••" in shown


class TestReaders:
    @pytest.mark.parametrize("role", [Role.FINANCE, Role.AUDITOR, Role.ACCOUNT_MANAGER])
    def test_decide_nothing(self, client, employ, requested, role):
        employ(role)

        for name in ("approve", "reject", "fulfil", "ship", "cancel"):
            assert client.post(move(requested, name), {"reason": "x"}).status_code == 403
