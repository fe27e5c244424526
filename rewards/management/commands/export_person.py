"""Write everything that is kept about a person, as JSON on stdout."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from rewards import erasing
from rewards.management.naming import find_person


class Command(BaseCommand):
    help = "Everything that is kept about a person, as one JSON document on stdout."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", help="The address they sign in with.")

    def handle(self, **options: Any) -> None:
        person = find_person(options["email"])
        document = erasing.export_person(person, at=timezone.now())
        self.stdout.write(json.dumps(document, ensure_ascii=False, indent=1))
