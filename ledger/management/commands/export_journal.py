"""Write the whole journal to a file that anybody can verify."""

import gzip
import json
from io import TextIOWrapper
from pathlib import Path
from typing import Any, TextIO

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ledger.exporting import JournalCounts, write_journal

USAGE = 2


class Command(BaseCommand):
    help = "Writes all transfers and seals as JSON lines; `verify_ledger --file` checks them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="Such as journal.jsonl or journal.jsonl.gz.")
        parser.add_argument("--json", action="store_true", help="One JSON document on stdout.")

    def handle(self, **options: Any) -> None:
        path: Path = options["file"]
        if not path.name.endswith((".jsonl", ".jsonl.gz")):
            raise CommandError(
                "The name of the file ends in .jsonl or .jsonl.gz.", returncode=USAGE
            )
        counts = write_beside(path)
        self.stdout.write(as_json(counts) if options["json"] else as_text(path, counts))


def write_beside(path: Path) -> JournalCounts:
    """Write under another name first, so that a file of this name is always a whole one."""
    unfinished = path.with_name(f"{path.name}.part")
    try:
        with open_text(unfinished, compressed=path.suffix == ".gz") as file:
            counts = write_journal(file)
        unfinished.replace(path)
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}.", returncode=1) from error
    finally:
        unfinished.unlink(missing_ok=True)
    return counts


def open_text(path: Path, *, compressed: bool) -> TextIO:
    if not compressed:
        return path.open("w", encoding="utf-8", newline="\n")
    return TextIOWrapper(gzip.open(path, "wb"), encoding="utf-8", newline="\n")


def as_json(counts: JournalCounts) -> str:
    document = {
        "transfers": counts.transfers,
        "unsealed": counts.unsealed,
        "seals": counts.seals,
        "digest": counts.digest,
    }
    return json.dumps(document, indent=1)


def as_text(path: Path, counts: JournalCounts) -> str:
    said = f"{path}: transfers {counts.transfers}, seals {counts.seals}"
    if counts.unsealed:
        said += f", not sealed yet {counts.unsealed}"
    return f"{said}.\nDigest of the last seal: {counts.digest or 'none'}"
