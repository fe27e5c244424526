"""Rates out of a file: the columns currency, into, day and rate. All of it is taken, or nothing."""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from django.utils.translation import gettext as _

from partners.importing.files import FileNotReadable
from partners.importing.mapping import Mapping, normalise_header
from partners.importing.tables import open_table
from partners.importing.values import ValueNotReadable, make_day_reader
from partners.rates import RateRefused, RateRow, check_day, check_pair, read_rate

COLUMNS = ("currency", "into", "day", "rate")
ROWS_MAX = 100_000
HEADERS = Mapping(columns={name: name for name in COLUMNS})
read_day = make_day_reader(Mapping())


class RateHeadersDiffer(FileNotReadable):
    """The first line does not name the four columns."""

    code = "headers_differ"


class TooManyRates(FileNotReadable):
    """More rows than years of rates have."""

    code = "too_many_rows"


@dataclass(frozen=True, slots=True)
class RateProblem:
    """Why a row makes no sense: its number in the file, the column, a code, a sentence, the value."""

    number: int
    column: str
    code: str
    message: str
    value: str


@dataclass(slots=True)
class RateFile:
    """What a file says. Where there is a problem, nothing of it is taken."""

    rows: list[RateRow] = field(default_factory=list)
    problems: list[RateProblem] = field(default_factory=list)


def read_rate_file(path: Path, *, today: date) -> RateFile:
    """
    Read rates from CSV, plain or gzipped, or from a workbook.

    :param today: The local day; those of days to come are not known yet.
    :raises FileNotReadable: If the file or its headers cannot be read.
    """
    found = RateFile()
    seen: dict[tuple[str, str, date], int] = {}
    with open_table(path, HEADERS) as table:
        headers = [normalise_header(header) for header in table.headers]
        if missing := [name for name in COLUMNS if name not in headers]:
            said = _("The first line must name the columns %(missing)s.")
            raise RateHeadersDiffer(said % {"missing": ", ".join(missing)})
        places = {name: headers.index(name) for name in COLUMNS}
        for count, (number, cells) in enumerate(table.rows, start=1):
            if count > ROWS_MAX:
                said = _("A file of rates has at most %(limit)d rows.")
                raise TooManyRates(said % {"limit": ROWS_MAX})
            texts = {
                name: cells[place].strip() if place < len(cells) else ""
                for name, place in places.items()
            }
            row = _read_row(number, texts, today)
            if isinstance(row, RateRow) and seen.setdefault(row[:3], row.rate_e8) != row.rate_e8:
                said = _("Another row says something else of the same day.")
                row = RateProblem(number, "rate", "said_twice", said, texts["rate"])
            if isinstance(row, RateProblem):
                found.problems.append(row)
            else:
                found.rows.append(row)
    return found


def _read_row(number: int, texts: dict[str, str], today: date) -> RateRow | RateProblem:
    try:
        check_pair(texts["currency"], texts["into"])
        day = read_day(texts["day"])
        if not day:
            said = _("Please fill this in.")
            return RateProblem(number, "day", "required", said, "")
        check_day(date.fromisoformat(day), today=today)
        # A comma cannot stand for thousands in a rate.
        rate_e8 = read_rate(texts["rate"].replace(",", "."))
    except ValueNotReadable as error:
        return RateProblem(number, "day", "invalid", str(error), texts["day"][:255])
    except RateRefused as refused:
        value = texts[refused.field][:255]
        return RateProblem(number, refused.field, refused.code, str(refused), value)
    return RateRow(texts["currency"], texts["into"], date.fromisoformat(day), rate_e8)
