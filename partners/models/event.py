"""What happened to a partner, once, in order: the stream that everybody else reads."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from partners.models.company import Partner
from partners.models.scope import PartnerScopedQuerySet
from partners.models.team import Member


class EventQuerySet(PartnerScopedQuerySet):
    def newest_first(self) -> "EventQuerySet":
        return self.order_by("-occurred_at", "-sequence")

    def not_dispatched(self) -> "EventQuerySet":
        return self.filter(feed_position__isnull=True).order_by("pk")


class Event(models.Model):
    """
    One thing that happened to a partner. Payloads hold codes, numbers and opaque ids only.

    ``sequence`` counts per partner without gaps. ``feed_position`` is the place in the feed of
    all partners, given after commit by the dispatcher.
    """

    # Its sequence is unique with it, so that index serves it too.
    partner = models.ForeignKey(
        Partner, on_delete=models.PROTECT, related_name="events", db_index=False
    )
    sequence = models.PositiveBigIntegerField(_("sequence"))
    kind = models.CharField(_("kind"), max_length=48)
    member = models.ForeignKey(
        Member,
        on_delete=models.PROTECT,
        null=True,
        related_name="events",
        help_text=_("About whom."),
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        help_text=_("Who did it; empty for the system."),
    )
    payload = models.JSONField(_("payload"), default=dict)
    occurred_at = models.DateTimeField(_("occurred at"))
    recorded_at = models.DateTimeField(_("recorded at"))
    feed_position = models.PositiveBigIntegerField(null=True, unique=True)

    objects = EventQuerySet.as_manager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["partner", "sequence"], name="partners_event_sequence_once_per_partner"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["partner", "-occurred_at"], name="partners_event_timeline"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} #{self.sequence}"
