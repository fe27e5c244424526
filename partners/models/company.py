"""The companies that buy from the seller."""

from collections.abc import Iterable
from typing import ClassVar

import uuid_utils.compat
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from partners.fixed_sql import among, listed, read, row_lock
from partners.models.scope import PartnerScopedQuerySet


class PartnerQuerySet(PartnerScopedQuerySet):
    partner_path = "pk"

    def active(self) -> "PartnerQuerySet":
        return self.filter(status=Partner.Status.ACTIVE)


class PartnerManager(models.Manager.from_queryset(PartnerQuerySet)):  # type: ignore[misc]  # made at run time
    def lock(self, partner_ids: Iterable[int]) -> "dict[int, Partner]":
        """
        Lock partner rows in id order, so that two batches cannot wait for each other.

        Every door that moves something takes these locks before anything else. They serialise
        re-evaluation of a partner and the numbering of its events.
        """
        rows = read(
            Partner,
            f"WHERE {among('id', 'bigint')} ORDER BY id{row_lock()}",
            [listed(partner_ids)],
        )
        return {partner.pk: partner for partner in rows}


class Partner(models.Model):
    """A company enrolled with the seller."""

    class Status(models.TextChoices):
        ACTIVE = "active", _("Active")
        PAUSED = "paused", _("Paused")
        CLOSED = "closed", _("Closed")

    public_id = models.UUIDField(
        default=uuid_utils.compat.uuid7, unique=True, editable=False, verbose_name=_("id")
    )
    erp_number = models.CharField(
        _("ERP number"), max_length=64, unique=True, help_text=_("Its number in the seller's ERP.")
    )
    legal_name = models.CharField(_("legal name"), max_length=200)
    tax_id = models.CharField(_("tax id"), max_length=32, blank=True)
    country = models.CharField(_("country"), max_length=64, blank=True)
    currency = models.CharField(_("currency"), max_length=3, default="GBP")
    language = models.CharField(
        _("language"), max_length=8, choices=settings.LANGUAGES, default="en"
    )
    partner_since = models.DateField(_("partner since"), null=True, blank=True)
    account_manager = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="managed_partners",
        limit_choices_to={"is_staff": True},
        verbose_name=_("account manager"),
    )
    status = models.CharField(
        _("status"), max_length=16, choices=Status.choices, default=Status.ACTIVE
    )
    merged_into = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="merged_from",
        verbose_name=_("merged into"),
    )
    event_sequence = models.PositiveBigIntegerField(
        default=0, editable=False, help_text=_("Sequence of the partner's latest event.")
    )

    objects = PartnerManager()

    class Meta:
        verbose_name = _("partner")
        verbose_name_plural = _("partners")
        constraints: ClassVar = [
            models.CheckConstraint(
                name="partners_partner_not_merged_into_itself",
                condition=Q(merged_into__isnull=True) | ~Q(merged_into=F("id")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.legal_name} ({self.erp_number})"
