"""
Find what a return takes back when it names no order.

Each return line goes first to the partner's newest earlier lines of the same SKU that have
quantity left; what value is then left over goes to the newest earlier orders that have value left.
Ties are broken by canonical order of the orders and position of the lines, newest and last first.
"""

from collections import defaultdict
from dataclasses import dataclass, field

from rewards.earning.facts import ActivityFacts, LineFacts


@dataclass(frozen=True, slots=True)
class Match:
    """A part of a return line that takes back a part of an order line."""

    return_line: LineFacts
    order_line: LineFacts
    quantity_e4: int
    amount_e4: int


@dataclass(slots=True)
class LineKept:
    """What is kept of an order line after the returns matched so far."""

    order: "OrderKept"
    line: LineFacts
    quantity_e4: int
    amount_e4: int


@dataclass(slots=True)
class OrderKept:
    """An order and what is kept of it."""

    order: ActivityFacts
    lines: list[LineKept] = field(default_factory=list)
    amount_e4: int = 0

    def facts(self) -> ActivityFacts:
        """Return the order as if only what is kept had been ordered."""
        return ActivityFacts(
            id=self.order.id,
            kind=self.order.kind,
            source=self.order.source,
            external_id=self.order.external_id,
            occurred_at=self.order.occurred_at,
            local_date=self.order.local_date,
            amount_e4=self.amount_e4,
            currency=self.order.currency,
            lines=[
                LineFacts(
                    id=kept.line.id,
                    sku=kept.line.sku,
                    category=kept.line.category,
                    quantity_e4=kept.quantity_e4,
                    amount_e4=kept.amount_e4,
                )
                for kept in self.lines
                if kept.amount_e4 > 0
            ],
        )


class Purchases:
    """What a partner bought and still keeps. Orders are added and returns matched in order."""

    def __init__(self) -> None:
        self._orders: list[OrderKept] = []
        self._lines_by_sku: dict[str, list[LineKept]] = defaultdict(list)

    def add(self, order: ActivityFacts) -> OrderKept:
        kept = OrderKept(order=order, amount_e4=order.amount_e4)
        for line in order.lines:
            line_kept = LineKept(kept, line, line.quantity_e4, line.amount_e4)
            kept.lines.append(line_kept)
            self._lines_by_sku[line.sku].append(line_kept)
        self._orders.append(kept)
        return kept

    def take_back(self, line: LineFacts) -> tuple[list[Match], list[OrderKept], int]:
        """
        Match one return line.

        Returns the matches, the orders they touch, and the value that no purchase stands for.
        """
        taken: dict[int, tuple[LineKept, int, int]] = {}
        left_e4 = self._by_sku(line, taken)
        left_e4 = self._by_value(left_e4, taken)
        matches = [
            Match(line, kept.line, quantity_e4, amount_e4)
            for kept, quantity_e4, amount_e4 in taken.values()
        ]
        touched = {id(kept.order): kept.order for kept, _quantity, _amount in taken.values()}
        return matches, list(touched.values()), left_e4

    def _by_sku(self, line: LineFacts, taken: dict[int, tuple[LineKept, int, int]]) -> int:
        quantity_e4, left_e4 = line.quantity_e4, line.amount_e4
        for kept in reversed(self._lines_by_sku[line.sku]):
            if quantity_e4 <= 0 or left_e4 <= 0:
                break
            if kept.quantity_e4 <= 0:
                continue
            matched_e4 = min(quantity_e4, kept.quantity_e4)
            # At the price of the return, so that a full return of a line takes its full value.
            value_e4 = min(line.amount_e4 * matched_e4 // line.quantity_e4, kept.amount_e4, left_e4)
            if matched_e4 == quantity_e4:
                value_e4 = min(left_e4, kept.amount_e4)
            quantity_e4 -= matched_e4
            left_e4 -= value_e4
            _take(kept, matched_e4, value_e4, taken)
        return left_e4

    def _by_value(self, left_e4: int, taken: dict[int, tuple[LineKept, int, int]]) -> int:
        for order in reversed(self._orders):
            if left_e4 <= 0:
                break
            if order.amount_e4 <= 0:
                continue
            for kept in reversed(order.lines):
                value_e4 = min(left_e4, kept.amount_e4)
                if value_e4 > 0:
                    left_e4 -= value_e4
                    _take(kept, 0, value_e4, taken)
        return left_e4


def _take(
    kept: LineKept, quantity_e4: int, amount_e4: int, taken: dict[int, tuple[LineKept, int, int]]
) -> None:
    kept.quantity_e4 -= quantity_e4
    kept.amount_e4 -= amount_e4
    kept.order.amount_e4 -= amount_e4
    _kept, quantity_before, amount_before = taken.get(id(kept), (kept, 0, 0))
    taken[id(kept)] = (kept, quantity_before + quantity_e4, amount_before + amount_e4)
