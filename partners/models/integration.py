"""How other systems reach us: API keys, remembered answers, import runs and what they set aside."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from partners.models.company import Partner


class ApiKey(models.Model):
    """A key of an integrator. Only a hash of the secret is kept; the prefix tells keys apart."""

    name = models.CharField(_("name"), max_length=100)
    prefix = models.CharField(_("prefix"), max_length=12, unique=True, editable=False)
    secret_hash = models.CharField(max_length=64, editable=False)
    scopes = models.JSONField(_("scopes"), default=list)
    partner = models.ForeignKey(
        Partner,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="api_keys",
        verbose_name=_("partner"),
        help_text=_("Limits the key to one partner. Empty: all partners."),
    )
    created_at = models.DateTimeField(_("created at"))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used at"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix})"


class RememberedAnswer(models.Model):
    """The answer to a request with an ``Idempotency-Key``, stored with its effect."""

    caller = models.CharField(max_length=64, help_text=_("The key or person that asked."))
    idempotency_key = models.CharField(max_length=255)
    request_hash = models.CharField(max_length=64)
    status_code = models.PositiveSmallIntegerField()
    body = models.TextField()
    answered_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["caller", "idempotency_key"],
                name="partners_rememberedanswer_once_per_caller",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.caller} {self.idempotency_key}: {self.status_code}"


class ImportRun(models.Model):
    """One run over a file: what was read, what became of every row."""

    class Status(models.TextChoices):
        STAGING = "staging", _("Reading")
        RUNNING = "running", _("Running")
        FINISHED = "finished", _("Finished")
        FAILED = "failed", _("Failed")

    kind = models.CharField(_("kind"), max_length=16)
    source = models.CharField(_("source"), max_length=64)
    file_name = models.CharField(_("file"), max_length=255)
    status = models.CharField(_("status"), max_length=16, choices=Status.choices)
    report = models.JSONField(_("report"), default=dict)
    started_at = models.DateTimeField(_("started at"))
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")

    def __str__(self) -> str:
        return f"#{self.pk} {self.file_name} from {self.source}"


class ParkedDocument(models.Model):
    """A document that matches no partner yet. Its rows wait as rows and can be matched later."""

    class Reason(models.TextChoices):
        NO_PARTNER = "no_partner", _("Names no partner")
        UNKNOWN_PARTNER = "unknown_partner", _("Partner is not known")

    run = models.ForeignKey(ImportRun, on_delete=models.PROTECT, related_name="parked_documents")
    source = models.CharField(_("source"), max_length=64)
    external_id = models.CharField(_("external id"), max_length=100)
    reason = models.CharField(_("reason"), max_length=32, choices=Reason.choices)
    content_hash = models.CharField(max_length=64, editable=False)
    occurred_at = models.DateTimeField(_("occurred at"), null=True)
    parked_at = models.DateTimeField(_("parked at"))
    matched_at = models.DateTimeField(_("matched at"), null=True, blank=True)

    class Meta:
        verbose_name = _("parked document")
        verbose_name_plural = _("parked documents")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["source", "external_id"], name="partners_parkeddocument_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.external_id} from {self.source}"


class ImportRow(models.Model):
    """A row that was not accepted, with why: parked (it waits) or refused (it is reported)."""

    class Outcome(models.TextChoices):
        PARKED = "parked", _("Parked")
        REFUSED = "refused", _("Refused")

    run = models.ForeignKey(ImportRun, on_delete=models.PROTECT, related_name="rows")
    row_number = models.PositiveBigIntegerField(_("row"))
    document = models.CharField(_("document"), max_length=100)
    parked_document = models.ForeignKey(
        ParkedDocument, on_delete=models.PROTECT, null=True, related_name="rows"
    )
    outcome = models.CharField(_("outcome"), max_length=16, choices=Outcome.choices)
    code = models.CharField(_("code"), max_length=32)
    column = models.CharField(_("column"), max_length=64, blank=True)
    value = models.CharField(_("value"), max_length=255, blank=True)
    content = models.JSONField(_("content"), default=dict)

    class Meta:
        verbose_name = _("import row")
        verbose_name_plural = _("import rows")
        constraints: ClassVar = [
            models.CheckConstraint(
                name="partners_importrow_parked_has_document",
                condition=~Q(outcome="parked") | Q(parked_document__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"row {self.row_number}: {self.code}"
