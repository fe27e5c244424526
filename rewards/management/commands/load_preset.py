"""``load_preset NAME``: create a ready-made programme."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from partners.doors.showing import language
from rewards.programmes.presets import (
    ChoiceNotValid,
    Choices,
    Preset,
    ProgrammeExists,
    UnknownPreset,
    load_preset,
    preset_names,
    read_preset,
)

USAGE = 2
INDENT = 18


class Command(BaseCommand):
    help = "Create a live programme from a ready-made preset."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", nargs="?", metavar="NAME", help="See --list.")
        parser.add_argument("--list", action="store_true", help="Print what presets there are.")
        parser.add_argument("--dry-run", action="store_true", help="Validate and write nothing.")
        parser.add_argument("--code", default="", help="Code of the programme.")
        parser.add_argument("--name", default="", dest="title", help="What partners call it.")
        parser.add_argument("--seller", default="", help="The name partners know you by.")
        parser.add_argument("--currency", default="", help="Such as EUR; amounts stay as they are.")
        parser.add_argument(
            "--time-zone", default="", help="Such as Europe/Kyiv: whose days count."
        )
        parser.add_argument("--json", action="store_true", help="One JSON document on stdout.")
        parser.add_argument("--quiet", action="store_true", help="Say nothing when all is well.")

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["list"]:
            self._list(as_json=options["json"])
            return
        if not options["name"]:
            raise CommandError("Name a preset, or pass --list to see them.", returncode=USAGE)
        choices = Choices(
            code=options["code"],
            name=options["title"],
            seller_name=options["seller"],
            currency=options["currency"].upper(),
            time_zone=options["time_zone"],
        )
        try:
            preset = read_preset(options["name"], choices=choices)
            if not options["dry_run"]:
                load_preset(preset.name, as_of=timezone.now(), choices=choices)
        except (UnknownPreset, ChoiceNotValid) as error:
            raise CommandError(str(error), returncode=USAGE) from error
        except ProgrammeExists as error:
            raise CommandError(str(error), returncode=1) from error
        if options["json"]:
            self.stdout.write(json.dumps(summarise(preset) | {"written": not options["dry_run"]}))
        elif not options["quiet"]:
            self._tell(preset, is_written=not options["dry_run"])

    def _list(self, *, as_json: bool) -> None:
        spoken = language()
        presets = [read_preset(name) for name in preset_names()]
        if as_json:
            told = [{"name": each.name, **tell_about(each, spoken)} for each in presets]
            self.stdout.write(json.dumps(told, ensure_ascii=False))
            return
        for preset in presets:
            about = preset.about(spoken)
            self.stdout.write(f"{preset.name:<{INDENT}}{about.title}")
            self.stdout.write(" " * INDENT + about.sentence)

    def _tell(self, preset: Preset, *, is_written: bool) -> None:
        for label, value in summarise(preset).items():
            self.stdout.write(f"{label.replace('_', ' '):<{INDENT}}{say(value)}")
        code = preset.programme["code"]
        self.stdout.write(f"Programme {code} is live." if is_written else "Nothing was written.")


def tell_about(preset: Preset, spoken: str) -> dict[str, str]:
    about = preset.about(spoken)
    return {"title": about.title, "sentence": about.sentence, "suits": about.suits}


def summarise(preset: Preset) -> dict[str, Any]:
    """Return what a preset makes, in short."""
    return {
        "programme": preset.programme["code"],
        "name": preset.programme["name"],
        "currency": preset.programme["currency"],
        "time_zone": preset.programme["time_zone"],
        "unit": preset.unit["code"],
        "decimals": preset.unit["decimals"],
        "rules": [rule["code"] for rule in preset.definition["rules"]],
        "tiers": [tier["code"] for tier in preset.definition.get("tiers", [])],
        "segments": [segment["code"] for segment in preset.segments],
        "rewards": [reward["slug"] for reward in preset.rewards],
    }


def say(value: Any) -> str:
    return (", ".join(value) or "none") if isinstance(value, list) else str(value)
