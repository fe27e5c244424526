import json
from datetime import UTC, date, datetime

import pytest
from django.core.management import CommandError, call_command

from config.nightly import (
    STEPS,
    DayNotOver,
    UnknownStep,
    closed_day,
    days_to_close,
    run_night,
)
from ledger.models import Account, Transfer
from partners.intake import ActivityReport, LineReport
from partners.models import JobRun
from rewards import crediting
from rewards.models import Standing, TierChange
from rewards.programmes.presets import load_preset
from tests.factories import PartnerFactory

pytestmark = pytest.mark.django_db

BOUGHT = datetime(2026, 3, 3, 10, tzinfo=UTC)


@pytest.fixture
def programme():
    return load_preset("starter", as_of=BOUGHT)


@pytest.fixture
def silver_partner(programme):
    partner = PartnerFactory()
    order = ActivityReport(
        kind="order",
        partner_id=partner.pk,
        source="erp",
        external_id="A1",
        occurred_at=BOUGHT,
        currency="GBP",
        lines=[LineReport("mug", 10_000, 3_000 * 10_000)],
    )
    crediting.take_in([order], as_of=BOUGHT)
    return partner


def close(programme, day, **options):
    return run_night(
        programme=programme,
        day=day,
        clock=lambda: datetime(2030, 1, 1, tzinfo=UTC),
        **options,
    )


class TestANight:
    def test_runs_every_step_in_order(self, programme, silver_partner):
        jobs = close(programme, date(2026, 3, 4))

        assert [job.step for job in jobs] == [step.name for step in STEPS]
        assert {job.status for job in jobs} == {JobRun.Status.DONE}

    def test_changes_nothing_the_second_time(self, programme, silver_partner):
        close(programme, date(2027, 3, 4))
        before = TierChange.objects.count(), Transfer.objects.count()

        close(programme, date(2027, 3, 4), again=True)

        assert (TierChange.objects.count(), Transfer.objects.count()) == before

    def test_keeps_a_tier_while_the_window_holds_the_order_and_not_a_day_longer(
        self, programme, silver_partner
    ):
        # The twelve months that end on 2 March 2027 still include 3 March 2026.
        close(programme, date(2027, 3, 2))
        assert Standing.objects.get().tier_code == "silver"

        close(programme, date(2027, 3, 3))

        change = TierChange.objects.latest("pk")
        assert Standing.objects.get().tier_code == "bronze"
        assert (change.from_tier, change.reason_code) == ("silver", "fell_below")
        assert change.figures["window_from"] == "2026-03-04"

    def test_leaves_alone_what_was_decided_on_a_later_day(self, programme, silver_partner):
        # Lifted on 3 March by an order of that day; the night of the 2nd knows nothing of it.
        close(programme, date(2026, 3, 2))

        assert Standing.objects.get().tier_code == "silver"

    def test_expires_points_after_their_last_day(self, programme, silver_partner):
        close(programme, date(2028, 3, 2))
        assert Account.objects.pools().get().balance == 3_000

        close(programme, date(2028, 3, 3))

        assert Account.objects.pools().get().balance == 0

    def test_refuses_a_day_that_is_not_over(self, programme):
        with pytest.raises(DayNotOver):
            run_night(programme=programme, day=date(2026, 3, 3), clock=lambda: BOUGHT)

    def test_refuses_a_step_it_does_not_know(self, programme):
        with pytest.raises(UnknownStep, match="mature, lapse, expire, tiers"):
            close(programme, date(2026, 3, 2), step_name="rain")

    def test_closes_the_local_day_of_the_programme(self, programme):
        programme.time_zone = "Pacific/Apia"

        # 10:30 UTC on 3 March is 23:30 of the same day in Apia; an hour later that day is over.
        assert closed_day(programme, datetime(2026, 3, 3, 10, 30, tzinfo=UTC)) == date(2026, 3, 2)
        assert closed_day(programme, datetime(2026, 3, 3, 11, 30, tzinfo=UTC)) == date(2026, 3, 3)


class TestTheDaysToClose:
    NOW = datetime(2026, 3, 10, 8, tzinfo=UTC)

    def test_begin_with_yesterday(self, programme):
        assert days_to_close(programme, now=self.NOW) == [date(2026, 3, 9)]

    def test_are_none_once_yesterday_is_closed(self, programme):
        close(programme, date(2026, 3, 9))

        assert days_to_close(programme, now=self.NOW) == []

    def test_are_every_day_since_the_last_one_closed(self, programme):
        close(programme, date(2026, 3, 6))

        assert days_to_close(programme, now=self.NOW) == [date(2026, 3, day) for day in (7, 8, 9)]

    def test_go_back_a_month_at_most(self, programme):
        close(programme, date(2025, 3, 6))

        days = days_to_close(programme, now=self.NOW)

        assert (len(days), days[-1]) == (31, date(2026, 3, 9))


class TestTheCommand:
    def test_prints_its_steps_as_json(self, programme, capsys):
        call_command("nightly", "--date", "2026-03-02", "--json")

        printed = json.loads(capsys.readouterr().out)
        assert printed["date"] == "2026-03-02"
        assert printed["steps"][0] == {"name": "late_facts", "status": "done", "changed": 0}

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["--date", "yesterday"], "is not a day"),
            (["--date", "2099-01-01"], "is not over yet"),
            (["--programme", "nobody"], "no live programme nobody"),
            (["--step", "rain"], "There is no step rain"),
        ],
    )
    def test_says_what_is_wrong_and_exits_2(self, programme, arguments, message):
        with pytest.raises(CommandError, match=message) as caught:
            call_command("nightly", *arguments)

        assert caught.value.returncode == 2
