"""Kinds that a manager defines: rows of ``OwnKind``, read into the same ``Kind`` as the others."""

import re
from collections.abc import Mapping
from typing import Any

from django.utils.functional import lazystr
from django.utils.translation import get_language

from partners.kinds.fields import Field, FieldType, Words
from partners.kinds.kind import Ask, Kind
from partners.models import OwnKind

FALLBACK_LANGUAGE = "en"
CODE = re.compile(r"[a-z][a-z0-9_]{1,39}", re.ASCII)


def in_words(names: Mapping[str, Any], code: str) -> str:
    """Return a name in the language of the moment, in English, or else the code."""
    language = (get_language() or FALLBACK_LANGUAGE).split("-")[0]
    return str(names.get(language) or names.get(FALLBACK_LANGUAGE) or code)


def read_own_kind(row: OwnKind) -> Kind:
    return Kind(
        code=row.code,
        name=_lazily(row.names, row.code),
        description=row.description,
        fields=tuple(read_field(each) for each in row.fields),
        amount=Ask.MUST if row.has_amount else Ask.NO,
        quantity=Ask.MUST if row.has_quantity else Ask.NO,
        is_own=True,
        is_active=row.is_active,
    )


def read_field(stored: Mapping[str, Any]) -> Field:
    """Return a field as the manager stored it; ``labels`` are by language."""
    return Field(
        name=str(stored["name"]),
        label=_lazily(stored.get("labels") or {}, str(stored["name"])),
        type=FieldType(stored.get("type", FieldType.TEXT)),
        is_required=bool(stored.get("is_required", False)),
        choices=tuple((str(code), str(code)) for code in stored.get("choices") or ()),
    )


class _Name:
    """A name by language, looked up whenever it is shown."""

    def __init__(self, names: Mapping[str, Any], code: str) -> None:
        self._names = names
        self._code = code

    def __str__(self) -> str:
        return in_words(self._names, self._code)


def _lazily(names: Mapping[str, Any], code: str) -> Words:
    return lazystr(_Name(names, code))
