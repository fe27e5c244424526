"""The first page: what needs somebody, the key figures, what ran last."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from metrics.dashboard import read_dashboard
from partners.models import Activity, Actor, ImportRow, JobRun
from partners.roles import Role
from rewards.models import Redemption
from tests.admin import world
from tests.metrics.orders import order

pytestmark = [pytest.mark.django_db, pytest.mark.once("PostgreSQL")]

APRIL = datetime(2026, 4, 15, 12, tzinfo=UTC)


def everything(permission: str) -> bool:
    return True


def read(as_of=APRIL, may=everything):
    return read_dashboard(actor=Actor(partner_ids=None), may=may, as_of=as_of)


class TestTasks:
    def test_name_what_waits_and_where_to_do_it(self, client, root):
        one = world.build()
        Redemption.objects.filter(pk=one.redemption.pk).update(state=Redemption.State.APPROVED)
        JobRun.objects.update(status=JobRun.Status.FAILED)
        ImportRow.objects.create(
            run=one.run, row_number=2, document="x", outcome="refused", code="zero_price"
        )

        tasks = read(as_of=world.NOON).tasks

        assert [(task.count, task.sentence) for task in tasks] == [
            (1, "redemption to approve"),
            (1, "redemption to hand over"),
            (1, "claim to review"),
            (1, "correction waits for a second person"),
            (1, "nightly step failed"),
            (1, "document waits in the inbox"),
            (1, "row refused in the last 7 days"),
        ]
        assert {client.get(task.url).status_code for task in tasks} == {200}

    def test_are_empty_where_nothing_waits(self):
        assert read().tasks == []

    def test_are_not_shown_to_who_may_not_see_them(self):
        world.build()

        assert read(may=lambda permission: False).tasks == []


class TestFigures:
    def test_are_of_the_latest_full_month(self):
        one = world.build()
        order(one.partner, "2026-02-10", "50")
        order(one.partner, "2026-04-10", "70")

        cards = {card.label: card for card in read().cards}

        # The company, the one that looks like it, and one that stands on a list.
        assert cards["Partners"].value == "3"
        assert cards["Points outstanding"].value == "12\N{NO-BREAK SPACE}points"
        assert cards["Customer retention"].value == "100.0 %"
        # Only the order of March, which every world has.
        assert cards["Average order value"].value == "£1,234.50"
        assert cards["Average order value"].note == "March 2026; £50.00 the month before"

    def test_show_thirteen_months_of_orders(self):
        one = world.build()
        order(one.partner, "2026-04-10", "70")
        order(one.partner, "2026-04-11", "5.5", kind=Activity.Kind.RETURN)

        months = read().months

        assert len(months) == 13
        assert months[-1] == ("April 2026", "1", "£70.00")
        assert months[-2] == ("March 2026", "1", "£1,234.50")
        assert months[0] == ("April 2025", "0", "£0.00")

    def test_are_dashes_on_an_empty_database(self):
        cards = {card.label: card.value for card in read().cards}

        assert cards["Customer retention"] == "–"
        assert cards["Partners"] == "0"


class TestThePage:
    def test_costs_the_same_for_one_row_and_for_ten(self, client, root):
        one = world.build()
        client.get("/admin/")

        with CaptureQueriesContext(connection) as with_one:
            client.get("/admin/")
        world.grow(one, 9)
        with CaptureQueriesContext(connection) as with_ten:
            client.get("/admin/")

        assert len(with_one) == len(with_ten)

    def test_shows_fulfilment_the_queue_and_no_figures(self, client, employ):
        world.build()
        employ(Role.FULFILMENT)

        dashboard = client.get("/admin/").context["dashboard"]

        assert dashboard.tasks
        assert dashboard.proof == []
        assert (dashboard.cards, dashboard.months, dashboard.steps) == ([], [], [])
