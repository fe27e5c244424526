"""Rewards and shares through the API: by a system with a key, and by members themselves."""

import uuid
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from ledger.models import Account
from partners.models import Member
from rewards.models import Entitlement, Redemption, RewardCode, Share
from tests.rewards.cast import available, balance, earn, offer, take

pytestmark = pytest.mark.once("PostgreSQL")


def as_member(member: Member) -> APIClient:
    client = APIClient(raise_request_exception=False)
    client.force_login(member.person)
    return client


def send(client: APIClient, path: str, body: Any) -> Any:
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    return client.post(f"/api/v1/{path}", body, format="json", headers=headers)


class TestRedeeming:
    def test_head_buyer_takes_a_reward_from_the_pool(self, shop):
        reward = offer(shop.programme, price=120)

        answer = send(as_member(shop.alice), "redemptions", {"reward": reward.slug})

        body = answer.json()
        assert answer.status_code == 201
        assert (body["state"], body["price"], body["unit"]) == ("fulfilled", 120, "club-points")
        assert body["member"] == str(shop.alice.public_id)
        assert balance(shop.pool) == 380

    def test_buyer_pays_from_the_own_wallet_only(self, shop):
        wallet = shop.wallet(shop.bob)
        earn(wallet, 50)
        reward = offer(shop.programme, audience="both", price=40)
        client = as_member(shop.bob)

        from_pool = send(client, "redemptions", {"reward": reward.slug})
        from_wallet = send(client, "redemptions", {"reward": reward.slug, "pay_from": "wallet"})

        assert (from_pool.status_code, from_pool.json()["obstacle"]) == (422, "account")
        assert from_wallet.status_code == 201
        assert balance(wallet) == 10

    def test_nobody_acts_for_somebody_else(self, shop):
        body = {"reward": offer(shop.programme).slug, "member": str(shop.bob.public_id)}

        answer = send(as_member(shop.alice), "redemptions", body)

        assert answer.status_code == 400
        assert answer.json()["errors"][0]["pointer"] == "/member"

    def test_key_names_who_acts_among_those_it_sees(self, partner_erp, shop, charlie):
        reward = offer(shop.programme, price=100)
        answers = [
            partner_erp.post("redemptions", {"reward": reward.slug, "member": str(public_id)})
            for public_id in (shop.alice.public_id, charlie.public_id, uuid.uuid4())
        ]

        assert [answer.status_code for answer in answers] == [201, 400, 400]
        assert answers[1].json()["errors"] == answers[2].json()["errors"]

    def test_repeated_request_takes_one(self, erp, shop):
        reward = offer(shop.programme, price=100, stock=5)
        body = {"reward": reward.slug, "member": str(shop.alice.public_id)}

        answers = [erp.post("redemptions", body, key="once") for _ in range(3)]

        reward.refresh_from_db()
        assert len({answer.content for answer in answers}) == 1
        assert (balance(shop.pool), reward.stock) == (400, 4)

    def test_waits_is_approved_and_rejected(self, erp, shop):
        reward = offer(shop.programme, price=100, approval_required=True)
        first, second = (
            take(shop.alice, shop.pool, reward, redeemed_at=timezone.now()) for _ in range(2)
        )
        waiting = erp.get(f"redemptions/{first.public_id}").json()

        approved = erp.post(f"redemptions/{first.public_id}/approve", {"reason": "fine"})
        rejected = erp.post(f"redemptions/{second.public_id}/reject", {"reason": "too late"})

        assert approved.json()["state"] == "fulfilled"
        assert rejected.json()["state"] == "rejected"
        assert (waiting["hold"], waiting["transfer"]) == (str(first.hold.public_id), None)
        assert waiting["reserved_until"] is not None
        assert approved.json()["transfer"] is not None
        assert rejected.json()["reserved_until"] is None
        assert (balance(shop.pool), available(shop.pool)) == (400, 400)
        assert Redemption.objects.get(pk=second.pk).moves.last().reason == "too late"

    def test_taker_calls_off_what_waits(self, shop):
        reward = offer(shop.programme, price=100, approval_required=True)
        waiting = take(shop.alice, shop.pool, reward)

        answer = send(as_member(shop.alice), f"redemptions/{waiting.public_id}/cancel", {})

        assert answer.json()["state"] == "cancelled"
        assert available(shop.pool) == 500

    def test_code_of_a_certificate_is_for_the_taker(self, erp, shop):
        reward = offer(
            shop.programme,
            kind="gift_certificate",
            price=100,
            terms={"amount": "25.00", "shop": "The Bookshop", "valid_days": 90},
        )
        RewardCode.objects.create(reward=reward, code="SECRET-1234")
        taken = take(shop.alice, shop.pool, reward)
        address = f"/api/v1/redemptions/{taken.public_id}"

        to_taker = as_member(shop.alice).get(address).json()["delivery"]
        to_viewer = as_member(shop.vera).get(address)
        to_system = erp.client.get(address)

        assert to_taker["code"] == "SECRET-1234"
        assert b"SECRET-1234" not in to_viewer.content + to_system.content
        assert to_system.json()["delivery"]["shop"] == "The Bookshop"


class TestEntitlements:
    def test_erp_reads_a_credit_and_marks_it_used(self, erp, shop):
        take(shop.alice, shop.pool, offer(shop.programme))
        credit = erp.get("entitlements", {"state": "open"}).json()["items"][0]

        used = erp.post(f"entitlements/{credit['id']}/use", {})

        assert credit["value"]["amount"] == "10.00"
        assert used.json()["state"] == "used"
        assert used.json()["used_at"] is not None
        assert not Entitlement.objects.filter(state="open").exists()


class TestSharing:
    def test_equal_parts_sum_exactly(self, shop):
        body = {
            "amount": 101,
            "method": "equal",
            "parts": [{"member": str(member.public_id)} for member in (shop.alice, shop.bob)],
            "reason": "A good month",
        }

        answer = send(as_member(shop.alice), "shares", body)

        assert answer.status_code == 201
        assert [part["amount"] for part in answer.json()["parts"]] == [51, 50]
        assert balance(shop.pool) == 399
        assert balance(shop.wallet(shop.bob)) == 50

    def test_weights_have_three_decimals(self, shop):
        parts = [
            {"member": str(shop.alice.public_id), "weight": "0.5"},
            {"member": str(shop.bob.public_id), "weight": "1.5"},
        ]
        body = {"amount": 100, "method": "weights", "parts": parts, "reason": "By effort"}

        answer = send(as_member(shop.alice), "shares", body)

        assert [part["amount"] for part in answer.json()["parts"]] == [25, 75]
        assert [part["weight"] for part in answer.json()["parts"]] == ["0.5", "1.5"]

    def test_is_undone_while_unspent(self, shop):
        parts = [{"member": str(shop.bob.public_id), "amount": 100}]
        body = {"amount": 100, "method": "by_hand", "parts": parts, "reason": "Too early"}
        client = as_member(shop.alice)
        made = send(client, "shares", body).json()

        undone = send(client, f"shares/{made['id']}/undo", {})

        assert undone.json()["state"] == "undone"
        assert undone.json()["parts"][0]["undo_transfer"] is not None
        assert balance(shop.pool) == 500

    @pytest.mark.parametrize(
        ("changes", "pointer"),
        [
            pytest.param({"amount": 0}, "/amount", id="nothing"),
            pytest.param({"amount": -5}, "/amount", id="below zero"),
            pytest.param({"amount": 1.5}, "/amount", id="a half"),
            pytest.param({"amount": "100"}, "/amount", id="text"),
            pytest.param({"amount": True}, "/amount", id="true"),
            pytest.param({"amount": 2**63}, "/amount", id="2^63"),
            pytest.param({"reason": "  "}, "/reason", id="no reason"),
            pytest.param({"parts": []}, "/parts", id="to nobody"),
            pytest.param({"method": "by_luck"}, "/method", id="unknown method"),
        ],
    )
    def test_refuses_with_a_pointer(self, shop, changes, pointer):
        parts = [{"member": str(shop.bob.public_id), "amount": 100}]
        body = {"amount": 100, "method": "by_hand", "parts": parts, "reason": "x", **changes}

        answer = send(as_member(shop.alice), "shares", body)

        assert answer.status_code == 400
        assert answer.json()["errors"][0]["pointer"] == pointer
        assert not Share.objects.exists()
        assert Account.objects.filter(kind="wallet", balance__gt=0).count() == 0

    def test_of_another_partner_is_refused_like_a_stranger(self, shop, charlie):
        answers = []
        for public_id in (charlie.public_id, uuid.uuid4()):
            body = {
                "amount": 10,
                "method": "by_hand",
                "parts": [{"member": str(public_id), "amount": 10}],
                "reason": "x",
            }
            answers.append(send(as_member(shop.alice), "shares", body))

        assert [answer.status_code for answer in answers] == [400, 400]
        assert answers[0].json()["errors"] == answers[1].json()["errors"]
