"""Every code of the error table is provoked by a request, and looks as promised."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import SuspiciousOperation
from django.db import DataError, IntegrityError, OperationalError
from rest_framework.test import APIClient

from config.api_errors import CODES, TABLE
from ledger import correcting
from ledger.holds import HoldBelongsElsewhere
from ledger.naming import name_account
from ledger.posting import ChangedMeanwhile
from rewards import redeeming, sharing
from tests.api import fact_provocations, team_provocations, waiting_provocations
from tests.api.conftest import with_key
from tests.api.provocations import (
    World,
    activity_conflict,
    adjust_pool,
    already_decided,
    amount_out_of_bounds,
    batch_refused,
    breaks_with,
    cannot_be_taken_back,
    company_not_chosen,
    csrf_failed,
    cursor_of_another,
    daily_budget_spent,
    debt_outstanding,
    entitlement_not_open,
    expired_key,
    forbidden,
    hold_ended,
    idempotency_mismatch,
    illegal_move,
    limit_reached,
    make_order,
    merged_twice,
    no_version_in_force,
    not_a_member,
    not_eligible,
    not_reversible,
    not_the_asker,
    not_yours,
    nothing_left_to_reverse,
    nothing_left_to_undo,
    nothing_to_split_by,
    paused_key,
    price_changed,
    replaced_key,
    request_in_flight,
    revoked_key,
    scope_missing,
    self_share_not_allowed,
    shares_do_not_sum,
    too_many_requests,
    undo_too_late,
    used_since_the_merge,
)
from tests.rewards.cast import offer

pytestmark = pytest.mark.once("PostgreSQL")


@pytest.fixture
def world(shop, erp):
    return World(shop, erp)


PROVOCATIONS: dict[str, Callable[[World], Any]] = {
    "malformed_json": lambda world: world.body(b'{"kind": '),
    "duplicate_key": lambda world: world.body(b'{"kind": "order", "kind": "return"}'),
    "too_deep": lambda world: world.body(b"[" * 100_000 + b"]" * 100_000),
    "unsupported_text": lambda world: world.body(b'{"kind": "a\\u0000b"}'),
    "number_out_of_range": lambda world: world.body(b'{"amount": ' + b"9" * 5_000 + b"}"),
    "body_too_large": lambda world: world.body(b" " * (5 * 1024 * 1024 + 1)),
    "unsupported_media_type": lambda world: world.body(b"kind=order", content_type="text/plain"),
    "not_acceptable": lambda world: world.erp.get("partners", Accept="text/html"),
    "validation_failed": lambda world: world.erp.post("activities", {}),
    "unknown_parameter": lambda world: world.erp.get("partners", {"colour": "red"}),
    "repeated_parameter": lambda world: world.erp.get("partners?limit=1&limit=2"),
    "invalid_parameter": lambda world: world.erp.get("partners", {"limit": "-1"}),
    "invalid_cursor": cursor_of_another,
    "not_authenticated": lambda world: APIClient().get("/api/v1/partners"),
    "malformed_authorization": lambda world: APIClient().get(
        "/api/v1/partners", headers={"Authorization": "Basic YWxpY2U6c2VjcmV0"}
    ),
    "invalid_key": lambda world: with_key(f"tsr_abcd1234_{'x' * 43}").get("/api/v1/partners"),
    "key_expired": expired_key,
    "key_revoked": revoked_key,
    "key_replaced": replaced_key,
    "key_paused": paused_key,
    "daily_budget_spent": daily_budget_spent,
    "scope_missing": scope_missing,
    "csrf_failed": csrf_failed,
    "not_a_member": not_a_member,
    "company_not_chosen": company_not_chosen,
    "forbidden": forbidden,
    "not_found": lambda world: world.erp.get("nowhere"),
    "method_not_allowed": lambda world: world.erp.client.delete("/api/v1/partners"),
    "too_many_requests": too_many_requests,
    "idempotency_key_missing": lambda world: world.erp.client.post(
        "/api/v1/activities", make_order(), format="json"
    ),
    "idempotency_key_invalid": lambda world: world.erp.post(
        "activities", make_order(), key="k" * 256
    ),
    "idempotency_mismatch": idempotency_mismatch,
    "request_in_flight": request_in_flight,
    "activity_conflict": activity_conflict,
    "batch_refused": batch_refused,
    "no_version_in_force": no_version_in_force,
    "number_taken": lambda world: world.erp.post(
        "partners", {"erp_number": "12346", "legal_name": "Again"}
    ),
    "merge_not_possible": lambda world: world.erp.post(
        "partners/erp:12346/merge", {"merged": "erp:12346", "reason": "The same"}
    ),
    "partner_merged": merged_twice,
    "undo_not_possible": used_since_the_merge,
    "insufficient_points": lambda world: world.redeem(offer(world.shop.programme, price=501)),
    "amount_out_of_bounds": amount_out_of_bounds,
    "changed_meanwhile": breaks_with(ChangedMeanwhile()),
    "debt_outstanding": debt_outstanding,
    "hold_ended": hold_ended,
    # A redemption's own hold; its door is asked in tests/api/test_ledger_doors.py.
    "hold_belongs_elsewhere": breaks_with(HoldBelongsElsewhere()),
    # Revoked between the check of the key and the correction.
    "correction_not_allowed": breaks_with(correcting.MayNotAsk("Revoked a moment ago.")),
    "reason_not_allowed": lambda world: adjust_pool(world, reason="because"),
    "account_not_adjustable": lambda world: adjust_pool(
        world, account=name_account(world.shop.pool).replace("pool:", "pending:")
    ),
    "expiry_not_ahead": lambda world: adjust_pool(world, expires_at="2026-01-01T00:00:00Z"),
    "not_reversible": not_reversible,
    "nothing_left_to_reverse": nothing_left_to_reverse,
    "not_the_asker": not_the_asker,
    "already_decided": already_decided,
    "reward_unavailable": lambda world: world.redeem(offer(world.shop.programme, is_active=False)),
    "not_eligible": not_eligible,
    "limit_reached": limit_reached,
    "out_of_stock": lambda world: world.redeem(offer(world.shop.programme, stock=0)),
    "price_changed": price_changed,
    "details_not_valid": lambda world: world.redeem(details={"colour": "red"}),
    "illegal_move": illegal_move,
    # Systems with a key decide here, and they ask for nothing; the admin knows people.
    "own_request": breaks_with(redeeming.OwnRequest("You asked for it.")),
    "cannot_be_taken_back": cannot_be_taken_back,
    "not_yours": not_yours,
    "entitlement_not_open": entitlement_not_open,
    "only_head_buyer_shares": lambda world: world.share(member=world.shop.bob),
    "shares_do_not_sum": shares_do_not_sum,
    "not_on_the_team": lambda world: world.share(
        parts=[{"member": str(world.shop.vera.public_id), "amount": 100}]
    ),
    "self_share_not_allowed": self_share_not_allowed,
    "nothing_to_split_by": nothing_to_split_by,
    # Closed between the check of the body and the share; a blank reason is refused before it.
    "programme_not_live": breaks_with(sharing.ProgrammeNotLive()),
    "reason_missing": breaks_with(sharing.ReasonMissing()),
    "undo_too_late": undo_too_late,
    "nothing_left_to_undo": nothing_left_to_undo,
    "malformed_request": breaks_with(SuspiciousOperation("odd")),
    "busy": breaks_with(OperationalError("database is locked")),
    "conflict": breaks_with(IntegrityError("duplicate key")),
    "value_out_of_range": breaks_with(DataError("out of range")),
    "internal_error": breaks_with(RuntimeError("a bug")),
    # Alice is the only head buyer.
    "not_erasable": lambda world: world.erp.post(f"members/{world.shop.alice.public_id}/erase", {}),
    **team_provocations.PROVOCATIONS,
    **fact_provocations.PROVOCATIONS,
    **waiting_provocations.PROVOCATIONS,
}


STATUS = {answer.code: answer.status for answer in TABLE.values()}


class TestCodes:
    def test_each_has_its_provocation(self):
        assert sorted(PROVOCATIONS) == CODES

    @pytest.mark.parametrize("code", sorted(PROVOCATIONS))
    def test_is_answered_as_a_problem(self, world, code):
        answer = PROVOCATIONS[code](world)

        body = answer.json()
        assert body["code"] == code, body
        assert answer.status_code == body["status"] == STATUS[code]
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert body["title"]
        assert body["detail"]
        assert set(body) >= {"type", "request_id"}
        if answer.status_code in {429, 503} or code == "request_in_flight":
            assert int(answer.headers["Retry-After"]) > 0

    def test_says_the_code_that_the_error_itself_carries(self):
        wrong = {
            kind.__name__: (kind.code, answer.code)
            for kind, answer in TABLE.items()
            if isinstance(getattr(kind, "code", None), str) and kind.code != answer.code
        }

        assert wrong == {}
