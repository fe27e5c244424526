"""What commands that read files share: options, progress, reports, and sentences for errors."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn
from rich.progress import TimeElapsedColumn as Elapsed

from partners.doors.export import write_rows
from partners.importing.files import EncodingDiffers, FileNotOpened, FileNotReadable
from partners.importing.rows import HeadersDiffer
from partners.importing.staging import Outcome
from partners.importing.tables import SheetNotClear

USAGE = 2
INTERRUPTED = 130
SOURCE_LENGTH_MAX = 64

Watcher = Callable[[str, int, int], None]


def add_file_arguments(parser: CommandParser) -> None:
    """Add the options that every command for a file has."""
    parser.add_argument("--mapping", type=Path, help="TOML file: what the headers mean.")
    parser.add_argument("--dry-run", action="store_true", help="Judge all, write nothing.")
    parser.add_argument("--report", type=Path, help="CSV file for rows not accepted.")
    parser.add_argument("--fail-on-refused", action="store_true", help="Exit 1 if any was.")
    parser.add_argument("--json", action="store_true", help="One JSON document on stdout.")
    parser.add_argument("--quiet", action="store_true", help="No progress, no table.")


def check_options(options: dict[str, Any]) -> tuple[str, Path | None]:
    """
    Return the source and the file for the report, if they make sense.

    :raises CommandError: If not.
    """
    source, report_path = options["source"].strip(), options["report"]
    if not 0 < len(source) <= SOURCE_LENGTH_MAX:
        raise CommandError(_("--source is a name of up to 64 characters."), returncode=USAGE)
    if report_path and not os.access(report_path.parent, os.W_OK):
        raise CommandError(
            _("%(path)s cannot be written.") % {"path": report_path}, returncode=USAGE
        )
    return source, report_path


@contextmanager
def explaining_trouble(options: dict[str, Any]) -> Iterator[None]:
    """Turn what can be wrong with a file, or a key pressed to stop, into one line and an exit."""
    try:
        yield
    except FileNotOpened as error:
        raise CommandError(str(error), returncode=USAGE) from error
    except FileNotReadable as error:
        raise CommandError(describe_unreadable(error), returncode=1) from error
    except KeyboardInterrupt:
        raise CommandError(describe_stop(options), returncode=INTERRUPTED) from None


class ReportFile:
    """Row by row what was not accepted, for a spreadsheet."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, outcomes: Iterable[Outcome]) -> None:
        rows = ((one.number, one.column, one.code, one.message, one.value) for one in outcomes)
        write_rows(self.path, ("row", "column", "code", "message", "value"), rows)


def describe_unreadable(error: FileNotReadable) -> str:
    """Say why nothing was written, and what a mapping could do about it: uploads have none."""
    advice = {
        EncodingDiffers: _("Or name its encoding in the mapping."),
        HeadersDiffer: _("Or name the columns in a mapping."),
        SheetNotClear: _("It is the sheet of [format] in the mapping."),
    }
    reasons = [str(error), advice.get(type(error), "")]
    return _("%(reason)s Nothing was written.") % {"reason": " ".join(filter(None, reasons))}


def describe_stop(options: dict[str, Any]) -> str:
    if options["dry_run"]:
        return _("Stopped. Nothing was written.")
    return _("Stopped. What was taken in stays. Run it again to go on.")


@contextmanager
def watching(*, quiet: bool) -> Iterator[Watcher | None]:
    """Show a bar for each step on stderr."""
    if quiet:
        yield None
        return
    names = {"reading": _("Reading"), "taking_in": _("Taking in")}
    columns = (TextColumn("{task.description:<12}"), BarColumn(), TaskProgressColumn(), Elapsed())
    with Progress(*columns, console=Console(stderr=True)) as bars:
        tasks: dict[str, TaskID] = {}

        def watch(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = bars.add_task(names[step], total=total)
            bars.update(tasks[step], completed=done)

        yield watch
