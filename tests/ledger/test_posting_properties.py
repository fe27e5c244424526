"""Any history at all: our ledger and the reference hold the same lots after every step."""

from datetime import UTC, datetime, timedelta

import hypothesis
import pytest
from django.db import transaction
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from ledger.auditing import audit
from ledger.expiring import expire
from ledger.maturing import mature
from ledger.models import Account, Lot, Transfer
from ledger.posting import IdempotencyKeyReused, InsufficientPoints, post
from tests.factories import JANUARY, NOON
from tests.ledger.entries import Till, open_till, post_one
from tests.ledger.reference import NEVER, Reference, Refused, Slice

AMOUNTS = st.integers(1, 120)
EXPIRIES = st.sampled_from([5, 12, 30, NEVER])
FAR = datetime.max.replace(tzinfo=UTC)
SCALE = hypothesis.settings.default.max_examples


def moment(day: int) -> datetime | None:
    return None if day >= NEVER else JANUARY + timedelta(days=day)


class LedgerAgainstReference(RuleBasedStateMachine):
    @initialize()
    def open(self) -> None:
        # Every history stands alone: what it wrote is taken back when it ends.
        self.history = transaction.atomic()
        self.history.__enter__()
        self.till = open_till()
        self.wallet = self.till.wallet()
        self.reference = Reference()
        self.today = 1
        self.awards: list[Transfer] = []
        self.redeemed: list[tuple[Transfer, list[Slice]]] = []

    # ------------------------------------------------------------------ moves

    @rule(amount=AMOUNTS, days=EXPIRIES)
    def earn(self, amount: int, days: int) -> None:
        self._award("pool", amount, days)

    @rule(amount=AMOUNTS, days=EXPIRIES, waits=st.integers(1, 8))
    def pend(self, amount: int, days: int, waits: int) -> None:
        self._award("pending", amount, days, matures_on=self.today + waits)

    @rule(amount=AMOUNTS, place=st.sampled_from(["pool", "wallet"]))
    def redeem(self, amount: int, place: str) -> None:
        entry = self.till.redeem(amount, from_=self._account(place))
        taken = self._both(entry, lambda: self.reference.take(place, amount, self.today))
        if taken:
            self.redeemed.append(taken)

    @rule(amount=AMOUNTS)
    def share(self, amount: int) -> None:
        self._move("share", "pool", "wallet", amount)

    @rule(amount=AMOUNTS)
    def unshare(self, amount: int) -> None:
        self._move("unshare", "wallet", "pool", amount)

    @precondition(lambda self: self.redeemed)
    @rule(which=st.integers(0, 10))
    def refund(self, which: int) -> None:
        transfer, slices = self.redeemed.pop(which % len(self.redeemed))
        post_one(self.till.refund(transfer), at=self._now)
        # They come back in the opposite order.
        self.reference.put("pool", slices[::-1], self.today)

    @precondition(lambda self: self.awards)
    @rule(
        which=st.integers(0, 20),
        percent=st.integers(1, 100),
        policy=st.sampled_from(["only_pending", "within_balance", "allow_debt"]),
    )
    def claw_back(self, which: int, percent: int, policy: str) -> None:
        number = which % len(self.awards)
        award = self.awards[number]
        due = max(1, award.amount * percent // 100)
        posted = post_one(self.till.claw_back(due, origin=award, policy=policy), at=self._now)
        expected = self.reference.claw_back(number, due, policy, self.today)
        assert (posted.collected, posted.debt, posted.waived) == expected

    @rule(days=st.integers(1, 6), retire=st.booleans())
    def wait(self, days: int, retire: bool) -> None:
        """Days pass; sometimes the night has not retired yet what has expired."""
        self.today += days
        with transaction.atomic():
            matured = mature(as_of=self._now, unit=self.till.unit).amount
            assert matured == self.reference.mature(self.today)
            if retire:
                expired = expire(as_of=self._now, unit=self.till.unit).amount
                assert expired == self.reference.expire(self.today)

    # ------------------------------------------------------------- what holds

    @invariant()
    def holds_the_same_lots(self) -> None:
        places = {place: self._account(place).pk for place in self.reference.places}
        owned = [*places.values(), self.till.debt.pk]
        balances = dict(Account.objects.filter(pk__in=owned).values_list("pk", "balance"))
        stored: dict[int, list[tuple[datetime, int]]] = {pk: [] for pk in owned}
        for lot in Lot.objects.open().filter(account__in=owned):
            stored[lot.account_id].append((lot.expires_at or FAR, lot.remaining))
        for place, pk in places.items():
            theirs = [(moment(day) or FAR, left) for day, left in self.reference.left(place)]
            assert sorted(stored[pk]) == sorted(theirs), place
            assert balances[pk] == self.reference.balance(place)
        assert balances[self.till.debt.pk] == self.reference.debt

    def teardown(self) -> None:
        try:
            assert audit(as_of=self._now).divergences == ()
        finally:
            transaction.set_rollback(True)
            self.history.__exit__(None, None, None)

    # ------------------------------------------------------------------ parts

    @property
    def _now(self) -> datetime:
        return JANUARY + timedelta(days=self.today)

    def _account(self, place: str) -> Account:
        return self.wallet if place == "wallet" else getattr(self.till, place)

    def _award(self, place: str, amount: int, days: int, matures_on: int = 0) -> None:
        expires_on = days if days == NEVER else self.today + days
        entry = self.till.entry(
            "earn" if place == "pool" else "pend",
            self.till.issued,
            self._account(place),
            amount,
            occurred_at=self._now,
            expires_at=moment(expires_on),
            matures_at=moment(matures_on) if matures_on else None,
        )
        self.awards.append(post_one(entry, at=self._now).transfer)
        award = len(self.awards) - 1
        lot = Slice(amount, expires_on, self.today, award, matures_on)
        self.reference.put(place, [lot], self.today)

    def _move(self, kind: str, source: str, target: str, amount: int) -> None:
        entry = self.till.entry(kind, self._account(source), self._account(target), amount)
        moved = self._both(entry, lambda: self.reference.take(source, amount, self.today))
        if moved:
            self.reference.put(target, moved[1], self.today)

    def _both(self, entry, take) -> tuple[Transfer, list[Slice]] | None:
        """Post, and take from the reference; both agree or both refuse."""
        try:
            slices = take()
        except Refused:
            with pytest.raises(InsufficientPoints):
                post_one(entry, at=self._now)
            return None
        return post_one(entry, at=self._now).transfer, slices


@pytest.mark.django_db
def test_agrees_with_the_reference_after_every_step():
    run_state_machine_as_test(
        LedgerAgainstReference,
        settings=hypothesis.settings(
            max_examples=SCALE // 8,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(hypothesis.HealthCheck),
        ),
    )


attempts = st.lists(
    st.tuples(
        st.sampled_from(["earn", "pend", "redeem", "share", "unshare", "claw back"]),
        st.integers(1, 1_000),
        st.sampled_from("abcdefgh"),
    ),
    max_size=20,
)


class PostingProperties(TestCase):
    """As one batch or one by one, whatever is asked for."""

    @hypothesis.settings(max_examples=SCALE // 4, deadline=None)
    @hypothesis.given(attempts=attempts)
    def test_points_are_conserved_never_below_zero_and_keys_count_once(self, attempts):
        till = open_till()
        wallet = till.wallet()
        for attempt in attempts:
            try:
                post_one(make(till, wallet, *attempt))
            except (InsufficientPoints, IdempotencyKeyReused):
                continue

        assert audit(as_of=NOON).divergences == ()
        keys = Transfer.objects.values_list("idempotency_key", flat=True)
        assert len(keys) == len(set(keys))

    @hypothesis.settings(max_examples=SCALE // 4, deadline=None)
    @hypothesis.given(attempts=attempts)
    def test_a_batch_does_what_its_entries_do_one_by_one(self, attempts):
        together, apart = open_till(), open_till()
        keyed = [
            (kind, amount, f"{key}{number}") for number, (kind, amount, key) in enumerate(attempts)
        ]
        purse, wallet = together.wallet(), apart.wallet()
        done, refusal = post_until_refused([make(apart, wallet, *one) for one in keyed])
        whole = [make(together, purse, *one) for one in keyed]
        if refusal is not None:
            with transaction.atomic(), pytest.raises(InsufficientPoints) as caught:
                post(whole, posted_at=NOON)
            assert str(caught.value) == str(refusal)

        with transaction.atomic():
            post(whole[:done], posted_at=NOON)

        assert holdings(together, purse) == holdings(apart, wallet)


def post_until_refused(entries) -> tuple[int, InsufficientPoints | None]:
    for number, entry in enumerate(entries):
        try:
            post_one(entry)
        except InsufficientPoints as refusal:
            return number, refusal
    return len(entries), None


def make(till: Till, wallet: Account, kind: str, amount: int, key: str):
    key = f"{till.partner.pk}:{key}"
    if kind == "claw back":
        return till.claw_back(amount, idempotency_key=key)
    debit, credit = {
        "earn": (till.issued, till.pool),
        "pend": (till.issued, till.pending),
        "redeem": (till.pool, till.redeemed),
        "share": (till.pool, wallet),
        "unshare": (wallet, till.pool),
    }[kind]
    return till.entry(kind, debit, credit, amount, idempotency_key=key)


def holdings(till: Till, wallet: Account) -> list[tuple[int, list[int]]]:
    return [
        (
            Account.objects.get(pk=account.pk).balance,
            list(
                Lot.objects.filter(account=account)
                .order_by("pk")
                .values_list("remaining", flat=True)
            ),
        )
        for account in (till.pool, till.pending, till.debt, wallet)
    ]
