"""Print a partner's statement as the portal shows it."""

import contextlib
import json
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q

from ledger.models import Account
from ledger.statements import Statement, read_statement
from partners.models import Partner

USAGE = 2


class Command(BaseCommand):
    help = "Shows opening, movements and closing of a partner's pool, in minor units."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("partner", help="ERP number or id.")
        parser.add_argument("--from", dest="first", required=True, help="Such as 2026-03-01.")
        parser.add_argument(
            "--to", dest="last", required=True, help="Such as 2026-03-31; both days are included."
        )
        parser.add_argument("--unit", help="Its code, if the partner has more than one.")
        parser.add_argument("--time-zone", default=settings.TIME_ZONE)
        parser.add_argument("--json", action="store_true", help="One JSON document on stdout.")

    def handle(self, **options: Any) -> None:
        account = find_pool(find_partner(options["partner"]), options["unit"])
        zone = find_zone(options["time_zone"])
        from_at = midnight(read_day(options["first"]), zone)
        until_at = midnight(read_day(options["last"]) + timedelta(days=1), zone)
        if until_at <= from_at:
            raise CommandError("--to lies before --from.", returncode=USAGE)
        statement = read_statement(
            account=account, from_at=from_at, until_at=until_at, page_size=None
        )
        self.stdout.write(as_json(statement) if options["json"] else as_text(statement, zone))


def find_partner(given: str) -> Partner:
    wanted = Q(erp_number=given)
    with contextlib.suppress(ValueError):
        wanted |= Q(public_id=UUID(given))
    partner = Partner.objects.filter(wanted).first()
    if partner is None:
        raise CommandError(f"There is no partner {given!r}.", returncode=USAGE)
    return partner


def find_pool(partner: Partner, unit_code: str | None) -> Account:
    pools = Account.objects.pools().filter(partner=partner).select_related("unit")
    if unit_code is not None:
        pools = pools.filter(unit__code=unit_code)
    found = list(pools.order_by("pk"))
    if not found:
        raise CommandError("The partner has no pool there.", returncode=USAGE)
    if len(found) > 1:
        codes = ", ".join(pool.unit.code for pool in found)
        raise CommandError(f"Choose one with --unit: {codes}.", returncode=USAGE)
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


def midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, tzinfo=zone)


def as_json(statement: Statement) -> str:
    document = {
        "opening": statement.opening,
        "movements": [
            {
                "id": str(one.transfer_id),
                "posted_at": one.posted_at.isoformat(),
                "occurred_at": one.occurred_at.isoformat(),
                "kind": one.kind,
                "amount": one.amount,
                "balance": one.balance,
                "reference": one.reference,
            }
            for one in statement.movements
        ],
        "closing": statement.closing,
        "unit": statement.account.unit.code,
    }
    return json.dumps(document, indent=1)


def as_text(statement: Statement, zone: ZoneInfo) -> str:
    lines = [f"{'Opening':<40}{statement.opening:>16}"]
    lines += [
        f"{one.posted_at.astimezone(zone):%Y-%m-%d %H:%M}  {one.label:<22}"
        f"{one.amount:>+16}{one.balance:>16}"
        for one in statement.movements
    ]
    return "\n".join([*lines, f"{'Closing':<40}{statement.closing:>16}"])
