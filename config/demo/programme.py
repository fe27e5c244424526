"""The demo's programme: ``starter``, and in autumn a second version that counts more than orders."""

import tomllib
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import transaction

from partners.models import Partner, Person
from rewards import segments
from rewards.models import Programme, ProgrammeVersion, Segment
from rewards.programmes.calendar import local_date, local_midnight
from rewards.programmes.presets import load_preset

PRESET = "starter"
PURCHASE_RULE = "points-on-purchases"
GROWN = Path(__file__).parent / "programme.toml"
LAST_REAL_DAY = date(2011, 12, 9)
ANNOUNCED_BEFORE = timedelta(days=14)


def shift_for(today: date) -> int:
    """
    Return by how many days to move the real orders, so that the last is on last week's Friday.

    Whole weeks, so that every day of the week stays what it was.
    """
    monday = today - timedelta(days=today.weekday())
    return (monday - timedelta(days=3) - LAST_REAL_DAY).days


@transaction.atomic
def found_programme(*, manager: Person, now: datetime) -> Programme:
    """Load the preset and publish both versions, before there is a fact to judge."""
    programme = load_preset(PRESET, as_of=now)
    programme.shifted_days = shift_for(local_date(now, programme.time_zone))
    programme.save(update_fields=["shifted_days"])
    _publish_second(programme, manager)
    return programme


def read_grown() -> dict[str, Any]:
    """Return what the second version adds, by the days of the real orders."""
    return tomllib.loads(GROWN.read_text(encoding="utf-8"))


def pick_for_campaign(partners: Iterable[Partner], *, programme: Programme) -> None:
    """Put partners on the list that the campaign is for, from its first day on."""
    grown = read_grown()
    row = grown["segment"]
    segment, _created = Segment.objects.get_or_create(code=row["code"], defaults=row)
    since = grown["valid_from"] + timedelta(days=programme.shifted_days)
    for partner in partners:
        if not segment.places.filter(partner=partner).exists():
            segments.put_on(segment, partner, since=since)


def _publish_second(programme: Programme, manager: Person) -> None:
    # Written as it stands, as no door publishes for a day that is over.
    grown, shift = read_grown(), timedelta(days=programme.shifted_days)
    first = programme.versions.published().get().definition
    valid_from = local_midnight(grown["valid_from"] + shift, programme.time_zone)
    ProgrammeVersion.objects.create(
        programme=programme,
        number=2,
        definition=first
        | {
            "settings": first["settings"] | grown["settings"],
            "rules": [*first["rules"], *grown["rules"]],
            "campaigns": [_moved(row, shift) for row in grown["campaigns"]],
        },
        valid_from=valid_from,
        published_at=valid_from - ANNOUNCED_BEFORE,
        published_by=manager,
        note="Paying in time, courses, and two campaigns.",
    )


def _moved(row: dict[str, Any], shift: timedelta) -> dict[str, Any]:
    days = {name: (row[name] + shift).isoformat() for name in ("starts_on", "ends_on")}
    return row | days
