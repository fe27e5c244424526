"""Awards that wait, balances of an earlier moment, and members, through the API."""

import uuid
from datetime import timedelta
from typing import Any

import pytest

from ledger import accounts
from ledger.models import CorrectionLimit
from partners.models import Event
from tests.api.asking import credit, pool_of, reserve
from tests.rewards.cast import NOON, Shop, balance, earn

# What the domain does is tested on both databases; the door is asked on the one of production.
pytestmark = pytest.mark.once("PostgreSQL")


@pytest.fixture(autouse=True)
def limit(shop: Shop) -> CorrectionLimit:
    return CorrectionLimit.objects.create(
        unit=shop.unit, role=CorrectionLimit.INTEGRATOR, per_correction=200, per_day=300
    )


class TestPendingAwards:
    @pytest.fixture
    def award(self, shop):
        return earn(accounts.pending(shop.unit, shop.partner), 100)

    def test_are_listed_with_their_time(self, erp, shop, award):
        rows = erp.get("lots", {"account": pool_of(shop).replace("pool:", "pending:")}).json()

        assert [(row["origin"], row["remaining"], row["held"]) for row in rows["items"]] == [
            (str(award.public_id), 100, 0)
        ]
        assert "matures_at" in rows["items"][0]

    def test_are_released_in_part_and_the_rest_cancelled(self, erp, shop, award):
        path = f"lots/{award.public_id}"

        released = erp.post(f"{path}/release", {"amount": 30})
        cancelled = erp.post(f"{path}/cancel", {"reason": "wrong-amount"})
        nothing = erp.post(f"{path}/release", {})

        assert (released.json()["kind"], released.json()["amount"]) == ("mature", 30)
        assert (cancelled.json()["kind"], cancelled.json()["amount"]) == ("cancel_pending", 70)
        assert cancelled.json()["reason_code"] == "wrong-amount"
        assert (nothing.status_code, nothing.json()["code"]) == (422, "insufficient_points")
        assert balance(shop.pool) == 530

    def test_need_a_reason_of_the_list_to_be_cancelled(self, erp, award):
        path = f"lots/{award.public_id}/cancel"

        assert erp.post(path, {}).json()["code"] == "validation_failed"
        assert erp.post(path, {"reason": "because"}).json()["code"] == "reason_not_allowed"

    def test_of_another_partner_and_what_never_waited_are_not_there(
        self, partner_erp, erp, shop, charlie
    ):
        theirs = earn(accounts.pending(shop.unit, charlie.partner), 100)
        available = earn(shop.pool, 10)

        assert partner_erp.post(f"lots/{theirs.public_id}/release", {}).status_code == 404
        assert erp.post(f"lots/{available.public_id}/release", {}).status_code == 404


class TestBalanceThen:
    def test_counts_what_was_posted_up_to_a_moment(self, erp, shop):
        credit(erp, shop, 100)
        posted_at = Event.objects.get(kind="correction_posted").occurred_at
        path = f"accounts/{pool_of(shop)}/balance"

        moments = (
            NOON - timedelta(microseconds=1),
            NOON,
            posted_at - timedelta(microseconds=1),
            posted_at,
        )
        found = [erp.get(path, {"at": at.isoformat()}).json()["balance"] for at in moments]

        assert found == [0, 500, 500, 600]

    def test_needs_a_moment_with_an_offset(self, erp, shop):
        path = f"accounts/{pool_of(shop)}/balance"

        for query in ({}, {"at": "2026-03-02"}, {"at": "x"}):
            answer = erp.get(path, query)
            assert (answer.status_code, answer.json()["code"]) == (400, "invalid_parameter")


class TestMembers:
    def test_read_their_own_and_move_nothing(self, erp, shop, client):
        hold = reserve(erp, shop, 10).json()
        posted, waiting = credit(erp, shop, 20).json(), credit(erp, shop, 300).json()
        client.force_login(shop.alice.person)

        def post(path: str, body: Any = None) -> Any:
            headers = {"Idempotency-Key": str(uuid.uuid4())}
            return client.post(
                f"/api/v1/{path}", body or {}, content_type="application/json", headers=headers
            )

        seen = [
            {row["id"] for row in client.get(f"/api/v1/{kind}").json()["items"]}
            for kind in ("holds", "adjustments")
        ]
        moves = [
            post("holds", {"account": pool_of(shop), "amount": 1}),
            post(f"holds/{hold['id']}/release"),
            post(f"holds/{hold['id']}/capture"),
            post("adjustments", {"account": pool_of(shop), "amount": 1, "reason": "goodwill"}),
            post(f"adjustments/{waiting['id']}/withdraw"),
            post(f"transfers/{posted['transfer']}/reverse", {"reason": "misuse"}),
        ]

        # What still waits is between the seller's people.
        assert seen == [{hold["id"]}, {posted["id"]}]
        assert {answer.json()["code"] for answer in moves} == {"scope_missing"}

    def test_a_buyer_reads_what_is_about_the_own_wallet(self, erp, shop, client):
        reserve(erp, shop, 10)
        credit(erp, shop, 20)
        wallet = f"wallet:club-points:{shop.bob.public_id}"
        own_credit = credit(erp, shop, 30, account=wallet).json()
        own_hold = erp.post("holds", {"account": wallet, "amount": 5}).json()
        client.force_login(shop.bob.person)

        seen = [
            [row["id"] for row in client.get(f"/api/v1/{kind}").json()["items"]]
            for kind in ("holds", "adjustments")
        ]

        assert seen == [[own_hold["id"]], [own_credit["id"]]]
