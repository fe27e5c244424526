"""
The real file of a wholesaler under each of the three policies for what was spent already.

In the suite it is the sample of whole documents, with ``--long`` the whole file. Nothing was spent
of these points, so that within the balance everything can be taken back; and nothing waits, so that
where only waiting points are taken back, nothing is.
"""

import csv

import pytest
from django.db.models import Sum

from ledger.auditing import audit
from ledger.models import Account
from rewards.models import Award, ClawBack, ProgrammeVersion
from rewards.programmes.presets import load_preset
from tests.databases.clones import stand_on_clone
from tests.real_orders import BEFORE, EVENING, ORDERS, load_orders

WHOLE_FILE = {"awarded": 8_902_670, "clawed_back": 8_902_670 - 8_313_984}


@pytest.fixture
def load_under(request, database_template, django_db_blocker, sampled_rows, tmp_path):
    """Load the file into an empty database, under a policy, and stand on that database."""
    path = ORDERS
    if not request.config.getoption("long"):
        path = tmp_path / "sample.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(sampled_rows)
    with django_db_blocker.unblock(), stand_on_clone(database_template):

        def load_under(policy):
            version = load_preset("starter", as_of=BEFORE).versions.get()
            version.definition["settings"]["claw_back_policy"] = policy
            ProgrammeVersion.objects.filter(pk=version.pk).update(definition=version.definition)
            return load_orders(path)

        yield load_under


def sums():
    names = ("due", "collected", "debt", "waived")
    row = ClawBack.objects.aggregate(**{name: Sum(name, default=0) for name in names})
    return tuple(row[name] for name in names)


def points_of(erp_number):
    pool = Account.objects.pools().filter(partner__erp_number=erp_number)
    return pool.aggregate(points=Sum("balance", default=0))["points"]


def bought(erp_number):
    awards = Award.objects.filter(partner__erp_number=erp_number)
    return awards.aggregate(points=Sum("amount", default=0))["points"]


@pytest.mark.django_db
@pytest.mark.slow
@pytest.mark.once("SQLite")
@pytest.mark.timeout(900)
class TestPolicies:
    def test_within_the_balance_all_is_taken_back(self, load_under, request):
        report = load_under("within_balance")
        due, collected, debt, waived = sums()

        assert (points_of("12346"), points_of("16446")) == (0, 2)
        assert due == collected + waived > 0
        assert debt == 0
        assert waived == 0
        check_whole_file(request, report, clawed_back=due)

    def test_with_debt_the_same_is_taken_back(self, load_under, request):
        report = load_under("allow_debt")
        due, collected, debt, waived = sums()

        assert (points_of("12346"), points_of("16446")) == (0, 2)
        assert (due, waived) == (collected + debt, 0)
        check_whole_file(request, report, clawed_back=due)

    def test_where_only_waiting_points_are_taken_back_the_due_is_waived(self, load_under, request):
        report = load_under("only_pending")
        due, collected, debt, waived = sums()

        assert (points_of("12346"), points_of("16446")) == (bought("12346"), bought("16446"))
        assert points_of("12346") > 77_000
        assert (collected, debt) == (0, 0)
        assert due == waived > 0
        check_whole_file(request, report, clawed_back=due)


def check_whole_file(request, report, *, clawed_back):
    """The books add up, and with the whole file to the figures that others worked out."""
    assert audit(as_of=EVENING).ok
    if request.config.getoption("long"):
        assert report["units_awarded"] == WHOLE_FILE["awarded"]
        assert clawed_back == WHOLE_FILE["clawed_back"]
