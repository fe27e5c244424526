"""Volumes of a period: which orders count for them, and what leaves them again. Pure."""

from collections import defaultdict
from collections.abc import Collection
from itertools import chain

from rewards.earning.taking_back import JudgedOrder
from rewards.earning.usage import Usage, UsageKey


class Volumes:
    """
    The orders of each volume, in canonical order, over the walk.

    Orders stand together that count for the same volume, or for two that a third one joins: what
    one of them gives up, another may keep, so together they keep what their volumes earn.
    """

    def __init__(self, usage: Usage) -> None:
        self.usage = usage
        self._counting: dict[UsageKey, list[JudgedOrder]] = defaultdict(list)
        self._together: dict[UsageKey, list[JudgedOrder]] = {}

    def add(self, order: JudgedOrder) -> None:
        """Let an order count for its volumes, after all that were added before."""
        if not order.volumes:
            return
        together = self._joined_by(order)
        together.append(order)
        for key in order.volumes:
            self._counting[key].append(order)
            self._together[key] = together

    def together_with(self, order: JudgedOrder) -> list[JudgedOrder]:
        """Return all orders that it stands together with, itself among them."""
        return self._together[next(iter(order.volumes))] if order.volumes else [order]

    def leave(self, order: JudgedOrder) -> Collection[JudgedOrder]:
        """Let volumes be less by what came back; return the later orders that this may change."""
        later: dict[int, JudgedOrder] = {}
        less = order.leave_volumes()
        for key, amount in less.items():
            self.usage.leave(key, amount)
            counting = self._counting[key]
            after = counting[counting.index(order) + 1 :]
            for each in after:
                each.usage.leave(key, amount)
            if len(less) == 1:
                return after
            later |= {id(each): each for each in after}
        return later.values()

    def _joined_by(self, order: JudgedOrder) -> list[JudgedOrder]:
        """Return the orders that stand together from now on, where they did not before, too."""
        found = {
            id(self._together[key]): self._together[key]
            for key in order.volumes
            if key in self._together
        }
        if len(found) < 2:
            return next(iter(found.values()), [])
        joined = sorted(
            chain.from_iterable(found.values()), key=lambda each: each.activity.canonical_place
        )
        for each in joined:
            self._together |= dict.fromkeys(each.volumes, joined)
        return joined
