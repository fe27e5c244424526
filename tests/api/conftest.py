"""The cast at the API: the Corner Shop and its team, another partner, and systems with keys."""

import itertools
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from rest_framework.test import APIClient

from partners import keys
from partners.keys import Scope
from partners.models import Member, Partner
from tests.rewards.cast import Shop, join, make_partner, open_shop

JANUARY = datetime(2026, 1, 1, tzinfo=UTC)
RULES = [
    {
        "code": "per-pound",
        "names": {"en": "Points per pound"},
        "trigger": "order",
        "effect": {"kind": "per_money", "units": 1, "per": "1.00"},
    }
]


def with_key(token: str) -> APIClient:
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


def make_token(scopes: list[str] | None = None, partner: Partner | None = None) -> str:
    made = keys.create_key(
        name="test", scopes=scopes or list(Scope), created_at=JANUARY, partner=partner
    )
    return made.token


def signed_in(member: Member) -> APIClient:
    client = APIClient(raise_request_exception=False, enforce_csrf_checks=True)
    client.force_login(member.person)
    return client


@dataclass
class Poster:
    """Sends requests, each with a key of its own unless one is given."""

    client: APIClient
    numbers: Any

    def post(self, path: str, body: Any, *, key: str | None = None, **headers: str) -> Any:
        key = key or f"request-{next(self.numbers)}"
        return self.client.post(
            f"/api/v1/{path}", body, format="json", headers={"Idempotency-Key": key, **headers}
        )

    def get(self, path: str, query: dict[str, Any] | None = None, **headers: str) -> Any:
        return self.client.get(f"/api/v1/{path}", query, headers=headers)


@pytest.fixture(autouse=True)
def _forget_definitions() -> None:
    """A rolled back database gives out the same ids again; the process must not remember them."""


@pytest.fixture
def shop(db: None) -> Shop:
    return open_shop(points=500)


def open_earning_shop() -> Shop:
    """A shop in a programme that gives a point for each pound."""
    shop = open_shop()
    version = shop.programme.versions.get()
    version.definition = {**version.definition, "rules": RULES}
    version.save()
    return shop


@pytest.fixture
def earning_shop(db: None) -> Shop:
    return open_earning_shop()


@pytest.fixture
def charlie(shop: Shop) -> Member:
    return join(make_partner(shop.programme, "12347"), "Charlie", "head_buyer")


@pytest.fixture
def erp(db: None) -> Poster:
    """A system of the seller with every scope for every partner."""
    return Poster(with_key(make_token()), itertools.count())


@pytest.fixture
def partner_erp(shop: Shop) -> Poster:
    """A system of one partner: every scope, but only that partner."""
    return Poster(with_key(make_token(partner=shop.partner)), itertools.count())
