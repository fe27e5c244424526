"""Recompute the whole ledger and say whether it adds up."""

import json
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from ledger.auditing import AuditReport, audit

USAGE = 2


class Command(BaseCommand):
    help = "Recomputes the ledger from its journal; exits with 1 if anything does not agree."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--as-of", help="Such as 2026-03-01 or 2026-03-01T12:00:00+00:00; now without it."
        )
        parser.add_argument("--json", action="store_true", help="One JSON document on stdout.")

    def handle(self, **options: Any) -> None:
        report = audit(as_of=read_moment(options["as_of"]))
        self.stdout.write(as_json(report) if options["json"] else as_text(report))
        if not report.ok:
            raise CommandError("The ledger does not add up.", returncode=1)


def read_moment(given: str | None) -> datetime:
    """Return the moment that is meant; a day means its first moment in the current time zone."""
    if given is None:
        return timezone.now()
    try:
        moment = parse_datetime(given) if "T" in given or " " in given else None
        day = None if moment else parse_date(given)
    except ValueError:
        moment = day = None
    if day is not None:
        moment = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - made aware below
    if moment is None:
        raise CommandError(f"{given!r} is not a moment such as 2026-03-01.", returncode=USAGE)
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)


def as_json(report: AuditReport) -> str:
    document = {
        "ok": report.ok,
        "accounts": report.accounts,
        "transfers": report.transfers,
        "lots": report.lots,
        "divergences": [one.as_dict() for one in report.divergences],
    }
    return json.dumps(document, indent=1)


def as_text(report: AuditReport) -> str:
    counted = f"{report.accounts} accounts, {report.transfers} transfers, {report.lots} lots"
    if report.ok:
        return f"The ledger adds up: {counted}."
    return "\n".join([f"{counted}:", *(f"  {one}" for one in report.divergences)])
