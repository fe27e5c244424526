"""Files of balances that are wrong in one cell, or as a whole."""

import gzip
from functools import partial

import pytest

from ledger.models import Transfer
from partners.importing.files import FileNotReadable
from partners.models import ImportRun, Partner
from tests.factories import PartnerFactory, UnitFactory
from tests.ledger.balances import HEADERS, ends, write_and_open

pytestmark = pytest.mark.once("SQLite")


@pytest.fixture
def opens(tmp_path):
    return partial(write_and_open, tmp_path)


@pytest.fixture
def alder():
    UnitFactory(code="points")
    UnitFactory(code="cash", money=True)
    return PartnerFactory(erp_number="A")


@pytest.fixture
def birch(alder):
    return PartnerFactory(erp_number="B")


@pytest.fixture
def refuses(opens):
    """Return a function that gives column, code and value of the one row, which is refused."""

    def run(row: str, **options):
        noted = []
        report = opens(row, report_to=noted.extend, **options)
        assert (report.tally.rows_refused, report.tally.rows) == (1, 1)
        assert not Transfer.objects.exists()
        [outcome] = noted
        assert outcome.message
        return outcome.column, outcome.code, outcome.value

    return run


GOOD = "A,points,5,2026-01-01,,,,"


@pytest.mark.django_db
@pytest.mark.usefixtures("alder")
class TestBadRows:
    @pytest.mark.parametrize(
        ("row", "expected"),
        [
            ("X,points,5,2026-01-01,,,,", ("partner", "unknown_partner", "X")),
            (",points,5,2026-01-01,,,,", ("partner", "unreadable", "")),
            (
                "=HYPERLINK(1),points,5,2026-01-01,,,,",
                ("partner", "unknown_partner", "=HYPERLINK(1)"),
            ),
            ("A,miles,5,2026-01-01,,,,", ("unit", "unknown_unit", "miles")),
            ("A,points,5,2026-01-01,,wallet,,", ("account", "unknown_account", "wallet")),
            ("A,points,-5,2026-01-01,,,,", ("amount", "not_positive", "-5")),
            ("A,points,0,2026-01-01,,,,", ("amount", "not_positive", "0")),
            ("A,points,1.5,2026-01-01,,,,", ("amount", "too_precise", "1.5")),
            ("A,cash,1.005,2026-01-01,,,,", ("amount", "too_precise", "1.005")),
            ("A,points,1000000000001,2026-01-01,,,,", ("amount", "unreadable", "1000000000001")),
            ("A,cash,99999999999,2026-01-01,,,,", ("amount", "too_large", "99999999999")),
            (f"A,points,{'9' * 400},2026-01-01,,,,", ("amount", "unreadable", "9" * 255)),
            ("A,points,1E+05,2026-01-01,,,,", ("amount", "unreadable", "1E+05")),
            ("A,points,(5),2026-01-01,,,,", ("amount", "not_positive", "(5)")),
            ("A,points,٥,2026-01-01,,,,", ("amount", "unreadable", "٥")),
            ("A,points,=1+1,2026-01-01,,,,", ("amount", "unreadable", "=1+1")),
            ("A,points,,2026-01-01,,,,", ("amount", "unreadable", "")),
            ("A,points,5,0000-01-01,,,,", ("earned_on", "unreadable", "0000-01-01")),
            ("A,points,5,0001-01-01,,,,", ("earned_on", "unreadable", "0001-01-01")),
            ("A,points,5,2027-02-29,,,,", ("earned_on", "unreadable", "2027-02-29")),
            ("A,points,5,01/02/2026,,,,", ("earned_on", "unreadable", "01/02/2026")),
            ("A,points,5,46000,,,,", ("earned_on", "unreadable", "46000")),
            ("A,points,5,,,,,", ("earned_on", "unreadable", "")),
            ("A,points,5,2026-03-02,,,,", ("earned_on", "earned_in_future", "2026-03-02")),
            ("A,points,5,2026-01-01,9999-12-31,,,", ("expires_on", "unreadable", "9999-12-31")),
            ("A,points,5,2026-01-02,2026-01-01,,,", ("expires_on", "before_earned", "2026-01-01")),
            (
                "A,points,5,2026-01-01,2026-02-28,,,",
                ("expires_on", "already_expired", "2026-02-28"),
            ),
            (
                "A,points,5,2026-01-01,2027-01-01,debt,,",
                ("expires_on", "debt_never_expires", "2027-01-01"),
            ),
            ("A,points,5,2026-01-01,,,2026-05-01,", ("matures_on", "not_pending", "2026-05-01")),
            (
                "A,points,5,2026-01-05,,pending,2026-01-04,",
                ("matures_on", "before_earned", "2026-01-04"),
            ),
            (f"A,points,5,2026-01-01,,,,{'r' * 101}", ("reference", "unreadable", "r" * 101)),
            (
                "A,points,5,2026-01-01,,,,for Maria K",
                ("reference", "unreadable", "for Maria K"),
            ),
            ("A,points,5,2026-01-01,,,,m@k.example", ("reference", "unreadable", "m@k.example")),
            ("A,points,5,2026-01-01,,,,r,one too many", ("", "unreadable", "")),
            ("A,points", ("", "unreadable", "")),
        ],
    )
    def test_says_which_cell_is_wrong(self, refuses, row, expected):
        assert refuses(row) == expected

    def test_a_merged_partner_names_the_one_that_stays(self, opens, birch):
        Partner.objects.filter(erp_number="A").update(merged_into=birch)
        noted = []

        opens(GOOD, report_to=noted.extend)

        [outcome] = noted
        assert (outcome.code, outcome.column) == ("merged_partner", "partner")
        assert "B" in outcome.message

    def test_an_account_never_passes_its_bound(self, opens, monkeypatch):
        monkeypatch.setattr("ledger.opening.chunk.ACCOUNT_BALANCE_MAX", 100)
        noted = []

        report = opens(
            "A,points,60,2026-01-01,,,,a", "A,points,41,2026-01-01,,,,b", report_to=noted.extend
        )

        assert ends(report) == (1, 0, 1)
        assert noted[0].code == "too_large"

    @pytest.mark.parametrize(
        ("content", "says"),
        [
            (b"", "empty"),
            (b"\n\n", "empty"),
            (f"{HEADERS}\n".encode(), "no rows"),
            (b"partner,unit,amount\nA,points,5\n", "earned_on"),
            (b"partner,unit,amount,earned_on,expires\nA,points,5,2026-01-01,\n", "expires"),
            (b"partner,unit,amount,amount,earned_on\nA,points,5,5,2026-01-01\n", "twice"),
            (f"{HEADERS}\nA,po\0ints,5,2026-01-01,,,,\n".encode(), "NUL"),
            (f'{HEADERS}\n{GOOD}\n"A,points,5,2026-01-01,,,,\n'.encode(), "quotes"),
            (f"{HEADERS}\n{GOOD}\n".encode() + b"\xcf\xee\n", "not text in utf-8"),
            (b"\x89PNG\r\n", "picture"),
            (b"PK\x03\x04", "damaged"),
            (gzip.compress(f"{HEADERS}\n{GOOD}\n".encode())[:-9], "damaged"),
        ],
    )
    def test_a_file_that_cannot_be_read_writes_nothing(self, opens, content, says):
        with pytest.raises(FileNotReadable, match=says):
            opens(content=content)

        assert not ImportRun.objects.exists()
        assert not Transfer.objects.exists()

    @pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
    def test_a_byte_order_mark_tells_the_encoding(self, opens, encoding):
        assert ends(opens(content=f"{HEADERS}\r\n{GOOD}\r\n".encode(encoding))) == (1, 0, 0)

    @pytest.mark.parametrize("source", ["", "x" * 65, "a:b"])
    def test_a_source_has_a_plain_name(self, opens, source):
        with pytest.raises(ValueError, match="source"):
            opens(GOOD, source=source)
