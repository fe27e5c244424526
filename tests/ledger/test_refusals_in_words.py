"""What the ledger refuses, said with amounts as people read them."""

import pytest

from ledger.correcting import AmountOutOfBounds, InsufficientPoints, NothingLeftToReverse
from ledger.correcting.wording import say_refusal
from ledger.models import Unit

POINTS = Unit(code="points", kind=Unit.Kind.POINTS, decimals=2)
POUNDS = Unit(code="cash", kind=Unit.Kind.MONEY, currency="GBP", decimals=2)


@pytest.mark.once("SQLite")
@pytest.mark.parametrize(
    ("error", "unit", "expected"),
    [
        (
            InsufficientPoints(available=5, held=0, needed=120000),
            POINTS,
            "1,200.00 points needed, 0.05 points available.",
        ),
        (
            NothingLeftToReverse(left=0, needed=1250),
            POUNDS,
            "£12.50 to reverse, £0.00 left of this transfer.",
        ),
        (
            AmountOutOfBounds(amount=250, bound=200),
            POINTS,
            "2.50 points is more than 2.00 points, which is the most that is possible here.",
        ),
        (AmountOutOfBounds(amount=0, bound=200), POINTS, "An amount is above zero."),
        (ValueError("As it is."), POINTS, "As it is."),
    ],
)
def test_amounts_are_written_in_the_unit(error, unit, expected):
    assert say_refusal(error, unit).replace("\N{NO-BREAK SPACE}", " ") == expected
