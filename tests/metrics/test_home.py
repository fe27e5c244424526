"""The home page: what a member has, where the company stands, what happened and why."""

import uuid
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.test import Client

from ledger import accounts, holds, maturing
from ledger.expiring import expire
from ledger.models import Transfer
from metrics.charting import Lapse, Movements, draw_chart, draw_expiry
from partners import events, team
from partners.drawing import nice_step, pieces
from partners.events import EventDraft
from partners.intake import ActivityReport, LineReport
from partners.models import Actor, Member, Partner, Person
from rewards import sharing
from rewards.crediting import take_in
from rewards.leaving import deactivate
from rewards.models import ProgrammeVersion, Standing
from rewards.redeeming import approve
from rewards.sharing import PartDraft
from tests.ledger.corrections import adjust, allow, make_staff, reason, reinstate, reverse
from tests.rewards.cast import NOON, Shop, earn, join, offer, open_shop, owe, take

pytestmark = pytest.mark.once("SQLite")

TODAY = NOON + timedelta(days=10)
RULE = {
    "code": "points-on-purchases",
    "names": {"en": "Points on purchases"},
    "trigger": "order",
    "effect": {"kind": "per_money", "units": 1, "per": "1.00"},
}


@pytest.fixture
def shop(db: None) -> Shop:
    return open_shop()


def look(member: Member, path: str = "/"):
    client = Client()
    client.force_login(member.person, backend="django.contrib.auth.backends.ModelBackend")
    return client.get(path)


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(TODAY, tick=False):
        yield


def order(
    shop: Shop, number: str, pounds: str, *, kind: str = "order", at: datetime = NOON
) -> None:
    e4 = int(Decimal(pounds) * 10_000)
    report = ActivityReport(
        kind=kind,
        partner_id=shop.partner.pk,
        source="erp",
        external_id=number,
        occurred_at=at,
        currency="GBP",
        lines=(LineReport(sku="22423", quantity_e4=10_000, amount_e4=e4),),
    )
    take_in([report], as_of=at)


def give(shop: Shop, amount: int, *, at: datetime = NOON) -> None:
    Partner.objects.lock([shop.partner.pk])
    sharing.share(
        head_buyer=shop.alice,
        programme=shop.programme,
        amount=amount,
        method="equal",
        parts=[PartDraft(member_id=shop.bob.pk, amount=amount, proposed=amount)],
        reason="Thank you for February.",
        request_id=uuid.uuid4(),
        shared_at=at,
    )


def earn_by_rules(shop: Shop) -> None:
    ProgrammeVersion.objects.filter(programme=shop.programme).update(
        definition={**shop.programme.versions.get().definition, "rules": [RULE]}
    )


class TestBalance:
    def test_says_what_is_there_and_what_it_is_worth(self, shop):
        earn(shop.pool, 12_480)

        page = look(shop.alice)

        assert page.context["home"].balance.available == 12_480
        assert "12,480 <small>points</small>" in page.content.decode()
        assert "Worth £124.80 in rewards" in page.content.decode()

    def test_tells_what_expires_soon_from_what_is_valid_longer(self, shop):
        # The midnight that ends 31 March, local time of the programme: summer time by then.
        earn(shop.pool, 1_120, expires_at=datetime(2026, 3, 31, 23, tzinfo=UTC))
        earn(shop.pool, 2_140, expires_at=datetime(2026, 9, 30, 23, tzinfo=UTC))
        earn(shop.pool, 500)

        balance = look(shop.alice).context["home"].balance

        assert (balance.soon, balance.later) == (1_120, 2_640)
        assert balance.soon_until.isoformat() == "2026-03-31"
        assert balance.soon_days == 19
        assert balance.next_expiry.last_day.isoformat() == "2026-09-30"

    def test_names_the_first_date_where_several_are_near(self, shop):
        earn(shop.pool, 2_121, expires_at=datetime(2026, 3, 31, 23, tzinfo=UTC))
        earn(shop.pool, 1_305, expires_at=datetime(2026, 4, 8, 23, tzinfo=UTC))

        page = look(shop.alice)

        balance = page.context["home"].balance
        assert (balance.soon, balance.soon_until.isoformat()) == (3_426, "2026-04-08")
        assert "Next to expire: 2,121" in page.content.decode()
        assert "after 31 March 2026" in page.content.decode()

    def test_leaves_out_what_has_expired_before_the_night_retires_it(self, shop):
        earn(shop.pool, 300, expires_at=TODAY - timedelta(hours=1))
        earn(shop.pool, 50)

        assert look(shop.alice).context["home"].balance.available == 50

    def test_a_debt_is_named_and_closes_the_shop(self, shop):
        owe(shop, 95)

        page = look(shop.alice)

        assert page.context["home"].balance.debt == 95
        assert "Owed after a return" in page.content.decode()
        assert 'class="btn primary" href="/share/"' not in page.content.decode()


class TestRoles:
    def test_the_head_buyer_has_one_primary_action(self, shop):
        earn(shop.pool, 100)

        page = look(shop.alice).content.decode()

        assert page.count("btn primary") == 1
        assert 'class="btn primary" href="/share/"' in page

    def test_a_viewer_reads_and_has_no_spending_button(self, shop):
        earn(shop.pool, 100)

        page = look(shop.vera)

        assert page.context["home"].balance.available == 100
        assert "btn primary" not in page.content.decode()

    def test_a_buyer_sees_the_own_wallet_and_why_it_was_given(self, shop):
        earn(shop.pool, 1_000)
        give(shop, 400)

        page = look(shop.bob)

        home = page.context["home"]
        assert home.is_own_wallet
        assert home.balance.available == 400
        assert [(item.title, item.detail, item.amount) for item in home.timeline] == [
            ("Alice shared with you", "Thank you for February.", 400)
        ]

    def test_the_company_reads_of_a_share_once(self, shop):
        earn(shop.pool, 1_000)
        give(shop, 400)

        items = look(shop.alice).context["home"].timeline

        assert [(item.title, item.amount) for item in items] == [("Shared with 1 person", -400)]

    def test_a_wallet_is_nobody_else_s_business(self, shop):
        earn(shop.pool, 1_000)
        give(shop, 400)
        carol = join(shop.partner, "Carol")

        home = look(carol).context["home"]

        assert (home.balance.available, home.timeline) == (0, [])


class TestTimeline:
    def test_an_order_explains_its_points(self, shop):
        earn_by_rules(shop)
        order(shop, "575607", "330.18")

        item = look(shop.alice).context["home"].timeline[0]

        assert (item.title, item.amount) == ("Order 575607", 330)
        assert item.explanation.rows == (
            ("Net value", "£330.18"),
            ("1\N{NO-BREAK SPACE}point for every £1", "330.18"),
            ("330.18 rounded down, as the programme says", "330"),
        )
        assert item.explanation.note == "Rule “Points on purchases”, version 1 of the programme."

    def test_a_return_explains_what_it_took(self, shop):
        earn_by_rules(shop)
        order(shop, "575607", "330.18")
        order(shop, "C575700", "100.00", kind="return", at=NOON + timedelta(days=2))

        item = look(shop.alice).context["home"].timeline[0]

        assert (item.title, item.amount) == ("Return C575700", -100)
        assert item.explanation.rows[-1] == ("Taken back", "100")
        assert ("Value of the goods returned", "£100.00") in item.explanation.rows

    def test_a_cancellation_explains_what_it_took(self, shop):
        earn_by_rules(shop)
        order(shop, "575607", "330.18")
        report = ActivityReport(
            kind="cancellation",
            partner_id=shop.partner.pk,
            source="erp",
            external_id="X575607",
            occurred_at=NOON,
            currency="",
            refers_to=("erp", "575607"),
        )
        take_in([report], as_of=NOON)

        item = look(shop.alice).context["home"].timeline[0]

        assert (item.title, item.amount) == ("Cancellation X575607", -330)
        assert ("Value of what was cancelled", "£330.18") in item.explanation.rows

    def test_points_that_a_late_order_gives_back_are_an_entry_of_the_return(self, shop):
        earn_by_rules(shop)
        order(shop, "575607", "100.00")
        order(shop, "C575700", "100.00", kind="return", at=NOON + timedelta(days=2))

        order(shop, "575650", "100.00", at=NOON + timedelta(days=1))

        entries = [(item.title, item.amount) for item in look(shop.alice).context["home"].timeline]
        assert entries == [
            ("Return C575700", 100),
            ("Return C575700", -100),
            ("Return C575700", -100),
            ("Order 575650", 100),
            ("Order 575607", 100),
        ]

    def test_a_redemption_is_one_entry_whatever_it_went_through(self, shop):
        earn(shop.pool, 1_000)
        take(shop.alice, shop.pool, offer(shop.programme))

        items = look(shop.alice).context["home"].timeline

        assert [(item.title, item.amount) for item in items] == [
            ("Credit on the next invoice", -120)
        ]
        assert items[0].state.word == "Delivered"

    def test_a_redemption_stands_on_the_day_its_points_went(self, shop):
        earn(shop.pool, 1_000)
        reward = offer(shop.programme, approval_required=True)
        redemption = take(shop.alice, shop.pool, reward)
        later = redemption.requested_at + timedelta(days=2)
        approve(redemption=redemption, by=None, reason="", at=later)

        [item] = look(shop.alice).context["home"].timeline

        assert (item.occurred_at, item.state.word) == (redemption.requested_at, "Delivered")

    def test_what_somebody_took_from_their_wallet_is_theirs(self, shop):
        earn(shop.wallet(shop.bob), 1_000)
        take(shop.bob, shop.wallet(shop.bob), offer(shop.programme, audience="person"))

        titles = {
            member.person.name: [item.title for item in look(member).context["home"].timeline]
            for member in (shop.alice, shop.vera, shop.bob)
        }

        assert titles == {"Alice": [], "Vera": [], "Bob": ["Credit on the next invoice"]}

    def test_the_team_is_told_by_name_and_edits_that_are_no_news_are_not(self, shop):
        earn(shop.wallet(shop.bob), 42)
        by = Actor(person=shop.alice.person, member=shop.alice)
        team.change(member=shop.vera, job_title="Books", by=by, at=NOON)
        team.change(member=shop.vera, role="buyer", by=by, at=NOON)
        deactivate(member=shop.bob, by=by, at=NOON)

        company = look(shop.alice).context["home"].timeline
        buyer = look(shop.vera).context["home"].timeline

        assert [(item.title, item.detail, item.amount) for item in company] == [
            ("Bob left the team", "", None),
            (
                "The wallet of a member who left came back to the pool",
                "The expiry dates stay the same",
                42,
            ),
            ("Vera has another role", "Buyer", None),
        ]
        assert [(item.title, item.detail) for item in buyer] == [("You have another role", "Buyer")]

    def test_an_unknown_kind_is_shown_plainly(self, shop):
        Partner.objects.lock([shop.partner.pk])
        events.register({"moon_landed": "Moon landed"})
        events.record(
            [EventDraft(partner_id=shop.partner.pk, kind="moon_landed", occurred_at=NOON)],
            recorded_at=NOON,
        )

        assert look(shop.alice).context["home"].timeline[0].title == "Moon landed"

    def test_corrections_say_why_and_only_when_they_are_posted(self, shop):
        allow(shop.unit, once=100, day=10_000)
        earn(shop.pool, 500)
        dana = make_staff()
        adjust(dana, shop.pool, 40, reason=reason("goodwill"))
        adjust(dana, shop.pool, -30, reason=reason("misuse"))
        reverse(dana, earn(shop.pool, 20))
        adjust(dana, shop.pool, 101)
        adjust(dana, shop.wallet(shop.bob), 7, reason=reason("complaint"))

        company, buyer = (look(one).context["home"].timeline for one in (shop.alice, shop.bob))

        assert {(item.title, item.detail, item.amount) for item in company} == {
            ("Correction: points added", "Goodwill", 40),
            ("Correction: points taken off", "Misuse", -30),
            ("Something was reversed", "The amount was wrong", None),
        }
        assert [(item.title, item.amount) for item in buyer] == [("Correction: points added", 7)]

    def test_holds_and_what_waits_are_told(self, shop):
        earn(shop.pool, 500)
        kept, freed = (
            holds.place(account=shop.pool, amount=n, request_key=str(n), placed_at=NOON)
            for n in (10, 20)
        )
        holds.capture(hold=kept, amount=8, request_key="paid", captured_at=NOON)
        holds.release(hold=freed, released_at=NOON)
        award = earn(accounts.pending(shop.unit, shop.partner), 30)
        maturing.cancel_pending(award=award, reason_code="", request_key="off", as_of=NOON)

        items = look(shop.alice).context["home"].timeline

        assert sorted((item.title, item.detail, item.amount or 0) for item in items) == [
            ("Free again: 20\N{NO-BREAK SPACE}points", "", 0),
            ("Pending points were cancelled", "30\N{NO-BREAK SPACE}points", 0),
            ("Reserved: 10\N{NO-BREAK SPACE}points", "", 0),
            ("Reserved: 20\N{NO-BREAK SPACE}points", "", 0),
            ("What was reserved was used", "", -8),
        ]

    def test_what_is_reinstated_is_told_once(self, shop):
        allow(shop.unit, once=100, day=100)
        earn(shop.pool, 50, expires_at=NOON + timedelta(days=1))
        expire(as_of=NOON + timedelta(days=2))
        expiry = Transfer.objects.get(kind="expire")
        until = NOON + timedelta(days=90)
        reinstate(make_staff(), expiry, until=until, asked_at=NOON + timedelta(days=3))

        titles = [item.title for item in look(shop.alice).context["home"].timeline]

        assert titles == ["Expired points came back", "Expired: 50\N{NO-BREAK SPACE}points"]

    def test_another_partner_s_events_are_not_there(self, shop):
        other = open_other(shop)
        earn(shop.pool, 1_000)
        give(shop, 400)

        assert look(other).context["home"].timeline == []


def open_other(shop: Shop) -> Member:
    partner = Partner.objects.create(erp_number="99001", legal_name="Another shop")
    Standing.objects.create(programme=shop.programme, partner=partner, enrolled_at=NOON)
    return join(partner, "Charlie", "head_buyer")


class TestTier:
    def test_shows_what_the_next_one_needs(self, shop):
        Standing.objects.filter(partner=shop.partner).update(spend=Decimal(6_250))

        page = look(shop.alice)

        track = page.context["home"].track
        assert (track.current, track.next, track.to_next) == ("Silver", "Gold", Decimal(3_750))
        # Silver is half way along three equal steps; half of its own step is three quarters.
        assert track.here == "75%"
        assert "£3,750.00 more" in page.content.decode()
        assert "£6,250.00 of £10,000" in page.content.decode()

    def test_at_the_top_nothing_is_missing(self, shop):
        Standing.objects.filter(partner=shop.partner).update(
            tier_code="gold", spend=Decimal(12_000)
        )

        assert "You are at the top" in look(shop.alice).content.decode()


class TestPictures:
    def test_the_chart_adds_up_to_the_journal(self, shop):
        earn(shop.pool, 900, at=NOON - timedelta(days=40))
        earn(shop.pool, 300)
        give(shop, 250)

        chart = look(shop.alice).context["home"].chart

        assert len(chart.columns) == 12
        assert (chart.total_in, chart.total_out, chart.total_expired) == (1_200, 250, 0)
        by_month = {column.month.isoformat(): column.came_in for column in chart.columns}
        assert (by_month["2026-01-01"], by_month["2026-03-01"]) == (900, 300)

    def test_a_year_of_nothing_is_drawn_without_a_fault(self):
        chart = draw_chart({}, last_month=date(2026, 3, 1))

        assert chart.total_in == 0
        assert all(column.bars == () for column in chart.columns)

    def test_bars_stand_on_the_line_and_stay_inside(self):
        month = date(2026, 3, 1)
        chart = draw_chart({month: Movements(10, 4, 1)}, last_month=month)

        up, out, gone = chart.columns[-1].bars
        assert float(up.y) + float(up.height) <= float(chart.zero_y)
        assert float(chart.zero_y) < float(out.y) < float(gone.y)
        assert float(gone.y) + float(gone.height) <= 192

    def test_the_schedule_lists_four_dates_and_sums_the_rest(self):
        first = date(2026, 3, 1)
        lapses = [Lapse(first + timedelta(days=40 * n), 10) for n in range(7)]

        drawn = draw_expiry(lapses, never=5, first_month=first, soon_until=first)

        assert len(drawn.next_dates) == 4
        assert (drawn.later_dates, drawn.later_amount, drawn.never) == (3, 30, 5)
        assert [column.is_soon for column in drawn.columns][:2] == [True, False]

    def test_a_bar_is_filled_whatever_its_parts(self):
        laid = pieces([1, 0, 1_000_000])

        assert laid[1].width == "0%"
        ends_at = float(laid[2].x.rstrip("%")) + float(laid[2].width.rstrip("%"))
        assert ends_at == pytest.approx(100, abs=0.05)
        assert float(laid[0].width.rstrip("%")) > 0.5

    @pytest.mark.parametrize(("largest", "step"), [(0, 1), (3, 1), (900, 250), (18_342, 5_000)])
    def test_grid_lines_are_round(self, largest, step):
        assert nice_step(largest, 4) == step


class TestWithoutAProgramme:
    def test_a_company_in_none_gets_a_page_that_says_so(self, db):
        partner = Partner.objects.create(erp_number="99001", legal_name="Nobody's")
        member = Member.objects.create(
            partner=partner,
            person=Person.objects.create(email="lone@example.com", name="Lone"),
            role=Member.Role.HEAD_BUYER,
            joined_at=NOON,
        )

        assert "No programme yet" in look(member).content.decode()


class TestCost:
    def test_costs_the_same_queries_for_one_order_and_for_thirty(
        self, shop, django_assert_num_queries
    ):
        earn_by_rules(shop)
        order(shop, "1", "100.00")
        give(shop, 10)
        take(shop.alice, shop.pool, offer(shop.programme, price=20))
        client = Client()
        client.force_login(shop.alice.person, backend="django.contrib.auth.backends.ModelBackend")
        client.get("/")
        # session, person, memberships, frame (standing, versions), standing, versions, accounts,
        # lots, months, events, awards, redemptions, shares, what earned nothing
        expected = 15

        with django_assert_num_queries(expected):
            client.get("/")
        for number in range(2, 32):
            order(shop, str(number), "100.00")
        with django_assert_num_queries(expected):
            page = client.get("/")

        assert len(page.context["home"].timeline) == 12
        assert Transfer.objects.count() > 30
