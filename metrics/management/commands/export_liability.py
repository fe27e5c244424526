"""Print or write what is outstanding at a moment, in units and money, by age and place."""

import json
import os
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

from ledger.liability import BANDS, PLACES
from ledger.models import Unit
from metrics.finance.files import (
    LIABILITY_HEADINGS,
    liability_document,
    liability_rows,
    show_units,
)
from metrics.finance.liability import UnitLiability, read_liability
from metrics.finance.writing import write_csv

USAGE = 2


class Command(BaseCommand):
    help = "Shows the liability of every programme by age, with expected breakage."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--as-of",
            help="A day such as 2026-03-31, which means its end where the programme is, or a moment "
            "such as 2026-03-31T12:00:00+00:00. Now without it.",
        )
        parser.add_argument("--unit", help="Its code. All units without it.")
        parser.add_argument("--csv", type=Path, help="Write a row for each place and age here.")
        parser.add_argument("--json", action="store_true", help="One JSON document on stdout.")

    def handle(self, **options: Any) -> None:
        liabilities = read_liability(
            as_of=read_as_of(options["as_of"]), units=find_units(options["unit"])
        )
        if options["csv"]:
            path = check_writable(options["csv"])
            write_csv(path, LIABILITY_HEADINGS, liability_rows(liabilities))
        if options["json"]:
            self.stdout.write(json.dumps(liability_document(liabilities), indent=1))
        else:
            self.stdout.write("\n\n".join("\n".join(as_text(each)) for each in liabilities))


def read_as_of(given: str | None) -> datetime | date:
    """
    Return the moment or the day that is meant.

    :raises CommandError: If it is neither, or has no offset.
    """
    if given is None:
        return timezone.now()
    try:
        found = parse_date(given) or parse_datetime(given)
    except ValueError:
        found = None
    is_naive = isinstance(found, datetime) and timezone.is_naive(found)
    if found is None or is_naive or not 1970 <= found.year < 2200:
        raise CommandError(
            _("%(given)r is no day such as 2026-03-31 and no moment with its offset.")
            % {"given": given},
            returncode=USAGE,
        )
    return found


def find_units(code: str | None) -> list[Unit] | None:
    if code is None:
        return None
    units = list(Unit.objects.filter(code=code))
    if not units:
        raise CommandError(_("There is no unit %(code)r.") % {"code": code}, returncode=USAGE)
    return units


def check_writable(path: Path) -> Path:
    if path.is_dir() or not os.access(path.parent, os.W_OK):
        raise CommandError(_("%(path)s cannot be written.") % {"path": path}, returncode=USAGE)
    return path


def as_text(each: UnitLiability) -> list[str]:
    unit, local = each.books.unit, each.as_of.astimezone(each.books.zone)
    places = [*PLACES, "all", "money"]
    lines = [
        f"{unit.code}, {local:%Y-%m-%d %H:%M %Z}, "
        + (f"one is worth {each.value} {each.books.currency}" if each.value else "no unit value"),
        f"{'days':>10}" + "".join(f" {place:>15}" for place in places),
    ]
    for band in BANDS:
        parts = [one.part for one in each.parts if one.part.band == band]
        amounts = [*(part.amount for part in parts), each.outstanding.in_band(band)]
        cells = [show_units(amount, unit) for amount in amounts]
        lines.append(row(str(band), [*cells, say(each.money_in_band(band))]))
    totals = [show_units(each.outstanding.in_place(place), unit) for place in PLACES]
    totals += [show_units(each.outstanding.amount, unit), say(each.money)]
    lines.append(row("all", totals))
    lines.append(f"Debt, apart: {show_units(each.outstanding.debt, unit)} ({say(each.debt_money)})")
    lines.append(say_breakage(each))
    return lines


def row(head: str, cells: list[str]) -> str:
    return f"{head:>10}" + "".join(f" {cell:>15}" for cell in cells)


def say(money: object) -> str:
    return "-" if money is None else f"{money:,}"


def say_breakage(each: UnitLiability) -> str:
    breakage, unit = each.breakage, each.books.unit
    rests = (
        f"{show_units(breakage.ended, unit)} units in {breakage.ended_lots} lots that were used "
        "or expired"
    )
    if breakage.expected is None:
        return f"Expected breakage: not enough history ({rests})."
    return (
        f"Expected breakage: {show_units(breakage.expected, unit)} ({say(each.breakage_money)}) of "
        f"{show_units(breakage.outstanding, unit)} that may expire, from {rests}; "
        f"{show_units(breakage.outstanding - breakage.covered, unit)} have no estimate."
    )
