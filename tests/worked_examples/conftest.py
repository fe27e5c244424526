"""After each example: whatever was awarded or taken back in it can be read, to the last figure."""

from collections.abc import Iterator

import pytest
from django.utils import translation

from partners.wording import UnitWording
from rewards.explaining.steps import STEPS
from rewards.explaining.telling import Teller
from rewards.models import Award, ClawBack

LANGUAGES = ("en", "uk", "pl", "ru")


@pytest.fixture(autouse=True)
def _everything_can_be_explained(request: pytest.FixtureRequest) -> Iterator[None]:
    if not request.node.get_closest_marker("django_db"):
        yield
        return
    request.getfixturevalue("db")
    yield
    for award in Award.objects.select_related("unit", "version"):
        check(award.explanation, award.amount, award)
    # What was taken and then given back by a later fact takes nothing any more.
    for taken in ClawBack.objects.filter(due__gt=0).select_related("award__unit", "award__version"):
        check(taken.explanation, taken.due, taken.award)


def check(explanation, amount, award):
    """Every step has words of its own, in every language, and the last row says the amount."""
    names = award.version.definition["settings"]["unit_names"]
    unit = UnitWording(names, award.unit.decimals)
    assert explanation["total"] == amount
    assert explanation["steps"]
    for language in LANGUAGES:
        with translation.override(language):
            teller = Teller(language=language, unit=unit, tier_names={})
            told = teller.tell(explanation)
            before = {}
            for step, row in zip(explanation["steps"], told.rows, strict=False):
                assert STEPS[step["code"]](step, before, teller.voice) == row
                before = step
            assert teller.voice.count(amount) in (told.rows[-1][1], teller.voice.count(told.total))
