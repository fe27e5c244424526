"""Any history at all: our ledger and the reference hold the same lots after every step."""

import itertools
import random
from collections import Counter
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import hypothesis
import pytest
from django.db import connection, transaction
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from ledger.auditing import audit
from ledger.entries import Instruction
from ledger.expiring import expire
from ledger.extending import extend
from ledger.lapsing import lapse
from ledger.maturing import mature
from ledger.models import Account, Transfer
from ledger.models import Hold as StoredHold
from ledger.posting import AmountOutOfBounds, HoldEnded, InsufficientPoints, Posted, post
from tests.factories import JANUARY
from tests.ledger.entries import open_till
from tests.ledger.reference import NEVER, Hold, Reference, Refused, Taken

AMOUNTS = st.integers(1, 120)
PERCENT = st.integers(1, 100)
WHICH = st.integers(0, 30)
EXPIRIES = st.sampled_from([5, 12, 30, NEVER])
OWNED = st.sampled_from(["pool", "wallet"])
POLICIES = st.sampled_from(["only_pending", "within_balance", "allow_debt"])

LOTS = (
    "SELECT account_id, expires_at, remaining, held, origin_id"
    " FROM ledger_lot WHERE remaining > 0 AND account_id IN (%s, %s, %s)"
)
BALANCES = "SELECT id, balance, held FROM ledger_account WHERE id IN (%s, %s, %s, %s)"

STEPS = 20_000
STEPS_LONG = 1_000_000
STEPS_A_HISTORY = 100
HISTORIES_A_ROUND = 25


def moment(day: int) -> datetime | None:
    return None if day >= NEVER else JANUARY + timedelta(days=day)


@lru_cache
def stored(day: int) -> datetime | None:
    """Return the moment as plain SQL gives it back."""
    at = moment(day)
    return at.replace(tzinfo=None) if at and connection.vendor == "sqlite" else at


def part_of(amount: int, percent: int) -> int:
    return max(1, amount * percent // 100)


class LedgerAgainstReference(RuleBasedStateMachine):
    steps = 0

    @initialize()
    def open(self) -> None:
        # Every history stands alone: what it wrote is taken back when it ends.
        self.history = transaction.atomic()
        self.history.__enter__()
        self.till = till = open_till()
        self.accounts = {"pool": till.pool, "pending": till.pending, "wallet": till.wallet()}
        self.reference = Reference()
        self.today = 1
        self.awards: list[tuple[Transfer, int]] = []
        self.credits: list[tuple[Transfer, int, str, Account]] = []
        self.taken: list[tuple[Transfer, Taken, Account]] = []
        self.expiries: list[tuple[Transfer, Taken]] = []
        self.holds: list[tuple[StoredHold, Hold]] = []
        self.origins: dict[int, int] = {}
        self.undone: Counter[int] = Counter()

    # -------------------------------------------------------------- coming in

    @rule(amount=AMOUNTS, days=EXPIRIES)
    def earn(self, amount: int, days: int) -> None:
        transfer, act = self._award("earn", "pool", amount, days)
        self.awards.append((transfer, act))
        self.credits.append((transfer, act, "pool", self.till.issued))

    @rule(amount=AMOUNTS, days=EXPIRIES, waits=st.integers(1, 8))
    def pend(self, amount: int, days: int, waits: int) -> None:
        self.awards.append(self._award("pend", "pending", amount, days, self.today + waits))

    @rule(amount=AMOUNTS, days=EXPIRIES, place=OWNED)
    def credit_by_hand(self, amount: int, days: int, place: str) -> None:
        transfer, act = self._award("adjust", place, amount, days)
        self.credits.append((transfer, act, place, self.till.adjusted))

    @precondition(lambda self: self.taken)
    @rule(which=WHICH, percent=PERCENT, revives=st.booleans())
    def give_back(self, which: int, percent: int, revives: bool) -> None:
        transfer, taken, house = self.taken[which % len(self.taken)]
        amount, until = part_of(transfer.amount, percent), self.today + 9 if revives else 0
        # A refund goes to the pool, also of what a wallet paid.
        place = "pool" if house == self.till.redeemed else taken.place
        entry = self.till.entry(
            "refund" if house == self.till.redeemed else "reverse",
            house,
            self.accounts[place],
            amount,
            gives_back=transfer,
            revive_until=moment(until) if revives else None,
        )
        self._both(entry, lambda: self.reference.give_back(taken, place, amount, until, self.today))

    @precondition(lambda self: self.expiries)
    @rule(which=WHICH, percent=PERCENT, days=st.integers(1, 12))
    def reinstate(self, which: int, percent: int, days: int) -> None:
        transfer, expiry = self.expiries[which % len(self.expiries)]
        amount, until = part_of(transfer.amount, percent), self.today + days
        back = self.till.entry(
            "reinstate",
            self.till.expired,
            self.accounts[expiry.place],
            amount,
            gives_back=transfer,
            revive_until=moment(until),
        )
        done = self._both(back, lambda: self.reference.reinstate(expiry, amount, until, self.today))
        if done:
            self.credits.append((done[0].transfer, done[1], expiry.place, self.till.expired))

    # -------------------------------------------------------------- going out

    @rule(amount=AMOUNTS, place=OWNED)
    def redeem(self, amount: int, place: str) -> None:
        entry = self.till.redeem(amount, from_=self.accounts[place])
        self._take(entry, place, self.till.redeemed)

    @rule(amount=AMOUNTS, place=OWNED)
    def debit_by_hand(self, amount: int, place: str) -> None:
        adjusted = self.till.adjusted
        entry = self.till.entry("adjust", self.accounts[place], adjusted, amount)
        self._take(entry, place, adjusted)

    @precondition(lambda self: self.credits)
    @rule(which=WHICH, percent=PERCENT)
    def reverse(self, which: int, percent: int) -> None:
        transfer, act, place, house = self.credits[which % len(self.credits)]
        amount = self._part_left(transfer, percent)
        if not amount:
            return
        entry = self.till.entry(
            "reverse",
            self.accounts[place],
            house,
            amount,
            reverses=transfer,
            prefer_origin_id=transfer.pk,
        )
        leaves = (
            self.reference.retire
            if house == self.till.expired
            else lambda *given, **more: self.reference.take(*given, **more, expired_too=True)
        )
        done = self._both(
            entry,
            lambda: leaves(
                place, amount, self.today, first=lambda one: (one.act != act, one.award != act)
            ),
        )
        if done:
            self.undone[transfer.pk] += amount
        if done and house != self.till.expired:
            self.taken.append((done[0].transfer, Taken(place, done[1]), house))

    @precondition(lambda self: self.awards)
    @rule(which=WHICH, percent=PERCENT, policy=POLICIES)
    def claw_back(self, which: int, percent: int, policy: str) -> None:
        award, act = self.awards[which % len(self.awards)]
        due = self._part_left(award, percent)
        if not due:
            return
        posted = self._post(self.till.claw_back(due, origin=award, policy=policy))
        expected = self.reference.claw_back(act, due, policy, self.today)
        assert (posted.collected, posted.debt, posted.waived) == expected
        self.undone[award.pk] += posted.collected + posted.debt

    @precondition(lambda self: self.reference.debt)
    @rule(amount=AMOUNTS)
    def forgive(self, amount: int) -> None:
        till = self.till
        entry = till.entry("forgive_debt", till.adjusted, till.debt, amount)
        self._both(entry, lambda: self.reference.forgive(amount))

    # ----------------------------------------------------------- to and fro

    @rule(amount=AMOUNTS)
    def share(self, amount: int) -> None:
        self._move("share", "pool", "wallet", amount)

    @rule(amount=AMOUNTS)
    def unshare(self, amount: int) -> None:
        self._move("unshare", "wallet", "pool", amount)

    @precondition(lambda self: self.reference.places["pending"])
    @rule(which=WHICH, percent=PERCENT)
    def release_pending(self, which: int, percent: int) -> None:
        award, act = self.awards[which % len(self.awards)]
        amount = part_of(award.amount, percent)
        entry = self.till.mature(amount, prefer_origin_id=award.pk, strictly_of_origin=True)
        mine = lambda one: one.award == act  # noqa: E731 - said once, used once
        self._both(entry, lambda: self.reference.become_available(amount, self.today, only=mine))

    @precondition(lambda self: self.reference.places["pending"])
    @rule(which=WHICH, percent=PERCENT)
    def cancel_pending(self, which: int, percent: int) -> None:
        award, act = self.awards[which % len(self.awards)]
        amount = self._part_left(award, percent)
        if not amount:
            return
        entry = self.till.entry(
            "cancel_pending",
            self.till.pending,
            self.till.taken_back,
            amount,
            reverses=award,
            prefer_origin_id=award.pk,
            strictly_of_origin=True,
        )
        done = self._both(
            entry,
            lambda: self.reference.take(
                "pending",
                amount,
                self.today,
                first=lambda one: one.act != act,
                only=lambda one: one.award == act,
                expired_too=True,
            ),
        )

        if done:
            self.undone[award.pk] += amount

    # ------------------------------------------------------------------ holds

    @rule(amount=AMOUNTS, place=OWNED, days=st.sampled_from([2, 6, NEVER]))
    def hold(self, amount: int, place: str, days: int) -> None:
        lapses_on = min(self.today + days, NEVER)
        asked = self.till.reserve(
            amount, of=self.accounts[place], occurred_at=self._now, lapses_at=moment(lapses_on)
        )
        done = self._both(asked, lambda: self.reference.hold(place, amount, self.today, lapses_on))
        if done:
            self.holds.append((done[0].hold, done[1]))

    @precondition(lambda self: self.holds)
    @rule(which=WHICH, percent=st.integers(1, 110))
    def capture(self, which: int, percent: int) -> None:
        at = which % len(self.holds)
        stored_hold, hold = self.holds[at]
        amount = part_of(hold.amount, percent)
        asked = self.till.capture(stored_hold, amount=amount, occurred_at=self._now)

        def take():
            if hold.lapses_on <= self.today:
                raise Refused
            return self.reference.end(hold, amount, self.today)

        done = self._both(asked, take)
        if done:
            del self.holds[at]
            taken = Taken(hold.place, done[1])
            self.taken.append((done[0].transfer, taken, self.till.redeemed))

    @precondition(lambda self: self.holds)
    @rule(which=WHICH)
    def release(self, which: int) -> None:
        stored_hold, hold = self.holds.pop(which % len(self.holds))
        self._post(self.till.release(stored_hold, occurred_at=self._now))
        self.reference.end(hold, 0, self.today)

    # ------------------------------------------------------------ time passes

    @rule(days=st.integers(1, 6))
    def wait(self, days: int) -> None:
        """Days pass, and sometimes no night has yet done anything about it."""
        self.today += days

    @rule()
    def mature(self) -> None:
        matured = mature(as_of=self._now, unit=self.till.unit).amount
        assert matured == self.reference.mature(self.today)

    @rule()
    def lapse(self) -> None:
        due = [both for both in self.holds if both[1].lapses_on <= self.today]
        expected = sum(hold.amount for _stored, hold in due)
        assert lapse(as_of=self._now, unit=self.till.unit).amount == expected
        for both in due:
            self.holds.remove(both)
            self.reference.end(both[1], 0, self.today)

    @rule()
    def expire(self) -> None:
        retired = self.reference.expire(self.today)
        amount = expire(as_of=self._now, unit=self.till.unit).amount
        assert amount == sum(taken.left for taken in retired)
        for taken in retired:
            transfers = Transfer.objects.filter(kind="expire")
            mine = transfers.filter(debit_account=self.accounts[taken.place])
            self.expiries.append((mine.latest("pk"), taken))

    # Now and then: it is the dearest step, and most often there is something to extend.
    @precondition(lambda self: self.today % 4 == 0)
    @rule(days=st.integers(1, 40))
    def extend(self, days: int) -> None:
        until = self.today + days
        longer = extend(
            unit=self.till.unit,
            partner_ids=[self.till.partner.pk],
            until=moment(until),
            as_of=self._now,
        )
        assert longer == self.reference.extend(until, self.today)

    # ------------------------------------------------------------- what holds

    @invariant()
    def holds_the_same(self) -> None:
        type(self).steps += 1
        owned = [account.pk for account in self.accounts.values()]
        found: dict[int, list[tuple]] = {pk: [] for pk in owned}
        with connection.cursor() as cursor:
            cursor.execute(BALANCES, [*owned, self.till.debt.pk])
            balances = {pk: (balance, held) for pk, balance, held in cursor.fetchall()}
            cursor.execute(LOTS, owned)
            for pk, *lot in cursor.fetchall():
                found[pk].append(tuple(lot))
        for place, account in self.accounts.items():
            lots = self.reference.places[place]
            expected = [
                (stored(one.expires_on), one.amount, one.held, self.origins[one.award])
                for one in lots
            ]
            assert sorted(found[account.pk], key=str) == sorted(expected, key=str), place
            held, balance = self.reference.held(place), self.reference.balance(place)
            assert balances[account.pk] == (balance, held)
        assert balances[self.till.debt.pk] == (self.reference.debt, 0)

    def teardown(self) -> None:
        try:
            # The audit reads everything: at the end of some histories, always the same ones.
            if self.today % 8 == 0:
                assert audit(as_of=self._now).divergences == ()
        finally:
            transaction.set_rollback(True)
            self.history.__exit__(None, None, None)

    # ------------------------------------------------------------------ parts

    @property
    def _now(self) -> datetime:
        return JANUARY + timedelta(days=self.today)

    def _part_left(self, transfer: Transfer, percent: int) -> int:
        """No more of a transfer is undone, in whatever way, than it moved."""
        return min(part_of(transfer.amount, percent), transfer.amount - self.undone[transfer.pk])

    def _post(self, instruction: Instruction) -> Posted:
        [posted] = post([instruction], posted_at=self._now)
        return posted

    def _award(
        self, kind: str, place: str, amount: int, days: int, matures_on: int = 0
    ) -> tuple[Transfer, int]:
        expires_on = min(self.today + days, NEVER)
        entry = self.till.entry(
            kind,
            self.till.adjusted if kind == "adjust" else self.till.issued,
            self.accounts[place],
            amount,
            occurred_at=self._now,
            expires_at=moment(expires_on),
            matures_at=moment(matures_on) if matures_on else None,
        )
        transfer = self._post(entry).transfer
        act = self.reference.award(place, amount, expires_on, self.today, matures_on)
        self.origins[act] = transfer.pk
        return transfer, act

    def _take(self, entry: Instruction, place: str, house: Account) -> None:
        done = self._both(entry, lambda: self.reference.take(place, entry.amount, self.today))
        if done:
            self.taken.append((done[0].transfer, Taken(place, done[1]), house))

    def _move(self, kind: str, source: str, target: str, amount: int) -> None:
        entry = self.till.entry(kind, self.accounts[source], self.accounts[target], amount)
        done = self._both(entry, lambda: self.reference.take(source, amount, self.today))
        if done:
            self.reference.put(target, done[1], self.today)

    def _both(self, instruction: Instruction, act) -> tuple[Posted, Any] | None:
        """Do it in both; both agree or both refuse, with the same numbers."""
        try:
            expected = act()
        except Refused as refusal:
            available = refusal.available
        else:
            return self._post(instruction), expected
        with pytest.raises((InsufficientPoints, AmountOutOfBounds, HoldEnded)) as caught:
            self._post(instruction)
        if available is not None:
            assert caught.value.available == available
        return None


def run_histories(seed: str) -> None:
    run_state_machine_as_test(
        hypothesis.seed(seed)(LedgerAgainstReference),
        settings=hypothesis.settings(
            max_examples=HISTORIES_A_ROUND,
            stateful_step_count=STEPS_A_HISTORY,
            deadline=None,
            database=None,
            suppress_health_check=list(hypothesis.HealthCheck),
        ),
    )


@pytest.mark.django_db
@pytest.mark.timeout(6 * 3600)
def test_agrees_with_the_reference_after_every_step(request):
    """Round by round: how many steps a history takes is up to Hypothesis."""
    steps = STEPS_LONG if request.config.getoption("long") else STEPS
    # Together all of them: what is random is the history, not the database.
    steps = steps // 20 if connection.vendor == "postgresql" else steps * 19 // 20
    seed = request.config.getoption("--hypothesis-seed") or random.getrandbits(64)
    LedgerAgainstReference.steps = 0

    for number in itertools.count():
        run_histories(f"{seed}:{number}")
        if LedgerAgainstReference.steps >= steps:
            break
