"""Write everything that is kept about a company, as JSON on stdout. Nobody is named in it."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from partners.doors.filtering import match_partner
from partners.models import Partner
from rewards import erasing


class Command(BaseCommand):
    help = "Everything that is kept about a company, as one JSON document on stdout."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("partner", help="An id, or erp: and an ERP number.")

    def handle(self, **options: Any) -> None:
        condition = match_partner(options["partner"])
        partner = None if condition is None else Partner.objects.filter(condition).first()
        if partner is None:
            raise CommandError(f"There is no partner {options['partner']}.", returncode=2)
        document = erasing.export_partner(partner, at=timezone.now())
        self.stdout.write(json.dumps(document, ensure_ascii=False, indent=1))
