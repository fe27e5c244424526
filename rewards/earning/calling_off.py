"""
How much of its order a cancellation calls off. Pure.

One that names the order calls off all that is left. One that names an invoice calls off the
invoice's part of the order, but nothing that other invoices of it cover, also those to come: what
is cancelled and billed again was never called off. The only invoice, or the last, stands for all
that is left.

Amounts are meant net. Where invoices come to more than their order, as with tax, the whole is what
they came to: the least that ever covered the order, as a bill that takes the place of another one
may go out before that is cancelled.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from rewards.earning.exact import Exact
from rewards.earning.facts import ActivityFacts
from rewards.earning.matching import WHOLE


class CallingOff:
    """The invoices of each order, and which of them were cancelled, over the walk."""

    def __init__(self) -> None:
        self._told: dict[int, list[ActivityFacts]] = defaultdict(list)
        self._billed: dict[int, _Billed] = {}

    def foresee(self, fact: ActivityFacts) -> None:
        """Know of an invoice, or of its cancellation, before the walk. They come in canonical order."""
        if fact.order is not None:
            self._told[id(fact.order)].append(fact)

    def part_of(self, cancellation: ActivityFacts) -> Exact:
        """Return the part called off of what is left of the order that is named; once an invoice."""
        order, invoice = cancellation.order, cancellation.invoice
        if order is None or invoice is None:
            return WHOLE
        if id(order) not in self._billed:
            self._billed[id(order)] = _Billed.of(order, self._told[id(order)])
        return self._billed[id(order)].call_off(invoice)


@dataclass(slots=True)
class _Billed:
    """
    How an order was billed: ``whole_e4`` is what covers all of it, ``standing`` what was not
    cancelled of its invoices, by identity. ``left_e4`` is what of the whole is not called off.
    """

    whole_e4: int
    standing: dict[int, int]
    standing_e4: int
    left_e4: int

    @classmethod
    def of(cls, order: ActivityFacts, told: Iterable[ActivityFacts]) -> "_Billed":
        invoices: dict[int, int] = {}
        standing: dict[int, int] = {}
        stood_e4, covering = 0, []
        for fact in told:
            if fact.kind == "invoice":
                invoices[id(fact)] = standing[id(fact)] = fact.amount_e4
                stood_e4 += fact.amount_e4
            elif id(fact.invoice) in standing:
                stood_e4 -= standing.pop(id(fact.invoice))
            if stood_e4 >= order.amount_e4:
                covering.append(stood_e4)
        whole_e4 = min(covering, default=order.amount_e4)
        return cls(whole_e4, invoices, sum(invoices.values()), whole_e4)

    def call_off(self, invoice: ActivityFacts) -> Exact:
        amount_e4 = self.standing.pop(id(invoice), None)
        if amount_e4 is None:
            return Exact(0)
        if not self.standing:
            return WHOLE
        self.standing_e4 -= amount_e4
        off_e4 = min(amount_e4, self.whole_e4 - self.standing_e4)
        if off_e4 <= 0:
            return Exact(0)
        part = Exact(off_e4, self.left_e4)
        self.left_e4 -= off_e4
        return part
