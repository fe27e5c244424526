"""Uploaded files: looked at, judged, taken in, cancelled, killed and gone on with."""

from datetime import UTC, datetime, timedelta

import pytest

from ledger.models import Account
from partners.importing.mappings import find_mapping, save_mapping
from partners.importing.runs import (
    RunBusy,
    ask_to_cancel,
    can_go_on,
    forget_file,
    is_interrupted,
    keep_file,
    path_of,
)
from partners.models import Activity, ImportRow, ImportRun, Partner
from rewards import loading
from rewards.loading import loader, look_at
from rewards.programmes.presets import load_preset

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
HEADERS = "order;day;partner;sku;quantity;unit_price\n"
MAPPING = {
    "columns": {
        "order": "order",
        "occurred_at": "day",
        "partner": "partner",
        "sku": "sku",
        "quantity": "quantity",
        "unit_price": "unit_price",
    },
    "format": {"decimal": ","},
    "defaults": {"currency": "GBP"},
    "rules": {"create_partners": True},
}
ROWS = [f"{n};2026-01-{n:02};P{n % 4};mug;2;5,50\n" for n in range(1, 13)]
BAD = "99;2026-01-04;P1;gift;1;0\n" + "100;soon;P1;mug;1;1\n" + "101;2027-01-04;P1;mug;1;1\n"


@pytest.fixture(autouse=True)
def programme(settings, tmp_path):
    settings.PRIVATE_ROOT = tmp_path
    return load_preset("starter", as_of=datetime(2025, 1, 1, tzinfo=UTC))


FILE = HEADERS + "".join(ROWS) + BAD


def upload(text=FILE, *, kind="order", mapping=MAPPING) -> ImportRun:
    stored_as, content_hash = keep_file([text.encode()], name="../../orders.csv")
    return ImportRun.objects.create(
        kind=kind,
        source="shop",
        file_name="orders.csv",
        status=ImportRun.Status.UPLOADED,
        mapping=mapping,
        stored_as=stored_as,
        content_hash=content_hash,
        started_at=NOW,
    )


def points() -> int:
    return sum(Account.objects.pools().values_list("balance", flat=True))


class TestLookAt:
    def test_shows_first_rows_and_what_is_wrong_with_each(self):
        run = upload()
        preview = look_at(path_of(run), mapping=loading.read_mapping(run), kind="order")

        assert preview.headers == HEADERS.strip().split(";")
        assert (preview.delimiter, preview.encoding, preview.problem) == (";", "utf-8", "")
        assert [row.problem for row in preview.rows[:13]] == [""] * 13
        assert preview.rows[13].column == "day"
        assert "date" in preview.rows[13].problem

    def test_shows_rows_also_where_the_mapping_does_not_fit(self):
        run = upload(mapping={})
        preview = look_at(path_of(run), mapping=loading.read_mapping(run), kind="order")

        assert preview.code == "headers_differ"
        assert len(preview.rows) == 15


class TestPrepare:
    def test_judges_the_whole_file_and_writes_nothing_else(self):
        run = upload()
        preview = loading.prepare(run, as_of=NOW)

        assert run.status == "checked"
        ends = ("rows_accepted", "rows_duplicate", "rows_parked", "rows_refused")
        assert [preview.report[name] for name in ends] == [12, 0, 0, 3]
        assert [each.code for each in preview.outcomes] == ["zero_price", "unreadable", "in_future"]
        assert run.report["dry_run"]["units_awarded"] == 12 * 11
        assert not Activity.objects.exists()
        assert not Partner.objects.exists()
        assert not ImportRow.objects.exists()

    def test_says_why_a_file_cannot_be_read(self):
        run = upload("order;day\n1;2\n")
        preview = loading.prepare(run, as_of=NOW)

        assert (run.status, preview.code) == ("uploaded", "headers_differ")
        assert run.error == preview.problem

    def test_shows_what_a_file_of_partners_would_change(self):
        Partner.objects.create(erp_number="1", legal_name="Shop")
        text = "erp_number,legal_name\n1,Corner Shop\n2,Café\n"
        run = upload(text, kind="partners", mapping={})
        preview = loading.prepare(run, as_of=NOW)

        assert [(each.erp_number, each.outcome) for each in preview.changes] == [
            ("1", "changed"),
            ("2", "created"),
        ]
        loading.run(run, as_of=NOW)
        assert Partner.objects.get(erp_number="1").legal_name == "Corner Shop"
        assert (run.status, run.rows_done) == ("finished", 2)


class TestRun:
    def test_takes_the_file_in_and_says_how_far_it_is(self):
        run = upload()
        loading.prepare(run, as_of=NOW)
        loading.run(run, as_of=NOW)
        run.refresh_from_db()

        assert (run.status, run.rows_done, run.rows_total) == ("finished", 15, 15)
        assert run.report["rows_accepted"] == 12
        assert (points(), Partner.objects.count()) == (12 * 11, 4)
        with pytest.raises(RunBusy):
            loading.run(run, as_of=NOW)

    def test_stops_where_it_is_asked_to_and_goes_on_with_a_whole_report(self, monkeypatch):
        monkeypatch.setattr(loader, "CHUNK_ROWS", 1)
        run = upload()
        chunks = []

        def watch(step, done, total):
            if step == "taking_in" and done > 4:
                chunks.append(done)
                ask_to_cancel(run, at=NOW)

        report = loading.run(run, as_of=NOW, progress=watch)
        assert report.is_cancelled
        assert run.status == "cancelled"
        taken = Activity.objects.count()
        assert 0 < taken < 12

        assert can_go_on(run, at=NOW)
        loading.run(run, as_of=NOW)
        assert (run.status, Activity.objects.count(), points()) == ("finished", 12, 12 * 11)
        ends = ("rows_accepted", "rows_duplicate", "rows_parked", "rows_refused")
        assert [run.report[name] for name in ends] == [12, 0, 0, 3]
        assert run.report["units_awarded"] == 12 * 11
        assert run.rows.count() == 3

    def test_of_two_who_begin_one_works_and_a_silent_run_is_told_as_broken_off(self):
        run = upload()
        ImportRun.objects.filter(pk=run.pk).update(status="running", beat_at=NOW)
        run.refresh_from_db()
        with pytest.raises(RunBusy):
            loading.run(run, as_of=NOW + timedelta(seconds=30))
        assert not is_interrupted(run, at=NOW + timedelta(seconds=30))

        later = NOW + timedelta(minutes=3)
        assert is_interrupted(run, at=later)
        loading.run(run, as_of=later)
        assert run.status == "finished"

    def test_takes_in_no_other_file_than_was_uploaded(self):
        run = upload()
        path_of(run).write_text(HEADERS + ROWS[0])
        assert loading.run(run, as_of=NOW) is None
        assert (run.status, Activity.objects.count()) == ("failed", 0)
        assert "has changed" in run.error

        forget_file(run)
        run.refresh_from_db()
        assert loading.run(run, as_of=NOW) is None
        assert "Upload it again" in run.error


class TestSavedMappings:
    def test_are_kept_for_the_next_file_of_the_source(self):
        assert find_mapping(source="shop", kind="order") is None
        save_mapping(source="shop", kind="order", content=MAPPING, by=None, at=NOW)
        save_mapping(source="shop", kind="order", content={}, by=None, at=NOW)
        save_mapping(source="shop", kind="invoice", content=MAPPING, by=None, at=NOW)

        assert find_mapping(source="shop", kind="order") == {}
        assert find_mapping(source="shop", kind="invoice") == MAPPING
