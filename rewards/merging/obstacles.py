"""What stands in the way of a merge: whatever still waits for a decision about the merged one."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from ledger.models import Correction, Hold
from partners.models import Partner
from rewards.models import Redemption


@dataclass(frozen=True, slots=True)
class Obstacle:
    """``code`` names it, ``count`` says how many there are, ``says`` is a sentence."""

    code: str
    says: Any
    count: int = 1


class MergeNotPossible(Exception):
    """The two cannot become one now; ``obstacles`` say why."""

    code = "merge_not_possible"

    def __init__(self, obstacles: Collection[Obstacle]) -> None:
        super().__init__(" ".join(str(each.says) for each in obstacles))
        self.obstacles = list(obstacles)
        self.reasons = [each.code for each in obstacles]


def find_obstacles(*, kept: Partner, merged: Partner) -> list[Obstacle]:
    """Return what keeps these two from becoming one; nothing if they can. Three queries."""
    if kept.pk == merged.pk:
        return [Obstacle("same_partner", gettext_lazy("Choose two different partners."))]
    found: list[Obstacle] = []
    for partner in (kept, merged):
        if partner.merged_into_id is not None:
            says = _("%(partner)s was merged into another partner already.")
            found.append(Obstacle("already_merged", says % {"partner": partner}))
    if kept.status == Partner.Status.CLOSED:
        says = _("%(partner)s is closed. Keep the one that takes part.")
        found.append(Obstacle("kept_is_closed", says % {"partner": kept}))
    return found or _find_waiting(merged)


def _find_waiting(merged: Partner) -> list[Obstacle]:
    requested = Redemption.objects.filter(partner=merged, state=Redemption.State.REQUESTED)
    reserved = Hold.objects.open().filter(partner=merged)
    corrections = Correction.objects.waiting().filter(partner=merged)
    counts = (
        (
            "requests_wait",
            requested.count(),
            ngettext_lazy(
                "%(count)d request for a reward waits for a decision.",
                "%(count)d requests for rewards wait for a decision.",
                "count",
            ),
        ),
        (
            "holds_open",
            reserved.exclude(redemption__state=Redemption.State.REQUESTED).count(),
            ngettext_lazy(
                "%(count)d reservation is open.", "%(count)d reservations are open.", "count"
            ),
        ),
        (
            "corrections_wait",
            corrections.count(),
            ngettext_lazy(
                "%(count)d correction waits for a second person.",
                "%(count)d corrections wait for a second person.",
                "count",
            ),
        ),
    )
    return [
        Obstacle(code, str(says % {"count": count}), count) for code, count, says in counts if count
    ]
