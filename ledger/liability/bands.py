"""Ages of what is outstanding, in bands of days since it was earned."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import BigIntegerField, Case, F, Func, IntegerField, Q, Value, When
from django.db.models.expressions import Combinable

FIRST_DAYS = (0, 90, 180, 365, 730)
"""Where each band begins. An age counts whole spans of 24 hours, so it needs no time zone."""

DAY_SECONDS = 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class Band:
    """From ``first_day`` on, up to and without ``end_day``; the last band has no end."""

    number: int
    first_day: int
    end_day: int | None

    def __str__(self) -> str:
        if self.end_day is None:
            return f"{self.first_day}+"
        return f"{self.first_day}-{self.end_day - 1}"


BANDS = tuple(
    Band(number, first, end)
    for number, (first, end) in enumerate(zip(FIRST_DAYS, (*FIRST_DAYS[1:], None), strict=True))
)


class EpochSeconds(Func):
    """Whole seconds since 1970, counted inside the database; a millennium fits."""

    output_field = BigIntegerField()

    def as_sqlite(self, compiler, connection, **context):  # type: ignore[no-untyped-def]  # Django's own signature
        # Escaped once for the template, once for the parameters of the statement.
        template = "CAST(strftime('%%%%s', %(expressions)s) AS INTEGER)"
        return self.as_sql(compiler, connection, template=template, **context)

    def as_postgresql(self, compiler, connection, **context):  # type: ignore[no-untyped-def]  # see above
        template = "CAST(FLOOR(EXTRACT(EPOCH FROM %(expressions)s)) AS BIGINT)"
        return self.as_sql(compiler, connection, template=template, **context)


def band_at(path: str, at: datetime) -> Case:
    """Return the number of the band that something earned at ``path`` is in at a moment."""
    # Oldest first: the first condition that holds decides. What lies ahead is in the first band.
    return Case(
        *(
            When(
                Q(**{f"{path}__lte": at - timedelta(days=band.first_day)}), then=Value(band.number)
            )
            for band in reversed(BANDS[1:])
        ),
        default=Value(0),
        output_field=IntegerField(),
    )


def age_seconds(earned_path: str, happened_path: str) -> Combinable:
    """Return how old something was when an event happened to it."""
    return EpochSeconds(F(happened_path)) - EpochSeconds(F(earned_path))


def band_of_age(alias: str) -> Case:
    """Return the number of the band of an age in seconds."""
    return Case(
        *(
            When(**{f"{alias}__gte": band.first_day * DAY_SECONDS}, then=Value(band.number))
            for band in reversed(BANDS[1:])
        ),
        default=Value(0),
        output_field=IntegerField(),
    )
