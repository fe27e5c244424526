"""Who tells by a version, with the names that do not stand in it: of lists and of kinds."""

from partners.kinds import all_kinds
from rewards.explaining.telling import Teller, teller_of
from rewards.models import Programme, Segment
from rewards.programmes.definition import Definition


def read_teller(definition: Definition, *, programme: Programme, language: str) -> Teller:
    """Return who tells by a version: one query, and one more where it asks for segments."""
    segments = Segment.objects.values_list("code", "name")
    return teller_of(
        definition,
        language=language,
        currency=programme.currency,
        decimals=programme.main_unit.decimals,
        segment_names=dict(segments) if "segments" in definition.needs else {},
        kind_names={code: str(kind.name) for code, kind in all_kinds().items()},
    )
