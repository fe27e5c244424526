"""What one new order reads, however many there were before it, and when all of it is read."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from partners.intake import LineReport
from partners.models import Activity
from partners.reports import ActivityReport
from rewards import crediting, hearing
from rewards.earning.judging import judge
from rewards.models import ClawBack, Programme
from rewards.programmes.opening import open_programme
from rewards.programmes.publishing import draft_from_latest, publish
from tests.api.conftest import make_token, with_key
from tests.rewards.club import Club, open_club, utc

pytestmark = [pytest.mark.django_db, pytest.mark.once("SQLite")]

NOON = utc(2026, 3, 1)
FEW, MANY = 3, 90
ACTIVITIES = "/api/v1/activities"
DOUBLED = {"silver": {"threshold": "30", "multiplier_percent": 200}}


class Read(NamedTuple):
    """How many facts were judged, rows came out of the database, and queries were asked."""

    facts: int
    rows: int
    queries: int


class Teller:
    """Tells a club facts, and counts what each of them makes it read."""

    def __init__(self, club: Club, monkeypatch) -> None:
        self.club, self.facts = club, 0
        self.erp = with_key(make_token())
        monkeypatch.setattr(hearing, "judge", self._judge)

    def _judge(self, facts, **more):
        self.facts += len(facts)
        return judge(facts, **more)

    def had_orders(self, count: int) -> None:
        """One an hour until just before noon, of three lines each; all but the last came back."""
        self.take_in(*(self.report(f"before {hour}", hours=-hour) for hour in range(1, count + 1)))
        self.take_in(
            *(
                self.report(f"back {hour}", hours=0.1 - hour, kind="return")
                for hour in range(2, count + 1)
            )
        )

    def report(self, number: str, *, hours: float, **more: Any) -> ActivityReport:
        report = ActivityReport(
            kind="order",
            partner_id=self.club.partner.pk,
            source="erp",
            external_id=number,
            occurred_at=NOON + timedelta(hours=hours),
            currency="GBP",
            lines=[LineReport(f"sku-{line}", 10_000, 50_000) for line in range(3)],
        )
        return replace(report, **more)

    def take_in(self, *reports: ActivityReport) -> None:
        with transaction.atomic():
            crediting.take_in(reports, as_of=NOON + timedelta(hours=9))

    def read_for(self, number: str, **told: Any) -> Read:
        report = self.report(number, **told)
        return self.count(lambda: self.take_in(report))

    def post(self, number: str, *, minutes: int) -> None:
        """Report an order as its source does."""
        body = {
            "kind": "order",
            "partner": f"erp:{self.club.partner.erp_number}",
            "source": "erp",
            "external_id": number,
            "occurred_at": (NOON + timedelta(minutes=minutes)).isoformat(),
            "currency": "GBP",
            "lines": [{"sku": "mug", "quantity": "1", "amount": "7.00"}],
        }
        answer = self.erp.post(ACTIVITIES, body, format="json", headers={"Idempotency-Key": number})
        assert answer.status_code == 201, answer.json()
        assert [award["amount"] for award in answer.json()["awards"]] == [7]

    def count(self, tell: Callable[[], None]) -> Read:
        rows: list[int] = []
        self.facts = 0
        connection.connection.row_factory = lambda _cursor, row: rows.append(1) or row
        with CaptureQueriesContext(connection) as queries:
            tell()
        connection.connection.row_factory = None
        return Read(self.facts, len(rows), len(queries))


def publish_anew(club: Club, *, at: datetime) -> None:
    with transaction.atomic():
        publish(version=draft_from_latest(programme=club.programme), published_at=at)


@pytest.mark.parametrize("tiers", [{}, DOUBLED], ids=["no tier", "a tier that doubles"])
def test_reads_as_much_after_ninety_orders_as_after_three(tiers, monkeypatch):
    teller = Teller(open_club(tiers=tiers), monkeypatch)
    teller.had_orders(FEW)
    after_few = teller.read_for("A", hours=1)
    teller.had_orders(MANY)
    after_many = teller.read_for("B", hours=2)

    assert after_few == after_many
    assert after_many.facts == 1
    assert teller.club.award("B").amount == (30 if tiers else 15)
    assert ClawBack.objects.count() >= MANY - 1


def test_a_report_through_the_api_reads_as_much_after_ninety_as_after_three(monkeypatch):
    teller = Teller(open_club(), monkeypatch)
    teller.had_orders(FEW)
    teller.post("first", minutes=1)
    after_few = teller.count(lambda: teller.post("second", minutes=2))
    teller.had_orders(MANY)
    after_many = teller.count(lambda: teller.post("third", minutes=3))

    assert after_few == after_many
    assert after_many.facts == 1


class TestAllFactsAreJudged:
    @pytest.fixture
    def teller(self, monkeypatch) -> Teller:
        teller = Teller(open_club(tiers=DOUBLED), monkeypatch)
        teller.take_in(*(teller.report(f"before {hour}", hours=-hour) for hour in range(FEW)))
        assert teller.read_for("A", hours=1).facts == 1
        return teller

    @pytest.mark.parametrize(
        "told",
        [
            pytest.param({"hours": -1.5}, id="one that comes late"),
            pytest.param({"hours": 1}, id="one of the same moment"),
            pytest.param({"hours": 2, "kind": "return"}, id="a return"),
        ],
    )
    def test_for_what_may_change_them(self, teller, told):
        assert teller.read_for("B", **told).facts == FEW + 2

    def test_once_for_each_version(self, teller):
        publish_anew(teller.club, at=NOON + timedelta(hours=2))

        assert teller.read_for("B", hours=3).facts == FEW + 2
        assert teller.read_for("C", hours=4).facts == 1

    def test_once_for_a_programme_that_is_opened(self, teller):
        """Its partners may stand in it already, and have facts of before."""
        programmes = Programme.objects.filter(pk=teller.club.programme.pk)
        programmes.update(status=Programme.Status.DRAFT)
        teller.club.programme.standings.update(settled_by="")
        teller.take_in(teller.report("unheard", hours=2))
        with transaction.atomic():
            open_programme(programme=programmes.get())

        assert teller.read_for("B", hours=3).facts == FEW + 3
        assert teller.read_for("C", hours=4).facts == 1

    def test_for_an_order_that_a_return_waits_for(self, teller):
        waits = teller.report("R", hours=2, kind="return")
        teller.take_in(replace(waits, refers_to=("erp", "B")))

        assert teller.read_for("B", hours=3).facts == FEW + 3
        assert Activity.objects.get(external_id="R").refers_to is not None

    def test_for_a_bill_of_an_order_of_which_another_was_cancelled(self, teller):
        bill = {"kind": "invoice", "lines": (), "amount_e4": 50_000, "refers_to": ("erp", "A")}
        for place, number in enumerate(("I1", "I2")):
            teller.take_in(replace(teller.report(number, hours=2 + place), **bill))
        void = {"kind": "cancellation", "lines": (), "currency": "", "refers_to": ("erp", "I1")}
        assert teller.read_for("P", hours=4, kind="payment", lines=()).facts == 0
        teller.take_in(replace(teller.report("void", hours=5), **void))

        assert teller.read_for("I3", hours=6, **bill).facts == FEW + 5

    def test_while_a_cancellation_counts_for_the_tier(self, teller):
        cancels = teller.report("A cancelled", hours=2, kind="cancellation")
        teller.take_in(replace(cancels, refers_to=("erp", "A"), lines=(), currency=""))

        assert teller.read_for("B", hours=3).facts == FEW + 3
