"""Retiring set by set writes what posting an entry for each account writes, or nothing at all."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import hypothesis
import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from ledger import accounts, retiring
from ledger.auditing import audit
from ledger.due import lock_due
from ledger.expiring import expire
from ledger.models import TRANSFER_AMOUNT_MAX, Account, Lot, LotUse, Transfer
from ledger.posting import (
    AmountOutOfBounds,
    ChangedMeanwhile,
    Entry,
    IdempotencyKeyReused,
    InsufficientPoints,
    post,
)
from ledger.retiring import lock_and_read, retire
from partners import events
from partners.events import EventDraft
from partners.models import Event, Partner
from tests.factories import NOON
from tests.ledger.entries import Till, balance, open_till, post_all, post_one

MAY = datetime(2026, 5, 1, tzinfo=UTC)
JUNE = datetime(2026, 6, 1, tzinfo=UTC)
JULY = datetime(2026, 7, 1, 0, 0, 0, 250_000, tzinfo=UTC)
SCALE = hypothesis.settings.default.max_examples

# Which of six accounts, what happens to it, how much, when it expires, and when that is posted.
acts = st.lists(
    st.tuples(
        st.integers(0, 5),
        st.sampled_from(["earn", "earn", "earn", "redeem", "hold"]),
        st.integers(1, 50),
        st.sampled_from([MAY, MAY, JUNE, JULY, None]),
        st.sampled_from([NOON, NOON, JULY]),
    ),
    min_size=5,
    max_size=40,
)


def build_world(history: list[tuple[int, str, int, datetime | None, datetime]]) -> None:
    """Two partners in one unit and one of them in another; each credit is a lot of its own."""
    first = open_till()
    second, elsewhere = open_till(unit=first.unit), open_till(partner=first.partner)
    places = [
        (first, first.pool),
        (first, first.wallet()),
        (second, second.pool),
        (second, second.wallet()),
        (second, second.pending),
        (elsewhere, elsewhere.pool),
    ]
    for place, act, amount, expires_at, at in history:
        till, account = places[place]
        if act == "earn":
            asked = till.earn(amount, into=account, expires_at=expires_at)
        elif act == "hold" and account != till.pending:
            asked = till.reserve(amount, of=account)
        else:
            asked = till.redeem(amount, from_=account)
        try:
            post_one(asked, at=at)
        except InsufficientPoints:
            continue


def post_entry_for_each_account(as_of: datetime) -> None:
    """What expiry means, without sets: the lots are read one by one and posted like any move."""
    due = lock_due(
        column="expires_at", as_of=as_of, unit=None, after_account_id=0, accounts_max=1000
    ).due
    entries = [
        Entry(
            kind=Transfer.Kind.EXPIRE,
            debit=one.account,
            credit=accounts.house(one.account.unit, Account.Kind.EXPIRED),
            amount=one.amount,
            idempotency_key=f"expire:{one.account.pk}:{as_of.isoformat()}:{one.mark}",
            occurred_at=one.latest_at,
        )
        for one in due
    ]
    post(entries, posted_at=as_of)
    drafts = [
        EventDraft(
            partner_id=one.partner_id,
            member_id=one.account.member_id,
            kind="points_expired",
            occurred_at=one.latest_at,
            payload={"amount": one.amount, "unit": one.account.unit.code},
        )
        for one in due
    ]
    events.record(drafts, recorded_at=as_of)


def read_rows() -> dict[str, list[Any]]:
    """Everything a night may write, in the order of the ids, without ids that are drawn."""
    transfers = Transfer.objects.order_by("pk")
    without = {"id", "public_id", "batch"}
    columns = [f.attname for f in Transfer._meta.concrete_fields if f.attname not in without]
    return {
        "transfers": list(transfers.values_list(*columns)),
        "sizes of batches": [
            len([one for one in transfers if one.batch == batch])
            for batch in dict.fromkeys(one.batch for one in transfers)
        ],
        "uses": list(
            LotUse.objects.order_by("pk").values_list(
                "transfer__idempotency_key", "lot_id", "amount"
            )
        ),
        "lots": list(Lot.objects.order_by("pk").values_list()),
        "accounts": list(Account.objects.order_by("pk").values_list()),
        "partners": list(Partner.objects.order_by("pk").values_list("pk", "event_sequence")),
        "events": list(
            Event.objects.order_by("pk").values_list(
                "partner", "sequence", "kind", "member", "payload", "occurred_at", "recorded_at"
            )
        ),
    }


def do_and_undo(night: Callable[[], Any]) -> dict[str, list[Any]]:
    """Return all rows as they are after the night, which has not happened in the end."""
    with transaction.atomic():
        night()
        rows = read_rows()
        transaction.set_rollback(True)
    return rows


class AnyWorld(TestCase):
    @hypothesis.settings(max_examples=max(8, SCALE // 8), deadline=None)
    @hypothesis.given(history=acts)
    def test_the_same_rows_as_an_entry_for_each_account(self, history):
        build_world(history)

        by_entries = do_and_undo(lambda: post_entry_for_each_account(JUNE))
        by_sets = do_and_undo(lambda: expire(as_of=JUNE))

        assert by_sets == by_entries
        with transaction.atomic():
            expire(as_of=JUNE)
            assert expire(as_of=JUNE).accounts == 0
        assert audit(as_of=JULY).divergences == ()


@pytest.mark.django_db
class TestRetiring:
    @pytest.fixture
    def till(self) -> Till:
        return open_till()

    def test_costs_the_same_queries_for_one_lot_and_for_many(self, till):
        def count(*, accounts: int, lots: int) -> int:
            for _ in range(accounts):
                other = open_till(unit=till.unit)
                post_all(*(other.earn(10, expires_at=MAY) for _ in range(lots)))
            with CaptureQueriesContext(connection) as queries, transaction.atomic():
                assert expire(as_of=MAY).lots == accounts * lots
            return len(queries)

        assert count(accounts=1, lots=1) == count(accounts=1, lots=60) == count(accounts=9, lots=9)

    def test_a_chunk_ends_before_it_has_too_many_lots(self, till, monkeypatch):
        monkeypatch.setattr("ledger.expiring.LOTS_MAX", 5)
        others = [open_till(unit=till.unit) for _ in range(3)]
        for other, lots in zip(others, (3, 3, 7), strict=True):
            post_all(*(other.earn(10, expires_at=MAY) for _ in range(lots)))

        after, done = 0, []
        while after is not None:
            with transaction.atomic():
                counts = expire(as_of=MAY, after_account_id=after)
            after = counts.last_account_id
            done.append(counts.lots)

        assert done == [3, 3, 7]

    def test_refuses_a_key_that_already_stands_for_something_else(self, till):
        post_one(till.earn(10, expires_at=MAY))
        [due] = self._read(till)
        post_one(open_till().earn(10, idempotency_key=due.key(MAY)))

        with pytest.raises(IdempotencyKeyReused), transaction.atomic():
            expire(as_of=MAY)

        assert balance(till.pool) == 10

    @pytest.mark.pg
    def test_refuses_a_key_that_somebody_takes_a_moment_later(self, till, monkeypatch):
        """SQLite has one writer, so that nobody can."""
        post_one(till.earn(10, expires_at=MAY))
        [due] = self._read(till)
        post_one(open_till().earn(10, idempotency_key=due.key(MAY)))
        monkeypatch.setattr(retiring.reading, "read_transfers_by_key", lambda _keys: {})

        with pytest.raises(IdempotencyKeyReused), transaction.atomic():
            expire(as_of=MAY)

        assert balance(till.pool) == 10

    def test_refuses_more_than_a_transfer_may_move(self, till):
        post_all(*(till.earn(TRANSFER_AMOUNT_MAX, expires_at=MAY) for _ in range(2)))

        with pytest.raises(AmountOutOfBounds) as caught, transaction.atomic():
            expire(as_of=MAY)

        assert caught.value.amount == 2 * TRANSFER_AMOUNT_MAX
        assert not Transfer.objects.filter(kind="expire").exists()

    @pytest.mark.parametrize("spent", [3, 10])
    def test_keeps_nothing_if_a_lot_is_not_as_read(self, till, spent):
        """As if the locks had not held: somebody spends between reading and writing."""
        post_all(till.earn(10, expires_at=MAY), till.earn(10, expires_at=MAY))

        def spend_in_between() -> None:
            with transaction.atomic():
                dues = self._read(till)
                post_one(till.redeem(spent))
                retire(dues, expired={till.unit.pk: till.expired}, as_of=MAY)

        with pytest.raises(ChangedMeanwhile):
            spend_in_between()

        assert balance(till.pool) == 20
        assert not Transfer.objects.exclude(kind="earn").exists()

    @pytest.mark.transaction
    def test_needs_the_transaction_of_the_caller(self, till):
        with pytest.raises(transaction.TransactionManagementError):
            self._read(till)

    def _read(self, till: Till) -> list[retiring.Due]:
        return lock_and_read(account_ids=[till.pool.pk], partner_ids=[till.partner.pk], as_of=MAY)
