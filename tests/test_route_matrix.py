"""
Every route x every role x own, somebody else's and missing.

The routes are read off the URLconf: one that is not in ``tests/routes/table.py`` fails the suite.
What belongs to somebody else and what is not there must answer the same, word for word.

Where a door turns away everybody whom it does not know alike, or every member of a partner, one of
them asks for all: another one each run, and all of them with --long.
"""

import random
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client, override_settings
from django.urls import URLPattern, URLResolver, get_resolver, path

from tests.routes.table import TABLE, Row
from tests.routes.world import OBJECTS, ROLES, World, build_world

# Access and queries are the same on both databases; the one of production is asked.
pytestmark = pytest.mark.once("PostgreSQL")

UNKNOWN = ("anonymous", "deactivated", "key", "key_without", "key_other")
MEMBERS = ("head_buyer", "buyer", "viewer", "other")
TURNED_AWAY = ([302], [401], [403], [405])

# What differs between two answers that say the same.
CHANGING = re.compile(
    rb'"request_id":"[^"]*"|name="(?:csrfmiddlewaretoken|next)" value="[^"]*"'
    rb"|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
)


def find_routes(
    patterns: Any, namespace: str = "", prefix: str = ""
) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield each route's name (its pattern where it has none) and the methods it tells."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from find_routes(pattern.url_patterns, inner, prefix + str(pattern.pattern))
        elif isinstance(pattern, URLPattern):
            name = f"{namespace}{pattern.name}" if pattern.name else prefix + str(pattern.pattern)
            actions = getattr(pattern.callback, "actions", None) or {}
            yield name, frozenset(method.upper() for method in actions if method != "head")


def find_missing_rows(patterns: Any) -> list[str]:
    """Return routes, and methods of routes, that nobody has decided about."""
    decided = {row.route for row in TABLE}
    with_method = {(row.route, row.method) for row in TABLE}
    missing = []
    for route, methods in find_routes(patterns):
        if route not in decided:
            missing.append(route)
        missing += [f"{method} {route}" for method in methods if (route, method) not in with_method]
    return missing


class TestTable:
    def test_has_a_row_for_every_route(self):
        assert find_missing_rows(get_resolver().url_patterns) == []

    def test_a_new_route_without_a_row_is_found(self):
        added = path("brand-new/", HttpResponse, name="brand-new")

        assert find_missing_rows([*get_resolver().url_patterns, added]) == ["brand-new"]

    def test_has_no_row_for_a_route_that_is_gone(self):
        known = {route for route, _methods in find_routes(get_resolver().url_patterns)}

        assert sorted({row.route for row in TABLE} - known) == []


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """Built once: each request is undone."""
    with django_db_blocker.unblock(), transaction.atomic():
        built = build_world()
        if connection.vendor == "postgresql":
            # The tables hold what thousands of tests rolled back. A server that has last looked
            # while they were empty expects one row, and goes through all of that for each it finds.
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE")
        yield built
        transaction.set_rollback(True)


@contextmanager
def fresh_cookies(client: Client) -> Iterator[None]:
    """A message that one answer leaves for the next page is not part of the next answer."""
    before = {name: morsel.value for name, morsel in client.cookies.items()}
    yield
    client.cookies.clear()
    for name, value in before.items():
        client.cookies[name] = value


def ask(world: World, row: Row, role: str, which: str) -> Any:
    client = world.clients[role]
    address = world.address(row.address, which)
    with world.untouched(), fresh_cookies(client):
        if row.method == "GET":
            answer = client.get(address)
            if answer.streaming:
                # A file is closed by whoever reads it to its end.
                list(answer.streaming_content)
            return answer
        headers = {"Idempotency-Key": "matrix"} if address.startswith("/api/") else {}
        kind = {"content_type": "application/json"} if address.startswith("/api/") else {}
        send = getattr(client, row.method.lower())
        return send(address, dict(row.body), headers=headers, **kind)


def choose_roles(row: Row) -> list[str]:
    """Return who asks: of those who are turned away alike, one by chance."""
    asking = list(ROLES)
    for group in (UNKNOWN, MEMBERS):
        expected = [row.expected(role) for role in group]
        if expected[0] in TURNED_AWAY and all(each == expected[0] for each in expected):
            chosen = random.choice(group)
            asking = [role for role in asking if role == chosen or role not in group]
    return asking


@pytest.mark.django_db
@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.method} {row.route}")
def test_everybody_gets_the_answer_that_is_theirs(
    world: World, row: Row, pytestconfig: pytest.Config
) -> None:
    wrong = []
    roles = ROLES if pytestconfig.getoption("long") else choose_roles(row)
    with override_settings(API_REQUESTS_PER_MINUTE=1_000_000):
        for role in roles:
            expected = row.expected(role)
            answers = [ask(world, row, role, which) for which in OBJECTS[: len(expected)]]
            found = [answer.status_code for answer in answers]
            if found != expected:
                wrong.append(f"{role}: {found} instead of {expected}")
            nowhere = {
                CHANGING.sub(b"", answer.content) for answer in answers if answer.status_code == 404
            }
            if len(nowhere) > 1:
                wrong.append(f"{role}: others' things and missing ones can be told apart")

    assert not wrong, "\n".join(wrong)
