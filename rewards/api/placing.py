"""Activities that name a partner whom nobody knows by that name: whose they are all the same."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from partners.doors.filtering import ERP_PREFIX, is_ref, read_ref
from partners.models import Partner
from partners.recognising import recognise

REFERENCE_LENGTH_MAX = 100


@dataclass(frozen=True, slots=True)
class Placing:
    """By the id of each value: the partner that was recognised, and what names the partner."""

    partners: Mapping[int, Partner] = field(default_factory=dict)
    references: Mapping[int, str] = field(default_factory=dict)


def place(values: Sequence[Mapping[str, Any]]) -> Placing:
    """
    Ask the numbers and rules of each source whose these are: a few queries for each source.

    Only what names a number can wait for its partner: an id that nobody has is a mistake, and a
    member is of a partner that is known.
    """
    references: dict[int, str] = {}
    by_source: dict[str, list[Mapping[str, Any]]] = {}
    for value in values:
        reference = write_reference(value["partner"], source=value["source"])
        if reference and len(reference) <= REFERENCE_LENGTH_MAX and "member" not in value:
            references[id(value)] = reference
            by_source.setdefault(value["source"], []).append(value)
    found: dict[int, int] = {}
    for source, some in by_source.items():
        recognised = recognise(
            source=source,
            references={references[id(value)] for value in some},
            numbers=[value["external_id"] for value in some],
        )
        for value in some:
            partner_id = recognised.find(references[id(value)], value["external_id"])
            if partner_id is not None:
                found[id(value)] = partner_id
    partners = Partner.objects.in_bulk(set(found.values())) if found else {}
    return Placing({key: partners[pk] for key, pk in found.items()}, references)


def write_reference(named: str, *, source: str) -> str:
    """Return what names the partner as the source calls it; empty where it is no number."""
    if named.startswith(ERP_PREFIX):
        return named.removeprefix(ERP_PREFIX)
    if not is_ref(named):
        return ""
    system, number = read_ref(named)
    return number if system == source else named
