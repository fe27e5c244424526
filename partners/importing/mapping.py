"""How the columns of a file become our words: a small TOML file per source."""

import codecs
import re
import tomllib
from collections.abc import Mapping as Dict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils.translation import gettext as _

from partners.kinds import KINDS

COLUMNS = (
    "order",
    "occurred_at",
    "partner",
    "sku",
    "description",
    "category",
    "quantity",
    "unit_price",
    "amount",
    "country",
    "currency",
    "due_on",
    "paid_on",
    "refers_to",
)
OUR_NAMES: Dict[str, str] = MappingProxyType({name: name for name in COLUMNS})
Sections = Dict[str, Dict[str, type | tuple[type, ...]]]
FORMAT: Dict[str, type | tuple[type, ...]] = MappingProxyType(
    {
        "dates": (list, str),
        "decimal": str,
        "thousands": str,
        "encoding": str,
        "delimiter": str,
        "sheet": str,
    }
)
# Fields of a kind may be named like columns; which of them there are depends on the kind.
KNOWN_FIELDS = tuple(sorted({each.name for kind in KINDS.values() for each in kind.fields}))
NAME = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)
SECTIONS: Sections = {
    "columns": dict.fromkeys((*COLUMNS, *KNOWN_FIELDS), str),
    "attributes": {},
    "defaults": {"currency": str, "timezone": str},
    "format": FORMAT,
    "rules": {"return_prefix": str, "create_partners": bool},
}
CURRENCY = re.compile(r"[A-Z]{3}")


class MappingInvalid(Exception):
    """The mapping file does not say what a mapping file says."""

    code = "mapping_invalid"


@dataclass(frozen=True, kw_only=True)
class Mapping:
    """
    What the headers mean and how values are written.

    Without ``columns`` a file is expected to use our own names as its headers.
    """

    columns: Dict[str, str] = field(default_factory=lambda: OUR_NAMES)
    columns_are_named: bool = False
    currency: str = ""
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    dates: tuple[str, ...] = ()
    decimal: str = "."
    thousands: str = ""
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str = ""
    return_prefix: str = ""
    create_partners: bool = False

    def marks_return(self, document: str, *, kind: str) -> bool:
        """Say whether this document of a file of this kind is a return."""
        marked = bool(self.return_prefix) and document.startswith(self.return_prefix)
        return marked or kind == "return"


def normalise_header(header: str) -> str:
    """Headers are compared without regard to case and spaces."""
    return "".join(header.split()).casefold()


def load_mapping(path: Path) -> Mapping:
    """
    Read a mapping file.

    :raises MappingInvalid: If it cannot be read or says something that we do not know.
    """
    return parse_mapping(read_toml(path))


def read_toml(path: Path) -> dict[str, Any]:
    """
    Return what a mapping file says, unchecked.

    :raises MappingInvalid: If it cannot be read.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise MappingInvalid(f"{path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MappingInvalid(f"{path.name}: {error}") from error


def parse_mapping(
    content: Dict[str, Any],
    *,
    sections: Sections = SECTIONS,
    our_names: Dict[str, str] = OUR_NAMES,
) -> Mapping:
    """
    Check the content of a mapping file, all of it.

    :param sections: What may stand in it, for files of other things than activities.
    :param our_names: The headers of a file whose mapping names none.
    :raises MappingInvalid: On the first thing that is unknown or makes no sense.
    """
    for section, entries in content.items():
        _check_section(section, entries, sections)
    columns = {**content.get("columns", {}), **content.get("attributes", {})}
    defaults, form = content.get("defaults", {}), content.get("format", {})
    rules = content.get("rules", {})
    currency = defaults.get("currency", "")
    if currency and not CURRENCY.fullmatch(currency):
        raise MappingInvalid(
            _("currency is a code of three capitals, such as GBP, not %(value)r.")
            % {"value": currency}
        )
    dates = form.get("dates", [])
    mapping = Mapping(
        currency=currency,
        zone=_read_zone(defaults.get("timezone", "UTC")),
        dates=(dates,) if isinstance(dates, str) else tuple(dates),
        decimal=form.get("decimal", "."),
        thousands=form.get("thousands", ""),
        encoding=_read_encoding(form.get("encoding")),
        delimiter=form.get("delimiter"),
        sheet=form.get("sheet", ""),
        return_prefix=rules.get("return_prefix", ""),
        create_partners=rules.get("create_partners", False),
        columns=dict(columns) or our_names,
        columns_are_named=bool(columns),
    )
    _check_separators(mapping)
    return mapping


def _check_section(section: str, entries: Any, sections: Sections) -> None:
    known = sections.get(section)
    if known is None or not isinstance(entries, dict):
        raise MappingInvalid(
            _("[%(section)s] is not a section of a mapping. There are %(known)s.")
            % {"section": section, "known": ", ".join(f"[{name}]" for name in sections)}
        )
    for name, value in entries.items():
        if section == "attributes":
            _check_attribute(name, value)
            continue
        if name not in known:
            raise MappingInvalid(
                _("[%(section)s] does not know %(name)s. It knows %(known)s.")
                % {"section": section, "name": name, "known": ", ".join(known)}
            )
        if not isinstance(value, known[name]):
            raise MappingInvalid(
                _("%(name)s in [%(section)s] cannot be %(value)r.")
                % {"section": section, "name": name, "value": value}
            )


def _check_attribute(name: str, header: Any) -> None:
    """An attribute may be called anything: fields of own kinds are not known here."""
    if name in COLUMNS or not NAME.fullmatch(name) or not isinstance(header, str):
        raise MappingInvalid(
            _("%(name)s in [attributes] is a name in small letters that stands for a header.")
            % {"name": name}
        )


def _read_zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise MappingInvalid(
            _("%(name)r is not a time zone such as Europe/London.") % {"name": name}
        ) from error


def _read_encoding(name: str | None) -> str | None:
    if not name:
        return None
    try:
        # Trying it refuses what Python calls an encoding and is none of text, such as base64.
        "a".encode(name)
        return codecs.lookup(name).name
    except (LookupError, ValueError) as error:
        raise MappingInvalid(
            _("%(name)r is not an encoding such as utf-8.") % {"name": name}
        ) from error


def _check_separators(mapping: Mapping) -> None:
    if mapping.decimal not in {".", ","} or mapping.decimal == mapping.thousands:
        raise MappingInvalid(
            _("decimal is a point or a comma, and differs from the thousands separator.")
        )
    if mapping.delimiter is not None and len(mapping.delimiter) != 1:
        raise MappingInvalid(_("delimiter is one character."))
    if not all(_reads_dates(pattern) for pattern in mapping.dates):
        raise MappingInvalid(
            _("dates holds patterns of percent signs and letters, as strptime reads them.")
        )


def _reads_dates(pattern: Any) -> bool:
    """Say whether strptime knows every sign of the pattern and meets none of them twice."""
    if not isinstance(pattern, str) or "%" not in pattern:
        return False
    try:
        # Both ways, because some signs can be written and not read.
        datetime.strptime(datetime(2026, 3, 2, tzinfo=UTC).strftime(pattern), pattern)  # noqa: DTZ007 - only tried
    except (ValueError, re.error):
        return False
    return True
