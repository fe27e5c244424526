"""What of an activity a rule counts: which lines, with or without delivery and tax, paid how."""

from dataclasses import dataclass, field

from rewards.earning.counting import Counted, Steps, quantity_of
from rewards.earning.exact import e4_as_text
from rewards.earning.facts import ActivityFacts
from rewards.earning.said import amount_said
from rewards.earning.situation import PaymentTiming
from rewards.programmes.rules import LineFilter, Rule
from rewards.programmes.settings import Settings

PAID_FOR = ("order", "invoice")
"""Where nothing is paid or owed nothing is earned, also by effects that look at no money."""


def measure(
    activity: ActivityFacts, rule: Rule, *, payment: PaymentTiming | None, settings: Settings
) -> tuple[Counted | None, Steps]:
    """
    Return what the effect of a rule computes on, and the steps to it; None where that is nothing.

    Of a payment that is what was still open of its invoice. What was paid with points counts only
    where the programme says so: else the money and the quantity are less in proportion, and a
    fixed award is earned unless all was paid so.
    """
    if activity.kind == "payment":
        return _measure_payment(activity, rule, payment)
    if activity.amount_e4 <= 0 and activity.kind in PAID_FOR:
        return None, []
    counts = rule.effect.COUNTS
    if counts == "money" and rule.lines is None and not activity.attributes:
        # All of it: by far the most common case.
        counted = Counted(activity.amount_e4, 0, activity.currency)
        return counted, [_money("net_amount", activity.amount_e4, activity)]
    measured = _Measured(activity, activity.amount_e4)
    if counts == "quantity":
        measured.quantity_e4 = quantity_of(activity)
    if rule.lines is not None:
        measured.leave_out_lines(rule.lines)
    if activity.attributes and activity.kind == "order":
        measured.look_at_parts(rule, settings)
    return measured.counted_for(counts), measured.all_steps(counts)


def _measure_payment(
    activity: ActivityFacts, rule: Rule, payment: PaymentTiming | None
) -> tuple[Counted | None, Steps]:
    if payment is None or payment.counted_e4 <= 0:
        return None, []
    counted = Counted(payment.counted_e4, 0, activity.currency, invoice_e4=payment.invoice_e4)
    if rule.effect.COUNTS != "money":
        return counted, []
    return counted, [_money("net_amount", payment.counted_e4, activity) | {"of": "payment"}]


def _money(code: str, amount_e4: int, activity: ActivityFacts) -> dict[str, str]:
    return {"code": code, "amount": e4_as_text(amount_e4), "currency": activity.currency}


@dataclass(slots=True)
class _Measured:
    """The money and the quantity of an activity, while parts are left out of them."""

    activity: ActivityFacts
    amount_e4: int
    quantity_e4: int = 0
    is_of_named_lines: bool = False
    is_of_no_line: bool = False
    steps: Steps = field(default_factory=list)

    def leave_out_lines(self, wanted: LineFilter) -> None:
        lines = [line for line in self.activity.lines if wanted.counts(line)]
        self.is_of_named_lines = wanted.includes
        self.is_of_no_line = not lines
        self.amount_e4 = sum(line.amount_e4 for line in lines)
        self.quantity_e4 = sum(line.quantity_e4 for line in lines)
        self.steps.append(
            _money("counted_lines", self.amount_e4, self.activity)
            | {
                "lines": len(lines),
                "of": len(self.activity.lines),
                "quantity": e4_as_text(self.quantity_e4),
            }
        )

    def look_at_parts(self, rule: Rule, settings: Settings) -> None:
        """Take delivery out, then what was paid with points, and add the tax on what is left."""
        said, whole_e4 = self.activity.attributes, self.activity.amount_e4
        # Where only named lines count, delivery is not among them.
        if not rule.delivery and not self.is_of_named_lines:
            self._add("delivery_left_out", -min(amount_said(said, "delivery"), self.amount_e4))
        if not settings.points_payment_earns:
            paid_e4 = min(amount_said(said, "paid_with_points"), whole_e4)
            self.quantity_e4 -= self.quantity_e4 * paid_e4 // whole_e4
            self._add("paid_with_points", -(self.amount_e4 * paid_e4 // whole_e4))
        if rule.tax:
            tax_e4 = amount_said(said, "tax")
            self._add("tax_added", tax_e4 * self.amount_e4 // whole_e4)

    def _add(self, code: str, amount_e4: int) -> None:
        if amount_e4 == 0:
            return
        self.amount_e4 += amount_e4
        step = _money(code, abs(amount_e4), self.activity)
        self.steps.append(step | {"result": e4_as_text(self.amount_e4)})

    def counted_for(self, counts: str) -> Counted | None:
        is_nothing = self.is_of_no_line or (self.amount_e4 <= 0 and self._is_paid_for)
        if counts == "money":
            is_nothing = self.amount_e4 <= 0
        elif counts == "quantity":
            is_nothing = is_nothing or self.quantity_e4 <= 0
        if is_nothing:
            return None
        return Counted(self.amount_e4, self.quantity_e4, self.activity.currency)

    @property
    def _is_paid_for(self) -> bool:
        return self.activity.kind in PAID_FOR

    def all_steps(self, counts: str) -> Steps:
        if counts == "money":
            return [_money("net_amount", self.activity.amount_e4, self.activity), *self.steps]
        if counts == "quantity":
            quantity = e4_as_text(quantity_of(self.activity))
            return [{"code": "quantity", "quantity": quantity}, *self.steps]
        # What is fixed is computed on no money.
        return [step for step in self.steps if step["code"] == "counted_lines"]
