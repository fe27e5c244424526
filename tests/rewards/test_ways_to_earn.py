"""What a member reads of ways to earn: rules, campaigns, what waits, why something earned nothing."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from partners.intake import ActivityReport, LineReport
from partners.models import Activity
from rewards import crediting
from rewards.explaining import teller_of
from rewards.models import Segment, SegmentPlace
from rewards.offering import read_today, read_ways
from tests.rewards.cast import NOON, Shop, join, make_partner, open_shop
from tests.rewards.portal import sign_in, words

pytestmark = pytest.mark.once("SQLite")

EARN = reverse("rewards:ways-to-earn")
FIVE = {"kind": "fixed", "units": 5}


def rule(code: str, trigger: str = "order", **more: Any) -> dict[str, Any]:
    return {"code": code, "names": {"en": code.title()}, "trigger": trigger, "effect": FIVE, **more}


def campaign(code: str, **more: Any) -> dict[str, Any]:
    return {
        "code": code,
        "names": {"en": code.title()},
        "starts_on": "2026-03-01",
        "ends_on": "2026-04-01",
        "rules": [rule(f"{code}-extra")],
        **more,
    }


RULES = [
    rule("base", effect={"kind": "per_money", "units": 1, "per": "1.00"}),
    rule("large", when={"kind": "amount", "at_least": "100"}),
    rule("over", ends_on="2026-03-02"),
    rule("coming", starts_on="2026-06-01"),
    rule("for-vips", when={"kind": "segment", "in": ["vip"]}),
    rule("for-others", when={"not": {"kind": "segment", "in": ["vip"]}}),
    rule(
        "either",
        when={"any": [{"kind": "segment", "in": ["vip"]}, {"kind": "weekday", "in": ["sun"]}]},
    ),
    rule("learning", "training", caps=[{"per": "partner", "period": "month", "times": 2}]),
    rule(
        "paying",
        "order",
        effect={"kind": "fixed", "units": 40},
        when={"kind": "amount", "at_least": "500"},
        pending={"until": "paid", "lost_after_days": 10},
        caps=[
            {"per": "partner", "period": "year", "units": 50},
            {"per": "member", "period": "year", "times": 3},
        ],
    ),
]
CAMPAIGNS = [
    campaign("spring", caps=[{"per": "partner", "period": "lifetime", "units": 12}]),
    campaign("vips", audience={"kind": "segment", "in": ["vip"]}),
    campaign("summer", starts_on="2026-06-01", ends_on="2026-07-01"),
    campaign("winter", starts_on="2026-01-01", ends_on="2026-02-01"),
]


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(NOON + timedelta(hours=1), tick=False):
        yield


@pytest.fixture
def club(db: None) -> Shop:
    Segment.objects.create(code="vip", name="Very important")
    shop = open_shop()
    version = shop.programme.versions.get()
    version.definition = {**version.definition, "rules": RULES, "campaigns": CAMPAIGNS}
    version.save()
    return shop


def tell(club: Shop, kind: str, number: str, *, at: datetime = NOON, **more: Any) -> Activity:
    pounds = more.pop("pounds", 0)
    lines = [LineReport("mug", pounds * 10_000, pounds * 10_000)] if kind == "order" else []
    report = ActivityReport(
        kind=kind,
        partner_id=club.partner.pk,
        source="erp",
        external_id=number,
        occurred_at=at,
        currency="GBP" if pounds else "",
        amount_e4=pounds * 10_000,
        lines=lines,
        **more,
    )
    with transaction.atomic():
        crediting.take_in([report], as_of=max(at, NOON))
    return Activity.objects.get(external_id=number)


def ways_of(club: Shop):
    root_id = club.partner.pk
    today = read_today(root_id, programme=club.programme, as_of=NOON + timedelta(hours=1))
    teller = teller_of(today.definition, language="en", currency="GBP", decimals=0)
    return read_ways(today, teller=teller)


class TestWays:
    def test_are_those_that_can_give_this_partner_something(self, club):
        ways = ways_of(club)

        [either] = [way for group in ways.groups for way in group.ways if way.code == "either"]
        assert either.sentence == "5\N{NO-BREAK SPACE}points for an order. Only on Sunday."
        assert {group.kind: [way.code for way in group.ways] for group in ways.groups} == {
            "Order": ["base", "large", "coming", "for-others", "either", "paying"],
            "Training": ["learning"],
        }
        assert [(one.code, one.state, one.last_day) for one in ways.campaigns] == [
            ("spring", "running", date(2026, 3, 31)),
            ("summer", "scheduled", date(2026, 6, 30)),
        ]

    def test_are_others_for_who_stands_on_a_list(self, club):
        SegmentPlace.objects.create(
            segment=Segment.objects.get(), partner=club.partner, since=date(2026, 3, 1)
        )

        ways = ways_of(club)

        said = {way.code: way.sentence for group in ways.groups for way in group.ways}
        # Which list it is, they do not read.
        assert said["for-vips"] == said["either"] == "5\N{NO-BREAK SPACE}points for an order."
        assert "for-others" not in said
        assert [one.code for one in ways.campaigns] == ["spring", "vips", "summer"]

    def test_say_what_is_left_of_limits(self, club):
        tell(club, "order", "1", pounds=600)
        tell(club, "training", "T1", attributes={"course": "x"})

        ways = ways_of(club)

        limits = {way.code: way.limits for group in ways.groups for way in group.ways}
        assert [limit.left for limit in limits["learning"]] == ["1 time left"]
        assert [limit.left.replace("\N{NO-BREAK SPACE}", " ") for limit in limits["paying"]] == [
            "10 points left",
            "",
        ]
        [of_campaign] = ways.campaigns[0].limits
        assert of_campaign.left.startswith("7")


class TestPage:
    def test_shows_rules_campaigns_and_what_was_reported(self, club):
        tell(club, "order", "A-1", pounds=50)
        for number in ("T1", "T2", "T3"):
            tell(club, "training", number, attributes={"course": "x"})

        said = words(sign_in(club.alice).get(EARN))

        for text in (
            "For every £1 of an order, 1 point.",
            "Only for an amount of £100 or more.",
            "At most 2 times a month for your company. Used up.",
            "Spring",
            "Until 31 Mar 2026.",
            "Coming",
            "Order A-1",
            "Why 60 points?",
            "Training T3",
            "Why nothing?",
        ):
            assert text in said, text
        assert "Vips" not in said
        assert "Winter" not in said

    def test_says_what_waits_and_for_what(self, club):
        order = tell(club, "order", "A-1", pounds=600)
        tell(
            club,
            "invoice",
            "INV-7",
            pounds=600,
            due_on=date(2026, 3, 20),
            refers_to=("erp", "A-1"),
        )

        page = sign_in(club.alice).get(EARN)

        [(waiting, _name)] = page.context["waiting"]
        assert (waiting.activity, waiting.amount, waiting.until) == (order, 40, None)
        assert waiting.lost_after is not None
        assert "Available as the invoice INV-7 is paid" in words(page)

    def test_tells_the_first_of_many_that_wait_and_the_sum_of_all(self, club, monkeypatch):
        monkeypatch.setattr("rewards.offering.waiting.WAITING_SHOWN", 1)
        for number, pounds in (("A-1", 600), ("A-2", 700)):
            tell(club, "order", number, pounds=pounds)

        page = sign_in(club.alice).get(EARN)

        [(waiting, _name)] = page.context["waiting"]
        figures = waiting.amount, page.context["waiting_total"], page.context["waiting_rest"]
        assert figures == (40, 50, 10)
        assert "All dates 10" in words(page)

    def test_says_what_was_lost(self, club):
        tell(club, "order", "A-1", pounds=600, at=NOON - timedelta(days=60))
        tell(
            club,
            "invoice",
            "INV-7",
            at=NOON - timedelta(days=59),
            pounds=600,
            due_on=date(2026, 1, 20),
            refers_to=("erp", "A-1"),
        )

        said = words(sign_in(club.alice).get(EARN))

        assert "Lost before it was available" in said
        assert "Order A-1 Not paid 10 days after it was due" in said

    def test_costs_the_same_however_long_the_history_is(self, club):
        client = sign_in(club.alice)
        costs = []
        for number in (1, 12):
            for one in range(number):
                tell(club, "order", f"{number}-{one}", pounds=600 + one)
            with CaptureQueriesContext(connection) as queries:
                assert client.get(EARN).status_code == 200
            costs.append(len(queries))

        assert costs[0] == costs[1] <= 34

    def test_a_buyer_reads_rules_and_nothing_of_the_pool(self, club):
        tell(club, "order", "A-1", pounds=600)

        page = sign_in(club.bob).get(EARN)

        assert "For every £1 of an order" in words(page)
        assert (page.context["waiting"], page.context["lately"]) == ([], [])


class TestActivity:
    def page_of(self, activity: Activity) -> str:
        return reverse("rewards:earned", args=[activity.public_id])

    def test_shows_each_bill_and_the_other_rules(self, club):
        order = tell(club, "order", "A-1", pounds=50)

        page = sign_in(club.alice).get(self.page_of(order))

        assert [bill.amount for bill in page.context["awards"]] == [50, 5, 5]
        assert [other.rule_code for other in page.context["others"]] == ["large", "paying"]
        assert "It counts only for an amount of £100 or more. The amount was £50.00." in words(page)

    def test_judges_nothing_anew_where_each_rule_gave(self, club):
        version = club.programme.versions.get()
        rules = [RULES[0], rule("over", ends_on="2026-03-02"), rule("learning", "training")]
        others = [campaign("vips", audience={"kind": "segment", "in": ["vip"]}), CAMPAIGNS[2]]
        version.definition = {**version.definition, "rules": rules, "campaigns": others}
        version.save()
        order = tell(club, "order", "A-1", pounds=50)
        client = sign_in(club.alice)

        with CaptureQueriesContext(connection) as queries:
            page = client.get(self.page_of(order))

        assert ([bill.amount for bill in page.context["awards"]], page.context["others"]) == (
            [50],
            [],
        )
        assert not [each for each in queries if "partners_activityline" in each["sql"]]

    def test_says_why_nothing(self, club):
        for number in ("T1", "T2", "T3"):
            last = tell(club, "training", number, attributes={"course": "x"})

        said = words(sign_in(club.alice).get(self.page_of(last)))

        assert "Why nothing?" in said
        assert "The limit is reached: at most 2 times a month for the company, 2 before." in said

    def test_reads_rules_for_others_as_if_there_were_none(self, club):
        version = club.programme.versions.get()
        only = rule("lists", "training", when={"kind": "segment", "in": ["vip"]})
        version.definition = {**version.definition, "rules": [only]}
        version.save()
        training = tell(club, "training", "T1", attributes={"course": "x"})

        page = sign_in(club.alice).get(self.page_of(training))

        assert page.context["others"] == []
        assert "No rule of the programme counts activities of this kind." in words(page)

    def test_shows_what_a_return_took(self, club):
        tell(club, "order", "A-1", pounds=50)
        with transaction.atomic():
            crediting.take_in(
                [
                    ActivityReport(
                        kind="return",
                        partner_id=club.partner.pk,
                        source="erp",
                        external_id="C-1",
                        occurred_at=NOON,
                        currency="GBP",
                        lines=[LineReport("mug", 500_000, 500_000)],
                    )
                ],
                as_of=NOON,
            )
        returned = Activity.objects.get(external_id="C-1")

        page = sign_in(club.alice).get(self.page_of(returned))

        assert page.context["kept"] == -60
        assert "Order A-1" in words(page)

    def test_of_another_company_is_not_there(self, club):
        order = tell(club, "order", "A-1", pounds=50)
        charlie = join(make_partner(club.programme, "12399"), "Charlie", "head_buyer")

        assert sign_in(charlie).get(self.page_of(order)).status_code == 404
        assert sign_in(club.bob).get(self.page_of(order)).status_code == 404


class TestHome:
    def test_says_what_earned_nothing_and_leads_to_why(self, club):
        for number in ("T1", "T2", "T3"):
            last = tell(club, "training", number, attributes={"course": "x"})

        page = sign_in(club.alice).get("/")

        assert "Reported: T3" in words(page)
        assert reverse("rewards:earned", args=[last.public_id]) in page.content.decode()
