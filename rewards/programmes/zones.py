"""Where the days of each unit begin: in the time zone of its programme."""

from zoneinfo import ZoneInfo

from rewards.models import Programme


def read_zones() -> dict[str, ZoneInfo]:
    """Return the time zone of each programme by the code of its unit."""
    programmes = Programme.objects.values_list("main_unit__code", "time_zone")
    return {unit: ZoneInfo(name) for unit, name in programmes}
