"""How each code of the API's errors is provoked, where that takes more than one request."""

import json
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.test import override_settings
from rest_framework.permissions import AllowAny
from rest_framework.test import APIClient, APIRequestFactory
from rest_framework.views import APIView

from ledger import accounts
from ledger.models import ACCOUNT_BALANCE_MAX, TRANSFER_AMOUNT_MAX, CorrectionLimit, Transfer
from ledger.naming import name_account
from partners import keys
from partners.doors import idempotency
from partners.models import ApiKey, Member
from rewards import redeeming
from rewards.models import Programme
from tests.api.conftest import RULES, Poster, make_token, signed_in, with_key
from tests.ledger.corrections import adjust, allow, make_staff
from tests.rewards.cast import NOON, Shop, earn, make_partner, offer, owe, take

LINE = {"sku": "85123A", "quantity": "6", "amount": "15.30"}
ADDRESS = {
    "recipient": "Alice Marsh",
    "street": "14 Market Square",
    "postcode": "CB2 1AA",
    "city": "Cambridge",
    "country": "United Kingdom",
}


def make_order(**changes: Any) -> dict[str, Any]:
    order = {
        "kind": "order",
        "partner": "erp:12346",
        "source": "erp",
        "external_id": "536365",
        "occurred_at": "2026-03-02T09:30:00+00:00",
        "currency": "GBP",
        "lines": [LINE],
    }
    return {**order, **changes}


@dataclass
class World:
    shop: Shop
    erp: Poster

    def body(self, text: bytes, **headers: str) -> Any:
        client, key = self.erp.client, str(uuid.uuid4())
        return client.post(
            "/api/v1/activities",
            data=text,
            content_type=headers.pop("content_type", "application/json"),
            headers={"Idempotency-Key": key, **headers},
        )

    def redeem(self, reward: Any = None, **changes: Any) -> Any:
        reward = reward or offer(self.shop.programme)
        body = {"reward": reward.slug, "member": str(self.shop.alice.public_id), **changes}
        return self.erp.post("redemptions", body)

    def share(self, amount: int = 100, member: Member | None = None, **changes: Any) -> Any:
        body = {
            "member": str((member or self.shop.alice).public_id),
            "amount": amount,
            "method": "by_hand",
            "parts": [{"member": str(self.shop.bob.public_id), "amount": amount}],
            "reason": "Good work in February",
            **changes,
        }
        return self.erp.post("shares", body)

    def change_settings(self, **settings: Any) -> None:
        version = self.shop.programme.versions.get()
        version.definition["settings"].update(settings)
        version.save()


def breaks_with(error: Exception) -> Callable[[World], Any]:
    """For what no request can bring about at will: a door that meets the error itself."""

    class Broken(APIView):
        permission_classes = (AllowAny,)
        authentication_classes = ()

        def get(self, request: Any) -> Any:
            raise error

    def provoke(world: World) -> Any:
        answer = Broken.as_view()(APIRequestFactory().get("/api/v1/broken"))
        answer.render()
        answer.json = lambda: json.loads(answer.content)
        return answer

    return provoke


def expired_key(world: World) -> Any:
    token = make_token()
    ApiKey.objects.update(expires_at=NOON)
    return with_key(token).get("/api/v1/partners")


def revoked_key(world: World) -> Any:
    token = make_token()
    for key in ApiKey.objects.all():
        keys.revoke(key=key, at=NOON)
    return with_key(token).get("/api/v1/partners")


def replaced_key(world: World) -> Any:
    token = make_token()
    keys.rotate(key=ApiKey.objects.latest("pk"), grace=timedelta(0), at=NOON)
    return with_key(token).get("/api/v1/partners")


def paused_key(world: World) -> Any:
    token = make_token()
    ApiKey.objects.update(paused_at=NOON)
    return with_key(token).get("/api/v1/partners")


def daily_budget_spent(world: World) -> Any:
    allow(world.shop.unit, CorrectionLimit.INTEGRATOR, once=10, day=10)
    ApiKey.objects.update(daily_units_max=4)
    return adjust_pool(world)


def scope_missing(world: World) -> Any:
    return with_key(make_token(scopes=["events:read"])).get("/api/v1/partners")


def csrf_failed(world: World) -> Any:
    client = signed_in(world.shop.alice)
    return client.post("/api/v1/preview", {}, format="json")


def not_a_member(world: World) -> Any:
    world.shop.alice.status, world.shop.alice.left_at = "left", NOON
    world.shop.alice.save()
    return signed_in(world.shop.alice).get("/api/v1/partners")


def company_not_chosen(world: World) -> Any:
    other = make_partner(world.shop.programme, "12349")
    person = world.shop.alice.person
    Member.objects.create(partner=other, person=person, joined_at=NOON)
    return signed_in(world.shop.alice).get("/api/v1/partners")


def forbidden(world: World) -> Any:
    class Unlocked(APIView):
        """Names no scope, so nobody gets in."""

        def get(self, request: Any) -> Any:
            raise AssertionError("nobody gets here")

    request = APIRequestFactory().get("/", HTTP_AUTHORIZATION=f"Bearer {make_token()}")
    answer = Unlocked.as_view()(request)
    answer.render()
    answer.json = lambda: json.loads(answer.content)
    return answer


def too_many_requests(world: World) -> Any:
    with override_settings(API_REQUESTS_PER_MINUTE=2):
        for _ in range(2):
            world.erp.get("partners")
        return world.erp.get("partners")


def cursor_of_another(world: World) -> Any:
    cursor = world.erp.get("members", {"limit": 1}).json()["next_cursor"]
    other = with_key(make_token())
    return other.get("/api/v1/members", {"limit": 1, "cursor": cursor})


def idempotency_mismatch(world: World) -> Any:
    world.erp.post("activities", make_order(), key="same")
    return world.erp.post("activities", make_order(external_id="other"), key="same")


def activity_conflict(world: World) -> Any:
    world.erp.post("activities", make_order())
    return world.erp.post("activities", make_order(currency="GBP", country="Utopia"))


def batch_refused(world: World) -> Any:
    batch = {"activities": [make_order(), make_order(partner="erp:0")], "all_or_nothing": True}
    return world.erp.post("activities/batch", batch)


def no_version_in_force(world: World) -> Any:
    Programme.objects.update(starts_on=date(2100, 1, 1))
    body = {"partner": "erp:12346", "currency": "GBP", "lines": [LINE]}
    return world.erp.post("preview", body)


def amount_out_of_bounds(world: World) -> Any:
    version = world.shop.programme.versions.get()
    much = {**RULES[0], "effect": {"kind": "per_money", "units": 1_000_000, "per": "0.01"}}
    # Each gives as much as the ledger moves at once; all of them are more than an account holds.
    count = ACCOUNT_BALANCE_MAX // TRANSFER_AMOUNT_MAX + 1
    version.definition["rules"] = [{**much, "code": f"much-{number}"} for number in range(count)]
    version.save()
    line = {**LINE, "amount": "99999999"}
    return world.erp.post("activities", make_order(lines=[line]))


def debt_outstanding(world: World) -> Any:
    owe(world.shop, 10)
    return world.share(amount=1)


def not_eligible(world: World) -> Any:
    return world.redeem(offer(world.shop.programme, min_tier="gold"))


def limit_reached(world: World) -> Any:
    reward = offer(world.shop.programme, limit_per_partner=1, price=10)
    take(world.shop.alice, world.shop.pool, reward)
    return world.redeem(reward)


def price_changed(world: World) -> Any:
    return world.redeem(price_seen=7)


def illegal_move(world: World) -> Any:
    taken = take(world.shop.alice, world.shop.pool, offer(world.shop.programme))
    return world.erp.post(f"redemptions/{taken.public_id}/approve", {})


def cannot_be_taken_back(world: World) -> Any:
    gift = offer(
        world.shop.programme,
        kind="physical_gift",
        approval_required=True,
        terms={"delivery_days": 5},
    )
    taken = take(world.shop.alice, world.shop.pool, gift, details=ADDRESS)
    redeeming.approve(redemption=taken, by=None, reason="", at=NOON)
    redeeming.ship(redemption=taken, by=None, tracking_number="RM1", at=NOON)
    return world.erp.post(f"redemptions/{taken.public_id}/cancel", {})


def not_yours(world: World) -> Any:
    wallet = world.shop.wallet(world.shop.bob)
    earn(wallet, 10)
    reward = offer(world.shop.programme, audience="person", price=10, approval_required=True)
    taken = take(world.shop.bob, wallet, reward)
    client = APIClient(raise_request_exception=False)
    client.force_login(world.shop.alice.person)
    return client.post(
        f"/api/v1/redemptions/{taken.public_id}/cancel",
        {},
        format="json",
        headers={"Idempotency-Key": "mine"},
    )


def entitlement_not_open(world: World) -> Any:
    taken = take(world.shop.alice, world.shop.pool, offer(world.shop.programme))
    address = f"entitlements/{taken.entitlement.public_id}/use"
    world.erp.post(address, {})
    return world.erp.post(address, {})


def shares_do_not_sum(world: World) -> Any:
    parts = [{"member": str(world.shop.bob.public_id), "amount": 90}]
    return world.share(amount=100, parts=parts)


def self_share_not_allowed(world: World) -> Any:
    world.change_settings(share_to_self=False)
    return world.share(parts=[{"member": str(world.shop.alice.public_id), "amount": 100}])


def nothing_to_split_by(world: World) -> Any:
    parts = [{"member": str(world.shop.bob.public_id), "weight": "0"}]
    return world.share(method="weights", parts=parts)


def undo(world: World, share: Any) -> Any:
    body = {"member": str(world.shop.alice.public_id)}
    return world.erp.post(f"shares/{share.json()['id']}/undo", body)


def undo_too_late(world: World) -> Any:
    world.change_settings(share_undo_days=0)
    return undo(world, world.share())


def nothing_left_to_undo(world: World) -> Any:
    share = world.share(amount=100)
    reward = offer(world.shop.programme, audience="person", price=100)
    take(
        world.shop.bob,
        world.shop.wallet(world.shop.bob),
        reward,
        redeemed_at=datetime.now(UTC) + timedelta(seconds=1),
    )
    return undo(world, share)


def request_in_flight(world: World) -> Any:
    """Another connection holds the key; SQLite has no second writer and waits instead."""
    if connection.vendor != "postgresql":
        return breaks_with(idempotency.RequestInFlight("waiting", retry_after=1))(world)
    key = ApiKey.objects.get()
    taken, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            assert idempotency._is_free(f"key:{key.pk}", "busy")
            taken.set()
            done.wait(10)
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    taken.wait(10)
    try:
        return world.erp.post("activities", make_order(), key="busy")
    finally:
        done.set()
        holder.join()


def adjust_pool(world: World, **changes: Any) -> Any:
    body = {"account": name_account(world.shop.pool), "amount": 5, "reason": "goodwill"}
    return world.erp.post("adjustments", {**body, **changes})


def reverse(world: World, transfer: Transfer) -> Any:
    path = f"transfers/{transfer.public_id}/reverse"
    return world.erp.post(path, {"reason": "misuse"})


def hold_ended(world: World) -> Any:
    account = name_account(world.shop.pool)
    hold = world.erp.post("holds", {"account": account, "amount": 5}).json()
    world.erp.post(f"holds/{hold['id']}/release", {})
    return world.erp.post(f"holds/{hold['id']}/capture", {})


def not_reversible(world: World) -> Any:
    return reverse(
        world, take(world.shop.alice, world.shop.pool, offer(world.shop.programme)).transfer
    )


def nothing_left_to_reverse(world: World) -> Any:
    award = earn(world.shop.pool, 10)
    reverse(world, award)
    return reverse(world, award)


def not_the_asker(world: World) -> Any:
    waiting = adjust(make_staff(), world.shop.pool, 5)
    return world.erp.post(f"adjustments/{waiting.public_id}/withdraw", {})


def already_decided(world: World) -> Any:
    allow(world.shop.unit, CorrectionLimit.INTEGRATOR, once=10, day=10)
    posted = adjust_pool(world).json()
    return world.erp.post(f"adjustments/{posted['id']}/withdraw", {})


def merge_other(world: World) -> Any:
    """Make the other partner, with points of its own, a part of the Corner Shop."""
    other = make_partner(world.shop.programme, "12348")
    earn(accounts.pool(world.shop.unit, other), 20)
    body = {"merged": "erp:12348", "reason": "The same shop"}
    return world.erp.post("partners/erp:12346/merge", body)


def merged_twice(world: World) -> Any:
    merge_other(world)
    return world.erp.post(
        "partners/erp:12346/merge", {"merged": "erp:12348", "reason": "The same shop again"}
    )


def used_since_the_merge(world: World) -> Any:
    merge_other(world)
    world.redeem(offer(world.shop.programme, price=520))
    return world.erp.post("partners/erp:12346/undo-merge", {"merged": "erp:12348"})
