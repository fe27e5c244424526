"""As one batch or one by one, whatever is asked for: nothing is lost and keys count once."""

import hypothesis
import pytest
from django.db import transaction
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from ledger.auditing import audit
from ledger.models import Account, Lot, Transfer
from ledger.posting import IdempotencyKeyReused, InsufficientPoints, post
from tests.factories import NOON
from tests.ledger.entries import Till, open_till, post_one

SCALE = hypothesis.settings.default.max_examples

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
