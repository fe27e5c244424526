"""Liability, postings and opening balances in the admin."""

import csv
from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ledger import accounts
from ledger.models import Transfer
from partners.models import ImportRun, Member, Partner
from partners.roles import Role
from tests.rewards.cast import NOON, earn, make_partner, open_shop

pytestmark = [pytest.mark.django_db, pytest.mark.once("SQLite")]

FINANCE, OPENING = "/admin/finance/", "/admin/opening/"
HEADERS = "partner,unit,amount,earned_on,expires_on,account,matures_on,reference\n"


@pytest.fixture
def shop():
    return open_shop(points=1000)


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(NOON + timedelta(days=10), tick=False):
        yield


def rows_of(answer) -> list[dict[str, str]]:
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(StringIO(answer.content.decode())))


class TestFinance:
    def test_shows_the_liability_of_today_and_says_why_there_is_no_estimate(
        self, client, employ, shop
    ):
        employ(Role.FINANCE)

        answer = client.get(FINANCE)

        [unit] = answer.context["units"]
        assert dict(unit.facts)["In money"] == "£10.00"
        assert "Not enough history" in dict(unit.facts)["Expected breakage"]
        assert unit.rows[-1][1][0] == "1,000 points".replace(" ", "\N{NO-BREAK SPACE}")

    def test_a_day_of_the_past_is_as_it_was(self, client, employ, shop):
        employ(Role.AUDITOR)

        answer = client.get(FINANCE, {"day": "2020-01-01"})

        assert dict(answer.context["units"][0].facts)["In money"] == "£0.00"

    def test_gives_the_liability_and_the_postings_as_files(self, client, employ, shop):
        employ(Role.FINANCE)
        today = (NOON + timedelta(days=10)).date().isoformat()

        liability = rows_of(client.get(FINANCE, {"day": today, "file": "liability"}))
        postings = rows_of(
            client.get(FINANCE, {"file": "postings", "first": "2020-01-01", "last": today})
        )

        assert sum(int(row["units"]) for row in liability if row["place"] != "debt") == 1000
        moved = Transfer.objects.count()
        assert sum(int(row["transfers"]) for row in postings) == 2 * moved
        assert sum(int(row["debit_units"] or 0) for row in postings) == sum(
            Transfer.objects.values_list("amount", flat=True)
        )

    @pytest.mark.parametrize(
        "query",
        [
            {"day": "yesterday"},
            {"day": "0001-01-01"},
            {"day": "9999-12-31"},
            {"file": "postings", "first": "2026-03-02", "last": "2026-03-01"},
            {"file": "postings", "first": "x", "last": ""},
        ],
    )
    def test_days_that_make_no_sense_are_told_at_their_field(self, client, employ, shop, query):
        employ(Role.FINANCE)

        answer = client.get(FINANCE, query)

        assert answer.status_code == 200
        assert answer.context["form"].errors or answer.context["postings"].errors
        assert b"t-wrong" in answer.content

    @pytest.mark.parametrize("role", [Role.ACCOUNT_MANAGER, Role.FULFILMENT])
    def test_who_sees_only_some_partners_sees_no_totals(self, client, employ, shop, role):
        employ(role)

        assert client.get(FINANCE).status_code == 403
        assert FINANCE.encode() not in client.get("/admin/").content

    def test_it_costs_the_same_queries_for_more_partners(self, client, employ, shop):
        employ(Role.FINANCE)

        def count() -> int:
            with CaptureQueriesContext(connection) as queries:
                assert client.get(FINANCE).status_code == 200
            return len(queries)

        count()
        before = count()
        for number in range(5):
            partner = make_partner(shop.programme, f"N{number}")
            earn(accounts.pool(shop.unit, partner), 10)

        assert count() == before


# ------------------------------------------------------------ opening balances


@pytest.fixture
def content(shop):
    number, unit = shop.partner.erp_number, shop.unit.code
    return (
        f"{HEADERS}{number},{unit},1200,2025-06-10,2099-06-30,,,crm-1\n"
        f"nobody,{unit},5,2025-06-10,,,,\n"
    ).encode()


def upload(content: bytes, name: str = "balances.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="text/csv")


def preview(client, content: bytes, source: str = "old-crm"):
    return client.post(OPENING, {"source": source, "file": upload(content)})


@pytest.fixture
def link(client, employ, content) -> str:
    """The link that a loyalty manager got with a preview."""
    employ(Role.LOYALTY_MANAGER)
    return preview(client, content).context["link"]


def opened() -> int:
    return Transfer.objects.filter(kind="open").count()


class TestOpeningBalances:
    def test_a_preview_tells_all_and_writes_nothing(self, client, employ, content):
        employ(Role.LOYALTY_MANAGER)

        answer = preview(client, content)

        counts = [number for _label, number in answer.context["counts"]]
        assert counts == ["2", "1", "0", "1"]
        [line] = answer.context["lines"]
        assert not line.fits
        assert [one.code for one in answer.context["outcomes"]] == ["unknown_partner"]
        assert (opened(), ImportRun.objects.count()) == (0, 0)

    def test_somebody_else_posts_the_same_file(self, client, root, link, content):
        client.force_login(root)
        assert client.get(link).status_code == 200

        answer = client.post(link, {"file": upload(content)})

        run = ImportRun.objects.get()
        assert answer.status_code == 302
        assert answer.url == f"/admin/partners/importrun/{run.pk}/change/"
        assert (opened(), run.started_by, run.source) == (1, root, "old-crm")
        client.post(link, {"file": upload(content)})
        assert opened() == 1

    def test_nobody_posts_what_they_previewed(self, client, link, content):
        assert "Somebody else has to post it" in client.get(link).content.decode()

        assert client.post(link, {"file": upload(content)}).status_code == 200
        assert opened() == 0

    def test_nobody_agrees_to_the_balances_of_their_own_company(
        self, client, shop, root, link, content
    ):
        Member.objects.create(partner=shop.partner, person=root, role="buyer", joined_at=NOON)
        client.force_login(root)

        client.post(link, {"file": upload(content)})

        run = ImportRun.objects.get()
        assert opened() == 0
        assert run.report["refused_by_code"] == {"own_partner": 1, "unknown_partner": 1}
        assert run.report["agreed_by"] == str(root.public_id)
        # Somebody else may: nothing of the file is lost.
        client.force_login(
            type(root).objects.create(email="b@x.y", is_staff=True, is_superuser=True)
        )
        client.post(link, {"file": upload(content)})
        assert opened() == 1

    def test_another_file_is_not_posted(self, client, root, link, content):
        client.force_login(root)

        answer = client.post(link, {"file": upload(content.replace(b"1200", b"9200"))})

        assert answer.context["form"].errors["file"] == ["This is not the file that was previewed."]
        assert opened() == 0

    def test_a_link_dies_with_its_signature_its_week_and_its_writer(self, client, root, link):
        client.force_login(root)
        assert client.get(f"{link[:-3]}x/").status_code == 404
        with time_machine.travel(NOON + timedelta(days=18), tick=False):
            client.force_login(root)
            assert client.get(link).status_code == 404
        type(root).objects.filter(email__startswith="loyalty").update(is_active=False)
        assert client.get(link).status_code == 404

    @pytest.mark.parametrize("role", [Role.FINANCE, Role.ACCOUNT_MANAGER, Role.FULFILMENT])
    def test_who_corrects_nothing_opens_nothing(self, client, employ, link, content, role):
        employ(role)

        assert preview(client, content).status_code == 403
        assert client.post(link, {"file": upload(content)}).status_code == 403
        assert opened() == 0

    @pytest.mark.parametrize(
        ("bad", "says"),
        [
            (b"\x89PNG\r\n", "picture"),
            (HEADERS.encode(), "no rows"),
            (b"partner;amount\nA;5\n", "Missing"),
            (b"\xff\xfe\x00", ""),
        ],
    )
    def test_a_file_that_cannot_be_read_is_told_at_its_field(self, client, employ, shop, bad, says):
        employ(Role.LOYALTY_MANAGER)

        answer = preview(client, bad)

        assert answer.status_code == 200
        assert says in answer.context["form"].errors["file"][0]
        assert "link" not in answer.context

    @pytest.mark.parametrize("source", ["", "a:b", "x" * 65, "a\x00b"])
    def test_a_source_has_a_plain_name(self, client, employ, content, source):
        employ(Role.LOYALTY_MANAGER)

        assert "source" in preview(client, content, source).context["form"].errors

    def test_a_large_file_goes_by_the_command(self, client, employ, content, monkeypatch):
        monkeypatch.setattr("rewards.admin.opening.FILE_BYTES_MAX", 10)
        employ(Role.LOYALTY_MANAGER)

        assert "file" in preview(client, content).context["form"].errors

    @pytest.mark.parametrize("name", ["../../balances.csv", "Залишки 📒.csv", "b" * 400 + ".csv"])
    def test_the_name_of_the_file_leads_nowhere(self, client, root, link, content, name):
        client.force_login(root)

        client.post(link, {"file": upload(content, name)})

        assert opened() == 1
        assert "/" not in ImportRun.objects.get().file_name
        assert Partner.objects.exists()
