"""The rows that the ledger's measurements stand on, written set by set."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import psycopg
from django.db import connection

from ledger.accounts import open_house_accounts
from ledger.models import Account, Transfer, Unit
from partners.models import Partner

START = datetime(2026, 1, 1, tzinfo=UTC)
LATER = START + timedelta(days=3650)
PARTNER_KINDS = (Account.Kind.POOL, Account.Kind.PENDING, Account.Kind.DEBT)

TPCB = """
    CREATE TABLE bench_branches (bid int PRIMARY KEY, bbalance bigint NOT NULL DEFAULT 0);
    CREATE TABLE bench_tellers (
        tid int PRIMARY KEY, bid int NOT NULL, tbalance bigint NOT NULL DEFAULT 0);
    CREATE TABLE bench_accounts (
        aid int PRIMARY KEY, bid int NOT NULL, abalance bigint NOT NULL DEFAULT 0,
        filler char(84) NOT NULL DEFAULT '');
    CREATE TABLE bench_history (
        tid int, bid int, aid int, delta int, mtime timestamptz, filler char(22));
    INSERT INTO bench_branches SELECT n FROM generate_series(1, {branches}) n;
    INSERT INTO bench_tellers SELECT n, 1 + n % {branches} FROM generate_series(1, {tellers}) n;
    INSERT INTO bench_accounts SELECT n, 1 + n % {branches} FROM generate_series(1, {accounts}) n;
"""
BRANCHES, TELLERS = 50, 500

# Lots of one account differ by their expiry, so that there is an order to spend them in.
EARNINGS = """
    INSERT INTO ledger_transfer (public_id, idempotency_key, kind, debit_account_id,
        credit_account_id, partner_id, amount, occurred_at, posted_at, reason_code, reference, batch)
    SELECT lpad(to_hex(%(first)s::bigint + row_number() OVER ()), 32, '0')::uuid,
           'history:' || (%(first)s::bigint + row_number() OVER ()), 'earn', %(issued)s, a.id,
           a.partner_id, %(amount)s, %(at)s, %(at)s, '', '', lpad('1', 32, '0')::uuid
      FROM ledger_account a, generate_series(1, %(lots)s) WHERE a.id = ANY(%(pools)s);
    INSERT INTO ledger_lot (account_id, opened_by_id, origin_id, amount, remaining, held,
        earned_at, expires_at)
    SELECT t.credit_account_id, t.id, t.id, t.amount, t.amount, 0, t.occurred_at,
           %(expires)s::timestamptz - (t.id %% %(lots)s) * interval '1 day'
      FROM ledger_transfer t
     WHERE t.credit_account_id = ANY(%(pools)s) AND t.posted_at = %(at)s;
    UPDATE ledger_account SET balance = balance + %(lots)s * %(amount)s, last_posted_at = %(at)s
     WHERE id = ANY(%(pools)s);
"""

# Pairs of a transfer in and one out, long ago: they change no balance and leave no lot open.
HISTORY = """
    SET session_replication_role = replica;
    INSERT INTO ledger_transfer (public_id, idempotency_key, kind, debit_account_id,
        credit_account_id, partner_id, amount, occurred_at, posted_at, reason_code, reference, batch)
    SELECT lpad(to_hex(1099511627776 + n), 32, '0')::uuid, 'busy:' || n,
           CASE WHEN n %% 2 = 0 THEN 'earn' ELSE 'redeem' END,
           CASE WHEN n %% 2 = 0 THEN %(issued)s ELSE %(busy)s END,
           CASE WHEN n %% 2 = 0 THEN %(busy)s ELSE %(redeemed)s END,
           %(partner)s, 1, %(at)s, %(at)s, '', '', lpad('2', 32, '0')::uuid
      FROM generate_series(1, %(movements)s) n;
    SET session_replication_role = origin;
    ANALYZE ledger_transfer;
"""


@dataclass(frozen=True)
class World:
    """One unit, its house accounts, and partners with a pool, pending and debt account each."""

    unit: Unit
    house: dict[str, Account]
    pools: list[Account]
    debts: list[Account]


def find_world(code: str) -> World:
    unit = Unit.objects.get(code=code)
    mine = Account.objects.filter(unit=unit).order_by("pk")
    return World(
        unit=unit,
        house={one.kind: one for one in mine.filter(partner__isnull=True)},
        pools=list(mine.filter(kind=Account.Kind.POOL)),
        debts=list(mine.filter(kind=Account.Kind.DEBT)),
    )


def build_world(code: str, *, partners: int, lots: int, amount: int, expires: datetime) -> World:
    """Open a unit in which each partner's pool has so many lots of the amount."""
    unit = Unit.objects.create(code=code, kind=Unit.Kind.POINTS)
    open_house_accounts(unit)
    made = Partner.objects.bulk_create(
        Partner(erp_number=f"{code}-{number}", legal_name=f"Company {number}")
        for number in range(partners)
    )
    Account.objects.bulk_create(
        Account(unit=unit, kind=kind, partner=partner) for partner in made for kind in PARTNER_KINDS
    )
    world = find_world(code)
    if lots:
        earn_in_bulk(world, lots=lots, amount=amount, expires=expires)
    refresh_statistics()
    return find_world(code)


def earn_in_bulk(world: World, *, lots: int, amount: int, expires: datetime) -> None:
    latest = Transfer.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    with connection.cursor() as cursor:
        cursor.execute(
            EARNINGS,
            {
                "first": latest,
                "issued": world.house[Account.Kind.ISSUED].pk,
                "pools": [pool.pk for pool in world.pools],
                "lots": lots,
                "amount": amount,
                # A moment of its own tells these transfers from all others.
                "at": START + timedelta(seconds=latest),
                "expires": expires,
            },
        )


def build_tpcb(accounts: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(TPCB.format(branches=BRANCHES, tellers=TELLERS, accounts=accounts))
    refresh_statistics()


def refresh_statistics() -> None:
    """A fresh database does not know yet how large its tables are."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def connect_directly() -> psycopg.Connection:
    """Return a plain connection of the driver beside Django's."""
    address = connection.get_connection_params()
    keep = ("host", "port", "user", "password", "dbname")
    return psycopg.connect(
        **{name: address[name] for name in keep}, autocommit=True, prepare_threshold=0
    )


def give_a_history(world: World, account: Account, *, movements: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            HISTORY,
            {
                "issued": world.house[Account.Kind.ISSUED].pk,
                "redeemed": world.house[Account.Kind.REDEEMED].pk,
                "busy": account.pk,
                "partner": account.partner_id,
                "movements": movements,
                "at": START,
            },
        )
