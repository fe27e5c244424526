"""What the headers of a file of balances mean: the TOML file of the other imports, other columns."""

from collections.abc import Mapping as Dict
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from partners.importing.mapping import FORMAT, Mapping, Sections, parse_mapping, read_toml

COLUMNS = (
    "partner",
    "unit",
    "amount",
    "earned_on",
    "expires_on",
    "account",
    "matures_on",
    "reference",
)
OUR_NAMES: Dict[str, str] = MappingProxyType({name: name for name in COLUMNS})
SECTIONS: Sections = {
    "columns": dict.fromkeys(COLUMNS, str),
    "defaults": {"unit": str, "timezone": str},
    "format": FORMAT,
}


@dataclass(frozen=True, kw_only=True)
class BalanceMapping:
    """
    What the headers mean, how values are written, and what holds where a file does not say.

    :param unit: The unit of rows that name none.
    :param zone: Where its days begin; without it the zone of each unit's programme.
    """

    form: Mapping = field(default_factory=lambda: Mapping(columns=OUR_NAMES))
    unit: str = ""
    zone: ZoneInfo | None = None


def load_mapping(path: Path) -> BalanceMapping:
    """
    Read a mapping file for balances.

    :raises MappingInvalid: If it cannot be read or says something that we do not know.
    """
    return parse(read_toml(path))


def parse(content: Dict[str, Any]) -> BalanceMapping:
    """
    Check the content of a mapping file, all of it.

    :raises MappingInvalid: On the first thing that is unknown or makes no sense.
    """
    form = parse_mapping(content, sections=SECTIONS)
    defaults = content.get("defaults", {})
    return BalanceMapping(
        form=form if form.columns_are_named else replace(form, columns=OUR_NAMES),
        unit=defaults.get("unit", ""),
        zone=form.zone if "timezone" in defaults else None,
    )
