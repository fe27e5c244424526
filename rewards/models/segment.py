"""Lists of partners that conditions and audiences ask for. Until rules fill them, by hand."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from partners.models import Partner, PartnerScopedQuerySet


class Segment(models.Model):
    """A named list of partners. Who stands on it, and since when, is in its places."""

    code = models.SlugField(_("code"), max_length=64, unique=True)
    name = models.CharField(_("name"), max_length=100)
    description = models.CharField(_("description"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("segment")
        verbose_name_plural = _("segments")

    def __str__(self) -> str:
        return self.name


class SegmentPlaceQuerySet(PartnerScopedQuerySet):
    pass


class SegmentPlace(models.Model):
    """
    A partner stands on a list from ``since`` up to and without ``until``, in local days.

    Who leaves keeps the row: facts of that time are judged by who stood there then.
    """

    segment = models.ForeignKey(
        Segment, on_delete=models.PROTECT, related_name="places", verbose_name=_("segment")
    )
    partner = models.ForeignKey(
        Partner, on_delete=models.PROTECT, related_name="segment_places", verbose_name=_("partner")
    )
    since = models.DateField(_("since"))
    until = models.DateField(_("until"), null=True, blank=True, help_text=_("Empty: still there."))

    objects = SegmentPlaceQuerySet.as_manager()

    class Meta:
        verbose_name = _("place on a segment")
        verbose_name_plural = _("places on segments")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["segment", "partner", "since"], name="rewards_segmentplace_begins_once"
            ),
            models.CheckConstraint(
                name="rewards_segmentplace_ends_after_it_began",
                condition=Q(until__isnull=True) | Q(until__gt=F("since")),
            ),
            models.UniqueConstraint(
                fields=["segment", "partner"],
                condition=Q(until__isnull=True),
                name="rewards_segmentplace_open_once",
            ),
        ]

    def __str__(self) -> str:
        return f"partner {self.partner_id} on {self.segment_id} since {self.since}"
