"""Refuse catalogues that would show a reader a wrong or foreign sentence."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.translations import find_catalogues, find_problems


class Command(BaseCommand):
    help = "Check that every message of the finished languages is translated and fits."

    requires_system_checks: list[str] = []  # noqa: RUF012 - Django's own shape

    def handle(self, *args: Any, **options: Any) -> None:
        folders = [Path(folder) for folder in settings.LOCALE_PATHS]
        problems = [
            problem
            for source in find_catalogues(folders)
            if source.parent.parent.name in settings.FINISHED_LANGUAGES
            for problem in find_problems(source)
        ]
        for problem in problems:
            self.stderr.write(problem)
        if problems:
            raise CommandError(f"{len(problems)} messages need work.")
        languages = ", ".join(settings.FINISHED_LANGUAGES) or "none yet"
        self.stdout.write(f"Finished languages: {languages}.")
