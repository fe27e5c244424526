"""What workers of the queue do for rewards. The queue carries ids; the rest is in the database."""

from celery import shared_task
from django.utils import timezone

from partners.models import ImportRun
from rewards.loading.queueing import TASK, Task, work_on


@shared_task(name=TASK, ignore_result=True, acks_late=True)
def work_on_import(*, run_id: int, task: str, **_: object) -> None:
    """Judge an uploaded file, or take it in. A message that comes twice does nothing."""
    run = ImportRun.objects.select_related("started_by").filter(pk=run_id).first()
    if run is not None:
        work_on(run, Task(task), clock=timezone.now)
