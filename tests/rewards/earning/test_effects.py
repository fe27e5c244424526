"""What an effect says of itself in an explanation."""

import pytest

from rewards.earning.counting import Counted
from rewards.earning.effects.per_money import PerMoney


@pytest.mark.parametrize(("per_e4", "text"), [(10_000, "1"), (1_000_000, "100"), (25_000, "2.5")])
def test_the_money_a_point_takes_is_written_out(per_e4, text):
    _exact, steps = PerMoney(units=1, per_e4=per_e4).gives(
        Counted(amount_e4=100_000, quantity_e4=20_000, currency="GBP")
    )

    assert steps[-1]["per"] == text
