"""
Find what a return takes back.

One that names its order takes from that order first: by lines of the same SKU, then by value.
What is left, and all of one that names none, goes line by line to the partner's newest earlier
lines of the same SKU that have quantity left; what value is then left over goes to the newest
earlier orders that have value left. Ties are broken by canonical order of the orders and position
of the lines, newest and last first. A cancellation takes all that is left of its order,
or the part of an invoice it names.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from rewards.earning.exact import Exact, e4_as_text
from rewards.earning.facts import ActivityFacts, LineFacts
from rewards.earning.said import amount_said

WHOLE = Exact(1)
SHRINKING = ("tax", "paid_with_points")
"""What is said of the value of an order, and grows less with it."""


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
    """
    An order and what is kept of it. ``stands`` is the part that no cancellation called off: what
    was sent back of it is not left out.
    """

    order: ActivityFacts
    amount_e4: int
    lines: list[LineKept] = field(default_factory=list)
    stands: Exact = WHOLE

    def part_owed(self, invoiced_e4: int) -> int:
        """Return what is owed of an invoice that stands, without what was sent back."""
        if self.is_called_off:
            return 0
        whole = self.order.amount_e4 * self.stands
        return (invoiced_e4 * self.amount_e4 / whole).__floor__() if whole else invoiced_e4

    @property
    def is_called_off(self) -> bool:
        """Say whether nothing of it stands. One that was sent back as a whole still does."""
        return self.stands == 0

    def facts(self) -> ActivityFacts:
        """
        Return the order as if only what is kept had been ordered.

        Tax and what was paid with points shrink with the value, and so does a quantity without
        lines; what was for delivery stays, as it is not sent back with the goods.
        """
        order = self.order
        return replace(
            order,
            amount_e4=self.amount_e4,
            quantity_e4=self.part_of(order.quantity_e4),
            lines=[
                LineFacts(
                    id=kept.line.id,
                    sku=kept.line.sku,
                    category=kept.line.category,
                    quantity_e4=kept.quantity_e4,
                    amount_e4=kept.amount_e4,
                )
                for kept in self.lines
                if kept.amount_e4 and order.lines
            ],
            attributes={
                name: e4_as_text(self.part_of(amount_said(order.attributes, name)))
                if name in SHRINKING
                else value
                for name, value in order.attributes.items()
            },
        )

    def part_of(self, whole_e4: int) -> int:
        """Return as much of something of the whole order as is kept of that."""
        return whole_e4 * self.amount_e4 // self.order.amount_e4 if self.order.amount_e4 else 0


class Purchases:
    """What a partner bought and still keeps. Orders are added and returns matched in order."""

    def __init__(self) -> None:
        self._orders: list[OrderKept] = []
        self._by_order: dict[int, OrderKept] = {}
        self._lines_by_sku: dict[str, list[LineKept]] = defaultdict(list)

    def add(self, order: ActivityFacts) -> OrderKept:
        kept = OrderKept(order=order, amount_e4=order.amount_e4)
        for line in order.lines or _whole(order):
            line_kept = LineKept(kept, line, line.quantity_e4, line.amount_e4)
            kept.lines.append(line_kept)
            self._lines_by_sku[line.sku].append(line_kept)
        self._orders.append(kept)
        self._by_order[id(order)] = kept
        return kept

    def kept_of(self, order: ActivityFacts | None) -> OrderKept | None:
        """Return what is kept of an order that was added."""
        return None if order is None else self._by_order.get(id(order))

    def of_order(self, order: ActivityFacts) -> OrderKept:
        """Return what is kept of an order that was added for sure."""
        return self._by_order[id(order)]

    def take_back(
        self, line: LineFacts, *, named: OrderKept | None = None
    ) -> tuple[list[Match], list[OrderKept], int]:
        """
        Match one return line; ``named`` is the order it is taken from first.

        Returns the matches, the orders they touch, and the value that no purchase stands for.
        """
        left = _Left(line, line.quantity_e4, line.amount_e4)
        if named is not None:
            _by_sku(left, (kept for kept in named.lines if kept.line.sku == line.sku))
            _by_value(left, [named])
        _by_sku(left, reversed(self._lines_by_sku[line.sku]))
        _by_value(left, reversed(self._orders))
        taken = left.taken.values()
        matches = [
            Match(line, kept.line, quantity_e4, amount_e4) for kept, quantity_e4, amount_e4 in taken
        ]
        touched = {id(kept.order): kept.order for kept, _quantity, _amount in taken}
        return matches, list(touched.values()), left.amount_e4

    def call_off(self, named: OrderKept, part: Exact) -> int:
        """Call off a part of what is left of an order, alike of each line; return its value."""
        before_e4 = named.amount_e4
        if before_e4 == 0:
            named.stands *= 1 - part
            return 0
        lines_e4 = taken_e4 = 0
        for kept in named.lines:
            # Cumulative, so that the parts of the lines add up to that of the order.
            lines_e4 += kept.amount_e4
            amount_e4 = (lines_e4 * part).__floor__() - taken_e4
            taken_e4 += amount_e4
            kept.amount_e4 -= amount_e4
            kept.quantity_e4 -= (kept.quantity_e4 * part).__floor__()
        named.amount_e4 -= (before_e4 * part).__floor__()
        named.stands *= Exact(named.amount_e4, before_e4)
        return before_e4 - named.amount_e4


def lines_of(activity: ActivityFacts) -> list[LineFacts]:
    """Return the lines of a return, or its amount as one line of no article."""
    return activity.lines or _whole(activity)


def _whole(activity: ActivityFacts) -> list[LineFacts]:
    return [LineFacts(None, "", "", 0, activity.amount_e4)] if activity.amount_e4 else []


@dataclass(slots=True)
class _Left:
    """What of a return line is not matched yet, and what was taken for it so far."""

    line: LineFacts
    quantity_e4: int
    amount_e4: int
    taken: dict[int, tuple[LineKept, int, int]] = field(default_factory=dict)

    def take(self, kept: LineKept, quantity_e4: int, amount_e4: int) -> None:
        self.quantity_e4 -= quantity_e4
        self.amount_e4 -= amount_e4
        kept.quantity_e4 -= quantity_e4
        kept.amount_e4 -= amount_e4
        kept.order.amount_e4 -= amount_e4
        _kept, quantity_before, amount_before = self.taken.get(id(kept), (kept, 0, 0))
        self.taken[id(kept)] = (kept, quantity_before + quantity_e4, amount_before + amount_e4)


def _by_sku(left: _Left, lines: Iterable[LineKept]) -> None:
    line = left.line
    for kept in lines:
        if not (left.quantity_e4 and left.amount_e4):
            break
        if not kept.quantity_e4:
            continue
        matched_e4 = min(left.quantity_e4, kept.quantity_e4)
        # At the price of the return, so that a full return of a line takes its full value.
        value_e4 = line.amount_e4 * matched_e4 // line.quantity_e4
        if matched_e4 == left.quantity_e4:
            value_e4 = left.amount_e4
        left.take(kept, matched_e4, min(value_e4, kept.amount_e4, left.amount_e4))


def _by_value(left: _Left, orders: Iterable[OrderKept]) -> None:
    for order in orders:
        if not left.amount_e4:
            break
        if not order.amount_e4:
            continue
        for kept in reversed(order.lines):
            value_e4 = min(left.amount_e4, kept.amount_e4)
            if value_e4:
                left.take(kept, 0, value_e4)
