"""The companies that buy from the seller, and by which other names and numbers they are known."""

from collections.abc import Iterable
from typing import ClassVar

import uuid_utils.compat
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from partners.fixed_sql import Asked, among_with_kept, listed, row_lock
from partners.models.scope import PartnerScopedQuerySet


class PartnerQuerySet(PartnerScopedQuerySet):
    partner_path = "pk"

    def active(self) -> "PartnerQuerySet":
        return self.filter(status=Partner.Status.ACTIVE)

    def companies(self) -> "PartnerQuerySet":
        """One row a company: those that were merged into another one are left out."""
        return self.filter(merged_into__isnull=True)

    def count_edit(self) -> int:
        """Count the revision up; the rows are locked."""
        return self.update(revision=F("revision") + 1)


class PartnerManager(models.Manager.from_queryset(PartnerQuerySet)):  # type: ignore[misc]  # made at run time
    def lock(self, partner_ids: Iterable[int]) -> None:
        """
        Lock partner rows in id order, so that two batches cannot wait for each other.

        Every door that moves something takes these locks before anything else. They serialise
        re-evaluation of a partner and the numbering of its events. Of a merged partner the one
        that was kept is locked too: what is done to the one moves in the accounts of the other.
        """
        _ask_for_locked(partner_ids, columns=("id",)).fetch_rows()

    def lock_and_read(self, partner_ids: Iterable[int]) -> "dict[int, Partner]":
        """Lock as ``lock`` does, and return those asked for by id as they are now."""
        wanted = set(partner_ids)
        return {
            partner.pk: partner
            for partner in _ask_for_locked(wanted).fetch()
            if partner.pk in wanted
        }

    def lock_roots(self, partner_ids: Iterable[int]) -> dict[int, int]:
        """Lock partners and what they were merged into; return the root of each that is there."""
        wanted = set(partner_ids)
        rows = _ask_for_locked(wanted, columns=("id", "merged_into_id")).fetch_rows()
        locked: dict[int, int] = {pk: merged_into_id or pk for pk, merged_into_id in rows}
        roots = {pk: locked[pk] for pk in wanted & locked.keys()}
        if late := set(roots.values()) - locked.keys():
            # Merged while we waited for the lock: rare, and then the kept one is locked last.
            self.lock(late)
        return roots


def _ask_for_locked(
    partner_ids: Iterable[int], *, columns: tuple[str, ...] = ()
) -> "Asked[Partner]":
    wanted = listed(partner_ids)
    condition = among_with_kept(Partner._meta.db_table)
    return Asked(
        Partner, f"WHERE {condition} ORDER BY id{row_lock()}", [wanted, wanted], columns=columns
    )


class Tag(models.Model):
    """A word that partners are found by: a sales region, a trade fair, a kind of shop."""

    name = models.CharField(_("name"), max_length=64, unique=True)

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name


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
    tags = models.ManyToManyField(Tag, blank=True, related_name="partners", verbose_name=_("tags"))
    event_sequence = models.PositiveBigIntegerField(
        default=0, editable=False, help_text=_("Sequence of the partner's latest event.")
    )
    revision = models.PositiveIntegerField(
        default=1, editable=False, help_text=_("Counts the edits, so that a stale one is noticed.")
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


class PartnerNumber(models.Model):
    """The number a partner has in another system than the ERP: a shop, a CRM, a marketplace."""

    partner = models.ForeignKey(
        Partner, on_delete=models.PROTECT, related_name="numbers", verbose_name=_("partner")
    )
    system = models.CharField(
        _("system"), max_length=64, help_text=_("The source that uses this number.")
    )
    number = models.CharField(_("number"), max_length=64)

    class Meta:
        verbose_name = _("other number")
        verbose_name_plural = _("other numbers")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["system", "number"], name="partners_partnernumber_once_per_system"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} in {self.system}"


class Contract(models.Model):
    """What was agreed with a partner, for a time. Terms that change benefits come from here."""

    partner = models.ForeignKey(
        Partner, on_delete=models.PROTECT, related_name="contracts", verbose_name=_("partner")
    )
    number = models.CharField(_("number"), max_length=64)
    starts_on = models.DateField(_("starts on"))
    ends_on = models.DateField(
        _("ends on"),
        null=True,
        blank=True,
        help_text=_("The last day. Empty: until further notice."),
    )
    payment_days = models.PositiveSmallIntegerField(
        _("payment days"), null=True, blank=True, help_text=_("Days to pay an invoice.")
    )
    note = models.CharField(_("note"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("contract")
        verbose_name_plural = _("contracts")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["partner", "number"], name="partners_contract_number_once_per_partner"
            ),
            models.CheckConstraint(
                name="partners_contract_ends_after_start",
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
            ),
        ]

    def __str__(self) -> str:
        return self.number


class PartnerMerge(models.Model):
    """
    One act of recognising two partners as the same company.

    Facts keep the partner they were reported for; what is judged by facts looks at the whole
    family. Balances move by transfers whose reference is ``public_id``.
    """

    public_id = models.UUIDField(
        default=uuid_utils.compat.uuid7, unique=True, editable=False, verbose_name=_("id")
    )
    kept = models.ForeignKey(
        Partner, on_delete=models.PROTECT, related_name="merges_kept", verbose_name=_("kept")
    )
    merged = models.ForeignKey(
        Partner, on_delete=models.PROTECT, related_name="merges_ended", verbose_name=_("merged")
    )
    reason = models.CharField(_("reason"), max_length=300)
    changes = models.JSONField(
        _("changes"), default=dict, help_text=_("What was changed beside balances, to undo it by.")
    )
    merged_at = models.DateTimeField(_("merged at"))
    merged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    undone_at = models.DateTimeField(_("undone at"), null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = _("merge")
        verbose_name_plural = _("merges")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["merged"],
                condition=Q(undone_at__isnull=True),
                name="partners_partnermerge_one_at_a_time",
            ),
            models.CheckConstraint(
                name="partners_partnermerge_of_two", condition=~Q(kept=F("merged"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.merged} → {self.kept}"
