"""The statement as a CSV file: what stands in its cells, and who gets it."""

import csv
import io
from datetime import timedelta

import pytest
import time_machine

from ledger.documents import paper
from tests.rewards.cast import (
    NOON,
    Shop,
    earn,
    give,
    open_shop,
)
from tests.rewards.portal import sign_in

pytestmark = pytest.mark.once("SQLite")

PAGE, FILE = "/statement/", "/statement.csv"
TODAY = NOON + timedelta(days=10)


@pytest.fixture
def shop(db: None) -> Shop:
    return open_shop()


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(TODAY, tick=False):
        yield


def read_file(answer) -> list[list[str]]:
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


class TestFile:
    def test_holds_every_movement_with_plain_numbers(self, shop):
        for _ in range(60):
            earn(shop.pool, 10)
        give(shop, 100)

        answer = sign_in(shop.alice).get(FILE)
        rows = read_file(answer)

        assert 'filename="statement-12346-20260101-20260312.csv"' in answer["Content-Disposition"]
        # a head, the opening, 61 movements, the closing
        assert len(rows) == 64
        assert rows[-2][2:7] == ["Shared with the team", "To Bob", "-100", "500", "Thank you"]
        assert rows[-1][2:6] == ["Closing balance", "", "", "500"]

    def test_is_not_another_period_than_the_one_asked_for(self, shop):
        earn(shop.pool, 10)
        asked = {"period": "own", "first": "2026-03-10", "last": "2026-03-01"}

        answer = sign_in(shop.alice).get(FILE, asked, follow=True)

        assert answer.redirect_chain[0][0].startswith(f"{PAGE}?")
        assert answer.status_code == 422
        assert "The last day is before the first." in answer.content.decode()

    def test_no_text_of_a_person_becomes_a_formula(self, shop):
        shop.bob.person.name = "=HYPERLINK(1)"
        shop.bob.person.save()
        earn(shop.pool, 10)
        give(shop, 10, reason="=1+1")

        rows = read_file(sign_in(shop.alice).get(FILE))

        assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "@"))]
        assert rows[-2][3:7] == ["To =HYPERLINK(1)", "-10", "0", "'=1+1"]

    def test_that_would_be_too_long_sends_back_to_the_page_that_says_so(self, shop, monkeypatch):
        monkeypatch.setitem(paper.ROWS_MAX, "pdf", 2)
        for _ in range(3):
            earn(shop.pool, 10)

        answer = sign_in(shop.alice).get("/statement.pdf", follow=True)

        assert answer.status_code == 200
        assert (
            "These days have 3 movements; a file of this kind holds 2." in answer.content.decode()
        )

    @pytest.mark.parametrize("kind", ["pdf", "xlsx", "csv", "json"])
    def test_comes_in_every_format(self, shop, kind):
        earn(shop.pool, 10)

        answer = sign_in(shop.alice).get(f"/statement.{kind}")

        assert answer.status_code == 200
        assert len(b"".join(answer.streaming_content)) > 100

    @pytest.mark.parametrize("kind", ["pdf", "xlsx", "csv", "json"])
    def test_of_a_buyer_is_of_the_own_wallet_only(self, shop, kind):
        earn(shop.pool, 10)

        answer = sign_in(shop.bob).get(f"/statement.{kind}", {"account": "pool"}, follow=True)

        assert answer.status_code == 422
