"""Files of activities and partners by upload: the file, its mapping, the dry run, the run, the report."""

import csv
import io
import zipfile
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from partners.importing.forgetting import forget_old_files
from partners.importing.mappings import find_mapping
from partners.importing.runs import path_of
from partners.models import Activity, ImportRow, ImportRun, OwnKind, Partner
from partners.roles import Role
from rewards import loading
from rewards.admin.uploading import choosing
from rewards.loading.queueing import Task, stop, work_on
from tests.rewards.cast import NOON, open_shop

pytestmark = [pytest.mark.django_db, pytest.mark.once("SQLite")]

UPLOAD = "/admin/imports/"
LIST = "/admin/partners/importrun/"
HEADERS = "Order No;Date;Customer;SKU;Qty;Price\n"
ROWS = [f"A{n};{n:02}.02.2026;P{n % 4};mug;2;5,50\n" for n in range(1, 13)]
BAD = "B1;01.02.2026;P1;gift;1;0\nB2;soon;P1;mug;1;1\nB3;01.02.2027;P1;mug;1;=1\n"
FILE = HEADERS + "".join(ROWS) + BAD
COMPANIES = "erp_number,legal_name,tags\n1,Corner Shop,a\n2,Café Zażółć,\n2,Other,\n"


@pytest.fixture(autouse=True)
def shop(settings, tmp_path):
    settings.PRIVATE_ROOT = tmp_path
    with time_machine.travel(NOON, tick=False):
        yield open_shop()


@pytest.fixture
def manager(dana):
    return dana


def send(client, content=FILE, *, name="orders.csv", kind="order", source="shop"):
    raw = content if isinstance(content, bytes) else content.encode()
    form = {"kind": kind, "source": source, "file": SimpleUploadedFile(name, raw)}
    return client.post(UPLOAD, form)


def upload(client, content=FILE, **given) -> ImportRun:
    answer = send(client, content, **given)
    assert answer.status_code == 302, answer.context["form"].errors
    return ImportRun.objects.latest("pk")


def page_of(run: ImportRun, part: str = "") -> str:
    return f"/admin/imports/{run.pk}/{part}"


def choices_of(form) -> dict[str, str]:
    """What a browser sends of a form as it was shown."""
    return {field.name: field.value() for field in form if field.value() not in (None, False)}


def choose(client, run, **changed):
    shown = client.get(page_of(run, "mapping/")).context["form"]
    sent = choices_of(shown) | {"act": "check"} | changed
    return client.post(page_of(run, "mapping/"), sent)


def check(client, run, **changed) -> ImportRun:
    answer = choose(client, run, **changed)
    assert (answer.status_code, answer.headers.get("Location")) == (302, page_of(run))
    run.refresh_from_db()
    return run


def act(client, run, name, **more):
    shown = client.get(page_of(run)).context
    seen = shown["seen"] if shown and "seen" in shown else ""
    return client.post(page_of(run), {"act": name, "seen": seen} | more)


def take_in(run: ImportRun) -> None:
    """What the process does that is started in the background."""
    run.refresh_from_db()
    work_on(run, Task.RUN, clock=timezone.now)
    run.refresh_from_db()


def kept_files(root) -> list[Path]:
    return [place for place in Path(root).rglob("*") if place.is_file()]


class TestUpload:
    def test_is_for_those_who_may_import(self, client, employ):
        for role in set(Role) - {Role.LOYALTY_MANAGER}:
            employ(role)
            assert client.get(UPLOAD).status_code == 403, role
            assert send(client).status_code == 403, role
        assert not ImportRun.objects.exists()

    def test_an_account_manager_with_the_right_by_mistake_still_may_not(self, client, employ):
        """A file may name partners that they do not see."""
        person = employ(Role.ACCOUNT_MANAGER)
        person.user_permissions.add(Permission.objects.get(codename="add_importrun"))
        assert client.get(UPLOAD).status_code == 403

    def test_keeps_the_file_privately_under_a_name_of_its_own(self, client, manager, tmp_path):
        run = upload(client, name="../../etc/Замовлення 🎁.csv")
        path = path_of(run)

        assert run.file_name == "Замовлення 🎁.csv"
        assert path.is_relative_to(tmp_path / "uploads")
        assert path.read_text() == FILE
        assert (run.started_by, run.status) == (manager, "uploaded")

    def test_refuses_what_is_no_table_and_keeps_nothing(self, client, manager, tmp_path):
        wide = ";".join(f"c{n}" for n in range(10_000)) + "\n1\n"
        for content, sentence in {
            b"\x89PNG\r\n\x1a\n" + bytes(200): "a picture",
            b"": "The file is empty.",
            wide.encode(): "10000 columns",
            b"a\0b;c\n": "NUL",
        }.items():
            answer = send(client, content)
            assert sentence in str(answer.context["form"].errors["file"])
        assert kept_files(tmp_path) == []
        assert not ImportRun.objects.exists()

    def test_refuses_a_source_that_is_ours_at_once(self, client, manager):
        form = send(client, FILE, source=" claims ").context["form"]
        assert form.errors["source"] == [
            "This source is ours: claims that were approved come from it."
        ]
        assert not ImportRun.objects.exists()

    def test_refuses_a_bomb(self, client, manager, tmp_path):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("xl/worksheets/sheet1.xml", bytes(80 << 20))
        answer = send(client, packed.getvalue(), name="orders.xlsx")
        assert "far too large" in str(answer.context["form"].errors["file"])
        assert kept_files(tmp_path) == []

    def test_refuses_what_is_too_large_while_it_arrives(self, client, manager, settings, tmp_path):
        settings.UPLOAD_MAX_BYTES = 1000
        answer = send(client, HEADERS + "x" * 100_000)
        assert "too large" in str(answer.context["form"].errors["file"])
        # What was entered beside it stays.
        assert answer.context["form"]["source"].value() == "shop"
        assert kept_files(tmp_path) == []

    def test_needs_the_token_of_its_form(self, manager):
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(manager)
        assert send(strict).status_code == 403

    def test_refuses_a_form_that_is_not_filled(self, client, manager):
        OwnKind.objects.create(code="fair", names={"en": "Fair"})
        offered = client.get(UPLOAD).context["form"].fields["kind"].choices[0][1]
        # Most files are of orders; nobody uploads them as something else by not looking.
        assert (offered[0][0], offered[-1][0]) == ("order", "fair")
        answer = client.post(UPLOAD, {"kind": "nonsense", "source": "a\0b"})
        assert answer.status_code == 200
        assert set(answer.context["form"].errors) == {"kind", "source", "file"}


class TestMapping:
    def test_is_guessed_and_one_click_leads_on(self, client, manager):
        run = upload(client)
        shown = client.get(page_of(run, "mapping/")).context

        assert shown["is_clear"]
        form = choices_of(shown["form"])
        assert form["column_order"] == "Order No"
        assert (form["decimal"], form["dates"]) == (",", "%d.%m.%Y")
        assert form["currency"] == "GBP"
        headings = [(each.label, each.header) for each in shown["table"].headings]
        assert ("Price of one", "Price") in headings
        _number, cells, problem = shown["table"].rows[0]
        assert [cell.text for cell in cells][-1] == "5.5"
        assert problem == ""

        check(client, run)
        assert run.status == "checked"

    def test_shows_what_is_wrong_at_the_cell(self, client, manager):
        run = upload(client)
        table = client.get(page_of(run, "mapping/")).context["table"]
        wrong = [(n, c.text) for n, cells, _p in table.rows for c in cells if c.problem]
        assert wrong == [(15, "soon"), (16, "=1")]

    def test_errors_stand_at_the_field_and_entered_values_stay(self, client, manager):
        run = upload(client)
        answer = choose(
            client, run, column_partner="", currency="XXZ", timezone="Mars", decimal="?"
        )
        form = answer.context["form"]
        assert set(form.errors) == {"currency", "timezone", "decimal"}
        assert form["timezone"].value() == "Mars"
        answer = choose(client, run, column_partner="", currency="")
        assert set(answer.context["form"].errors) == {"column_partner", "column_currency"}
        assert find_mapping(source="shop", kind="order") is None

    def test_says_in_our_words_which_columns_nobody_chose(self, client, manager):
        run = upload(client, "Nr;Menge\n1;2\n")
        preview = client.get(page_of(run, "mapping/")).context["preview"]
        assert preview.problem.startswith("Choose below which column of the file is:")
        assert "Date, Partner" in preview.problem
        assert "occurred_at" not in preview.problem

    def test_is_kept_for_the_next_file_of_the_source(self, client, manager):
        check(client, upload(client), create_partners="on", return_prefix="CN")
        saved = find_mapping(source="shop", kind="order")
        assert saved["rules"] == {"return_prefix": "CN", "create_partners": True}

        again = upload(client)
        assert again.mapping == saved
        shown = choices_of(client.get(page_of(again, "mapping/")).context["form"])
        assert (shown["return_prefix"], shown["create_partners"]) == ("CN", True)
        assert upload(client, source="other").mapping != saved

    def test_read_another_way_the_file_has_other_headers(self, client, manager):
        run = upload(client, "a,b;order\n1,2;3\n4,5;6\n", source="odd")
        shown = client.get(page_of(run, "mapping/")).context["form"]
        sent = choices_of(shown) | {"act": "look", "delimiter": ","}
        answer = client.post(page_of(run, "mapping/"), sent)
        choices = dict(answer.context["form"].fields["column_order"].choices)
        assert "b;order" in choices
        assert ImportRun.objects.get(pk=run.pk).mapping == run.mapping

    def test_a_sheet_is_chosen_where_several_may_be_meant(self, client, manager):
        book = openpyxl.Workbook()
        for sheet in (book.active, book.create_sheet("May")):
            sheet.append(["order", "occurred_at", "partner", "sku", "quantity", "unit_price"])
            sheet.append([sheet.title, NOON.date(), "P1", "mug", 1, 2.5])
        packed = io.BytesIO()
        book.save(packed)
        run = upload(client, packed.getvalue(), name="orders.xlsx")
        shown = client.get(page_of(run, "mapping/")).context
        assert "several sheets" in shown["preview"].problem
        sent = choices_of(shown["form"]) | {"act": "look", "sheet": "May"}
        answer = client.post(page_of(run, "mapping/"), sent).context
        assert answer["form"]["column_order"].value() == "order"
        assert answer["table"].rows[0][1][0].text == "May"
        check(client, run, **choices_of(answer["form"]))
        assert run.report["dry_run"]["rows"] == 1


class TestDryRun:
    def test_tells_all_and_writes_nothing(self, client, manager):
        run = check(client, upload(client), create_partners="on")
        shown = client.get(page_of(run)).context

        assert dict(shown["counts"])["Accepted"] == "12"
        assert [code for code, _sentence, _n in shown["refusals"]] == ["unreadable", "zero_price"]
        assert dict(shown["effects"])["Orders less returns"] == "£132.00"
        assert [row.number for row in shown["outcomes"]] == [14, 15, 16]
        assert not Activity.objects.exists()
        assert not Partner.objects.filter(erp_number="P1").exists()

        rows = list(csv.DictReader(io.StringIO(read(client, page_of(run, "rows.csv")))))
        assert [(row["row"], row["code"]) for row in rows] == [
            ("14", "zero_price"),
            ("15", "unreadable"),
            ("16", "unreadable"),
        ]
        # What a spreadsheet would run as a formula.
        assert rows[2]["value"] == "'=1"

    def test_of_partners_shows_what_changes(self, client, manager):
        Partner.objects.create(erp_number="1", legal_name="Shop")
        run = check(client, upload(client, COMPANIES, kind="partners", source="erp"))
        shown = client.get(page_of(run)).context

        [change] = shown["changes"]
        assert (change.partner, change.is_new) == ("1", False)
        assert ("Legal name", "Shop", "Corner Shop") in change.values
        assert dict(shown["counts"])["Refused"] == "2"
        assert Partner.objects.get(erp_number="1").legal_name == "Shop"

    def test_a_large_file_is_judged_in_the_background(self, client, manager, monkeypatch):
        monkeypatch.setattr(choosing, "JUDGED_AT_ONCE_BYTES", 10)
        run = check(client, upload(client))
        assert run.status == "queued"
        shown = client.get(page_of(run))
        assert b'http-equiv="refresh"' in shown.content
        work_on(run, Task.CHECK, clock=timezone.now)
        run.refresh_from_db()
        assert run.status == "checked"
        assert client.get(page_of(run)).context["seen"]

    def test_a_file_that_changed_meanwhile_is_refused(self, client, manager):
        run = check(client, upload(client))
        path_of(run).write_text(HEADERS + ROWS[0])
        act(client, run, "take_good")
        run.refresh_from_db()
        assert run.status == "checked"

    def test_what_was_looked_at_is_what_is_taken(self, client, manager):
        run = check(client, upload(client))
        seen = client.get(page_of(run)).context["seen"]
        check(client, run, return_prefix="B")
        client.post(page_of(run), {"act": "take_good", "seen": seen})
        run.refresh_from_db()
        assert run.status == "checked"


class TestRun:
    def test_asks_before_taking_only_the_good_ones(self, client, manager):
        run = check(client, upload(client), create_partners="on")
        act(client, run, "take")
        run.refresh_from_db()
        assert run.status == "checked"

        act(client, run, "take_good")
        run.refresh_from_db()
        assert run.status == "queued"
        # The second tab, or the second click.
        assert client.post(page_of(run), {"act": "take_good", "seen": "x"}).status_code == 302
        take_in(run)
        assert (run.status, Activity.objects.count()) == ("finished", 12)
        said = LogEntry.objects.filter(user=manager).order_by("pk")
        assert [entry.change_message for entry in said] == ["Uploaded.", "Taken in."]

    def test_takes_nothing_and_forgets_the_file(self, client, manager, tmp_path):
        run = check(client, upload(client))
        act(client, run, "take_nothing")
        run.refresh_from_db()
        assert run.status == "cancelled"
        assert kept_files(tmp_path) == []
        shown = client.get(page_of(run)).context
        assert not shown["may_go_on"]
        assert act(client, run, "go_on").status_code == 302
        run.refresh_from_db()
        assert run.status == "cancelled"

    def test_can_be_stopped_while_it_waits_and_gone_on_with(self, client, manager):
        run = check(client, upload(client), create_partners="on")
        act(client, run, "take_good")
        act(client, run, "stop")
        # A message of the queue that comes late starts nothing.
        take_in(run)
        assert (run.status, Activity.objects.count()) == ("cancelled", 0)
        act(client, run, "go_on")
        take_in(run)
        assert (run.status, Activity.objects.count()) == ("finished", 12)

    def test_one_that_fell_silent_is_told_and_gone_on_with(self, client, manager):
        run = check(client, upload(client), create_partners="on")
        act(client, run, "take_good")
        ImportRun.objects.filter(pk=run.pk).update(status="running", beat_at=NOON)
        assert not client.get(page_of(run)).context["is_silent"]
        part = client.get(page_of(run) + "?shown=00", headers={"HX-Request": "true"})
        assert b"<html" not in part.content
        with time_machine.travel(NOON + timedelta(minutes=3), tick=False):
            shown = client.get(page_of(run))
            assert shown.context["is_silent"]
            assert b'value="go_on"' in shown.content
            part = client.get(page_of(run) + "?shown=00", headers={"HX-Request": "true"})
            assert part["HX-Refresh"] == "true"
            act(client, run, "go_on")
            take_in(run)
        assert run.status == "finished"
        assert not stop(run, at=NOON)

    def test_one_that_was_killed_is_stopped_at_once(self, client, manager):
        run = check(client, upload(client))
        act(client, run, "take_good")
        ImportRun.objects.filter(pk=run.pk).update(status="running", beat_at=NOON)
        with time_machine.travel(NOON + timedelta(minutes=3), tick=False):
            act(client, run, "stop")
        run.refresh_from_db()
        assert run.status == "cancelled"

    def test_of_somebody_else_is_not_decided_about(self, client, manager, erik):
        run = check(client, upload(client))
        seen = client.get(page_of(run)).context["seen"]
        client.force_login(erik)
        assert client.get(page_of(run)).status_code == 200
        assert client.get(page_of(run, "mapping/")).status_code == 403
        for name in ("take", "take_good", "take_nothing"):
            answer = client.post(page_of(run), {"act": name, "seen": seen})
            assert answer.status_code == 403
        run.refresh_from_db()
        assert run.status == "checked"

    def test_two_managers_upload_at_once_and_nothing_counts_twice(self, client, manager, erik):
        first = check(client, upload(client), create_partners="on")
        client.force_login(erik)
        second = check(client, upload(client), create_partners="on")
        act(client, second, "take_good")
        take_in(second)
        client.force_login(manager)
        act(client, first, "take_good")
        take_in(first)
        assert Activity.objects.count() == 12
        assert first.report["rows_duplicate"] == 12


class TestReport:
    def test_tells_what_came_of_it_with_the_rows_that_were_not_taken(self, client, manager):
        run = check(client, upload(client))
        act(client, run, "take_good")
        take_in(run)

        shown = client.get(page_of(run)).context
        assert dict(shown["counts"])["Waiting in the inbox"] == "12"
        assert shown["waiting"] == "12"
        assert "state=waiting" in shown["inbox"]
        only = client.get(page_of(run) + "?code=zero_price").context["rows"]
        assert [row.number for _result, row in only] == [14]
        assert client.get(page_of(run) + "?code=nonsense&page=x").status_code == 200

        rows = list(csv.reader(io.StringIO(read(client, page_of(run, "rows.csv")))))
        assert rows[0] == ["row", "column", "code", "message", "value"]
        assert len(rows) == 16
        book = openpyxl.load_workbook(io.BytesIO(read_bytes(client, page_of(run, "rows.xlsx"))))
        sheet = list(book.active.values)
        assert sheet[-1] == (16, *rows[-1][1:4], "=1")
        assert client.get(page_of(run, "rows.exe")).status_code == 404

    def test_what_a_kind_does_not_allow_is_said_in_a_sentence(self, client, manager):
        """By the report of the run, as the dry run did."""
        content = "order;occurred_at;partner;course\nT1;2026-03-02;12346;\n"
        run = check(client, upload(client, content, kind="training", source="academy"))
        [told] = client.get(page_of(run)).context["outcomes"]
        act(client, run, "take_good")
        take_in(run)
        [(_outcome, kept)] = client.get(page_of(run)).context["rows"]
        assert (kept.code, kept.message) == (told.code, told.message)
        assert kept.message != kept.code

    def test_of_a_command_is_there_too_and_costs_the_same_for_many_rows(self, client, employ):
        employ(Role.AUDITOR)
        run = ImportRun.objects.create(
            kind="order", source="x", file_name="x", status="finished", started_at=NOON
        )
        few = add_rows(client, run, 1)
        assert add_rows(client, run, 120) == few
        shown = client.get(page_of(run)).context
        assert (len(shown["rows"]), shown["part"].paginator.num_pages) == (50, 3)
        assert not shown["may_act"]
        assert client.post(page_of(run), {"act": "go_on"}).status_code == 403

    def test_no_such_import(self, client, manager, employ):
        assert client.get("/admin/imports/999/").status_code == 404
        assert client.get("/admin/imports/99999999999999999999/").status_code == 404
        employ(Role.ACCOUNT_MANAGER)
        assert client.get("/admin/imports/999/").status_code == 403

    def test_the_list_leads_to_reports_and_to_the_upload(self, client, manager):
        run = upload(client)
        shown = client.get(LIST).content.decode()
        assert page_of(run) in shown
        assert "Upload a file" in shown
        button = reverse("admin:partners_importrun_upload_file")
        assert button in shown
        assert client.get(button).headers["Location"] == UPLOAD


class TestForgetting:
    def test_files_go_after_a_while_and_reports_stay(self, client, manager, tmp_path):
        taken, left = check(client, upload(client)), upload(client)
        act(client, taken, "take_good")
        take_in(taken)
        assert forget_old_files(as_of=NOON + timedelta(days=29), keep_days=30) == 0
        assert len(kept_files(tmp_path)) == 3

        stray = tmp_path / "uploads" / "0123"
        stray.mkdir()
        (stray / "half.csv").write_text("x")
        later = timezone.now() + timedelta(days=400)
        assert forget_old_files(as_of=later, keep_days=30) >= 2
        assert forget_old_files(as_of=later, keep_days=30) == 0
        assert kept_files(tmp_path) == []
        assert client.get(page_of(taken)).context["counts"]
        left.refresh_from_db()
        assert left.stored_as == ""
        assert client.get(page_of(left)).status_code == 200


def add_rows(client, run, count) -> int:
    ImportRow.objects.bulk_create(
        ImportRow(run=run, row_number=n, outcome="refused", code="conflict") for n in range(count)
    )
    client.get(page_of(run))
    with CaptureQueriesContext(connection) as queries:
        client.get(page_of(run))
    return len(queries)


def read_bytes(client, address) -> bytes:
    answer = client.get(address)
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)


def read(client, address) -> str:
    return read_bytes(client, address).decode("utf-8-sig")


def test_what_cannot_be_looked_at_says_why(client, manager):
    """A mapping that was saved for other headers leads to the choices, not to an error page."""
    check(client, upload(client))
    run = upload(client, "x;y\n1;2\n")
    shown = client.get(page_of(run, "mapping/")).context
    assert shown["preview"].code == "headers_differ"
    assert not shown["is_clear"]
    assert loading.read_mapping(run).columns["order"] == "Order No"
