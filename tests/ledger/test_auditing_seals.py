"""Whoever changes what is sealed, or a seal, has their name for it in the audit."""

import json
from contextlib import suppress
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from ledger.auditing import audit
from ledger.models import Seal, SealedAccount, Transfer
from ledger.promises.seals import KINDS
from ledger.sealing import seal
from tests.ledger.corruption import find_all, no_guards, run
from tests.ledger.entries import NOON, Till, open_till, post_all

pytestmark = pytest.mark.django_db


@pytest.fixture
def till() -> Till:
    """Three blocks, and one transfer that is in none yet."""
    till = open_till()
    post_all(till.earn(100), till.redeem(30))
    seal(as_of=NOON)
    post_all(till.claw_back(75), till.earn(10))
    seal(as_of=NOON)
    post_all(till.earn(40))
    seal(as_of=NOON)
    post_all(till.redeem(3))
    return till


@pytest.fixture
def unguarded(till):
    with no_guards():
        yield till


SECOND = "(SELECT id FROM ledger_seal WHERE number = 2)"
POOL = "(SELECT MIN(id) FROM ledger_account WHERE kind = 'pool')"
FORGED = "f" * 64

# What is done, and the number of the seal that is named.
CORRUPTIONS = {
    "seal_missing": (
        (
            f"DELETE FROM ledger_sealedaccount WHERE seal_id = {SECOND}",
            "DELETE FROM ledger_seal WHERE number = 2",
        ),
        3,
    ),
    "seal_not_linked": ((f"UPDATE ledger_seal SET previous = '{FORGED}' WHERE number = 2",), 2),
    "seal_was_changed": (
        ("UPDATE ledger_seal SET sealed_at = '2026-01-01 00:00:00' WHERE number = 2",),
        2,
    ),
    # Debt has neither lots nor uses.
    "sealed_transfers_differ": (("DELETE FROM ledger_transfer WHERE kind = 'incur_debt'",), 2),
    "sealed_journal_differs": (
        ("UPDATE ledger_transfer SET reference = 'forged' WHERE kind = 'incur_debt'",),
        2,
    ),
    "sealed_accounts_differ": (("UPDATE ledger_seal SET accounts = 9 WHERE number = 2",), 2),
    "sealed_balance_differs": (
        (
            f"UPDATE ledger_sealedaccount SET balance = 1 WHERE seal_id = {SECOND} AND account_id = {POOL}",
        ),
        2,
    ),
    "sealed_account_differs": (
        (
            f"UPDATE ledger_sealedaccount SET transfers = 1 WHERE seal_id = {SECOND} AND account_id = {POOL}",
        ),
        2,
    ),
    "sealed_root_differs": ((f"UPDATE ledger_seal SET root = '{FORGED}' WHERE number = 2",), 2),
    "transfer_in_no_block": (
        ("UPDATE ledger_seal SET first_transfer_id = last_transfer_id WHERE number = 2",),
        2,
    ),
}


class TestAudit:
    def test_finds_nothing_in_what_was_only_sealed(self, till):
        report = audit(as_of=NOON)

        assert report.divergences == ()
        assert (report.seals, report.digest) == (3, Seal.objects.get(number=3).digest)

    @pytest.mark.parametrize("kind", KINDS)
    def test_names_what_was_corrupted(self, unguarded, kind):
        statements, number = CORRUPTIONS[kind]
        for statement in statements:
            run(statement)

        assert find_all()[kind].seal_number == number

    def test_names_seal_account_transfer_and_both_figures(self, unguarded):
        run(CORRUPTIONS["sealed_balance_differs"][0][0])

        found = find_all()["sealed_balance_differs"]

        kept = SealedAccount.objects.get(seal__number=2, account=unguarded.pool)
        assert found.account_id == unguarded.pool.pk
        assert found.transfer_id == kept.last_transfer_id
        assert (found.expected, found.found) == (1, 5)

    def test_names_the_accounts_of_a_changed_amount(self, unguarded):
        run("UPDATE ledger_transfer SET amount = 31 WHERE kind = 'redeem' AND amount = 30")

        found = find_all()["sealed_balance_differs"]

        assert (found.seal_number, found.places) == (1, 2)
        assert found.account_id in (unguarded.pool.pk, unguarded.redeemed.pk)

    def test_names_a_transfer_slipped_in_among_old_ones(self, unguarded):
        """Its id lies in a sealed block, whatever time it claims."""
        run("DELETE FROM ledger_lotuse WHERE transfer_id = (SELECT MAX(id) FROM ledger_transfer)")
        run("UPDATE ledger_transfer SET id = 0 WHERE id = (SELECT MAX(id) FROM ledger_transfer)")

        found = find_all()["transfer_in_no_block"]

        assert (found.transfer_id, found.found) == (0, 1)

    def test_is_told_with_its_seal(self, unguarded):
        run(CORRUPTIONS["sealed_journal_differs"][0][0])
        output = StringIO()

        with suppress(CommandError):
            call_command("verify_ledger", "--json", stdout=output)
        said = json.loads(output.getvalue())

        assert said["seals"] == 3
        told = next(one for one in said["divergences"] if one["kind"] == "sealed_journal_differs")
        assert told["seal"] == 2
        with pytest.raises(CommandError):
            call_command("verify_ledger", stdout=output)
        assert "sealed_journal_differs: seal 2" in output.getvalue()

    def test_provokes_every_kind_it_knows(self):
        assert set(KINDS) == set(CORRUPTIONS)
        assert Transfer.objects.count() == 0
