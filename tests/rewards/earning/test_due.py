"""What is known of a partner beside its facts, by the day or the moment."""

from datetime import UTC, datetime

import pytest

from rewards.earning.due import ClawBackDue, Dated
from tests.rewards.earning.rules import march, order


def at(day, hour=12):
    return datetime(2026, 3, day, hour, tzinfo=UTC)


class TestSegments:
    SPANS = (("shops", march(2), march(5)), ("north", march(4), None), ("shops", march(9), None))

    @pytest.mark.parametrize(
        ("day", "segments"),
        [
            (1, set()),
            (2, {"shops"}),
            (4, {"shops", "north"}),
            # The day from which one no longer stands on a list is not one of them.
            (5, {"north"}),
            (9, {"shops", "north"}),
        ],
    )
    def test_are_those_of_the_day(self, day, segments):
        assert Dated(segments=self.SPANS).segments_on(march(day)) == segments


class TestAgreement:
    CONSENTS = Dated(consents={7: [(at(2), at(4), 1), (at(6), None, 1)]})

    @pytest.mark.parametrize(
        ("moment", "agreed"),
        [
            (at(2, 11), False),
            (at(2), True),
            (at(4, 11), True),
            (at(4), False),
            (at(6, 11), False),
            (at(6), True),
            (at(30), True),
        ],
    )
    def test_holds_from_when_it_was_given_until_it_ended(self, moment, agreed):
        assert self.CONSENTS.agreed_at(7, moment, terms_version=1) is agreed

    def test_is_that_of_the_member_who_is_named(self):
        nobody = Dated(consents={0: [(at(2), None, 1)]})
        assert not self.CONSENTS.agreed_at(8, at(3), terms_version=1)
        assert not self.CONSENTS.agreed_at(None, at(3), terms_version=1)
        assert not nobody.agreed_at(None, at(3), terms_version=1)

    def test_is_to_the_terms_in_force_and_no_others(self):
        """Agreed to before they are in force, terms hold from when they are."""
        consents = Dated(consents={7: [(at(2), at(4), 1), (at(4), None, 2)]})
        found = [
            [consents.agreed_at(7, at(day), terms_version=terms) for day in (1, 3, 5)]
            for terms in (1, 2, 3)
        ]

        assert found == [[False, True, False], [False, False, True], [False, False, False]]


def test_what_is_taken_back_is_not_lost_unless_it_says_so():
    bought = order(1)

    assert not ClawBackDue(bought, None, "points", bought, 1, {}).is_lost
