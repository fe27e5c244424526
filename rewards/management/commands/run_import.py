"""``run_import ID``: do what was asked for an uploaded file; the admin starts it where no queue is."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from partners.models import ImportRun
from rewards.loading.queueing import Task, work_on


class Command(BaseCommand):
    help = "Judge or take in an uploaded file that waits. Running it twice changes nothing."

    # Somebody waits for it to begin; whoever started it has checked the system already.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("run", type=int, help="The number of the import.")
        parser.add_argument(
            "--task",
            choices=[task.value for task in Task],
            default=Task.RUN.value,
            help="check judges and writes nothing.",
        )

    def handle(self, **options: Any) -> None:
        run = ImportRun.objects.select_related("started_by").filter(pk=options["run"]).first()
        if run is None:
            raise CommandError(
                _("There is no import %(number)d.") % {"number": options["run"]}, returncode=2
            )
        work_on(run, Task(options["task"]), clock=timezone.now)
        run.refresh_from_db()
        self.stdout.write(f"{run}: {run.get_status_display()}")
        if run.status == ImportRun.Status.FAILED or run.error:
            raise CommandError(run.error or _("The import broke off."), returncode=1)
