"""``load_preset NAME``: create a ready-made programme."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from rewards.programmes.presets import (
    ProgrammeExists,
    UnknownPreset,
    load_preset,
    preset_names,
    read_preset,
)


class Command(BaseCommand):
    help = "Create a live programme from a ready-made preset."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", nargs="?", help="Name of the preset; see --list.")
        parser.add_argument("--list", action="store_true", help="Print the names of the presets.")
        parser.add_argument("--dry-run", action="store_true", help="Validate and write nothing.")

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["list"]:
            self.stdout.write("\n".join(preset_names()))
            return
        if not options["name"]:
            raise CommandError("Name a preset, or pass --list to see them.", returncode=2)
        try:
            preset = read_preset(options["name"])
            if options["dry_run"]:
                rules = len(preset.definition["rules"])
                tiers = len(preset.definition["tiers"])
                self.stdout.write(f"{preset.name}: {rules} rules, {tiers} tiers. Nothing written.")
                return
            programme = load_preset(preset.name, as_of=timezone.now())
        except UnknownPreset as error:
            raise CommandError(str(error), returncode=2) from error
        except ProgrammeExists as error:
            raise CommandError(str(error), returncode=1) from error
        self.stdout.write(f"Programme {programme.code} is live.")
