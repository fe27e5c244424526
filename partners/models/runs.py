"""Runs over files, and what the headers of a source's files mean."""

from typing import ClassVar

import uuid_utils.compat
from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class ImportRun(models.Model):
    """One run over a file: what was read, what became of every row."""

    class Status(models.TextChoices):
        UPLOADED = "uploaded", _("Uploaded")
        CHECKED = "checked", _("Checked")
        QUEUED = "queued", _("Waiting to run")
        STAGING = "staging", _("Reading")
        RUNNING = "running", _("Running")
        FINISHED = "finished", _("Finished")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", pgettext_lazy("import", "Cancelled")

    public_id = models.UUIDField(
        default=uuid_utils.compat.uuid7, unique=True, editable=False, verbose_name=_("id")
    )
    kind = models.CharField(_("kind"), max_length=40)
    source = models.CharField(_("source"), max_length=64)
    file_name = models.CharField(_("file"), max_length=255)
    status = models.CharField(_("status"), max_length=16, choices=Status.choices)
    report = models.JSONField(_("report"), default=dict)
    mapping = models.JSONField(
        _("mapping"), default=dict, help_text=_("As a mapping file says it.")
    )
    stored_as = models.CharField(
        max_length=255, blank=True, help_text=_("Where an uploaded file is kept until it has run.")
    )
    content_hash = models.CharField(max_length=64, blank=True, help_text=_("Of the whole file."))
    error = models.TextField(_("error"), blank=True)
    rows_done = models.PositiveBigIntegerField(_("rows done"), default=0)
    rows_total = models.PositiveBigIntegerField(_("rows in all"), default=0)
    beat_at = models.DateTimeField(
        _("last heard of"), null=True, blank=True, help_text=_("A run that fell silent was killed.")
    )
    cancel_asked_at = models.DateTimeField(_("asked to stop at"), null=True, blank=True)
    started_at = models.DateTimeField(_("started at"))
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")

    def __str__(self) -> str:
        return f"#{self.pk} {self.file_name} ({self.source})"


class SourceMapping(models.Model):
    """What the headers of a source's files mean, kept from one file to the next."""

    source = models.CharField(_("source"), max_length=64)
    kind = models.CharField(_("kind"), max_length=40)
    content = models.JSONField(
        _("content"), default=dict, help_text=_("As a mapping file says it.")
    )
    saved_at = models.DateTimeField(_("saved at"))
    saved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = _("mapping")
        verbose_name_plural = _("mappings")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["source", "kind"], name="partners_sourcemapping_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} ({self.source})"
