"""What an effect says of itself in an explanation."""

import pytest

from rewards.earning.effects.per_money import PerMoney
from tests.rewards.earning.facts import order


@pytest.mark.parametrize(("per_e4", "text"), [(10_000, "1"), (1_000_000, "100"), (25_000, "2.5")])
def test_the_money_a_point_takes_is_written_out(per_e4, text):
    _exact, steps = PerMoney(units=1, per_e4=per_e4).gives(
        order("A1", day=3, lines=[("mug", 2, "10.00")])
    )

    assert steps[-1]["per"] == text
