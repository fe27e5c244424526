"""The statement: opening + movements = closing, on the screen and in the file."""

import uuid
from datetime import timedelta

import pytest
import time_machine
from django.db import transaction

from ledger import accounts, holds
from ledger.entries import Entry
from ledger.models import Account
from ledger.posting import post
from partners.intake import ActivityReport, LineReport
from partners.models import Member
from rewards.crediting import take_in
from rewards.models import ProgrammeVersion
from rewards.programmes import live
from tests.rewards.cast import (
    NOON,
    Shop,
    earn,
    give,
    join,
    make_partner,
    offer,
    open_shop,
    owe,
    take,
)
from tests.rewards.portal import sign_in

pytestmark = pytest.mark.once("SQLite")

PAGE, FILE = "/statement/", "/statement.csv"
TODAY = NOON + timedelta(days=10)


@pytest.fixture
def shop(db: None) -> Shop:
    return open_shop()


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(TODAY, tick=False):
        yield


def look(member: Member, **query: str):
    return sign_in(member).get(PAGE, query)


class TestWhatIsCaptured:
    def test_is_told_by_the_number_that_whoever_captured_it_gave(self, shop):
        earn(shop.pool, 700)
        hold = holds.place(account=shop.pool, amount=100, request_key="a", placed_at=NOON)
        holds.capture(hold=hold, request_key="a", captured_at=NOON, reference="till-4/118")

        assert "till-4/118" in look(shop.alice).content.decode()
        assert b"till-4/118" in sign_in(shop.alice).get(FILE).getvalue()


class TestFigures:
    def test_opening_and_movements_make_the_closing(self, shop):
        earn(shop.pool, 700, at=NOON - timedelta(days=200))
        earn(shop.pool, 500)
        give(shop, 300)

        page = look(shop.alice, period="this-month").context["statement"]

        assert (page.opening, page.credited, page.debited, page.closing) == (700, 500, 300, 900)
        assert [(each.amount, each.balance) for each in page.movements] == [
            (500, 1_200),
            (-300, 900),
        ]

    def test_whole_local_days_count_both_ends_included(self, shop):
        # In March before the clocks change, London's midnights are those of UTC.
        earn(shop.pool, 10, at=NOON.replace(day=1, hour=0, minute=0))
        earn(shop.pool, 20, at=NOON.replace(day=1, hour=23, minute=59))
        earn(shop.pool, 40, at=NOON.replace(day=2, hour=0, minute=0))

        page = look(shop.alice, first="2026-03-01", last="2026-03-01").context["statement"]

        assert (page.opening, page.credited) == (0, 30)

    def test_names_what_moved(self, shop):
        earn(shop.pool, 500)
        give(shop, 100, reason="For the fair")
        take(shop.alice, shop.pool, offer(shop.programme))

        lines = look(shop.alice).context["lines"]

        told = [(line.reference.text, line.reference.detail) for line in lines if line.reference]
        assert told == [("To Bob", "For the fair"), ("Credit on the next invoice", "")]

    def test_an_order_that_earned_by_two_rules_names_both(self, shop):
        version = shop.programme.versions.get()
        rules = [
            {
                "code": code,
                "names": {"en": words},
                "trigger": "order",
                "effect": {"kind": "per_money", "units": 1, "per": "1.00"},
            }
            for code, words in (("usual", "Points on purchases"), ("spring", "Spring campaign"))
        ]
        ProgrammeVersion.objects.filter(pk=version.pk).update(
            definition={**version.definition, "rules": rules}
        )
        live._parsed.cache_clear()
        line = LineReport(sku="22423", quantity_e4=10_000, amount_e4=1_000_000)
        report = ActivityReport(
            kind="order",
            partner_id=shop.partner.pk,
            source="erp",
            external_id="575607",
            occurred_at=NOON,
            currency="GBP",
            lines=(line,),
        )
        take_in([report], as_of=NOON)

        page = look(shop.alice)
        told = {
            (line.reference.text, line.reference.detail, line.reference.explanation.total)
            for line in page.context["lines"]
        }

        assert told == {
            ("Order 575607", "Points on purchases", 100),
            ("Order 575607", "Spring campaign", 100),
        }
        assert "Why 100\N{NO-BREAK SPACE}points?" in page.content.decode()

    def test_bears_a_reference_that_is_none_of_ours(self, shop):
        entry_key = f"test:{uuid.uuid4()}"
        entry = Entry(
            kind="open",
            debit=accounts.house(shop.unit, Account.Kind.ADJUSTED),
            credit=shop.pool,
            amount=10,
            idempotency_key=entry_key,
            occurred_at=NOON,
            reference="file:2026-03/row 7",
        )
        with transaction.atomic():
            post([entry], posted_at=NOON)

        assert look(shop.alice).context["lines"][0].text == "Opening balance"


class TestPages:
    def test_go_on_where_the_last_one_ended(self, shop):
        for _ in range(60):
            earn(shop.pool, 10)
        client = sign_in(shop.alice)

        first = client.get(PAGE)
        second = client.get(PAGE + first.context["next_url"])

        assert [len(each.context["lines"]) for each in (first, second)] == [50, 10]
        assert second.context["lines"][0].movement.balance == 510
        assert second.context["lines"][-1].movement.balance == second.context["statement"].closing
        assert not second.context["next_url"]
        back = client.get(PAGE + second.context["previous_url"])
        assert back.context["lines"] == first.context["lines"]
        assert not back.context["previous_url"]

    def test_cost_the_same_queries_for_one_line_and_for_fifty(
        self, shop, django_assert_num_queries
    ):
        earn(shop.pool, 1_000)
        give(shop, 10)
        client = sign_in(shop.alice)
        client.get(PAGE)
        # session, person, memberships, frame (standing, versions), accounts, seals, figures,
        # movements of either side, then what they are about: awards, corrections, redemptions, shares
        expected = 14

        with django_assert_num_queries(expected):
            client.get(PAGE)
        for _ in range(40):
            give(shop, 1)
        with django_assert_num_queries(expected):
            page = client.get(PAGE)

        assert len(page.context["lines"]) == 42


class TestWhoseAccount:
    def test_a_buyer_reads_the_own_wallet_and_never_the_pool(self, shop):
        earn(shop.pool, 1_000)
        give(shop, 400)

        page = look(shop.bob, account="pool")

        assert page.status_code == 422
        assert page.context["account"] == shop.wallet(shop.bob)
        assert page.context["statement"].closing == 400
        assert page.context["lines"][0].reference.text == "From Alice"

    def test_a_viewer_reads_the_pool(self, shop):
        earn(shop.pool, 1_000)

        assert look(shop.vera).context["account"].kind == Account.Kind.POOL

    def test_a_head_buyer_cannot_open_a_member_s_wallet(self, shop):
        earn(shop.pool, 1_000)
        give(shop, 400)

        assert look(shop.alice, account="wallet").context["account"] == shop.pool

    def test_another_partner_sees_nothing_of_it(self, shop):
        earn(shop.pool, 1_000)
        charlie = join(make_partner(shop.programme, "99001"), "Charlie", "head_buyer")

        page = look(charlie)

        assert page.context["account"] is None
        assert "No points have moved yet" in page.content.decode()
        assert sign_in(charlie).get(FILE).url.startswith(PAGE)


class TestMeaning:
    def test_a_debt_is_spoken_of_only_where_there_is_or_was_one(self, shop):
        # The account is there, opened in case it is needed.
        accounts.debt(shop.unit, shop.partner)
        earn(shop.pool, 5)
        never = look(shop.alice)

        owe(shop, 95)
        earn(shop.pool, 100, at=NOON + timedelta(days=1))
        was = look(shop.alice, account="debt", period="all").content.decode()

        assert list(dict(never.context["form"].fields["account"].choices)) == ["pool"]
        assert "What was owed before has been settled" in was
        assert "Until then nothing can be redeemed" not in was

    def test_a_debt_says_how_much_is_owed_and_how_it_is_paid_back(self, shop):
        owe(shop, 70)

        page = look(shop.alice, account="debt", period="all")

        told = page.content.decode().replace("\N{NO-BREAK SPACE}", " ")
        assert page.context["statement"].closing == 70
        assert "Your company owes 70 points now." in told
        assert "pays it back first" in told

    def test_pending_says_that_it_is_not_available_yet(self, shop):
        accounts.pending(shop.unit, shop.partner)

        assert "wait until they are sure" in look(shop.vera, account="pending").content.decode()


class TestBadInput:
    @pytest.mark.parametrize(
        ("query", "words"),
        [
            ({"first": "yesterday", "period": "own"}, "Enter a valid date"),
            ({"first": "2026-03-05", "last": "2026-03-01"}, "The last day is before the first"),
            ({"first": "0001-01-01"}, "between 1990 and 2100"),
            ({"last": "9999-12-31"}, "between 1990 and 2100"),
        ],
    )
    def test_is_named_beside_the_field(self, shop, query, words):
        earn(shop.pool, 10)

        page = look(shop.alice, **query)

        assert page.status_code == 422
        assert words in page.content.decode()

    @pytest.mark.parametrize(
        "query",
        [
            {"after": "abc"},
            {"after": "-1"},
            {"after": str(10**30)},
            {"before": "abc"},
            {"period": "\x00"},
            {"account": "issued"},
        ],
    )
    def test_never_breaks_the_page(self, shop, query):
        earn(shop.pool, 10)

        assert look(shop.alice, **query).status_code == 422
        assert sign_in(shop.alice).get(FILE, query, follow=True).status_code == 422

    def test_other_dates_win_over_the_preset_they_were_changed_from(self, shop):
        earn(shop.pool, 10)

        page = look(
            shop.alice,
            period="this-month",
            shown="this-month",
            first="2026-02-01",
            last="2026-03-12",
        )

        assert page.context["period"] == "own"
        assert page.context["days"].first.isoformat() == "2026-02-01"

    def test_another_preset_wins_over_the_dates_of_the_last_one(self, shop):
        earn(shop.pool, 10)

        page = look(
            shop.alice,
            period="last-month",
            shown="this-month",
            first="2026-03-01",
            last="2026-03-12",
        )

        assert page.context["days"].last.isoformat() == "2026-02-28"
