"""How each code about facts is provoked."""

from collections.abc import Callable
from typing import Any

from tests.api.provocations import World, make_order

PROVOCATIONS: dict[str, Callable[[World], Any]] = {
    "not_waiting": lambda world: world.erp.post(
        f"activities/{world.erp.post('activities', make_order()).json()['id']}/give-up", {}
    ),
}
