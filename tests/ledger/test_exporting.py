import json
from datetime import UTC, datetime

import pytest

from ledger.exporting import statement_copy
from ledger.sealing import seal
from ledger.statements import read_statement
from tests.ledger.entries import open_till, post_all

pytestmark = pytest.mark.django_db

MARCH = datetime(2026, 3, 1, tzinfo=UTC)
APRIL = datetime(2026, 4, 1, tzinfo=UTC)
MAY = datetime(2026, 5, 1, tzinfo=UTC)


class TestStatementCopy:
    def test_says_what_the_statement_says(self):
        till = open_till()
        post_all(till.earn(100), at=MARCH)
        seal(as_of=MARCH)
        post_all(till.earn(50), till.redeem(30), at=APRIL)
        seal(as_of=APRIL)
        post_all(till.redeem(20), at=APRIL)

        copy = json.loads("".join(statement_copy(account=till.pool, from_at=APRIL, until_at=MAY)))

        statement = read_statement(account=till.pool, from_at=APRIL, until_at=MAY)
        for figure in ("opening", "credited", "debited", "closing"):
            assert copy[figure] == getattr(statement, figure)
        assert [len(block.get("transfers", ())) for block in copy["blocks"]] == [0, 2]
        assert len(copy["unsealed"]) == 1
