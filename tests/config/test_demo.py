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
from config.demo.programme import LAST_REAL_DAY, PURCHASE_RULE, shift_for
from ledger.auditing import audit
from ledger.models import Account, Correction, Lot, Transfer
from partners.models import (
    Activity,
    Event,
    Invitation,
    ParkedDocument,
    Partner,
    Person,
    SellOutClaim,
)
from rewards.models import (
    Award,
    CampaignBudget,
    ClawBack,
    EarningConsent,
    Redemption,
    Share,
    Standing,
)
from rewards.offering.waiting import lost_of
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
        self.check_earning()
        assert audit(as_of=NOON.replace(year=2040)).ok

    def check_earning(self):
        """The real orders earn what the preset says; beside it there is one of everything else."""
        for award in Award.objects.filter(rule_code=PURCHASE_RULE).select_related("activity"):
            assert award.amount == int(award.activity.amount)
        given = set(Award.objects.filter(amount__gt=0).values_list("rule_code", flat=True))
        assert given == {
            PURCHASE_RULE,
            "season-orders",
            "paid-in-time",
            "invoice-without-paper",
            "automatic-orders",
            "course-passed",
        }
        assert 0 < CampaignBudget.objects.get().given < 160_000
        waiting = Lot.objects.open().filter(account__kind=Account.Kind.PENDING)
        assert {lot.matures_at is None for lot in waiting} == {True, False}
        assert lost_of(ClawBack.objects.all()).exists()
        assert EarningConsent.objects.filter(withdrawn_at=None).get().member.person.name == (
            "Bob Kowalczyk"
        )
        assert EarningConsent.objects.exclude(withdrawn_at=None).count() == 1
        own = Transfer.objects.filter(kind="earn", credit_account__kind=Account.Kind.WALLET)
        assert sum(own.values_list("amount", flat=True)) == 500

    def test_refuses_options_that_make_no_sense(self):
        with pytest.raises(CommandError, match="at least 1"):
            call_command("demo", "--no-serve", "--partners", "0")
