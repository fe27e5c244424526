"""``nightly``: close a local day."""

import json
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from config.nightly import STEPS, DayNotOver, StepFailed, UnknownStep, closed_day, run_night
from partners.models import JobRun
from rewards.models import Programme


class Command(BaseCommand):
    help = "Close a local day: run the nightly steps in order. Safe to repeat."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--date", help="Local day to close, as 2026-03-31. Default: yesterday.")
        parser.add_argument("--programme", help="Code of a programme. Default: all that are live.")
        parser.add_argument("--step", help=f"One of {', '.join(step.name for step in STEPS)}.")
        parser.add_argument(
            "--resume", action="store_true", help="Go on where a run stopped; this is the default."
        )
        parser.add_argument("--again", action="store_true", help="Run finished steps once more.")
        parser.add_argument("--json", action="store_true", help="Print one JSON document.")
        parser.add_argument("--quiet", action="store_true", help="Print nothing.")

    def handle(self, *_args: Any, **options: Any) -> None:
        programmes = self._programmes(options["programme"])
        day = self._day(options["date"])
        jobs: list[JobRun] = []
        for programme in programmes:
            try:
                jobs += run_night(
                    programme=programme,
                    day=day or closed_day(programme, timezone.now()),
                    clock=timezone.now,
                    step_name=options["step"],
                    again=options["again"],
                )
            except (UnknownStep, DayNotOver) as error:
                raise CommandError(str(error), returncode=2) from error
            except StepFailed as error:
                raise CommandError(str(error), returncode=1) from error
        self._report(jobs, options)

    def _programmes(self, code: str | None) -> list[Programme]:
        live = Programme.objects.live().select_related("main_unit")
        if code is None:
            return list(live)
        found = live.filter(code=code)
        if not found:
            raise CommandError(f"There is no live programme {code}.", returncode=2)
        return list(found)

    def _day(self, text: str | None) -> date | None:
        if text is None:
            return None
        try:
            return date.fromisoformat(text)
        except ValueError as error:
            raise CommandError(
                f"{text} is not a day. Write it as 2026-03-31.", returncode=2
            ) from error

    def _report(self, jobs: list[JobRun], options: dict[str, Any]) -> None:
        if options["json"]:
            steps = [
                {"name": job.step, "status": job.status, "changed": job.changed} for job in jobs
            ]
            day = jobs[0].local_date.isoformat() if jobs else options["date"]
            self.stdout.write(json.dumps({"date": day, "steps": steps}))
        elif not options["quiet"]:
            for job in jobs:
                self.stdout.write(f"{job.local_date}  {job.step:<8} {job.status}  {job.changed}")
