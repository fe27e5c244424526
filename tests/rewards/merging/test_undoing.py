"""What happened to people since a merge, when the merge is undone."""

import uuid

import pytest
from django.db import transaction

from ledger import accounts
from partners import team
from partners.models import Activity, Actor, Member, Partner
from partners.references import waiting_references
from partners.reports import ActivityReport
from rewards import redeeming, sharing
from rewards.crediting import take_in
from rewards.merging import UndoNotPossible, undo_merge
from rewards.models import Standing
from rewards.sharing import PartDraft
from tests.rewards.cast import NOON, balance, earn, join, make_partner, offer, open_shop, take
from tests.rewards.merging.world import check_books, join_up

pytestmark = pytest.mark.django_db

ADDRESS = {
    "recipient": "Charlie",
    "street": "1 Road",
    "postcode": "CB2",
    "city": "Cambridge",
    "country": "United Kingdom",
}


@pytest.fixture
def shop():
    return open_shop(points=500)


@pytest.fixture
def charlie(shop):
    """Head buyer of another partner, which turns out to be the same company."""
    return join(make_partner(shop.programme, "99"), "Charlie", "head_buyer")


@pytest.fixture
def made(shop, charlie):
    return join_up(shop.partner, charlie.partner, at=NOON)


@pytest.fixture
def here(shop, charlie, made):
    """Charlie on the team of the one that was kept."""
    return Member.objects.get(partner=shop.partner, person=charlie.person)


def test_what_was_shared_with_who_goes_back_returns_to_the_pool(shop, charlie, made, here):
    with transaction.atomic():
        Partner.objects.lock([shop.partner.pk])
        sharing.share(
            head_buyer=shop.alice,
            programme=shop.programme,
            amount=100,
            method="equal",
            parts=[PartDraft(member_id=here.pk, amount=100, proposed=100)],
            reason="Welcome",
            request_id=uuid.uuid4(),
            shared_at=NOON,
        )
    assert balance(shop.wallet(here)) == 100

    undo_merge(merge=made, by=None, at=NOON)

    here.refresh_from_db()
    assert here.status == Member.Status.LEFT
    assert (balance(shop.pool), balance(shop.wallet(here))) == (500, 0)
    assert balance(shop.wallet(charlie)) == 0
    check_books()


def test_what_refers_to_the_other_waits_again(shop, charlie):
    def tell(partner, kind, number, refers_to=None):
        report = ActivityReport(
            kind=kind,
            partner_id=partner.pk,
            source="erp",
            external_id=number,
            occurred_at=NOON,
            currency="GBP",
            amount_e4=1_000_000,
            refers_to=refers_to,
        )
        with transaction.atomic():
            take_in([report], as_of=NOON)

    tell(shop.partner, "invoice", "I1")
    tell(charlie.partner, "payment", "P1", ("erp", "I1"))
    made = join_up(shop.partner, charlie.partner, at=NOON)
    tell(shop.partner, "payment", "P2", ("erp", "I1"))
    tell(charlie.partner, "payment", "P3", ("erp", "I1"))
    assert not waiting_references().exists()

    undo_merge(merge=made, by=None, at=NOON)

    linked = Activity.objects.filter(refers_to__isnull=False)
    assert [activity.external_id for activity in linked] == ["P2"]
    waiting = waiting_references().values_list("activity__external_id", "source", "external_id")
    assert sorted(waiting) == [("P1", "erp", "I1"), ("P3", "erp", "I1")]


def test_what_they_asked_for_since_has_to_be_decided_first(shop, made, here):
    request = take(here, shop.pool, offer(shop.programme, approval_required=True))

    with pytest.raises(UndoNotPossible) as refused:
        undo_merge(merge=made, by=None, at=NOON)

    assert refused.value.reason == "still_pending"
    redeeming.withdraw(redemption=request, by=here.person, at=NOON)
    assert undo_merge(merge=made, by=None, at=NOON).undone_at == NOON


def test_points_that_came_back_since_are_not_left_with_the_other(shop, charlie):
    pool = accounts.pool(shop.unit, charlie.partner)
    earn(pool, 120)
    Standing.objects.filter(partner=charlie.partner).update(tier_code="gold")
    gift = offer(shop.programme, kind="physical_gift", terms={}, price=120)
    taken = take(charlie, pool, gift, details=ADDRESS)
    made = join_up(shop.partner, charlie.partner, at=NOON)
    redeeming.cancel(redemption=taken, by=None, reason="", at=NOON)
    assert balance(shop.pool) == 620

    with pytest.raises(UndoNotPossible) as refused:
        undo_merge(merge=made, by=None, at=NOON)

    assert refused.value.reason == "used_since"


def test_the_kept_one_keeps_a_head_buyer_of_its_own(shop, made, here):
    team.change(member=shop.alice, by=Actor(), at=NOON, role="buyer")
    with pytest.raises(UndoNotPossible) as refused:
        undo_merge(merge=made, by=None, at=NOON)
    assert refused.value.reason == "last_head_buyer"

    team.change(member=shop.bob, by=Actor(), at=NOON, role="head_buyer")
    assert undo_merge(merge=made, by=None, at=NOON).undone_at == NOON


def test_a_company_that_had_no_head_buyer_has_none_again(shop, charlie):
    empty = make_partner(shop.programme, "98")
    made = join_up(empty, charlie.partner, at=NOON)
    assert undo_merge(merge=made, by=None, at=NOON).undone_at == NOON
