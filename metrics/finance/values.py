"""What one unit is worth in money at a moment, and the one way money is rounded here."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from ledger.models import Unit
from rewards.models import Programme, ProgrammeVersion
from rewards.programmes.live import definition_of

UTC_ZONE = ZoneInfo("UTC")
CENTS = Decimal("0.01")
EXACT_PLACES = 4
"""A unit value has at most four decimals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitBooks:
    """
    How a unit is kept in money. ``values`` are the value of one whole unit, newest first.

    A unit of money is worth itself. A unit without a programme, or whose programme gives it no
    value or zero, has none: its figures stay in units. Its days are those of its programme's time
    zone, and UTC without one.
    """

    unit: Unit
    programme: Programme | None
    zone: ZoneInfo
    currency: str
    values: tuple[tuple[datetime | None, Decimal], ...]

    def value_at(self, moment: datetime) -> Decimal | None:
        """Return what one whole unit was worth at a moment."""
        if self.unit.kind == Unit.Kind.MONEY:
            return Decimal(1)
        for valid_from, value in self.values:
            if valid_from is None or valid_from <= moment:
                return value or None
        return None

    def end_of(self, day: date) -> datetime:
        """Return the last moment of a local day."""
        return self.midnight(day + timedelta(days=1)) - timedelta(microseconds=1)

    def midnight(self, day: date) -> datetime:
        return datetime.combine(day, time.min, tzinfo=self.zone).astimezone(UTC)


def read_books(units: Collection[Unit] | None = None) -> list[UnitBooks]:
    """Return how each unit is kept, in the order of their codes: three statements."""
    wanted = Unit.objects.all() if units is None else units
    programmes = {programme.main_unit_id: programme for programme in Programme.objects.all()}
    versions: dict[int, list[ProgrammeVersion]] = {}
    for version in ProgrammeVersion.objects.published().order_by("-number"):
        versions.setdefault(version.programme_id, []).append(version)
    books = []
    for unit in sorted(wanted, key=lambda unit: unit.code):
        programme = programmes.get(unit.pk)
        published = versions.get(programme.pk, []) if programme else []
        books.append(
            UnitBooks(
                unit=unit,
                programme=programme,
                zone=ZoneInfo(programme.time_zone) if programme else UTC_ZONE,
                currency=unit.currency or (programme.currency if programme else ""),
                values=tuple(
                    (version.valid_from, definition_of(version).settings.unit_value)
                    for version in published
                ),
            )
        )
    return books


def round_cents(exact: int, decimals: int) -> int:
    """
    Return cents, half a cent rounded up: the only rounding of money here.

    :param exact: Minor units of the unit times its value in ten-thousandths. No float, no Decimal.
    """
    scale = 10 ** (decimals + EXACT_PLACES)
    cents, rest = divmod(exact * 100, scale)
    return cents + (2 * rest >= scale)


def show_cents(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2).quantize(CENTS)


@dataclass(slots=True)
class Running:
    """
    Money of amounts that follow one another, rounded so that the parts sum to the whole.

    Each part is the rounded total after it less the rounded total before it. A part may so differ
    by a cent from what it would be alone; no total ever does. Where the value of a unit changes,
    what came before keeps its money.
    """

    decimals: int
    _exact: int = field(default=0)

    def add(self, amount: int, value: Decimal) -> int:
        """Return the cents of the next amount."""
        before = round_cents(self._exact, self.decimals)
        self._exact += amount * int(value.scaleb(EXACT_PLACES))
        return round_cents(self._exact, self.decimals) - before
