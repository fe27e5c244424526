"""A ledger as large as one likes, written by a few statements: for measuring what reads it all."""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import connection

from ledger import accounts
from ledger.models import Account, Lot, LotUse, Transfer
from partners.models import Member, Partner, Person
from tests.factories import UnitFactory

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
ROWS_AT_ONCE = 2_000


@dataclass(frozen=True)
class LargeLedger:
    transfers: int
    partners: int


def fill(*, transfers: int, partners: int) -> LargeLedger:
    """
    Post ``transfers`` for ``partners`` in turns: earn 100, redeem 60, earn 100, share 30, and again.

    Everything agrees: lots, uses, balances. The ledger must be empty, in a database of its own.
    """
    assert not Transfer.objects.exists(), "fill an empty ledger"
    unit = UnitFactory()
    house = accounts.open_house_accounts(unit)
    pools, wallets = _open(unit, partners)
    names = {
        "transfers": transfers,
        "partners": partners,
        "issued": house[Account.Kind.ISSUED].pk,
        "redeemed": house[Account.Kind.REDEEMED].pk,
        "pools": pools[0].pk,
        "wallets": wallets[0].pk,
        "owners": pools[0].partner_id,
    }
    on_postgresql = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        for statement in _statements(on_postgresql):
            cursor.execute(statement, names)
        if on_postgresql:
            for model in (Transfer, Lot, LotUse):
                table = model._meta.db_table
                cursor.execute(
                    f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), MAX(id)) FROM {table}"
                )
                cursor.execute(f"ANALYZE {table}")
    return LargeLedger(transfers=transfers, partners=partners)


def _open(unit, count: int) -> tuple[list[Account], list[Account]]:
    """Open pools and wallets whose ids, and whose owners' ids, follow each other."""
    owners = Partner.objects.bulk_create(
        [Partner(erp_number=f"L{n:07}", legal_name=f"Company {n}") for n in range(count)],
        batch_size=ROWS_AT_ONCE,
    )
    people = Person.objects.bulk_create(
        [Person(email=f"l{n}@example.com", name=f"Person {n}") for n in range(count)],
        batch_size=ROWS_AT_ONCE,
    )
    members = Member.objects.bulk_create(
        [
            Member(partner=owner, person=person, role=Member.Role.BUYER, joined_at=BEGIN)
            for owner, person in zip(owners, people, strict=True)
        ],
        batch_size=ROWS_AT_ONCE,
    )
    pools = [Account(unit=unit, kind=Account.Kind.POOL, partner=owner) for owner in owners]
    wallets = [
        Account(unit=unit, kind=Account.Kind.WALLET, partner=one.partner, member=one)
        for one in members
    ]
    for opened in (pools, wallets):
        Account.objects.bulk_create(opened, batch_size=ROWS_AT_ONCE)
        assert opened[-1].pk - opened[0].pk == count - 1
    assert owners[-1].pk - owners[0].pk == count - 1
    return pools, wallets


def _statements(on_postgresql: bool) -> list[str]:
    numbers = (
        "SELECT i FROM generate_series(1, %(transfers)s) AS given(i)"
        if on_postgresql
        else "WITH RECURSIVE given(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM given"
        " WHERE i < %(transfers)s) SELECT i FROM given"
    )
    public_id = "lpad(to_hex(i), 32, '0')::uuid" if on_postgresql else "printf('%%032x', i)"
    moment = (
        "TIMESTAMPTZ '2026-01-01 00:00:00+00' + turn * INTERVAL '1 minute'"
        if on_postgresql
        else "datetime('2026-01-01 00:00:00', '+' || turn || ' minutes')"
    )
    # What happens in a partner's turn: earn, redeem out of it, earn, share out of it.
    turns = f"""
        SELECT i, place, turn, turn %% 4 AS act, {public_id} AS public_id, {moment} AS moment,
               %(pools)s + place AS pool, %(wallets)s + place AS wallet
          FROM (SELECT i, (i - 1) %% %(partners)s AS place, (i - 1) / %(partners)s AS turn
                  FROM ({numbers}) counted) placed
    """
    return [
        f"""
        INSERT INTO ledger_transfer (
            id, public_id, idempotency_key, kind, debit_account_id, credit_account_id, partner_id,
            amount, occurred_at, posted_at, reason_code, reference, batch)
        SELECT i, public_id, 'large:' || i,
               CASE act WHEN 1 THEN 'redeem' WHEN 3 THEN 'share' ELSE 'earn' END,
               CASE WHEN act IN (0, 2) THEN %(issued)s ELSE pool END,
               CASE act WHEN 1 THEN %(redeemed)s WHEN 3 THEN wallet ELSE pool END,
               %(owners)s + place, CASE act WHEN 1 THEN 60 WHEN 3 THEN 30 ELSE 100 END,
               moment, moment, '', 'o-' || i, public_id
          FROM ({turns}) turns ORDER BY turns.i
        """,
        f"""
        INSERT INTO ledger_lot (
            id, account_id, opened_by_id, origin_id, amount, remaining, held, earned_at)
        SELECT i, CASE act WHEN 3 THEN wallet ELSE pool END, i,
               CASE act WHEN 3 THEN i - %(partners)s ELSE i END,
               CASE act WHEN 3 THEN 30 ELSE 100 END,
               CASE WHEN act = 3 THEN 30
                    WHEN i + %(partners)s > %(transfers)s THEN 100
                    WHEN act = 0 THEN 40 ELSE 70 END,
               0, moment
          FROM ({turns}) turns WHERE act <> 1 ORDER BY turns.i
        """,
        f"""
        INSERT INTO ledger_lotuse (id, transfer_id, lot_id, amount)
        SELECT i, i, i - %(partners)s, CASE act WHEN 1 THEN 60 ELSE 30 END
          FROM ({turns}) turns WHERE act IN (1, 3) ORDER BY turns.i
        """,
        """
        UPDATE ledger_account SET balance = fresh.total
          FROM (SELECT account_id, SUM(remaining) AS total FROM ledger_lot GROUP BY account_id) fresh
         WHERE ledger_account.id = fresh.account_id
        """,
        """
        UPDATE ledger_account SET last_posted_at = fresh.latest
          FROM (SELECT account_id, MAX(posted_at) AS latest
                  FROM (SELECT debit_account_id AS account_id, posted_at FROM ledger_transfer
                         UNION ALL
                        SELECT credit_account_id, posted_at FROM ledger_transfer) side
                 GROUP BY account_id) fresh
         WHERE ledger_account.id = fresh.account_id AND ledger_account.kind IN ('pool', 'wallet')
        """,
    ]
