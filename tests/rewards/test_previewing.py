"""Which points go is told by month, in spending order, and always adds up."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards.previewing import deal_out, draw, last_day, preview

pytestmark = pytest.mark.once("SQLite")

LONDON = ZoneInfo("Europe/London")
START = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Lot:
    remaining: int
    expires_at: datetime | None
    held: int = 0


def lots_of(amounts: list[int], *, days_apart: int = 20) -> list[Lot]:
    return [
        Lot(amount, START + timedelta(days=days_apart * place + 1))
        for place, amount in enumerate(amounts)
    ]


amounts = st.lists(st.integers(1, 10**6), max_size=40)


class TestPreview:
    @given(amounts=amounts, price=st.integers(0, 10**7))
    def test_adds_up(self, amounts, price):
        shown = preview(lots_of(amounts), price, LONDON)

        assert shown.available == sum(amounts)
        assert shown.goes == min(price, sum(amounts))
        assert sum(month.amount for month in shown.every_month) == shown.available
        assert sum(month.goes for month in shown.every_month) == shown.goes

    @given(amounts=amounts, price=st.integers(0, 10**7))
    def test_takes_a_month_whole_before_the_next(self, amounts, price):
        months = preview(lots_of(amounts), price, LONDON).months

        touched = [month for month in months if month.goes]
        assert all(month.stays == 0 for month in touched[:-1])

    def test_counts_what_is_held_as_not_there(self):
        lots = [Lot(100, START, held=30)]

        assert preview(lots, 100, LONDON).available == 70

    def test_says_what_never_expires_last(self):
        shown = preview([Lot(5, START), Lot(7, None)], 10, LONDON)

        assert [(month.month, month.goes) for month in shown.months] == [
            (date(2025, 12, 1), 5),
            (None, 5),
        ]

    def test_is_drawn_with_what_goes_before_what_stays(self):
        drawn = draw(preview(lots_of([100, 300], days_apart=40), 120, LONDON))

        assert [goes for _piece, goes in drawn] == [True, True, False]


class TestLastDay:
    def test_is_the_day_that_midnight_ends(self):
        midnight = datetime(2026, 6, 1, 0, 0, tzinfo=LONDON)

        assert last_day(midnight.astimezone(UTC), LONDON) == date(2026, 5, 31)


class TestDealOut:
    @given(amounts=amounts, parts=st.lists(st.integers(0, 10**5), max_size=12))
    def test_gives_each_what_was_asked_while_there_is_enough(self, amounts, parts):
        dealt = deal_out(lots_of(amounts), parts, LONDON)

        left = sum(amounts)
        for part, months in zip(parts, dealt, strict=True):
            assert sum(month.amount for month in months) == min(part, left)
            left -= min(part, left)
