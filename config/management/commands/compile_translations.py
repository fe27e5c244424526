"""Compile the message catalogues; ./dev calls it when a .po file is newer than its .mo."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from config.translations import compile_catalogue, find_catalogues


class Command(BaseCommand):
    help = "Compile the message catalogues of config/locale without GNU gettext."
    requires_system_checks: list[str] = []  # noqa: RUF012 - Django's own shape

    def handle(self, *args: Any, **options: Any) -> None:
        for source in find_catalogues([Path(folder) for folder in settings.LOCALE_PATHS]):
            self.stdout.write(str(compile_catalogue(source)))
