"""What a merge moves and what becomes of everything around it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ledger import accounts, correcting
from ledger.models import Account, Lot, Transfer
from ledger.posting import Entry, post
from partners.access import read_memberships
from partners.enrolling import PartnerMerged
from partners.families import families_of, find_family, roots_of
from partners.models import Activity, Event, Invitation, Member, Partner, Person
from rewards import redeeming
from rewards.merging import MergeNotPossible, UndoNotPossible, merge, rehearse, undo_merge
from rewards.models import Award, ClawBack, Redemption, Standing
from rewards.tiers.recalculating import recalculate, window_figures
from tests.ledger.corrections import adjust, allow, make_staff
from tests.rewards.cast import earn, join, offer, open_shop, take
from tests.rewards.cast import make_partner as make_shop
from tests.rewards.merging.world import (
    NOW,
    Fact,
    Pair,
    check_books,
    due_of,
    join_up,
    net_of,
    open_programme,
    spend,
    tell,
)

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def fact(number, pounds, *, day, kind="order", sku="mug"):
    return Fact(number, kind, sku, pounds, datetime(2026, 3, day, 10, tzinfo=UTC))


@pytest.fixture
def pair():
    return Pair(open_programme())


class TestFacts:
    def test_keep_their_partner_and_count_for_both(self, pair):
        tell(pair.oak, [fact("O1", 2_000, day=1)])
        tell(pair.elm, [fact("E1", 600, day=2)])
        join_up(pair.oak, pair.elm)
        # Together they reach silver, which earns half as much again.
        tell(pair.elm, [fact("E2", 100, day=3)])

        assert set(Activity.objects.filter(partner=pair.elm).values_list("external_id")) == {
            ("E1",),
            ("E2",),
        }
        assert set(Award.objects.values_list("partner", flat=True)) == {pair.oak.pk}
        assert Standing.objects.of_companies().get().tier_code == "silver"
        assert pair.pool(pair.oak) == 2_000 + 600 + 150
        assert pair.pool(pair.elm) == 0
        day = NOW.date()
        figures = window_figures([pair.oak.pk], programme=pair.programme, day=day)
        assert (figures[pair.oak.pk].spend_e4, figures[pair.oak.pk].orders) == (27_000_000, 3)
        # The night decides about companies.
        assert recalculate(programme=pair.programme, day=day, as_of=NOW)[0] == 0
        check_books()

    def test_a_return_finds_the_order_of_the_other_and_is_judged_apart_again(self, pair):
        tell(pair.oak, [fact("O1", 90, day=1)])
        tell(pair.elm, [fact("E1", 90, day=2, kind="return")])
        assert pair.pool(pair.oak) == 90
        rehearsal = rehearse(kept=pair.oak, merged=pair.elm, at=NOW)
        made = join_up(pair.oak, pair.elm)
        assert pair.pool(pair.oak) == 0

        undo_merge(merge=made, by=None, at=NOW)

        assert rehearsal.for_good == ""
        assert (pair.pool(pair.oak), pair.pool(pair.elm)) == (90, 0)
        # What was matched once does not stand in the way of later facts, or of another merge.
        tell(pair.oak, [fact("O2", 7, day=4)])
        tell(pair.elm, [fact("E2", 8, day=4)])
        join_up(pair.oak, pair.elm, key="2")
        assert (pair.pool(pair.oak), pair.pool(pair.elm)) == (15, 0)
        check_books()

    def test_a_return_that_took_from_what_moved_gives_it_back(self, pair):
        tell(pair.oak, [fact("O1", 90, day=1), fact("O2", 90, day=3, kind="return")])
        tell(pair.elm, [fact("E1", 90, day=2)])
        made = join_up(pair.oak, pair.elm)
        assert ClawBack.objects.get(due__gt=0).award.activity.external_id == "E1"

        undo_merge(merge=made, by=None, at=NOW)

        assert (pair.pool(pair.oak), pair.pool(pair.elm)) == (0, 90)
        assert due_of(pair.elm) == {"E1": 90}
        check_books()

    def test_a_return_that_took_points_of_the_other_cannot_be_told_apart(self, pair):
        tell(pair.oak, [fact("O1", 90, day=1)])
        tell(pair.elm, [fact("E1", 60, day=2, sku="bag")])
        spend(pair.programme, pair.oak, 90)
        made = join_up(pair.oak, pair.elm)
        # Nothing of its own award is left: it takes what came with the other.
        tell(pair.elm, [fact("E2", 50, day=3, kind="return")])
        with pytest.raises(UndoNotPossible) as refused:
            undo_merge(merge=made, by=None, at=NOW)
        assert refused.value.reason == "judged_together"
        assert pair.pool(pair.oak) == 10

    def test_take_no_more_queries_than_of_one_partner(self, pair):
        def count(partner, number, *, day):
            with CaptureQueriesContext(connection) as queries:
                tell(partner, [fact(number, 10, day=day)])
            return len(queries)

        tell(pair.oak, [fact("O1", 10, day=1)])
        tell(pair.elm, [fact("E1", 10, day=1)])
        alone = [count(pair.elm, "E2", day=5), count(pair.elm, "E3", day=3)]
        join_up(pair.oak, pair.elm)
        assert [count(pair.elm, "E4", day=6), count(pair.elm, "E5", day=4)] == alone


class TestBalances:
    def test_keep_expiry_and_origin_and_maturity(self):
        pair = Pair(open_programme(pending_days=30))
        tell(pair.elm, [fact("E1", 60, day=28)])
        before = Lot.objects.get()
        made = join_up(pair.oak, pair.elm)
        after = Lot.objects.open().get()
        assert (after.account.kind, after.account.partner) == (Account.Kind.PENDING, pair.oak)
        same = ("origin", "expires_at", "matures_at", "earned_at", "amount")
        assert [getattr(after, name) for name in same] == [getattr(before, name) for name in same]
        assert after.opened_by.kind == Transfer.Kind.MERGE
        assert after.opened_by.reference == str(made.public_id)
        check_books()

    @pytest.mark.parametrize(("of_oak", "of_elm"), [(100, -30), (-30, 100), (-20, -30), (20, -30)])
    def test_debts_are_repaid_and_come_back(self, of_oak, of_elm):
        shop = open_shop()
        elm = make_shop(shop.programme, "99")
        pools = {}
        for partner, amount in ((shop.partner, of_oak), (elm, of_elm)):
            pools[partner] = accounts.pool(shop.unit, partner)
            if amount > 0:
                earn(pools[partner], amount)
            else:
                debt = accounts.debt(shop.unit, partner)
                entry = Entry(
                    kind=Transfer.Kind.INCUR_DEBT,
                    debit=debt,
                    credit=accounts.house(shop.unit, Account.Kind.TAKEN_BACK),
                    amount=-amount,
                    idempotency_key=f"owe:{partner.pk}",
                    occurred_at=NOON,
                )
                post([entry], posted_at=NOON)
        made = join_up(shop.partner, elm, at=NOON)
        assert (net_of(shop.partner), net_of(elm)) == (of_oak + of_elm, 0)
        check_books()
        undo_merge(merge=made, by=None, at=NOON + DAY)
        assert (net_of(shop.partner), net_of(elm)) == (of_oak, of_elm)
        check_books()

    def test_what_was_spent_stays_spent_and_ends_the_undoing(self, pair):
        tell(pair.elm, [fact("E1", 60, day=1)])
        made = join_up(pair.oak, pair.elm)
        spend(pair.programme, pair.oak, 10)
        with pytest.raises(UndoNotPossible) as refused:
            undo_merge(merge=made, by=None, at=NOW)
        assert refused.value.reason == "used_since"
        assert pair.pool(pair.oak) == 50

    def test_what_is_earned_since_goes_back_with_its_facts(self, pair):
        tell(pair.oak, [fact("O1", 40, day=1)])
        tell(pair.elm, [fact("E1", 60, day=1)])
        made = join_up(pair.oak, pair.elm)
        tell(pair.elm, [fact("E2", 7, day=2)])
        tell(pair.oak, [fact("O2", 8, day=3)])
        undo_merge(merge=made, by=None, at=NOW)
        assert (pair.pool(pair.oak), pair.pool(pair.elm)) == (48, 67)
        assert Award.objects.filter(partner=pair.elm).count() == 2
        assert Standing.objects.of_companies().count() == 2
        # And nothing was in the way of the next fact.
        tell(pair.elm, [fact("E3", 5, day=4)])
        assert pair.pool(pair.elm) == 72
        check_books()


class TestPeople:
    @pytest.fixture
    def elm(self, shop):
        return make_shop(shop.programme, "99")

    @pytest.fixture
    def shop(self):
        return open_shop(points=100)

    def test_act_for_the_kept_one_with_their_wallets(self, shop, elm):
        charlie = join(elm, "Charlie", "head_buyer")
        bob_there = Member.objects.create(
            partner=elm, person=shop.bob.person, role="head_buyer", joined_at=NOON
        )
        gone = join(elm, "Gone", status="left", left_at=NOON)
        for member, amount in ((charlie, 30), (bob_there, 5), (gone, 2)):
            earn(shop.wallet(member), amount)
        earn(shop.wallet(shop.bob), 1)

        made = join_up(shop.partner, elm, at=NOON)

        [acting] = read_memberships(charlie.person)
        assert (acting.partner, acting.role) == (shop.partner, "head_buyer")
        # Who is on both teams keeps the role they have here.
        [bob] = read_memberships(shop.bob.person)
        assert (bob.pk, bob.role) == (shop.bob.pk, "buyer")
        assert net_of(elm) == 0
        wallets = {m.pk: shop.wallet(m).balance for m in (acting, bob)}
        assert wallets == {acting.pk: 30, bob.pk: 6}
        assert shop.pool.balance == 102
        check_books()

        undo_merge(merge=made, by=None, at=NOON + DAY)
        [back] = read_memberships(charlie.person)
        assert back.pk == charlie.pk
        assert len(read_memberships(shop.bob.person)) == 2
        balances = [shop.wallet(each).balance for each in (charlie, bob_there, gone, shop.bob)]
        assert balances == [30, 5, 2, 1]
        check_books()

    def test_who_is_invited_comes_to_the_kept_one(self, shop, elm):
        def invite(email):
            return Invitation.objects.create(
                partner=elm,
                email=email,
                name="Ivy",
                role="buyer",
                token_hash=email,
                invited_at=NOON,
                sent_at=NOON,
                expires_at=NOON + DAY,
            )

        new, known = invite("ivy@example.com"), invite(shop.bob.person.email)
        made = join_up(shop.partner, elm, at=NOON)
        new.refresh_from_db()
        known.refresh_from_db()
        assert (new.partner, new.withdrawn_at) == (shop.partner, None)
        assert (known.partner, known.withdrawn_at) == (elm, NOON)
        undo_merge(merge=made, by=None, at=NOON)
        assert Invitation.objects.open().filter(partner=elm).count() == 2

    def test_a_refund_of_before_goes_to_where_the_points_are_now(self, shop, elm):
        charlie = join(elm, "Charlie", "head_buyer")
        pool = accounts.pool(shop.unit, elm)
        Standing.objects.filter(partner=elm).update(tier_code="gold")
        earn(pool, 120)
        gift = offer(shop.programme, kind="physical_gift", terms={}, price=120)
        details = {
            "recipient": "Charlie",
            "street": "1 Road",
            "postcode": "CB2",
            "city": "Cambridge",
            "country": "United Kingdom",
        }
        taken = take(charlie, pool, gift, details=details)
        assert taken.state == Redemption.State.APPROVED
        join_up(shop.partner, elm, at=NOON)
        redeeming.cancel(redemption=taken, by=None, reason="", at=NOON)
        assert shop.pool.balance == 220
        assert net_of(elm) == 0
        check_books()


class TestRefusals:
    def test_an_open_request_and_a_hold_stand_in_the_way(self):
        shop = open_shop(points=500)
        oak = make_shop(shop.programme, "99")
        reward = offer(shop.programme, approval_required=True)
        take(shop.alice, shop.pool, reward)
        person = make_staff()
        allow(shop.unit, once=1, day=1)
        adjust(person, shop.pool, 50)
        with pytest.raises(MergeNotPossible) as refused:
            join_up(oak, shop.partner)
        assert refused.value.reasons == ["requests_wait", "corrections_wait"]
        rehearsal = rehearse(kept=oak, merged=shop.partner, at=NOON)
        assert [each.code for each in rehearsal.obstacles] == refused.value.reasons

    def test_one_is_merged_once_and_into_a_company_of_its_own(self, pair):
        fir = Partner.objects.create(erp_number="1003", legal_name="Fir")
        first = join_up(pair.oak, pair.elm)
        assert join_up(pair.oak, pair.elm).pk == first.pk
        undo_merge(merge=first, by=None, at=NOW)
        # The same request, that comes late, does not redo what somebody has undone.
        with pytest.raises(MergeNotPossible, match="was made and undone since"):
            join_up(pair.oak, pair.elm)
        join_up(pair.oak, pair.elm, key="once more")
        with pytest.raises(PartnerMerged):
            join_up(fir, pair.elm, key="2")
        with pytest.raises(MergeNotPossible, match="was merged into another partner already"):
            join_up(pair.elm, fir)
        Partner.objects.filter(pk=fir.pk).update(status=Partner.Status.CLOSED)
        with pytest.raises(MergeNotPossible, match="is closed"):
            join_up(fir, pair.oak)

    def test_nothing_is_corrected_on_what_was_merged(self):
        shop = open_shop(points=100)
        elm = make_shop(shop.programme, "99")
        pool = accounts.pool(shop.unit, elm)
        earn(pool, 10)
        join_up(shop.partner, elm, at=NOON)
        with pytest.raises(correcting.AccountNotAdjustable, match="Correct it there"):
            adjust(make_staff(), pool, 5)


class TestChains:
    def test_families_stay_flat_and_the_last_merge_is_undone_first(self, pair):
        fir = Partner.objects.create(erp_number="1003", legal_name="Fir")
        tell(fir, [fact("F1", 10, day=1)])
        tell(pair.elm, [fact("E1", 20, day=1)])
        inner = join_up(pair.elm, fir)
        outer = join_up(pair.oak, pair.elm)
        ids = [pair.oak.pk, pair.elm.pk, fir.pk]
        assert roots_of(ids) == dict.fromkeys(ids, pair.oak.pk)
        assert families_of([pair.oak.pk]) == {pair.oak.pk: ids}
        assert find_family(fir.pk) == frozenset(ids)
        assert pair.pool(pair.oak) == 30
        with pytest.raises(UndoNotPossible) as refused:
            undo_merge(merge=inner, by=None, at=NOW)
        assert refused.value.reason == "merged_since"
        assert str(refused.value).startswith("Elm (1002) was merged into Oak (1001) since.")
        tell(fir, [fact("F2", 7, day=2)])
        undo_merge(merge=outer, by=None, at=NOW)
        assert undo_merge(merge=outer, by=None, at=NOW).undone_at == NOW
        # Its slices have been on their way since, and are known by their origin.
        undo_merge(merge=inner, by=None, at=NOW)
        assert [pair.pool(each) for each in (pair.oak, pair.elm, fir)] == [0, 20, 17]
        kinds = Event.objects.filter(partner=pair.elm).values_list("kind", flat=True)
        assert [kind for kind in kinds if "merge" in kind] == [
            "partner_merged",
            "partner_merged",
            "merge_undone",
            "merge_undone",
        ]
        check_books()

    def test_a_rehearsal_leaves_nothing_behind(self, pair):
        tell(pair.elm, [fact("E1", 20, day=1)])
        before = Transfer.objects.count(), Event.objects.count()
        rehearsal = rehearse(kept=pair.oak, merged=pair.elm, at=NOW)
        assert [(each.kind, each.before, each.after) for each in rehearsal.totals] == [
            ("pool", 0, 20)
        ]
        assert rehearsal.for_good == ""
        assert (Transfer.objects.count(), Event.objects.count()) == before
        pair.elm.refresh_from_db()
        assert pair.elm.merged_into is None
        merged = merge(
            kept=pair.oak,
            merged=pair.elm,
            reason="x",
            by=Person.objects.create(email="a@seller.example", name="A"),
            at=NOW,
            request_key="r",
        )
        assert merged.merged_by.name == "A"
