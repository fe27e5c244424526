"""What the clients do, one call a piece of work. Each function prepares and returns the work."""

import itertools
from collections.abc import Iterator, Sequence
from datetime import timedelta

from django.db import transaction

from ledger.models import Account, Transfer
from ledger.posting import Entry, post
from partners import events
from partners.events import EventDraft
from partners.models import Partner
from tests.bench._clients import Client, Work
from tests.bench._ledger_world import (
    BRANCHES,
    START,
    TELLERS,
    World,
    connect_directly,
    find_world,
)

NOW = START + timedelta(days=60)


def move(entries: Sequence[Entry], *, kind: str) -> int:
    """One door's transaction: the partners' locks, the posting, an event for each transfer."""
    with transaction.atomic():
        partner_ids = [entry.debit.partner_id or entry.credit.partner_id or 0 for entry in entries]
        Partner.objects.lock(partner_ids)
        post(entries, posted_at=NOW)
        events.record(
            [
                EventDraft(
                    partner_id=partner_id,
                    kind=kind,
                    occurred_at=NOW,
                    payload={"amount": entry.amount, "unit": "points"},
                )
                for partner_id, entry in zip(partner_ids, entries, strict=True)
            ],
            recorded_at=NOW,
        )
    return len(entries)


class Entries:
    """Entries with keys of their own, as a door would make them."""

    def __init__(self, client: Client, world: World, prefix: str) -> None:
        self.world = world
        self.keys = (f"{prefix}:{client.number}:{count}" for count in itertools.count())

    def make(self, kind: str, debit: Account, credit: Account, amount: int) -> Entry:
        return Entry(
            kind=kind,
            debit=debit,
            credit=credit,
            amount=amount,
            idempotency_key=next(self.keys),
            occurred_at=NOW,
        )

    def redeem(self, pool: Account, amount: int = 1) -> Entry:
        redeemed = self.world.house[Account.Kind.REDEEMED]
        return self.make(Transfer.Kind.REDEEM, pool, redeemed, amount)

    def earn(self, pool: Account, amount: int = 1) -> Entry:
        return self.make(Transfer.Kind.EARN, self.world.house[Account.Kind.ISSUED], pool, amount)


def redeem_spread(client: Client, *, code: str) -> Work:
    world = find_world(code)
    entries = Entries(client, world, "spread")
    pools = world.pools

    def work() -> int:
        return move([entries.redeem(client.chance.choice(pools))], kind="redemption_moved")

    return work


def earn_spread(client: Client, *, code: str) -> Work:
    world = find_world(code)
    entries = Entries(client, world, "earn")
    pools = world.pools

    def work() -> int:
        return move([entries.earn(client.chance.choice(pools))], kind="points_earned")

    return work


def earn_alone(client: Client, *, code: str) -> Work:
    """Only what the peer does too: the posting in a transaction."""
    world = find_world(code)
    entries = Entries(client, world, "alone")
    pools = world.pools

    def work() -> int:
        with transaction.atomic():
            post([entries.earn(client.chance.choice(pools))], posted_at=NOW)
        return 1

    return work


def redeem_hot(client: Client, *, code: str) -> Work:
    world = find_world(code)
    entries = Entries(client, world, "hot")
    pool = world.pools[0]

    def work() -> int:
        return move([entries.redeem(pool)], kind="redemption_moved")

    return work


def redeem_batch(client: Client, *, code: str, size: int) -> Work:
    """Each client has partners of its own, as chunks of an import have."""
    world = find_world(code)
    entries = Entries(client, world, f"batch{size}")
    pools = world.pools[client.number :: client.clients]

    def work() -> int:
        chosen = client.chance.sample(pools, min(size, len(pools)))
        return move([entries.redeem(pool) for pool in chosen], kind="redemption_moved")

    return work


def redeem_in_turn(client: Client, *, code: str, amount: int) -> Work:
    """Every account in turn, so that all keep about as many lots."""
    world = find_world(code)
    entries = Entries(client, world, "turn")
    pools: Iterator[Account] = itertools.cycle(world.pools[client.number :: client.clients])

    def work() -> int:
        return move([entries.redeem(next(pools), amount)], kind="redemption_moved")

    return work


def move_without_lots(client: Client, *, code: str, amount: int) -> Work:
    """The same road for an account that keeps no lots: what a partner owes."""
    world = find_world(code)
    entries = Entries(client, world, "debt")
    debts: Iterator[Account] = itertools.cycle(world.debts[client.number :: client.clients])
    taken_back = world.house[Account.Kind.TAKEN_BACK]

    def work() -> int:
        entry = entries.make(Transfer.Kind.INCUR_DEBT, next(debts), taken_back, amount)
        return move([entry], kind="redemption_moved")

    return work


def read_balance(_client: Client, *, code: str) -> Work:
    """The unit's last pool: the only one, or one of many that have hardly moved."""
    pk = find_world(code).pools[-1].pk

    def work() -> int:
        Account.objects.values_list("balance", flat=True).get(pk=pk)
        return 1

    return work


def tpcb(client: Client) -> Work:
    """The transaction of TPC-B as pgbench does it, over the driver with prepared statements."""
    connection = connect_directly()
    chance = client.chance
    (accounts,) = connection.execute("SELECT max(aid) FROM bench_accounts").fetchone()

    def work() -> int:
        account, delta = chance.randint(1, accounts), chance.randint(-5000, 5000)
        teller, branch = chance.randint(1, TELLERS), chance.randint(1, BRANCHES)
        with connection.transaction(), connection.cursor() as cursor:
            cursor.execute(
                "UPDATE bench_accounts SET abalance = abalance + %s WHERE aid = %s",
                (delta, account),
            )
            cursor.execute("SELECT abalance FROM bench_accounts WHERE aid = %s", (account,))
            cursor.fetchone()
            cursor.execute(
                "UPDATE bench_tellers SET tbalance = tbalance + %s WHERE tid = %s", (delta, teller)
            )
            cursor.execute(
                "UPDATE bench_branches SET bbalance = bbalance + %s WHERE bid = %s",
                (delta, branch),
            )
            cursor.execute(
                "INSERT INTO bench_history (tid, bid, aid, delta, mtime)"
                " VALUES (%s, %s, %s, %s, CURRENT_TIMESTAMP)",
                (teller, branch, account, delta),
            )
        return 1

    return work
