"""A database that is locked, or that drops the connection, as each door meets it: never a 500."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg
import pytest
from django.db import connection, connections
from django.test import Client
from django.utils import timezone

from config.sqlite.base import line
from ledger.auditing import audit
from ledger.correcting.importing import Result, import_adjustments
from ledger.models import Correction
from ledger.naming import name_account
from partners import retrying
from partners.jobs import ChunkDone, run_step
from partners.models import JobRun, Partner, Person, RememberedAnswer
from partners.retrying import StillBusy, in_transaction
from rewards.models import Redemption
from tests.api.conftest import make_token, with_key
from tests.factories import NOON
from tests.ledger.corrections import make_staff
from tests.rewards.cast import balance, take
from tests.rewards.portal import offer_today, open_shop_today, redeem_form

pytestmark = [pytest.mark.chaos, pytest.mark.django_db]

A_SHORT_WAIT = 0.05
STATE = Redemption.State


class Blocker:
    """A session of its own that holds what every door needs, and can end the session that waits."""

    def __init__(self, clone) -> None:
        self.is_sqlite = connection.vendor == "sqlite"
        if self.is_sqlite:
            self.session = sqlite3.connect(
                clone.name, isolation_level=None, check_same_thread=False
            )
        else:
            self.session = psycopg.connect(clone.url, autocommit=True)

    @contextmanager
    def holding(self) -> Iterator[None]:
        self.session.execute("BEGIN IMMEDIATE" if self.is_sqlite else "BEGIN")
        if not self.is_sqlite:
            self.session.execute("SELECT 1 FROM partners_partner FOR UPDATE")
            self.session.execute("SELECT 1 FROM partners_person FOR NO KEY UPDATE")
        try:
            yield
        finally:
            self.let_go()

    def let_go(self) -> None:
        self.session.execute("ROLLBACK")

    def find_waiting(self) -> list[int]:
        """Return who waits for us: sessions, or places in the line of SQLite's writers."""
        if self.is_sqlite:
            return list(range(len(line._waiting)))
        # Within a transaction, statistics stay as they were when first looked at.
        self.session.execute("SELECT pg_stat_clear_snapshot()")
        rows = self.session.execute(
            "SELECT pid FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return [pid for (pid,) in rows.fetchall()]

    def wait_for_somebody(self) -> list[int]:
        deadline = time.monotonic() + 60
        while not (found := self.find_waiting()):
            assert time.monotonic() < deadline, "nobody waited"
            time.sleep(0.002)
        return found

    def kill_who_waits(self) -> None:
        for pid in self.wait_for_somebody():
            self.session.execute("SELECT pg_terminate_backend(%s)", [pid])


@dataclass
class Door:
    """One way in: ``knock`` does the same thing each time, ``done`` says how often it was done."""

    knock: Callable[[], int]
    done: Callable[[], int]
    passes: int


@pytest.fixture
def brief_waits(own_database, monkeypatch) -> None:
    """Everybody waits a short time only; what is shown is what happens after it."""
    options = connections.settings["default"]["OPTIONS"]
    if connection.vendor == "sqlite":
        monkeypatch.setitem(options, "timeout", A_SHORT_WAIT)
    else:
        limited = f"{options['options']} -c lock_timeout={round(A_SHORT_WAIT * 1000)}"
        monkeypatch.setitem(options, "options", limited)
    connection.close()


@pytest.fixture
def blocker(own_database) -> Iterator[Blocker]:
    made = Blocker(own_database)
    yield made
    made.session.close()


@pytest.fixture
def shop(blocker):
    return open_shop_today(points=1000)


@pytest.fixture
def doors(shop, tmp_path) -> dict[str, Door]:
    return {
        "api": knock_at_api(shop),
        "portal": knock_at_portal(shop),
        "admin": knock_at_admin(shop),
        "night": knock_at_night(shop),
        "import": knock_at_import(shop, tmp_path / "file.csv"),
    }


def knock_at_api(shop) -> Door:
    client = with_key(make_token())
    body = {"account": name_account(shop.pool), "amount": 5}

    def knock() -> int:
        answer = client.post(
            "/api/v1/holds", body, format="json", headers={"Idempotency-Key": "one"}
        )
        if answer.status_code == 503:
            assert answer.json()["code"] == "busy"
            assert int(answer.headers["Retry-After"]) > 0
        return answer.status_code

    return Door(knock, RememberedAnswer.objects.count, passes=201)


def browser_of(person: Person) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def send(client: Client, path: str, form: dict[str, str]) -> int:
    answer = client.post(path, form)
    if answer.status_code == 503:
        assert "Too much is going on just now" in answer.content.decode()
        assert int(answer.headers["Retry-After"]) > 0
    return answer.status_code


def knock_at_portal(shop) -> Door:
    reward = offer_today(shop)
    client, form = browser_of(shop.alice.person), redeem_form(reward)
    return Door(
        lambda: send(client, f"/catalogue/{reward.slug}/", form),
        Redemption.objects.filter(request_id=form["request_id"]).count,
        passes=302,
    )


def knock_at_admin(shop) -> Door:
    reward = offer_today(shop, approval_required=True)
    asked = take(shop.alice, shop.pool, reward, redeemed_at=timezone.now())
    root = Person.objects.create(
        email="root@example.com", name="Root", is_staff=True, is_superuser=True
    )
    client = browser_of(root)
    return Door(
        lambda: send(client, f"/admin/rewards/redemption/{asked.pk}/approve/", {"reason": "Yes"}),
        asked.moves.filter(to_state=STATE.APPROVED).count,
        passes=302,
    )


def knock_at_night(shop) -> Door:
    def chunk(_after: int) -> ChunkDone:
        Partner.objects.lock([shop.partner.pk])
        return ChunkDone(1)

    def knock() -> int:
        try:
            run_step(
                scope="club", local_date=date(2026, 3, 1), step="x", chunk=chunk, clock=lambda: NOON
            )
        except StillBusy:
            return 503
        return 200

    done = JobRun.objects.filter(status=JobRun.Status.DONE, changed=1)
    return Door(knock, done.count, passes=200)


def knock_at_import(shop, path: Path) -> Door:
    path.write_text(f"partner,amount,reason,reference\n{shop.partner.erp_number},5,goodwill,one\n")
    dana = make_staff(email="dana@seller.example")

    def knock() -> int:
        try:
            report = import_adjustments(
                path=path, source="crm", person=dana, zone=ZoneInfo("UTC"), as_of=timezone.now()
            )
        except StillBusy:
            return 503
        assert report.count(Result.REFUSED) == 0
        return 200

    return Door(knock, Correction.objects.filter(door="import").count, passes=200)


NAMES = ["api", "portal", "admin", "night", "import"]


@pytest.mark.usefixtures("brief_waits")
class TestALock:
    def test_that_goes_away_is_not_noticed_at_any_door(self, blocker, doors):
        for name in NAMES:
            door = doors[name]
            answers: list[int] = []
            knocking = threading.Thread(target=_knock, args=(door, answers))
            with blocker.holding():
                knocking.start()
                blocker.wait_for_somebody()
                time.sleep(2 * A_SHORT_WAIT)
            knocking.join()
            assert (name, answers) == (name, [door.passes])
            assert door.done() == 1

    def test_that_stays_is_told_where_one_signs_in_too(self, blocker, shop):
        """Django writes there, and around every page: what is not done again is told as well."""
        person = shop.bob.person
        person.set_password("a long way to the sea")
        person.save()
        form = {"login": person.email, "password": "a long way to the sea"}
        client = Client(raise_request_exception=False)

        with blocker.holding():
            refused = send(client, "/accounts/login/", form)

        assert (refused, send(client, "/accounts/login/", form)) == (503, 302)

    def test_that_stays_is_told_and_nothing_is_half_done(self, blocker, doors, shop):
        before = balance(shop.pool)
        with blocker.holding():
            assert {name: doors[name].knock() for name in NAMES} == dict.fromkeys(NAMES, 503)
        assert {name: doors[name].done() for name in NAMES} == dict.fromkeys(NAMES, 0)
        assert balance(shop.pool) == before

        # The same again, with the same keys, once it has gone; and once more.
        for _ in range(2):
            for name in NAMES:
                doors[name].knock()
            assert {name: doors[name].done() for name in NAMES} == dict.fromkeys(NAMES, 1)
        assert audit(as_of=timezone.now()).divergences == ()

    @pytest.mark.control
    def test_would_be_noticed_if_nothing_were_done_again(self, blocker, doors, monkeypatch):
        monkeypatch.setattr(retrying, "PATIENCE_SECONDS", 0)
        answers: list[int] = []
        knocking = threading.Thread(target=_knock, args=(doors["portal"], answers))
        with blocker.holding():
            knocking.start()
            blocker.wait_for_somebody()
            time.sleep(2 * A_SHORT_WAIT)
        knocking.join()

        assert answers == [503]


def _knock(door: Door, answers: list[int]) -> None:
    answers.append(door.knock())
    connections.close_all()


@pytest.mark.pg
class TestASessionThatIsKilled:
    def test_is_not_noticed_at_any_door(self, blocker, doors):
        for name in NAMES:
            door = doors[name]
            answers: list[int] = []
            knocking = threading.Thread(target=_knock, args=(door, answers))
            with blocker.holding():
                knocking.start()
                blocker.kill_who_waits()
            knocking.join()
            assert (name, answers) == (name, [door.passes])
            assert door.done() == 1


class TestATransaction:
    def test_of_somebody_else_is_not_done_again(self, shop):
        with pytest.raises(RuntimeError, match="durable"):
            in_transaction(lambda: in_transaction(shop.partner.save))
