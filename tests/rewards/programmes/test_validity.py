"""Local days in, the moment of expiry out: month ends, leap days, clock changes, tiers."""

from datetime import UTC, date, datetime

import pytest

from rewards.programmes.calendar import local_date
from rewards.programmes.definition import InvalidDefinition, parse
from rewards.programmes.validity import Validity, read_validity
from tests.rewards.earning.facts import STARTER

LONDON = "Europe/London"
KYIV = "Europe/Kyiv"


class TestTheLastGoodDay:
    @pytest.mark.parametrize(
        ("rule", "count", "earned_on", "last_day"),
        [
            ("never", 0, date(2026, 3, 1), None),
            ("after_days", 1, date(2026, 12, 31), date(2027, 1, 1)),
            ("after_days", 90, date(2026, 3, 1), date(2026, 5, 30)),
            ("after_days", 366, date(2028, 1, 1), date(2029, 1, 1)),
            ("after_months", 1, date(2026, 1, 31), date(2026, 2, 28)),
            ("after_months", 1, date(2028, 1, 31), date(2028, 2, 29)),
            ("after_months", 3, date(2026, 11, 30), date(2027, 2, 28)),
            ("after_months", 12, date(2028, 2, 29), date(2029, 2, 28)),
            ("after_months", 48, date(2028, 2, 29), date(2032, 2, 29)),
            ("after_months", 24, date(2026, 2, 28), date(2028, 2, 28)),
            ("end_of_month", 0, date(2026, 2, 1), date(2026, 2, 28)),
            ("end_of_month", 0, date(2028, 2, 29), date(2028, 2, 29)),
            ("end_of_month", 1, date(2026, 1, 31), date(2026, 2, 28)),
            ("end_of_month", 12, date(2027, 2, 10), date(2028, 2, 29)),
            ("end_of_month", 1, date(2026, 12, 1), date(2027, 1, 31)),
            ("end_of_year", 0, date(2026, 1, 1), date(2026, 12, 31)),
            ("end_of_year", 0, date(2026, 12, 31), date(2026, 12, 31)),
            ("end_of_year", 2, date(2026, 6, 5), date(2028, 12, 31)),
            ("rolling_months", 6, date(2026, 8, 31), date(2027, 2, 28)),
        ],
    )
    def test_follows_from_the_local_day(self, rule, count, earned_on, last_day):
        assert Validity(rule, count).last_day(earned_on) == last_day

    @pytest.mark.parametrize(
        ("rule", "count", "earned_on", "extra", "last_day"),
        [
            # 31 January and one month would be 28 February, and that and one month 28 March.
            ("after_months", 1, date(2026, 1, 31), 1, date(2026, 3, 31)),
            ("after_days", 30, date(2026, 1, 1), 1, date(2026, 2, 28)),
            ("end_of_month", 0, date(2026, 1, 15), 1, date(2026, 2, 28)),
            ("end_of_year", 0, date(2026, 5, 1), 2, date(2027, 2, 28)),
            ("rolling_months", 12, date(2027, 2, 28), 12, date(2029, 2, 28)),
            ("never", 0, date(2026, 1, 1), 12, None),
        ],
    )
    def test_is_later_by_the_months_of_the_tier(self, rule, count, earned_on, extra, last_day):
        assert Validity(rule, count).last_day(earned_on, extra_months=extra) == last_day


class TestTheMoment:
    def test_is_the_local_midnight_that_ends_the_last_day(self):
        winter = Validity("after_days", 10).expires_at(date(2026, 1, 1), time_zone=LONDON)
        summer = Validity("after_days", 10).expires_at(date(2026, 7, 1), time_zone=LONDON)

        assert winter == datetime(2026, 1, 12, 0, tzinfo=UTC)
        assert summer == datetime(2026, 7, 11, 23, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("last_day", "moment"),
        [
            # The clocks of Kyiv go forward on 29 March and back on 25 October 2026.
            (date(2026, 3, 28), datetime(2026, 3, 28, 22, tzinfo=UTC)),
            (date(2026, 3, 29), datetime(2026, 3, 29, 21, tzinfo=UTC)),
            (date(2026, 10, 24), datetime(2026, 10, 24, 21, tzinfo=UTC)),
            (date(2026, 10, 25), datetime(2026, 10, 25, 22, tzinfo=UTC)),
        ],
    )
    def test_moves_with_the_clocks(self, last_day, moment):
        rule = Validity("after_days", 1)

        assert rule.expires_at(date.fromordinal(last_day.toordinal() - 1), time_zone=KYIV) == moment

    def test_belongs_to_the_month_of_the_local_day(self):
        late_evening = datetime(2026, 3, 31, 23, 30, tzinfo=UTC)
        rule = Validity("end_of_month")

        in_kyiv = rule.expires_at(local_date(late_evening, KYIV), time_zone=KYIV)
        in_utc = rule.expires_at(local_date(late_evening, "UTC"), time_zone="UTC")

        # In Kyiv it is half past two on 1 April.
        assert in_kyiv == datetime(2026, 4, 30, 21, tzinfo=UTC)
        assert in_utc == datetime(2026, 4, 1, tzinfo=UTC)

    def test_is_never_with_the_rule_never(self):
        assert Validity("never").expires_at(date(2026, 1, 1), time_zone=KYIV) is None


class TestTheReinstatementWindow:
    def test_ends_at_a_local_midnight(self):
        validity = Validity("after_months", 12, reinstatement_days=30)

        until = validity.revived_until(date(2026, 3, 1), time_zone=LONDON)

        assert until == datetime(2026, 3, 31, 23, tzinfo=UTC)

    def test_is_none_without_days(self):
        assert Validity("after_months", 12).revived_until(date(2026, 3, 1), time_zone="UTC") is None


class TestReadingIt:
    @pytest.mark.parametrize(
        ("settings", "expected"),
        [
            ({}, Validity("never")),
            ({"expiry_months": 24}, Validity("after_months", 24)),
            ({"expiry": {"rule": "never"}}, Validity("never")),
            ({"expiry": {"rule": "after_days", "days": 90}}, Validity("after_days", 90)),
            ({"expiry": {"rule": "end_of_month"}}, Validity("end_of_month", 0)),
            ({"expiry": {"rule": "end_of_year", "years": 1}}, Validity("end_of_year", 1)),
            (
                {"expiry": {"rule": "rolling_months", "months": 12, "reinstatement_days": 30}},
                Validity("rolling_months", 12, 30),
            ),
        ],
    )
    def test_takes_the_table_and_the_months_of_older_versions(self, settings, expected):
        assert read_validity(settings, "settings") == expected

    @pytest.mark.parametrize(
        ("settings", "path"),
        [
            ({"expiry_months": 0}, "settings.expiry_months"),
            ({"expiry_months": 12, "expiry": {"rule": "never"}}, "settings.expiry"),
            ({"expiry": "after_months"}, "settings.expiry"),
            ({"expiry": {"rule": "someday"}}, "settings.expiry.rule"),
            ({"expiry": {"months": 12}}, "settings.expiry.rule"),
            ({"expiry": {"rule": "after_months"}}, "settings.expiry.months"),
            ({"expiry": {"rule": "after_months", "months": 1201}}, "settings.expiry.months"),
            ({"expiry": {"rule": "after_days", "months": 3}}, "settings.expiry"),
            ({"expiry": {"rule": "never", "days": 3}}, "settings.expiry"),
            ({"expiry": {"rule": "end_of_year", "years": 101}}, "settings.expiry.years"),
            (
                {"expiry": {"rule": "never", "reinstatement_days": -1}},
                "settings.expiry.reinstatement_days",
            ),
        ],
    )
    def test_names_the_place_that_cannot_be_used(self, settings, path):
        with pytest.raises(InvalidDefinition) as caught:
            read_validity(settings, "settings")

        assert caught.value.path == path

    def test_refuses_a_rule_of_its_own_days_beside_expiry_that_rolls(self):
        settings = STARTER["settings"] | {"expiry": {"rule": "rolling_months", "months": 6}}
        rule = STARTER["rules"][0] | {"expiry_days": 45}

        with pytest.raises(InvalidDefinition) as caught:
            parse({"settings": settings, "rules": [rule]})

        assert caught.value.path == "rules[0].expiry_days"
