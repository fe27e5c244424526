"""Make an API key for an integration, or one in place of another. It is printed once."""

from argparse import ArgumentParser
from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from partners import keys
from partners.doors.filtering import match_partner
from partners.doors.serializers import MOMENT_MESSAGES, MomentError, read_moment
from partners.models import ApiKey, Partner

GRACE_DAYS = 7


class Command(BaseCommand):
    help = "Make an API key. It is shown once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", nargs="?", help="What the key is for, such as 'ERP'.")
        parser.add_argument(
            "--scopes",
            nargs="+",
            metavar="SCOPE",
            help="What it may do, or 'all'. There are: " + ", ".join(keys.Scope),
        )
        parser.add_argument(
            "--partner", help="Limit it to one partner: an id, or erp: and an ERP number."
        )
        parser.add_argument(
            "--expires", help="When it ends, such as 2027-01-01T00:00:00Z. Without: never."
        )
        parser.add_argument(
            "--daily-max",
            type=int,
            metavar="UNITS",
            help="What it may bring out in a day, in minor units. Beyond it the key is paused.",
        )
        parser.add_argument(
            "--replaces",
            metavar="PREFIX",
            help="Take the place of this key, with its name, scopes, partner and budget.",
        )
        parser.add_argument(
            "--grace",
            type=int,
            default=GRACE_DAYS,
            metavar="DAYS",
            help=f"How long the replaced key goes on. Without: {GRACE_DAYS} days.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        expires_at = self._read_expiry(options["expires"], now)
        if options["replaces"]:
            made = self._replace(options, now, expires_at)
        else:
            made = self._make(options, now, expires_at)
        self.stderr.write("Keep this key now. It is not stored and cannot be shown again.")
        self.stdout.write(made.token)

    def _make(
        self, options: dict[str, Any], now: datetime, expires_at: datetime | None
    ) -> keys.NewKey:
        wanted, budget = options["scopes"], options["daily_max"]
        if not options["name"] or not wanted:
            raise CommandError("Give a name and --scopes, or --replaces.", returncode=2)
        if budget is not None and budget < 1:
            raise CommandError("--daily-max is above zero.", returncode=2)
        try:
            return keys.create_key(
                name=options["name"],
                scopes=list(keys.Scope) if wanted == ["all"] else wanted,
                created_at=now,
                partner=self._find_partner(options["partner"]),
                expires_at=expires_at,
                daily_units_max=budget,
            )
        except keys.UnknownScope as error:
            raise CommandError(f"Unknown scope: {error}", returncode=2) from error

    def _replace(
        self, options: dict[str, Any], now: datetime, expires_at: datetime | None
    ) -> keys.NewKey:
        if any(options[name] for name in ("name", "scopes", "partner", "daily_max")):
            raise CommandError(
                "A key that replaces another takes everything from it but --expires.", returncode=2
            )
        if not 0 <= options["grace"] <= keys.GRACE_DAYS_MAX:
            raise CommandError(f"--grace is 0 to {keys.GRACE_DAYS_MAX} days.", returncode=2)
        old = ApiKey.objects.filter(prefix=options["replaces"]).first()
        if old is None:
            raise CommandError(f"There is no key {options['replaces']}.", returncode=2)
        grace = timedelta(days=options["grace"])
        try:
            return keys.rotate(key=old, grace=grace, at=now, expires_at=expires_at)
        except keys.NotReplaceable as error:
            raise CommandError(str(error), returncode=2) from error

    @staticmethod
    def _read_expiry(text: str | None, now: datetime) -> datetime | None:
        if text is None:
            return None
        try:
            expires_at = read_moment(text)
        except MomentError as error:
            raise CommandError(str(MOMENT_MESSAGES[error.code]), returncode=2) from error
        if expires_at <= now:
            raise CommandError("The key would have expired already.", returncode=2)
        return expires_at

    @staticmethod
    def _find_partner(reference: str | None) -> Partner | None:
        if reference is None:
            return None
        condition = match_partner(reference)
        partner = None if condition is None else Partner.objects.filter(condition).first()
        if partner is None:
            raise CommandError(f"There is no partner {reference}.", returncode=2)
        return partner
