"""In which country a partner was, by what its facts said up to then: a pure timeline."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence

from rewards.earning.facts import ActivityFacts, CanonicalPlace

Stated = tuple[CanonicalPlace, str]
"""When something was said of a country, in canonical order, and the country."""


class Whereabouts:
    """
    What facts state counts from their own time on, whatever they name and whether or not any rule
    counts them: so it depends on what was reported, and not on what a later version looks at.
    """

    def __init__(self, facts: Iterable[ActivityFacts], stated: Sequence[Stated] = ()) -> None:
        said = [(fact.own_place, fact.country) for fact in facts if fact.country]
        said = sorted([*said, *stated])
        self._places = [place for place, _country in said]
        self._countries = [country for _place, country in said]

    def at(self, fact: ActivityFacts) -> str:
        """Return the country that was stated last, before any the first one; empty for none."""
        if fact.country or not self._countries:
            return fact.country
        return self._countries[max(bisect_right(self._places, fact.own_place) - 1, 0)]
