"""How much whoever asks may post without a second person."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Max, Q, Sum

from ledger.correcting.people import Asker
from ledger.models import Correction, CorrectionLimit, Unit
from partners.roles import Role

LIMIT_SPAN = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """In minor units of one unit; ``used`` is what was posted alone in the last 24 hours."""

    per_correction: int = 0
    per_day: int = 0
    used: int = 0

    @property
    def left(self) -> int:
        """The largest correction that would be posted at once now."""
        return max(0, min(self.per_correction, self.per_day - self.used))

    def covers(self, amount: int) -> bool:
        return amount <= self.left


def read_allowance(*, asker: Asker, unit: Unit, at: datetime) -> Allowance:
    """
    Return what the asker may post alone at ``at``: the highest limit of their roles.

    Credits and debits count alike, and so does what was reversed since. What a second person
    agreed to counts for nobody. No limit set means that everything waits. The keys that one person
    made count together: a second key is no second limit.
    """
    limits = CorrectionLimit.objects.filter(unit=unit, role__in=_find_roles(asker))
    highest = limits.aggregate(once=Max("per_correction"), day=Max("per_day"))
    alone = Correction.objects.filter(
        _is_asked_by_the_same(asker),
        account__unit=unit,
        state=Correction.State.POSTED,
        decided_by__isnull=True,
        requested_at__gt=at - LIMIT_SPAN,
    )
    return Allowance(
        per_correction=highest["once"] or 0,
        per_day=highest["day"] or 0,
        used=alone.aggregate(sum=Sum("amount"))["sum"] or 0,
    )


def _is_asked_by_the_same(asker: Asker) -> Q:
    if asker.key is None:
        return Q(requested_by=asker.person_id)
    if asker.key.created_by_id is None:
        return Q(requested_with=asker.key.pk)
    return Q(requested_with__created_by=asker.key.created_by_id)


def _find_roles(asker: Asker) -> list[str]:
    if asker.person is None:
        return [CorrectionLimit.INTEGRATOR]
    roles = list(asker.person.groups.filter(name__in=Role).values_list("name", flat=True))
    return [*roles, Role.ADMINISTRATOR] if asker.person.is_superuser else roles
