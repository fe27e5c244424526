import json
from contextlib import suppress
from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from ledger.auditing import audit
from ledger.models import Account, Lot, Transfer
from ledger.promises import balances, lots
from ledger.sealing import seal
from tests.factories import UnitFactory
from tests.ledger.corruption import find_all, no_guards, run
from tests.ledger.entries import Till, open_till, post_all

pytestmark = pytest.mark.django_db

MAY = datetime(2026, 5, 1, tzinfo=UTC)
JUNE = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture
def till() -> Till:
    """A partner who earned, pended, shared, redeemed and let expire; a second one with debt."""
    till = open_till()
    wallet = till.wallet()
    post_all(
        till.earn(100, expires_at=MAY),
        till.earn(50),
        till.pend(30, matures_at=MAY),
        till.share(20, to=wallet),
        till.redeem(40),
    )
    post_all(till.expire(40), till.mature(30), at=MAY)
    other = open_till(unit=till.unit)
    post_all(other.claw_back(15), other.earn(10))
    return till


@pytest.fixture
def unguarded(till):
    """Whoever corrupts a ledger has first got rid of its guards and constraints."""
    with no_guards():
        yield till


def kinds() -> set[str]:
    return set(find_all(JUNE))


POOL = "(SELECT MIN(id) FROM ledger_account WHERE kind = 'pool')"
WALLET = "(SELECT MIN(id) FROM ledger_account WHERE kind = 'wallet')"
ISSUED = "(SELECT MIN(id) FROM ledger_account WHERE kind = 'issued')"
FIRST = "(SELECT MIN(id) FROM ledger_transfer)"
SHARE = "(SELECT MIN(id) FROM ledger_transfer WHERE kind = 'share')"
REDEEM = "(SELECT MIN(id) FROM ledger_transfer WHERE kind = 'redeem')"
OPEN_LOT = f"(SELECT MIN(id) FROM ledger_lot WHERE remaining > 0 AND account_id = {POOL})"
OWING = "(SELECT MIN(partner_id) FROM ledger_account WHERE kind = 'debt' AND balance > 0)"

CORRUPTIONS = {
    "balance_differs_from_journal": f"UPDATE ledger_account SET balance = balance + 1 WHERE id = {POOL}",
    "balance_differs_from_lots": f"UPDATE ledger_lot SET remaining = remaining - 1 WHERE id = {OPEN_LOT}",
    "lot_differs_from_its_uses": f"UPDATE ledger_lot SET remaining = remaining - 1 WHERE id = {OPEN_LOT}",
    "uses_differ_from_transfer": f"DELETE FROM ledger_lotuse WHERE transfer_id = {REDEEM}",
    "opened_lots_differ_from_transfer": f"UPDATE ledger_lot SET amount = amount + 1 WHERE id = {OPEN_LOT}",
    "use_of_a_lot_of_another_account": (
        f"UPDATE ledger_lotuse SET lot_id = (SELECT MIN(id) FROM ledger_lot WHERE account_id = {WALLET})"
        f" WHERE transfer_id = {REDEEM}"
    ),
    "lot_opened_on_another_account": f"UPDATE ledger_lot SET account_id = {WALLET} WHERE id = {OPEN_LOT}",
    "moved_slice_lost_its_origin_or_expiry": (
        f"UPDATE ledger_lot SET expires_at = NULL WHERE opened_by_id = {SHARE}"
    ),
    "held_differs_from_lots": f"UPDATE ledger_account SET held = 1 WHERE id = {POOL}",
    "balance_out_of_bounds": f"UPDATE ledger_account SET balance = -1 WHERE id = {POOL}",
    "amount_out_of_bounds": f"UPDATE ledger_transfer SET amount = 0 WHERE id = {FIRST}",
    "lot_out_of_bounds": f"UPDATE ledger_lot SET remaining = amount + 1 WHERE id = {OPEN_LOT}",
    "house_stores_a_balance": f"UPDATE ledger_account SET balance = 1 WHERE id = {ISSUED}",
    "unit_is_not_conserved": f"UPDATE ledger_account SET balance = balance - 1 WHERE id = {POOL}",
    "debt_beside_a_free_pool": (
        "UPDATE ledger_lot SET remaining = 1 WHERE account_id ="
        f" (SELECT id FROM ledger_account WHERE kind = 'pool' AND partner_id = {OWING})"
    ),
    "balance_was_below_zero": f"UPDATE ledger_transfer SET amount = 5 WHERE id = {FIRST}",
    "posted_at_went_back": (
        f"UPDATE ledger_transfer SET posted_at = '2020-01-01 00:00:00' WHERE id = {REDEEM}"
    ),
    "latest_posting_differs": f"UPDATE ledger_account SET last_posted_at = NULL WHERE id = {POOL}",
    "transfer_of_another_partner": (
        f"UPDATE ledger_transfer SET partner_id = {OWING} WHERE id = {FIRST}"
    ),
}


class TestAudit:
    def test_finds_nothing_in_a_ledger_that_was_only_posted_to(self, till):
        report = audit(as_of=JUNE)

        assert report.divergences == ()
        assert report.ok
        assert report.transfers == Transfer.objects.count()
        assert report.accounts == Account.objects.count()
        assert report.lots == Lot.objects.count()

    def test_finds_nothing_in_an_empty_ledger(self):
        assert audit(as_of=JUNE).ok

    def test_counts_transfers_and_lots_up_to_its_moment(self, till):
        then = audit(as_of=datetime(2020, 1, 1, tzinfo=UTC))

        assert (then.transfers, then.lots) == (0, 0)
        assert then.ok

    @pytest.mark.parametrize("kind", CORRUPTIONS)
    def test_names_what_was_corrupted(self, unguarded, kind):
        run(CORRUPTIONS[kind])

        assert kind in kinds()

    def test_names_a_transfer_between_units(self, unguarded):
        elsewhere = open_till(unit=UnitFactory())
        run(
            f"UPDATE ledger_transfer SET debit_account_id = {elsewhere.issued.pk} WHERE id = {FIRST}"
        )

        assert "transfer_between_units" in kinds()

    def test_names_missing_guards(self, unguarded):
        guard = audit(as_of=JUNE).divergences[0]

        assert guard.kind == "append_only_guard_missing"
        assert str(guard).startswith("append_only_guard_missing: ledger_transfer_")

    def test_names_account_transfer_and_both_figures(self, unguarded):
        run(CORRUPTIONS["balance_differs_from_journal"])

        found = audit(as_of=JUNE).divergences[0]

        assert found.kind == "balance_differs_from_journal"
        assert found.account_id == unguarded.pool.pk
        assert Transfer.objects.of_account(unguarded.pool).last().pk == found.transfer_id
        assert (found.expected, found.found) == (80, 81)

    def test_provokes_every_kind_it_knows_of_balances_and_lots(self):
        provoked = {*CORRUPTIONS, "transfer_between_units", "expiry_differs_from_extensions"}

        assert provoked == {promise.kind for promise in (*balances.PROMISES, *lots.PROMISES)}


class TestVerifyLedger:
    def call(self, *arguments: str) -> str:
        output = StringIO()
        with suppress(CommandError):
            call_command("verify_ledger", *arguments, stdout=output)
        return output.getvalue()

    def test_answers_in_json(self, till):
        answer = json.loads(self.call("--json"))

        assert answer == {
            "ok": True,
            "accounts": Account.objects.count(),
            "transfers": Transfer.objects.count(),
            "lots": Lot.objects.count(),
            "seals": 0,
            "digest": "",
            "divergences": [],
        }

    def test_ends_with_one_and_the_first_divergence_of_each_kind(self, unguarded):
        run(CORRUPTIONS["balance_differs_from_journal"])

        with pytest.raises(CommandError) as caught:
            call_command("verify_ledger", stdout=StringIO())

        assert caught.value.returncode == 1
        said = self.call()
        assert f"account {unguarded.pool.pk}" in said
        assert "expected 80, found 81" in said

    def test_says_in_a_sentence_that_all_is_well(self, till):
        seal(as_of=datetime(2099, 1, 1, tzinfo=UTC))

        said = self.call()

        assert said.startswith("The ledger adds up: ")
        assert " 1 seal.\n" in said

    def test_looks_back_to_a_day(self, till):
        assert json.loads(self.call("--json", "--as-of", "2020-01-01"))["transfers"] == 0

    @pytest.mark.parametrize("moment", ["yesterday", "2026-13-01", "2026-02-30T00:00:00", ""])
    def test_refuses_what_is_no_moment(self, moment):
        with pytest.raises(CommandError) as caught:
            call_command("verify_ledger", "--as-of", moment)

        assert caught.value.returncode == 2
