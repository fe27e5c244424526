"""
What requests of an API key bring out, counted while they run and held against its daily budget.

Posting says here what it brings out of the house: awards and credits by adjustments. So a door
cannot forget to count.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import F
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from partners.models import ApiKey, ApiKeyDay
from partners.wording import FALLBACK_LANGUAGE, format_number


class DailyBudgetSpent(Exception):
    """The request would bring out more than what is left of the key's budget of the day."""

    code = "daily_budget_spent"

    def __init__(self, *, budget: int, spent: int, needed: int) -> None:
        language = (get_language() or FALLBACK_LANGUAGE).split("-")[0]
        parts = {"budget": budget, "spent": spent, "needed": needed}
        super().__init__(
            _(
                "The budget of this API key for today does not suffice: of %(budget)s it has spent "
                "%(spent)s, and the request needs %(needed)s, counted in the smallest part of each "
                "unit (points, pence). Nothing was changed, and the key is paused."
            )
            % {name: format_number(value, language) for name, value in parts.items()}
        )
        self.budget, self.spent, self.needed = budget, spent, needed


@dataclass(slots=True)
class Meter:
    units: int = 0


_running: ContextVar[Meter | None] = ContextVar("running_meter", default=None)


@contextmanager
def metering() -> Iterator[Meter]:
    """Count what is brought out inside."""
    meter = Meter()
    token = _running.set(meter)
    try:
        yield meter
    finally:
        _running.reset(token)


def find_running() -> Meter | None:
    """Return the meter of this request; None where nobody asks."""
    return _running.get()


def charge(*, key: ApiKey, units: int, at: datetime) -> None:
    """
    Hold ``units`` against the key's budget of the day (UTC), in the caller's transaction.

    Call it last: the row is locked until the transaction ends, so that two requests at once never
    pass the budget together. Keys that replaced one another share the budget of the first.

    :raises DailyBudgetSpent: If less is left. The caller undoes everything, then pauses the key.
    """
    if key.daily_units_max is None or units <= 0:
        return
    holder_id = _find_first(key)
    day = at.astimezone(UTC).date()
    ApiKeyDay.objects.bulk_create(
        [ApiKeyDay(key_id=holder_id, day=day, units=0)], ignore_conflicts=True
    )
    spent = ApiKeyDay.objects.filter(key_id=holder_id, day=day)
    fits = spent.filter(units__lte=key.daily_units_max - units)
    if not fits.update(units=F("units") + units):
        already = spent.values_list("units", flat=True).get()
        raise DailyBudgetSpent(budget=key.daily_units_max, spent=already, needed=units)


def read_spent(key: ApiKey, *, at: datetime) -> int:
    """Return what the key, with those it replaced, brought out today (UTC)."""
    today = ApiKeyDay.objects.filter(key_id=_find_first(key), day=at.astimezone(UTC).date())
    return today.values_list("units", flat=True).first() or 0


def pause(*, key: ApiKey, at: datetime) -> None:
    """Make the key stand still. Pausing twice keeps the first time."""
    ApiKey.objects.filter(pk=key.pk, paused_at__isnull=True).update(paused_at=at)


def resume(*, key: ApiKey, at: datetime) -> None:
    """Let the key go on, with the whole budget of today."""
    ApiKeyDay.objects.filter(key_id=_find_first(key), day=at.astimezone(UTC).date()).update(units=0)
    ApiKey.objects.filter(pk=key.pk).update(paused_at=None)


def _find_first(key: ApiKey) -> int:
    """Follow what a key replaced to the first of them."""
    first, before = key.pk, key.rotated_from_id
    while before is not None:
        first = before
        before = ApiKey.objects.values_list("rotated_from_id", flat=True).get(pk=before)
    return int(first)
