"""Generated requests against the committed OpenAPI file: no server error, no broken promise."""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from django.db import connection
from django.test import override_settings
from hypothesis import HealthCheck, given, seed, settings
from pytest_django import DjangoDbBlocker
from rest_framework.test import APIClient
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from config.api_docs import OPENAPI_FILE
from ledger import holds
from tests.api.conftest import Poster, make_token, open_earning_shop, with_key
from tests.api.test_problems import make_order
from tests.databases.clones import taken_back
from tests.ledger.corrections import adjust, make_staff
from tests.rewards.cast import NOON, offer, take

# Some 2,000 on the two databases together, which do not ask the same; 20,000 with --long.
# PostgreSQL minds more of what it is given.
CASES_PER_OPERATION = {"sqlite": 9, "postgresql": 14}
LONG_FACTOR = 10
SEEDS = {"sqlite": 1, "postgresql": 2}
SERVER = "http://testserver"
PROMISES = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
SCHEMA = schemathesis.openapi.from_path(OPENAPI_FILE)
OPERATIONS = [found.ok() for found in SCHEMA.get_all_operations()]


def send(client: APIClient, case: Any) -> schemathesis.Response:
    """Send a generated case through the site, without a server."""
    sent = requests.Request(**drop_unknown(case.as_transport_kwargs(base_url=SERVER))).prepare()
    headers = {name: value for name, value in sent.headers.items() if name != "Content-Length"}
    answer = client.generic(
        case.method,
        (sent.url or "").removeprefix(SERVER),
        sent.body or b"",
        content_type=headers.pop("Content-Type", ""),
        headers=headers,
    )
    return schemathesis.Response(
        status_code=answer.status_code,
        headers={name.lower(): [value] for name, value in answer.headers.items()},
        content=answer.content,
        request=sent,
        elapsed=0,
        verify=False,
    )


def drop_unknown(kwargs: dict[str, Any]) -> dict[str, Any]:
    known = {"method", "url", "headers", "params", "json", "data", "cookies"}
    return {name: value for name, value in kwargs.items() if name in known}


@pytest.fixture(scope="module")
def token(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """The key to one world with rows, in which what a test has done is taken back after it."""
    with django_db_blocker.unblock(), taken_back():
        shop, secret = open_earning_shop(), make_token()
        line = {"sku": "A", "quantity": "1", "amount": "900"}
        Poster(with_key(secret), itertools.count()).post("activities", make_order(lines=[line]))
        take(shop.alice, shop.pool, offer(shop.programme, slug="credit"))
        holds.place(account=shop.pool, amount=1, request_key="cart", placed_at=NOON)
        adjust(make_staff(), shop.pool, 5)
        yield secret


@pytest.fixture
def client_with_rows(token: str, db: None) -> APIClient:
    return with_key(token)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_generated_requests_are_answered_as_promised(
    operation: Any, client_with_rows: Any, pytestconfig: pytest.Config
) -> None:
    factor = LONG_FACTOR if pytestconfig.getoption("long") else 1

    @seed(SEEDS[connection.vendor])
    @given(case=operation.as_strategy())
    @settings(
        max_examples=CASES_PER_OPERATION[connection.vendor] * factor,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def keep_the_promise(case: Any) -> None:
        response = send(client_with_rows, case)
        case.validate_response(response, checks=PROMISES)

    with override_settings(API_REQUESTS_PER_MINUTE=1_000_000):
        keep_the_promise()
