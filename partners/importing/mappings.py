"""Mappings that are kept: what the headers of a source's files mean, from one file to the next."""

from collections.abc import Mapping as Dict
from datetime import datetime
from typing import Any

from partners.importing.companies import parse_company_mapping
from partners.importing.guessing import PARTNERS
from partners.importing.mapping import parse_mapping
from partners.models import Person, SourceMapping


def find_mapping(*, source: str, kind: str) -> dict[str, Any] | None:
    """Return the content of the mapping that was saved for files of this kind, or None."""
    saved = SourceMapping.objects.filter(source=source, kind=kind).first()
    return dict(saved.content) if saved else None


def save_mapping(
    *, source: str, kind: str, content: Dict[str, Any], by: Person | None, at: datetime
) -> SourceMapping:
    """
    Keep a mapping for the next file of this source and kind, instead of the one before.

    :raises MappingInvalid: If it is none.
    """
    if kind == PARTNERS:
        parse_company_mapping(content)
    else:
        parse_mapping(content)
    saved, _is_new = SourceMapping.objects.update_or_create(
        source=source,
        kind=kind,
        defaults={"content": dict(content), "saved_by": by, "saved_at": at},
    )
    return saved
