"""What came of a file, or would come of it, as the pages tell it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, QuerySet
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ledger.models import Unit
from ledger.wording import say_amount
from partners.admin.imports import OTHERS
from partners.doors.showing import language, say_money, say_number, say_time
from partners.importing.guessing import PARTNERS
from partners.importing.reasons import SENTENCES, say_why
from partners.importing.staging import Outcome
from partners.kinds import all_kinds
from partners.models import ImportRow, ImportRun
from rewards.admin.uploading.columns import LABELS
from rewards.loading.uploaded import Preview, ShownRow

CELLS_SHOWN = 30
KINDS_OF_OTHERS = {"adjustment", "balances"}


@dataclass(frozen=True, slots=True)
class ShownCell:
    text: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Heading:
    """Our name of a column, and the file's."""

    label: str
    header: str = ""


@dataclass(frozen=True, slots=True)
class ShownTable:
    """The first rows of a file; ``rows`` are their number, cells, and what is wrong beside them."""

    headings: list[Heading]
    rows: list[tuple[int, list[ShownCell], str]]


@dataclass(frozen=True, slots=True)
class Change:
    """What a row does to a partner, value by value: our name, before, after."""

    row: int
    partner: str
    is_new: bool
    values: list[tuple[str, str, str]]


def say_kind(code: str) -> str:
    kind = all_kinds().get(code) if code not in OTHERS else None
    return str(OTHERS.get(code) or (kind.name if kind else code))


def say_missing(names: Sequence[str], labels: Mapping[str, Any]) -> str:
    """Say which of our columns have none in the file, as the page calls them."""
    said = ", ".join(capfirst(str(labels.get(name, name))) for name in names)
    return _("Choose below which column of the file is: %(columns)s.") % {"columns": said}


# -------------------------------------------------------------------- first rows


def show_rows(
    preview: Preview, columns: Mapping[str, str], labels: Mapping[str, Any]
) -> ShownTable:
    """Show rows as they are read; as they stand in the file, where they cannot be."""
    if preview.problem or preview.form == "ubl":
        headings = [Heading(header) for header in preview.headers[:CELLS_SHOWN]]
        rows = [
            (row.number, [ShownCell(cell) for cell in row.cells[:CELLS_SHOWN]], row.problem)
            for row in preview.rows
        ]
        return ShownTable(headings, rows)
    place_of = {header: place for place, header in enumerate(preview.headers)}
    named = [(name, place_of[columns[name]]) for name in labels if columns.get(name) in place_of]
    headings = [
        Heading(capfirst(str(labels[name])), preview.headers[place]) for name, place in named
    ]
    return ShownTable(headings, [_show_row(row, named, preview.headers) for row in preview.rows])


def _show_row(
    row: ShownRow, named: list[tuple[str, int]], headers: list[str]
) -> tuple[int, list[ShownCell], str]:
    if not row.problem:
        cells = [ShownCell(_say_value(name, row.values.get(name, ""))) for name, _place in named]
        return row.number, cells, ""
    cells = [
        ShownCell(
            row.cells[place] if place < len(row.cells) else "",
            row.problem if headers[place] == row.column else "",
        )
        for _name, place in named
    ]
    is_at_a_cell = any(cell.problem for cell in cells)
    return row.number, cells, "" if is_at_a_cell else row.problem


def _say_value(name: str, text: str) -> str:
    """Times are read in the zone of the file and shown in the one of this page."""
    return say_time(datetime.fromisoformat(text)) if name == "occurred_at" and text else text


# ----------------------------------------------------------------------- figures


def tell_counts(run: ImportRun, report: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return how many rows there are and what becomes of them."""
    if run.kind == PARTNERS:
        words = {
            "rows": _("Rows read"),
            "rows_created": _("New partners"),
            "rows_changed": _("Partners changed"),
            "rows_same": _("As they are already"),
            "rows_refused": _("Refused"),
        }
    else:
        words = {
            "rows": _("Rows read"),
            "rows_accepted": _("Accepted"),
            "rows_duplicate": _("Known already"),
            "rows_parked": _("Waiting in the inbox"),
            "rows_refused": _("Refused"),
        }
    return [(word, say_number(report[name])) for name, word in words.items() if name in report]


def tell_effects(run: ImportRun, report: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what a file of activities adds: facts by kind, turnover by currency, units."""
    if run.kind == PARTNERS or run.kind in KINDS_OF_OTHERS:
        return []
    spoken, kinds, units = language(), all_kinds(), {unit.code: unit for unit in Unit.objects.all()}
    told = [
        (str(kinds[code].name) if code in kinds else code, say_number(count))
        for code, count in report.get("activities", {}).items()
        if count
    ]
    if report.get("partners_created"):
        told.append((_("Partners enrolled"), say_number(report["partners_created"])))
    for code, amount in report.get("amounts", {}).items():
        told.append((_("Orders less returns"), say_money(Decimal(amount), code)))
    for code, moved in report.get("units", {}).items():
        if unit := units.get(code):
            awarded, back = moved.get("awarded", 0), moved.get("clawed_back", 0)
            if awarded:
                told.append((_("Earned"), say_amount(awarded, unit, spoken)))
            if back:
                told.append((_("Taken back"), say_amount(back, unit, spoken)))
    return told


def tell_refusals(report: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return why rows are refused: the code, a sentence, how many."""
    by_code = report.get("refused_by_code", {})
    return [(code, say_reason(code), say_number(count)) for code, count in by_code.items()]


def say_reason(code: str) -> str:
    if code == "unreadable":
        return _("A value cannot be read, in this row or another one of its document.")
    return str(SENTENCES.get(code) or _("Its kind does not allow it. Each row says what."))


def tell_changes(kept: Iterable[Mapping[str, Any]]) -> list[Change]:
    return [
        Change(
            each["number"],
            each["erp_number"],
            each["outcome"] == "created",
            [
                (str(LABELS.get(name, name)), before, after)
                for name, (before, after) in each["changes"].items()
            ],
        )
        for each in kept
    ]


def tell_what_is_not_shown(shown: int, of: int) -> str:
    left = max(0, of - shown)
    if not left:
        return ""
    return ngettext("And %(left)s more.", "And %(left)s more.", left) % {"left": say_number(left)}


# -------------------------------------------------------------------------- rows


def count_rows(run: ImportRun) -> dict[tuple[str, str], int]:
    """Return how many rows of a run were not taken, by outcome and code: one query."""
    counted = run.rows.values_list("outcome", "code").annotate(n=Count("pk"))
    return {(outcome, code): n for outcome, code, n in counted.order_by("outcome", "code")}


def list_rows(run: ImportRun, code: str = "") -> QuerySet[ImportRow]:
    rows = run.rows.order_by("row_number", "pk")
    return rows.filter(code=code) if code else rows


def to_outcome(row: ImportRow) -> Outcome:
    return Outcome(row.row_number, row.column, row.code, say_why(row.code, row.content), row.value)


def read_outcomes(run: ImportRun, code: str = "") -> Iterator[Outcome]:
    """Yield the rows that a run did not take, without ever holding them all."""
    return map(to_outcome, list_rows(run, code).iterator(chunk_size=2_000))
