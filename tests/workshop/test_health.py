"""What a balancer asks."""

import pytest
from django.core.cache import cache

pytestmark = pytest.mark.django_db


def test_a_living_process_says_so(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = client.get("/healthz")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_a_ready_one_reaches_database_and_cache(client):
    assert client.get("/readyz").status_code == 200


def test_one_without_its_cache_is_not_ready(client, monkeypatch):
    def refuse(*_: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(type(cache._connections["default"]), "get", refuse)

    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()["missing"]) == (503, ["cache"])
