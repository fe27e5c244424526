"""The demo on the rows of eight large partners; the whole file is loaded by ./dev demo itself."""

import csv
import gzip
import json
from datetime import date

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Count

from config.demo import loading
from config.demo.feeds import PARTNER
from config.demo.loading import LAST_REAL_DAY, shift_for
from ledger.auditing import audit
from ledger.models import Correction
from partners.models import (
    Activity,
    Event,
    Invitation,
    ParkedDocument,
    Partner,
    Person,
    SellOutClaim,
)
from rewards.models import Redemption, Share, Standing
from tests.factories import NOON

pytestmark = [pytest.mark.transaction, pytest.mark.once("SQLite")]


LARGE_PARTNERS = {"14646", "18102", "17450", "14911", "12415", "14156", "17511", "16684"}


@pytest.fixture
def few_orders(tmp_path, monkeypatch):
    """A file of the same name and shape as the demo's, with the orders of a few partners."""
    path = tmp_path / loading.ORDERS_FILE.name
    with gzip.open(loading.ORDERS_FILE, "rt", newline="", encoding="utf-8") as text:
        header, *rows = csv.reader(text)
        kept = [row for row in rows if row[PARTNER] in LARGE_PARTNERS]
    with gzip.open(path, "wt", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows([header, *kept])
    monkeypatch.setattr(loading, "ORDERS_FILE", path)


def run_demo(capsys, *options):
    call_command("demo", "--no-serve", "--json", *options)
    return json.loads(capsys.readouterr().out)


class TestTheShift:
    @pytest.mark.parametrize(
        ("today", "last_order_on"),
        [
            (date(2026, 11, 21), date(2026, 11, 13)),
            (date(2026, 11, 22), date(2026, 11, 13)),
            (date(2026, 11, 23), date(2026, 11, 20)),
        ],
    )
    def test_puts_the_last_order_on_friday_of_last_week(self, today, last_order_on):
        shift = shift_for(today)

        assert shift % 7 == 0
        assert (last_order_on - LAST_REAL_DAY).days == shift


class TestTheDemo:
    def test_holds_what_it_says_and_keeps_it_on_the_second_start(self, capsys, few_orders):
        first = run_demo(capsys, "--partners", "5")
        second = run_demo(capsys)

        changed = {"seconds"}
        assert {k: v for k, v in first.items() if k not in changed} == {
            k: v for k, v in second.items() if k not in changed
        }
        assert first["partners"] == Partner.objects.count() == 5
        assert first["orders"] == Activity.objects.orders().count()
        assert [row["role"] for row in first["sign_ins"]] == [
            "Head buyer",
            "Buyer",
            "Viewer",
            "Loyalty manager",
            "Loyalty manager",
            "Finance",
            "Auditor",
        ]
        self.check_story()

    def check_story(self):
        states = set(Redemption.objects.values_list("state", flat=True))
        # Nobody lets a request wait for a month here.
        assert states == set(Redemption.State.values) - {Redemption.State.LAPSED}
        assert Share.objects.count() == 2
        corrections = Correction.objects.order_by("pk").values_list("kind", "state")
        assert list(corrections) == [
            ("credit", "posted"),
            ("reversal", "posted"),
            ("credit", "waiting"),
        ]
        assert Invitation.objects.open().count() == 1
        claims = SellOutClaim.objects.values_list("state", flat=True)
        assert set(claims) == set(SellOutClaim.State.values)
        assert ParkedDocument.objects.waiting().filter(source="web-shop").count() == 4
        on_two_teams = Person.objects.annotate(teams=Count("memberships")).filter(teams=2)
        assert on_two_teams.get().name == "Vera Lindqvist"
        assert {"gold"} == set(Standing.objects.values_list("tier_code", flat=True))
        assert Event.objects.filter(kind="tier_changed").exists()
        assert audit(as_of=NOON.replace(year=2040)).ok

    def test_refuses_options_that_make_no_sense(self):
        with pytest.raises(CommandError, match="at least 1"):
            call_command("demo", "--no-serve", "--partners", "0")
