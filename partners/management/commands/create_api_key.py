"""Make an API key for an integration. The key is printed once and kept nowhere."""

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from partners import keys
from partners.doors.filtering import match_partner
from partners.doors.serializers import MOMENT_MESSAGES, MomentError, read_moment
from partners.models import Partner


class Command(BaseCommand):
    help = "Make an API key. It is shown once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="What the key is for, such as 'ERP'.")
        parser.add_argument(
            "--scopes",
            nargs="+",
            required=True,
            metavar="SCOPE",
            help="What it may do, or 'all'. There are: " + ", ".join(keys.Scope),
        )
        parser.add_argument(
            "--partner", help="Limit it to one partner: an id, or erp: and an ERP number."
        )
        parser.add_argument(
            "--expires", help="When it ends, such as 2027-01-01T00:00:00Z. Without: never."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        wanted = options["scopes"]
        expires_at = self._read_expiry(options["expires"], now)
        try:
            made = keys.create_key(
                name=options["name"],
                scopes=list(keys.Scope) if wanted == ["all"] else wanted,
                created_at=now,
                partner=self._find_partner(options["partner"]),
                expires_at=expires_at,
            )
        except keys.UnknownScope as error:
            raise CommandError(f"Unknown scope: {error}", returncode=2) from error
        self.stderr.write("Keep this key now. It is not stored and cannot be shown again.")
        self.stdout.write(made.token)

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
