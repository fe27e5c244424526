"""Holds, extensions and corrections: each lie about them has its name in the audit."""

import pytest
from django.db import transaction

from ledger.extending import extend
from ledger.models import Correction, CorrectionReason, Hold, Lot, Transfer
from ledger.promises import corrections, holds
from tests.factories import PersonFactory
from tests.ledger.corruption import find_all, no_guards, run
from tests.ledger.entries import NOON, Till, open_till, post_all, post_one
from tests.ledger.test_auditing import JUNE, MAY

pytestmark = pytest.mark.django_db


@pytest.fixture
def till() -> Till:
    """Two lots; one hold is open, one was captured in part, one released; a refund, an adjustment."""
    till = open_till()
    post_all(till.earn(100, expires_at=MAY), till.earn(60))
    post_one(till.reserve(30))
    captured = post_one(till.reserve(20)).hold
    post_one(till.capture(captured, amount=12))
    released = post_one(till.reserve(5)).hold
    post_one(till.release(released))
    redeemed = post_one(till.redeem(15)).transfer
    post_one(till.refund(redeemed, 5))
    post_one(till.share(10, to=till.wallet()))
    with transaction.atomic():
        extend(unit=till.unit, partner_ids=[till.partner.pk], until=JUNE, as_of=NOON)
    post_one(till.share(10, to=till.wallet()))
    adjusted = post_one(till.entry(Transfer.Kind.ADJUST, till.adjusted, till.pool, 7)).transfer
    Correction.objects.create(
        request_key="one",
        kind=Correction.Kind.CREDIT,
        door=Correction.Door.ADMIN,
        partner=till.partner,
        account=till.pool,
        amount=7,
        reason=CorrectionReason.objects.first(),
        state=Correction.State.POSTED,
        requested_by=PersonFactory(),
        requested_at=NOON,
        transfer=adjusted,
    )
    return till


@pytest.fixture
def unguarded(till):
    other = open_till(unit=till.unit)
    post_all(other.earn(50))
    with no_guards():
        yield till


OPEN = "(SELECT MIN(id) FROM ledger_hold WHERE state = 'open')"
CAPTURED = "(SELECT MIN(id) FROM ledger_hold WHERE state = 'captured')"
OTHER_LOT = "(SELECT MAX(id) FROM ledger_lot)"
OTHER_PARTNER = "(SELECT MAX(partner_id) FROM ledger_account WHERE kind = 'pool')"
REFUND = "(SELECT MAX(id) FROM ledger_transfer WHERE kind = 'refund')"

CORRUPTIONS = {
    "held_differs_from_holds": f"UPDATE ledger_hold SET amount = amount + 1 WHERE id = {OPEN}",
    "lot_held_differs_from_slices": (
        f"UPDATE ledger_holdslice SET amount = amount + 1 WHERE hold_id = {OPEN}"
    ),
    "hold_differs_from_its_slices": f"DELETE FROM ledger_holdslice WHERE hold_id = {CAPTURED}",
    "hold_on_a_lot_of_another_account": (
        f"UPDATE ledger_holdslice SET lot_id = {OTHER_LOT} WHERE hold_id = {OPEN}"
    ),
    "hold_of_another_partner": f"UPDATE ledger_hold SET partner_id = {OTHER_PARTNER} WHERE id = {OPEN}",
    "capture_differs_from_its_transfer": f"UPDATE ledger_hold SET captured = 13 WHERE id = {CAPTURED}",
    "capture_took_other_slices": (
        "UPDATE ledger_holdslice SET lot_id = (SELECT MIN(id) FROM ledger_lot WHERE expires_at IS"
        f" NULL) WHERE hold_id = {CAPTURED}"
    ),
    "expiry_differs_from_extensions": (
        "UPDATE ledger_lot SET expires_at = '2027-01-01 00:00:00' WHERE id ="
        " (SELECT MIN(lot_id) FROM ledger_lotextension)"
    ),
    "reversed_more_than_it_moved": f"UPDATE ledger_transfer SET amount = 16 WHERE id = {REFUND}",
    "correction_differs_from_its_transfer": "UPDATE ledger_correction SET amount = 8",
}


class TestAudit:
    def test_finds_nothing_in_what_was_only_posted(self, till):
        assert find_all(JUNE) == {}

    @pytest.mark.parametrize("kind", CORRUPTIONS)
    def test_names_what_was_corrupted(self, unguarded, kind):
        run(CORRUPTIONS[kind])

        found = find_all(JUNE)[kind]

        assert found.account_id is not None
        assert found.expected != found.found

    def test_names_account_transfer_and_both_figures_of_a_capture(self, unguarded):
        run(CORRUPTIONS["capture_differs_from_its_transfer"])

        found = find_all(JUNE)["capture_differs_from_its_transfer"]

        captured = Hold.objects.get(state=Hold.State.CAPTURED)
        assert (found.account_id, found.transfer_id) == (unguarded.pool.pk, captured.capture_id)
        assert (found.expected, found.found) == (12, 13)

    def test_names_a_broken_chain_of_extensions(self, unguarded):
        run("UPDATE ledger_lotextension SET expires_at = '2027-01-01 00:00:00'")

        assert "expiry_differs_from_extensions" in find_all(JUNE)

    def test_knows_that_a_slice_moved_before_its_lot_was_extended(self, till):
        """The first share kept the old expiry in the wallet, and both lots live longer since."""
        assert Lot.objects.filter(extensions__isnull=False).distinct().count() >= 2
        assert "moved_slice_lost_its_origin_or_expiry" not in find_all(JUNE)

    def test_provokes_every_kind_it_knows(self):
        provoked = {*CORRUPTIONS} - {"expiry_differs_from_extensions"}

        assert provoked == {one.kind for one in (*holds.PROMISES, *corrections.PROMISES)}
