"""Recompute the whole ledger and say whether it adds up, or verify a copy without the database."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from ledger.auditing import AuditReport, audit
from ledger.verifying import FileReport, NotVerifiable, verify_file

USAGE = 2


class Command(BaseCommand):
    help = (
        "Recomputes the ledger from its journal and its seals; exits with 1 if anything does not"
        " agree. With --file it verifies a copy of the journal or of a statement instead, and"
        " needs no database."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--as-of",
            help="Such as 2026-03-01 or 2026-03-01T12:00:00+00:00; now without it. Bounds what"
            " looks back: the transfers and lots that are counted, and the balances that were."
            " Stored balances, holds and seals are always those of now.",
        )
        parser.add_argument("--file", type=Path, help="A copy: .jsonl, .jsonl.gz or .json.")
        parser.add_argument(
            "--head", help="With --file: the digest of a seal as it was published or kept."
        )
        parser.add_argument(
            "--until-head",
            action="store_true",
            help="With --head: what the copy has behind that seal is left out of the verdict.",
        )
        parser.add_argument("--json", action="store_true", help="One JSON document on stdout.")

    def handle(self, **options: Any) -> None:
        if options["file"] is not None:
            self.verify_copy(options)
            return
        if options["head"] is not None:
            raise CommandError("--head goes with --file.", returncode=USAGE)
        if options["until_head"]:
            raise CommandError("--until-head goes with --head.", returncode=USAGE)
        report = audit(as_of=read_moment(options["as_of"]))
        self.stdout.write(as_json(report) if options["json"] else as_text(report))
        if not report.ok:
            raise CommandError("The ledger does not add up.", returncode=1)

    def verify_copy(self, options: dict[str, Any]) -> None:
        if options["as_of"] is not None:
            raise CommandError("--as-of does not go with --file.", returncode=USAGE)
        if options["until_head"] and options["head"] is None:
            raise CommandError("--until-head goes with --head.", returncode=USAGE)
        try:
            report = verify_file(
                options["file"], head=options["head"], until_head=options["until_head"]
            )
        except NotVerifiable as error:
            raise CommandError(str(error), returncode=USAGE) from error
        document = json.dumps(report.as_dict(), indent=1)
        self.stdout.write(document if options["json"] else copy_as_text(report))
        if not report.ok:
            raise CommandError("The copy is not what was sealed.", returncode=1)


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
        "seals": report.seals,
        "digest": report.digest,
        "divergences": [one.as_dict() for one in report.divergences],
    }
    return json.dumps(document, indent=1)


def count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def as_text(report: AuditReport) -> str:
    counted = (
        f"{count(report.accounts, 'account')}, {count(report.transfers, 'transfer')},"
        f" {count(report.lots, 'lot')}, {count(report.seals, 'seal')}"
    )
    digest = f"Digest of the last seal: {report.digest or 'none'}"
    if report.ok:
        return f"The ledger adds up: {counted}.\n{digest}"
    return "\n".join([f"{counted}:", *(f"  {one}" for one in report.divergences), digest])


def copy_as_text(report: FileReport) -> str:
    said = f"{count(report.transfers, 'transfer')} under {count(report.seals, 'seal')}"
    if report.unsealed:
        said += f"; not sealed yet, so that nothing vouches for them: {report.unsealed} more"
    lines = [f"{said}.", *(f"  {problem}" for problem in report.problems)]
    if report.statement is not None:
        lines.append(
            "{account} from {from} until {until}: opening {opening}, credited {credited},"
            " debited {debited}, closing {closing}.".format(**report.statement)
        )
    lines.append(
        f"Last seal: {report.last_seal or 'none'}, sealed at {report.sealed_at or 'never'}."
    )
    lines.append(f"Its digest: {report.digest or 'none'}")
    if report.known_seal is None:
        lines.append("Compare it with the digest that was published, or give that as --head.")
    elif report.known_seal < report.last_seal:
        lines.append(
            f"The digest you gave vouches for everything up to seal {report.known_seal}, and for"
            " nothing behind it."
        )
    else:
        lines.append("It is the digest you gave: the copy is whole up to this seal.")
    return "\n".join(lines)
