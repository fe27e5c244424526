"""The files of a statement, read back: what they say adds up, in every language."""

import csv
import io
import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from django.utils import translation
from pypdf import PdfReader
from reportlab.pdfbase import pdfmetrics

from ledger.documents import pages
from ledger.documents.csv_file import write_csv
from ledger.documents.paper import ROWS_MAX, Paper, TooManyMovements, find_covering_seal
from ledger.documents.pdf_file import write_pdf
from ledger.documents.xlsx_file import write_xlsx
from ledger.expiry_schedule import read_expiry_schedule
from ledger.figures import read_figures
from ledger.models import Account
from ledger.sealing import seal
from partners.models import Actor
from partners.wording import UnitWording
from tests.ledger.entries import Till, open_till, post_all, post_one

pytestmark = [pytest.mark.django_db, pytest.mark.once("SQLite")]

MAY, JUNE, JULY = (datetime(2026, month, 1, tzinfo=UTC) for month in (5, 6, 7))
KYIV = ZoneInfo("Europe/Kyiv")
# Every letter of the four languages, with the signs that names and amounts bring along.
LETTERS = (
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ ĄĆĘŁŃÓŚŹŻ АБВГҐДЕЄЖЗИІЇЙКЛМНОПРСТУФХЦЧШЩЬЮЯ ЁЪЫЭ "
    "£ € $ ₴ № «» „” – — ’ − + & %"
)
LONG_NAME = (
    "Товариство з обмеженою відповідальністю «Міжнародне виробничо-торговельне об’єднання» " * 2
)


def take_paper(account: Account, **given) -> Paper:
    figures = read_figures(account=account, from_at=MAY, until_at=JUNE)
    schedule = read_expiry_schedule(account=account, zone=KYIV, as_of=JUNE)
    return Paper(
        **{
            "seller": "Hearth & Ribbon",
            "partner": "Затишок Дім",
            "number": "14646",
            "holder": "",
            "unit": UnitWording(),
            "language": translation.get_language() or "en",
            "zone": KYIV,
            "first": date(2026, 5, 1),
            "last": date(2026, 5, 31),
            "issued_at": JUNE,
            "figures": figures,
            "schedule": schedule,
            "seal": find_covering_seal(figures),
            "actor": Actor(partner_ids=frozenset({account.partner_id})),
            **given,
        }
    )


@pytest.fixture
def till() -> Till:
    """1,000 in April; +500 and -120 in May, half of what is left expiring in July."""
    till = open_till()
    post_one(till.earn(1_000), at=MAY - timedelta(days=9))
    earned = till.earn(500, occurred_at=MAY - timedelta(days=2), expires_at=JULY)
    post_one(earned, at=MAY + timedelta(days=3))
    post_one(till.redeem(120), at=MAY + timedelta(days=4))
    return till


def read_csv(paper: Paper) -> list[list[str]]:
    return list(csv.reader(io.StringIO("".join(write_csv(paper)).removeprefix("\ufeff"))))


def read_book(paper: Paper) -> openpyxl.Workbook:
    file = io.BytesIO()
    write_xlsx(paper, file)
    return openpyxl.load_workbook(file)


def read_pages(paper: Paper) -> list[str]:
    file = io.BytesIO()
    write_pdf(paper, file)
    return [page.extract_text() for page in PdfReader(file).pages]


def flat(text: str) -> str:
    return " ".join(text.split())


class TestCsv:
    def test_goes_from_opening_by_its_movements_to_closing(self, till):
        _head, opening, *movements, closing = read_csv(take_paper(till.pool))

        amounts = [Decimal(row[4]) for row in movements]
        assert (opening[5], closing[5]) == ("1000", "1380")
        assert Decimal(opening[5]) + sum(amounts) == Decimal(closing[5])
        assert [row[5] for row in movements] == ["1500", "1380"]

    def test_writes_local_time_with_its_offset(self, till):
        movement = read_csv(take_paper(till.pool))[2]

        assert movement[:2] == ["2026-05-04T03:00:00+03:00", "2026-04-29T03:00:00+03:00"]

    def test_writes_decimals_with_a_point(self, till):
        paper = take_paper(till.pool, unit=UnitWording(decimals=2))

        assert read_csv(paper)[2][4:6] == ["5.00", "15.00"]


class TestWorkbook:
    def test_adds_up_in_numbers(self, till):
        sheet = read_book(take_paper(till.pool)).worksheets[0]
        _head, opening, *movements, closing = sheet.iter_rows(values_only=True)

        assert opening[5] + sum(row[4] for row in movements) == closing[5] == 1380

    def test_has_dates_as_dates_in_local_time(self, till):
        sheet = read_book(take_paper(till.pool)).worksheets[0]

        assert sheet["A3"].value.isoformat() == "2026-05-04T03:00:00"
        assert sheet["A2"].value.isoformat() == "2026-05-01T00:00:00"
        assert sheet["E3"].number_format == "#,##0"

    def test_keeps_its_head_in_sight(self, till):
        sheet = read_book(take_paper(till.pool)).worksheets[0]

        assert sheet.freeze_panes == "A2"
        assert sheet["A1"].font.bold

    def test_sums_up_each_kind_and_shows_what_expires(self, till):
        summary = read_book(take_paper(till.pool)).worksheets[1]
        rows = {str(row[0]): row[1:] for row in summary.iter_rows(values_only=True)}

        assert rows["Earned"] == (1, 500, 0, 500)
        assert rows["Redeemed"] == (1, 0, -120, -120)
        assert rows["Closing balance"][3] == 1380
        assert rows["2026-07-01 00:00:00"][:2] == (380, 0)
        assert rows["Never expires"][:2] == (1000, 0)

    @pytest.mark.parametrize("name", ["=1+1", "+44 Ltd", "@SUM(A1)", "https://example.com"])
    def test_leaves_texts_as_texts(self, till, name):
        summary = read_book(take_paper(till.pool, partner=name)).worksheets[1]

        cell = next(row[1] for row in summary.iter_rows() if row[0].value == "Partner")
        assert (cell.value, cell.data_type, cell.hyperlink) == (name, "s", None)


class TestPdf:
    def test_says_whose_statement_it_is_and_what_it_adds_up_to(self, till):
        text = flat("".join(read_pages(take_paper(till.pool))))

        for words in (
            "Hearth & Ribbon",
            "Затишок Дім",
            "14646",
            "Pool, available",
            "1 May 2026 to 31 May 2026",
            "Local time of Europe/Kyiv",
        ):
            assert words in text
        assert "Opening balance 1,000" in text
        assert "+500 1,500" in text
        assert "\N{MINUS SIGN}120 1,380" in text
        assert "Closing balance 1,380" in text
        assert "All movements 2 +500 \N{MINUS SIGN}120 +380" in text
        assert "happened on 29 April 2026" in text
        assert "1 July 2026 380" in text
        assert "Never expires 1,000" in text

    @pytest.mark.parametrize(
        ("language", "unit"), [("en", "points"), ("uk", "бали"), ("pl", "punkty"), ("ru", "баллы")]
    )
    def test_has_every_letter_of_every_language(self, till, language, unit):
        with translation.override(language):
            paper = take_paper(till.pool, partner=LETTERS)
            text = flat("".join(read_pages(paper)))
            summary = read_book(paper).worksheets[1]
            named = translation.gettext("Unit")

        # A word that stands alone is in the nominative, not as after "0".
        assert f"{named} {unit}" in text
        assert (named, unit) in {row[:2] for row in summary.iter_rows(values_only=True)}
        assert not [letter for letter in LETTERS if letter not in text]
        pages.load_fonts()
        for name in pages.FONT_FILES:
            glyphs = pdfmetrics.getFont(name).face.charToGlyph
            assert not {letter for letter in LETTERS + text if ord(letter) not in glyphs}

    def test_brings_its_fonts_along(self, till):
        file = io.BytesIO()
        write_pdf(take_paper(till.pool), file)

        fonts = PdfReader(file).pages[0]["/Resources"]["/Font"].values()
        used = [font.get_object() for font in fonts]
        embedded = [font for font in used if font["/Subtype"] == "/TrueType"]
        assert embedded
        assert all("/FontFile2" in font["/FontDescriptor"] for font in embedded)

    def test_wraps_long_names_instead_of_losing_them(self, till):
        text = flat("".join(read_pages(take_paper(till.pool, partner=LONG_NAME))))

        assert flat(LONG_NAME) in text

    def test_goes_on_over_many_pages_that_are_numbered_and_carry_the_balance(self, till):
        post_all(*(till.earn(7) for _ in range(300)), at=MAY + timedelta(days=10))

        found = [flat(page) for page in read_pages(take_paper(till.pool))]

        assert len(found) > 5
        for number, page in enumerate(found, start=1):
            assert f"Page {number} of {len(found)}" in page
        assert "Brought forward" in found[1]
        assert "Closing balance 3,480" in "".join(found)
        assert sum(page.count("+7 ") for page in found) == 300

    def test_of_a_period_in_which_nothing_moved_says_its_balance(self, till):
        nothing = read_figures(account=till.pool, from_at=JUNE, until_at=JULY)

        text = flat("".join(read_pages(take_paper(till.pool, figures=nothing))))

        assert "Closing balance 1,380" in text
        assert "What it adds up to" not in text

    def test_names_the_seal_that_covers_it(self, till):
        open_one = flat("".join(read_pages(take_paper(till.pool))))
        sealed = seal(as_of=JUNE)
        covered = flat("".join(read_pages(take_paper(till.pool))))

        assert "Not all of these movements are sealed yet" in open_one
        assert f"Covered by seal 1 of 1 June 2026, digest {sealed.digest}" in covered


class TestLimits:
    @pytest.mark.parametrize(("kind", "write"), [("pdf", write_pdf), ("xlsx", write_xlsx)])
    def test_refuse_what_nobody_would_read(self, till, monkeypatch, kind, write):
        monkeypatch.setitem(ROWS_MAX, kind, 1)

        with pytest.raises(TooManyMovements) as caught:
            write(take_paper(till.pool), io.BytesIO())

        assert (caught.value.movements, caught.value.movements_max) == (2, 1)


class TestWrapping:
    def test_keeps_every_letter_and_leaves_no_line_too_wide(self):
        pages.load_fonts()
        chosen = random.Random(7)
        for _ in range(50):
            words = [
                "".join(chosen.choices("Щшіw.„-", k=chosen.randint(1, 60)))
                for _ in range(chosen.randint(1, 12))
            ]
            lines = pages.wrap(" ".join(words), 90, pages.BODY)

            assert all(pages.BODY.width(line) <= 90 for line in lines)
            assert "".join(lines).replace(" ", "") == "".join(words)

    def test_never_parts_a_number_from_its_unit(self):
        pages.load_fonts()
        amount = "12\N{NO-BREAK SPACE}480\N{NO-BREAK SPACE}балів"

        assert amount in pages.wrap(f"Разом на рахунку {amount}", 100, pages.BODY)
