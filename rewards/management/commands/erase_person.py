"""Erase a person for good. Without --yes it only says what stands in the way."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from partners.retrying import in_transaction
from rewards import erasing
from rewards.management.naming import find_person


class Command(BaseCommand):
    help = "Erase a person for good: no word of or about them is left, every sum stays."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", help="The address they sign in with.")
        parser.add_argument("--yes", action="store_true", help="Do it. It cannot be undone.")

    def handle(self, **options: Any) -> None:
        person = find_person(options["email"])
        obstacles = erasing.look_for_obstacles(person, by=None)
        if obstacles:
            raise CommandError(" ".join(obstacle.sentence for obstacle in obstacles))
        if not options["yes"]:
            raise CommandError(
                "Nothing was erased. It cannot be undone: say --yes to do it.", returncode=2
            )
        erasure = in_transaction(
            lambda: erasing.erase_person(person=person, by=None, at=timezone.now())
        )
        for model, count in erasure.rows.items():
            self.stdout.write(f"{model}: {count}")
        self.stdout.write(f"Erased. What is left of the person is {person.public_id}.")
