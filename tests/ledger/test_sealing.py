from datetime import UTC, datetime

import pytest

from ledger.digests import FIRST_LINK
from ledger.models import Seal, SealedAccount, Transfer
from ledger.sealing import seal
from tests.ledger.entries import open_till, post_all

pytestmark = pytest.mark.django_db

NIGHT = datetime(2026, 3, 2, tzinfo=UTC)


class TestSeal:
    def test_chains_what_is_new(self):
        till = open_till()
        post_all(till.earn(100), till.redeem(30))

        first = seal(as_of=NIGHT)

        assert first.number == 1
        assert first.previous == FIRST_LINK
        assert first.transfers == 2
        assert first.accounts == 3
        assert first.last_transfer_id == Transfer.objects.latest("pk").pk
        post_all(till.earn(5))

        second = seal(as_of=NIGHT)

        assert second.previous == first.digest
        assert second.first_transfer_id == first.last_transfer_id + 1
        assert Seal.objects.count() == 2
        pool = SealedAccount.objects.get(seal=second, account=till.pool)
        assert (pool.transfers, pool.balance) == (3, 75)

    def test_makes_nothing_of_nothing(self):
        assert seal(as_of=NIGHT) is None
