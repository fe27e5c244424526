"""The same request many times at once takes effect once, and everybody gets the same answer."""

import time

import pytest
from django.test import override_settings

from partners.doors import idempotency
from partners.models import Activity, RememberedAnswer
from tests.api.conftest import RULES, make_token, with_key
from tests.api.test_problems import make_order
from tests.rewards.cast import balance, open_shop
from tests.threads import run_at_once

PEOPLE = 16
KEYS = 3
KEYS_LONG = 12


def open_earning_shop():
    shop = open_shop()
    version = shop.programme.versions.get()
    version.definition = {**version.definition, "rules": RULES}
    version.save()
    return shop


def send_until_answered(token: str, key: str, body: dict) -> tuple[int, bytes, bool]:
    """Retry what the API asks to retry: in flight (409) and busy (503)."""
    client = with_key(token)
    for _ in range(200):
        answer = client.post(
            "/api/v1/activities", body, format="json", headers={"Idempotency-Key": key}
        )
        waits = answer.status_code == 503 or answer.json().get("code") == "request_in_flight"
        if not waits:
            break
        time.sleep(0.05)
    return answer.status_code, answer.content, "Idempotent-Replayed" in answer.headers


@pytest.fixture(autouse=True)
def _no_limit():
    """Retrying in a loop is what this is about; the limit has a test of its own."""
    with override_settings(API_REQUESTS_PER_MINUTE=1_000_000):
        yield


@pytest.mark.chaos
class TestTheSameAtOnce:
    def test_takes_effect_once_and_answers_the_same_to_all(self, request):
        keys = KEYS_LONG if request.config.getoption("long") else KEYS
        shop = open_earning_shop()
        token = make_token()

        for number in range(keys):
            body = make_order(external_id=f"order-{number}")
            outcomes = run_at_once(
                PEOPLE, lambda _, n=number, b=body: send_until_answered(token, f"key-{n}", b)
            )
            answers = [outcome.answer for outcome in outcomes]
            assert [outcome.error for outcome in outcomes if outcome.error] == []
            assert {(status, content) for status, content, _ in answers} == {(201, answers[0][1])}
            assert sum(not replayed for _, _, replayed in answers) == 1

        assert Activity.objects.count() == RememberedAnswer.objects.count() == keys
        assert balance(shop.pool) == 15 * keys

    @pytest.mark.control
    def test_without_the_memory_only_the_natural_key_protects(self, monkeypatch):
        """Forgetting answers shows that it was the memory that replayed them."""
        open_earning_shop()
        token = make_token()
        monkeypatch.setattr(idempotency, "find_answer", lambda **_: None)
        monkeypatch.setattr(RememberedAnswer.objects, "create", lambda **_: None)

        outcomes = run_at_once(4, lambda _: send_until_answered(token, "same", make_order()))

        statuses = sorted(outcome.answer[0] for outcome in outcomes)
        assert statuses == [200, 200, 200, 201]
        assert not any(outcome.answer[2] for outcome in outcomes)
