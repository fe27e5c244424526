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
    CONSENTS = Dated(consents={7: [(at(2), at(4)), (at(6), None)]})

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
        assert self.CONSENTS.agreed_at(7, moment) is agreed

    def test_is_that_of_the_member_who_is_named(self):
        assert not self.CONSENTS.agreed_at(8, at(3))
        assert not self.CONSENTS.agreed_at(None, at(3))
        assert not Dated(consents={0: [(at(2), None)]}).agreed_at(None, at(3))


def test_what_is_taken_back_is_not_lost_unless_it_says_so():
    bought = order(1)

    assert not ClawBackDue(bought, None, "points", bought, 1, {}).is_lost
