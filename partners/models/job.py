"""Work that runs on its own: one row per programme, local day and step, with a checkpoint."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class JobRun(models.Model):
    """
    One step of a nightly run. The row is the claim: unique per scope, local day and step.

    ``checkpoint`` is the id up to which the step is done, so that it goes on after a kill.
    """

    class Status(models.TextChoices):
        DUE = "due", _("Due")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    scope = models.CharField(_("scope"), max_length=64, help_text=_("The programme's code."))
    local_date = models.DateField(_("local day"))
    step = models.CharField(_("step"), max_length=32)
    status = models.CharField(
        _("status"), max_length=16, choices=Status.choices, default=Status.DUE
    )
    checkpoint = models.BigIntegerField(_("checkpoint"), default=0)
    changed = models.PositiveBigIntegerField(_("changed"), default=0)
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    error = models.TextField(_("error"), blank=True)

    class Meta:
        verbose_name = _("nightly step")
        verbose_name_plural = _("nightly steps")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["scope", "local_date", "step"], name="partners_jobrun_once_per_day"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.step} of {self.scope} on {self.local_date}"
