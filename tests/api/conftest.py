"""The cast at the API: two partners, their teams, and systems with keys."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from rest_framework.test import APIClient

from partners import keys
from partners.keys import Scope
from partners.models import Member, Partner, Person

JAN_1 = datetime(2026, 1, 1, tzinfo=UTC)

KeyMaker = Callable[..., str]


def make_partner(erp_number: str, legal_name: str = "") -> Partner:
    return Partner.objects.create(
        erp_number=erp_number, legal_name=legal_name or f"Partner {erp_number}", country="UK"
    )


def make_member(partner: Partner, name: str, role: str) -> Member:
    person = Person.objects.create(email=f"{name.lower()}@example.com", name=name)
    return Member.objects.create(partner=partner, person=person, role=role, joined_at=JAN_1)


@pytest.fixture
def partner(db: None) -> Partner:
    return make_partner("12346", "Acorn Stores")


@pytest.fixture
def other_partner(db: None) -> Partner:
    return make_partner("12347", "Birch & Co")


@pytest.fixture
def alice(partner: Partner) -> Member:
    return make_member(partner, "Alice", Member.Role.HEAD_BUYER)


@pytest.fixture
def bob(partner: Partner) -> Member:
    return make_member(partner, "Bob", Member.Role.BUYER)


@pytest.fixture
def charlie(other_partner: Partner) -> Member:
    return make_member(other_partner, "Charlie", Member.Role.HEAD_BUYER)


def with_key(token: str) -> APIClient:
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


def make_token(scopes: list[str] | None = None, partner: Partner | None = None) -> str:
    made = keys.create_key(
        name="test", scopes=scopes or list(Scope), created_at=JAN_1, partner=partner
    )
    return made.token


@pytest.fixture
def erp(db: None) -> APIClient:
    """A system of the seller with every scope for every partner."""
    return with_key(make_token())


@pytest.fixture
def partner_erp(partner: Partner) -> APIClient:
    """A system of one partner: every scope, but only that partner."""
    return with_key(make_token(partner=partner))


def signed_in(member: Member) -> APIClient:
    client = APIClient(raise_request_exception=False, enforce_csrf_checks=True)
    client.force_login(member.person)
    return client
