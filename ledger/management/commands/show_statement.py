"""Print or write a partner's statement as the portal shows it."""

import contextlib
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q
from django.utils import timezone, translation
from django.utils.module_loading import import_string

from ledger.documents.csv_file import write_csv
from ledger.documents.paper import KINDS_THAT_EXPIRE, Paper, TooManyMovements, find_covering_seal
from ledger.documents.pdf_file import write_pdf
from ledger.documents.text_file import write_copy, write_json, write_text
from ledger.documents.xlsx_file import write_xlsx
from ledger.expiry_schedule import read_expiry_schedule
from ledger.figures import read_figures
from ledger.forms import Days
from ledger.models import Account
from partners.access import Frame
from partners.models import Actor, Partner
from partners.wording import UnitWording

USAGE = 2
OWNED_KINDS = (*Account.PARTNER_KINDS, Account.Kind.WALLET)
TEXTS: Mapping[str, Callable[[Paper], Iterable[str]]] = {
    "text": write_text,
    "csv": write_csv,
    "json": write_json,
    "json-copy": write_copy,
}
FILES: Mapping[str, Callable[[Paper, BinaryIO], None]] = {"xlsx": write_xlsx, "pdf": write_pdf}
FORMATS = ("text", "csv", "xlsx", "pdf", "json-copy")


class Command(BaseCommand):
    help = "Shows opening, movements and closing of a partner's account, in minor units."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("partner", help="ERP number or id.")
        parser.add_argument("--from", dest="first", required=True, help="Such as 2026-03-01.")
        parser.add_argument(
            "--to", dest="last", required=True, help="Such as 2026-03-31; both days are included."
        )
        parser.add_argument("--account", choices=OWNED_KINDS, default="pool")
        parser.add_argument("--member", help="Whose wallet: e-mail or id.")
        parser.add_argument("--unit", help="Its code, if the partner has more than one.")
        parser.add_argument("--time-zone", help="The programme's own unless given.")
        parser.add_argument("--language", choices=dict(settings.LANGUAGES), default="en")
        parser.add_argument("--format", choices=FORMATS, default="text")
        parser.add_argument("--out", help="The file to write; PDF and XLSX need one.")
        parser.add_argument("--json", action="store_true", help="One JSON document on stdout.")

    def handle(self, **options: Any) -> None:
        account = find_account(find_partner(options["partner"]), options)
        days = Days(read_day(options["first"]), read_day(options["last"]))
        if days.last < days.first:
            raise CommandError("--to lies before --from.", returncode=USAGE)
        kind = "json" if options["json"] else options["format"]
        if kind in FILES and not options["out"]:
            raise CommandError(f"Say with --out where the {kind} goes.", returncode=USAGE)
        with translation.override(options["language"]):
            paper = take_paper(account, days, options)
            if options["out"] is None:
                for piece in TEXTS[kind](paper):
                    self.stdout.write(piece, ending="")
            else:
                write_file(paper, kind, Path(options["out"]))


def write_file(paper: Paper, kind: str, path: Path) -> None:
    try:
        # Refused before the file is touched: what was there stays.
        paper.check_length(kind)
        with path.open("wb") as file:
            if kind in FILES:
                FILES[kind](paper, file)
            else:
                file.writelines(piece.encode() for piece in TEXTS[kind](paper))
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}.") from error
    except TooManyMovements as error:
        raise CommandError(
            f"There are {error.movements} movements, and a {kind} holds {error.movements_max}."
            " Choose fewer days, or csv.",
            returncode=USAGE,
        ) from error


# --------------------------------------------------------------- what is asked for


def find_partner(given: str) -> Partner:
    wanted = Q(erp_number=given)
    with contextlib.suppress(ValueError):
        wanted |= Q(public_id=UUID(given))
    partner = Partner.objects.filter(wanted).first()
    if partner is None:
        raise CommandError(f"There is no partner {given!r}.", returncode=USAGE)
    return partner


def find_account(partner: Partner, options: dict[str, Any]) -> Account:
    kind, unit_code = options["account"], options["unit"]
    accounts = Account.objects.filter(partner=partner, kind=kind)
    if unit_code is not None:
        accounts = accounts.filter(unit__code=unit_code)
    if options["member"] is not None:
        whose = Q(member__person__email__iexact=options["member"])
        with contextlib.suppress(ValueError):
            whose |= Q(member__public_id=UUID(options["member"]))
        accounts = accounts.filter(whose)
    found = list(accounts.select_related("unit", "partner", "member__person").order_by("pk"))
    if not found:
        raise CommandError(f"The partner has no {kind} there.", returncode=USAGE)
    if len({each.unit_id for each in found}) > 1:
        codes = ", ".join(sorted({each.unit.code for each in found}))
        raise CommandError(f"Choose one with --unit: {codes}.", returncode=USAGE)
    if len(found) > 1:
        emails = ", ".join(each.member.person.email for each in found if each.member)
        raise CommandError(f"Choose one with --member: {emails}.", returncode=USAGE)
    return found[0]


def find_zone(name: str) -> ZoneInfo:
    if name not in available_timezones():
        raise CommandError(f"{name!r} is not a time zone such as Europe/London.", returncode=USAGE)
    return ZoneInfo(name)


def read_day(given: str) -> date:
    try:
        return date.fromisoformat(given)
    except ValueError as error:
        raise CommandError(
            f"{given!r} is not a day such as 2026-03-01.", returncode=USAGE
        ) from error


def take_paper(account: Account, days: Days, options: dict[str, Any]) -> Paper:
    partner, now = account.partner, timezone.now()
    if partner is None:
        raise CommandError("The house has no statement on paper.", returncode=USAGE)
    read_frame: Callable[[Partner, datetime], Frame] = import_string(settings.PARTNER_FRAME)
    frame = read_frame(partner, now)
    zone = find_zone(options["time_zone"]) if options["time_zone"] else frame.zone
    from_at, until_at = days.bounds(zone)
    figures = read_figures(account=account, from_at=from_at, until_at=until_at)
    schedule = read_expiry_schedule(account=account, zone=zone, as_of=now)
    is_main = frame.unit_id == account.unit_id
    return Paper(
        seller=frame.seller,
        partner=partner.legal_name,
        number=partner.erp_number,
        holder=account.member.person.name if account.member else "",
        unit=frame.unit if is_main else UnitWording(decimals=account.unit.decimals),
        language=options["language"],
        zone=zone,
        first=days.first,
        last=days.last,
        issued_at=now,
        figures=figures,
        schedule=schedule if account.kind in KINDS_THAT_EXPIRE else None,
        seal=find_covering_seal(figures),
        actor=Actor(partner_ids=frozenset({partner.pk})),
    )
