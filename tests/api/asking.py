"""What the tests ask the ledger's doors of the API for, again and again."""

from typing import Any

from ledger.naming import name_account
from tests.api.conftest import Poster
from tests.rewards.cast import Shop


def pool_of(shop: Shop) -> str:
    return name_account(shop.pool)


def reserve(poster: Poster, shop: Shop, amount: int = 100, **more: Any) -> Any:
    return poster.post("holds", {"account": pool_of(shop), "amount": amount, **more})


def credit(poster: Poster, shop: Shop, amount: int = 50, **more: Any) -> Any:
    key = more.pop("key", None)
    body = {"account": pool_of(shop), "amount": amount, "reason": "goodwill", **more}
    return poster.post("adjustments", body, key=key)
