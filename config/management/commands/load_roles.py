"""Make the groups of the seller's staff, or bring them up to date."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from config.roles import PermissionMissing, load_roles


class Command(BaseCommand):
    help = "Creates a group for each role of the seller's staff, with its permissions."

    def handle(self, **options: Any) -> None:
        try:
            with transaction.atomic():
                held = load_roles()
        except PermissionMissing as error:
            raise CommandError(f"{error} Run migrate first.") from error
        for role, count in held.items():
            self.stdout.write(f"{role.label}: {count} permissions")
