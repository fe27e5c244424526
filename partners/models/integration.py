"""How other systems reach us: API keys, what they did today, and remembered answers."""

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
    rotated_from = models.OneToOneField(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="rotated_to",
        verbose_name=_("replaces"),
    )
    daily_units_max = models.BigIntegerField(
        _("points a day"),
        null=True,
        blank=True,
        help_text=_("What this key may bring out in a day, in minor units. Empty: no limit."),
    )
    paused_at = models.DateTimeField(_("paused at"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        constraints: ClassVar = [
            models.CheckConstraint(
                name="partners_apikey_daily_units_positive",
                condition=Q(daily_units_max__isnull=True) | Q(daily_units_max__gt=0),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix})"


class ApiKeyDay(models.Model):
    """What the requests of a key brought out on one day (UTC), against its daily budget."""

    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="days")
    day = models.DateField(_("day"))
    units = models.BigIntegerField(_("units"), default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["key", "day"], name="partners_apikeyday_once"),
        ]

    def __str__(self) -> str:
        return f"key {self.key_id} on {self.day}: {self.units}"


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
