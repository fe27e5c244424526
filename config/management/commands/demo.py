"""``demo``: real orders, a made-up team, its sign-ins, and a portal that answers."""

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from config.demo.loading import (
    DemoFigures,
    Stopwatch,
    close_yesterday,
    is_loaded,
    load_demo,
    read_figures,
)
from partners.importing.files import FileNotReadable
from rewards.models import Programme

STEP_NAMES = {"reading": "Reading the orders", "taking_in": "Taking them in, crediting points"}


class Command(BaseCommand):
    help = "Load the demo into the embedded database and serve it on this machine."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--reset", action="store_true", help="Start over on a new database.")
        parser.add_argument("--partners", type=int, help="Only the N partners that bought most.")
        parser.add_argument("--no-serve", action="store_true", help="Load, print, and stop.")
        parser.add_argument("--port", type=int, default=8000, help="Port on 127.0.0.1.")
        parser.add_argument("--json", action="store_true", help="Print one JSON document.")

    def handle(self, *_args: Any, **options: Any) -> None:
        self._refuse_what_cannot_be(options)
        watch = Stopwatch()
        self.console = Console(stderr=True, quiet=False)
        if options["reset"]:
            self._start_over()
        call_command("migrate", verbosity=0, interactive=False)
        self._load(options["partners"])
        figures = read_figures()
        address = f"http://127.0.0.1:{options['port']}/"
        if options["json"]:
            document = figures.as_dict() | {"seconds": watch.seconds, "address": address}
            self.stdout.write(json.dumps(document, ensure_ascii=False))
            self.stdout.flush()
        else:
            self._print(figures, watch.seconds)
        if not options["no_serve"]:
            self._serve(options["port"], address)

    def _refuse_what_cannot_be(self, options: dict[str, Any]) -> None:
        if settings.IN_PRODUCTION:
            raise CommandError("The demo never runs in production mode.", returncode=2)
        if options["partners"] is not None and options["partners"] < 1:
            raise CommandError("--partners takes a number of at least 1.", returncode=2)
        if not 1 <= options["port"] <= 65_535:
            raise CommandError("--port takes a number from 1 to 65535.", returncode=2)
        if options["reset"] and connection.vendor != "sqlite":
            raise CommandError(
                "--reset makes a new embedded database. On PostgreSQL create an empty database"
                " and name it in DATABASE_URL.",
                returncode=2,
            )

    def _start_over(self) -> None:
        path = Path(str(settings.DATABASES["default"]["NAME"]))
        connection.close()
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)

    def _load(self, partners_max: int | None) -> None:
        if is_loaded():
            close_yesterday(clock=timezone.now)
            return
        if Programme.objects.exclude(code="starter").exists():
            raise CommandError(
                "This database holds a programme that is not the demo's. Nothing was changed.",
                returncode=1,
            )
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeElapsedColumn(),
        )
        try:
            with Progress(*columns, console=self.console) as bars:
                tasks: dict[str, Any] = {}

                def show(step: str, done: int, total: int) -> None:
                    if step not in tasks:
                        tasks[step] = bars.add_task(STEP_NAMES.get(step, step), total=total)
                    bars.update(tasks[step], completed=done, total=total)

                load_demo(
                    clock=timezone.now,
                    partners_max=partners_max,
                    progress=show,
                    tell=bars.console.print,
                )
        except FileNotReadable as error:
            raise CommandError(str(error), returncode=1) from error

    def _print(self, figures: DemoFigures, seconds: float) -> None:
        out = Console(file=sys.stdout)
        figures_table = Table(title="What the demo holds", show_header=False)
        figures_table.add_column()
        figures_table.add_column(justify="right")
        for label, value in (
            ("Partners", figures.partners),
            ("Orders", figures.orders),
            ("Returns", figures.returns),
            ("Rows of the file", figures.rows),
            ("Rows that name no partner, parked", figures.rows_parked),
            ("Points awarded for purchases", figures.units_awarded),
            ("Points awarded by the campaign", figures.units_awarded_by_campaign),
            ("Points awarded for all else", figures.units_awarded_for_the_rest),
            ("Points held now", figures.units_outstanding),
        ):
            figures_table.add_row(label, f"{value:,}")
        out.print(figures_table)
        out.print(
            "Real orders of a wholesaler from 2010 and 2011 (UCI Online Retail, CC BY 4.0), dates"
            f" moved by {figures.shifted_weeks} weeks. People and company names are made up."
        )
        sign_ins = Table(title="Sign in as")
        for heading in ("Role", "Name", "E-mail", "Password"):
            sign_ins.add_column(heading)
        for row in figures.sign_ins:
            sign_ins.add_row(row["role"], row["name"], row["email"], row["password"])
        out.print(sign_ins)
        out.print(f"Ready after {seconds} s.")

    def _serve(self, port: int, address: str) -> None:
        self.console.print(f"Portal {address}   Admin {address}admin/   API {address}api/v1/docs/")
        self.console.print("Stop with Ctrl+C.")
        connection.close()
        sys.stdout.flush()
        gunicorn = shutil.which("gunicorn", path=str(Path(sys.executable).parent))
        if gunicorn is None:
            raise CommandError("gunicorn is not installed in this environment.", returncode=1)
        # The process becomes the server, so that Ctrl+C and a kill reach it directly.
        arguments = ["config.wsgi", "--bind", f"127.0.0.1:{port}", "--threads", "8"]
        os.environ["TESSERA_PROCESS"] = "web"
        # Visitors of the demo meet its own pages, also where something is not found.
        os.environ.setdefault("DEBUG", "0")
        os.execv(gunicorn, ["gunicorn", *arguments, "--log-level", "warning"])  # noqa: S606
