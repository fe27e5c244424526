"""Write the gift register of a year: what people, not companies, were given."""

import shutil
import sys
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandError, CommandParser

from partners.doors.filtering import match_partner
from partners.models import Actor, Partner
from rewards.earners import find_cap
from rewards.gift_files import CONTENT_TYPES, write_file
from rewards.gift_register import Question
from rewards.models import Programme

USAGE = 2
FIRST_YEAR, LAST_YEAR = 2000, 2100


class Command(BaseCommand):
    help = "Writes the gift register of a year to a file, or to stdout for -."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="Such as gifts.csv or gifts.xlsx, or - for stdout.")
        parser.add_argument("--programme", required=True, help="Its code.")
        parser.add_argument("--year", type=int, required=True)
        parser.add_argument("--partner", help="An id, or erp: and an ERP number. All without it.")
        parser.add_argument(
            "--format",
            choices=sorted(CONTENT_TYPES),
            help="Without it, by the name of the file; csv for stdout.",
        )

    def handle(self, **options: Any) -> None:
        name = options["file"]
        kind = options["format"] or Path(name).suffix.removeprefix(".") or "csv"
        if kind not in CONTENT_TYPES:
            raise CommandError(
                "The name of the file ends in .csv or .xlsx; or say --format.", returncode=USAGE
            )
        question = ask(options["programme"], options["year"], options["partner"])
        with write_file(
            question, kind, cap=find_cap(question.programme, at=question.until)
        ) as file:
            if name == "-":
                shutil.copyfileobj(file, sys.stdout.buffer)
            else:
                write_beside(file, Path(name))
                self.stdout.write(f"{name}: written.")


def ask(code: str, year: int, partner: str | None) -> Question:
    """
    Return what is asked for.

    :raises CommandError: If there is no such programme, year or partner.
    """
    programme = Programme.objects.filter(code=code).select_related("main_unit").first()
    if programme is None:
        raise CommandError(f"There is no programme {code}.", returncode=USAGE)
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise CommandError(
            f"Give a year from {FIRST_YEAR} to {LAST_YEAR}, not {year}.", returncode=USAGE
        )
    return Question.of_year(
        year,
        programme=programme,
        actor=Actor(partner_ids=None),
        partner=find_partner(partner) if partner else None,
    )


def find_partner(given: str) -> Partner:
    condition = match_partner(given)
    found = None if condition is None else Partner.objects.filter(condition).first()
    if found is None:
        raise CommandError(f"There is no partner {given}.", returncode=USAGE)
    return found


def write_beside(file: BinaryIO, path: Path) -> None:
    """Write under another name first, so that a file of this name is always a whole one."""
    unfinished = path.with_name(f"{path.name}.part")
    try:
        with unfinished.open("wb") as target:
            shutil.copyfileobj(file, target)
        unfinished.replace(path)
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}.", returncode=1) from error
    finally:
        unfinished.unlink(missing_ok=True)
