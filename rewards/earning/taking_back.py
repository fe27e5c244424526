"""What a return or a cancellation takes back of what was awarded before it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from rewards.earning.due import ClawBackDue, VersionInForce
from rewards.earning.evaluating import evaluate
from rewards.earning.exact import Exact, as_decimal_text
from rewards.earning.facts import ActivityFacts
from rewards.earning.matching import OrderKept
from rewards.earning.paying import InvoiceKept
from rewards.earning.situation import Situation
from rewards.earning.usage import Usage


@dataclass(slots=True)
class JudgedOrder:
    """An order on its way through the walk: how it was judged and what was taken back since."""

    kept: OrderKept
    version: VersionInForce
    situation: Situation
    usage: Usage
    awarded: Mapping[str, int]
    returned_e4: int = 0
    taken: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class JudgedPayment:
    """A payment, and what of its awards goes with the goods: all but what is given as such."""

    payment: ActivityFacts
    invoice: InvoiceKept
    version: VersionInForce
    awarded: Mapping[str, int]
    returned_e4: int = 0
    taken: dict[str, int] = field(default_factory=dict)


def take_from_order(order: JudgedOrder, cause: ActivityFacts) -> list[ClawBackDue]:
    """Return what an order no longer earns by what is kept of it, and was not taken yet."""
    whole = order.kept.order
    returned_e4 = whole.amount_e4 - order.kept.amount_e4 - order.returned_e4
    order.returned_e4 += returned_e4
    keeps = _still_earned(order)
    code = "cancelled" if cause.kind == "cancellation" else "returned"
    step = {
        "code": code,
        "amount": as_decimal_text(Exact(returned_e4, 10_000)),
        "currency": whole.currency,
    }
    return _take(whole, order.version, order.awarded, keeps, order.taken, cause, step)


def take_from_payment(paid: JudgedPayment, cause: ActivityFacts) -> list[ClawBackDue]:
    """Return what payments no longer earn: more was paid of the invoice than is owed now."""
    counted_e4, owed_e4 = paid.invoice.counted_e4, paid.invoice.owed_e4
    if owed_e4 >= counted_e4:
        return []
    returned_e4 = counted_e4 - owed_e4 - paid.returned_e4
    paid.returned_e4 += returned_e4
    definition = paid.version.definition
    keeps = {
        rule_code: awarded
        - definition.settings.round(Exact(awarded * (counted_e4 - owed_e4), counted_e4))
        for rule_code, awarded in paid.awarded.items()
    }
    step = {
        "code": "cancelled" if cause.kind == "cancellation" else "returned",
        "amount": as_decimal_text(Exact(returned_e4, 10_000)),
        "currency": paid.payment.currency,
    }
    return _take(paid.payment, paid.version, paid.awarded, keeps, paid.taken, cause, step)


def _take(
    activity: ActivityFacts,
    version: VersionInForce,
    awarded: Mapping[str, int],
    keeps: Mapping[str, int],
    taken: dict[str, int],
    cause: ActivityFacts,
    step: Mapping[str, str],
) -> list[ClawBackDue]:
    due = []
    for rule_code, all_taken in _spread(awarded, keeps).items():
        before = taken.get(rule_code, 0)
        amount = all_taken - before
        if amount <= 0:
            continue
        taken[rule_code] = before + amount
        had = awarded[rule_code] - before
        steps = [
            {"code": "awarded_before", "units": had},
            dict(step),
            {"code": "earned_by_what_is_kept", "units": had - amount},
        ]
        explanation = {"rule": rule_code, "steps": steps, "total": amount}
        due.append(ClawBackDue(activity, version, rule_code, cause, amount, explanation))
    return due


def _spread(awarded: Mapping[str, int], keeps: Mapping[str, int]) -> dict[str, int]:
    """
    Return how much is taken of each award, in all.

    Together that is what was awarded less what is still earned: what another rule gives for the
    rest, such as the next of a group, is kept of those that give less, the last of them first.
    """
    takes = {code: max(amount - keeps.get(code, 0), 0) for code, amount in awarded.items()}
    more = sum(max(amount - awarded.get(code, 0), 0) for code, amount in keeps.items())
    for code in reversed(takes):
        kept = min(takes[code], more)
        takes[code] -= kept
        more -= kept
    return takes


def _still_earned(order: JudgedOrder) -> Mapping[str, int]:
    """Return what each rule gives for what is kept, on the programme's basis."""
    definition = order.version.definition
    kept_e4, all_e4 = order.kept.amount_e4, order.kept.order.amount_e4
    if kept_e4 == 0:
        return {}
    if definition.settings.claw_back_basis == "by_line":
        return evaluate(
            order.kept.facts(),
            situation=order.situation,
            definition=definition,
            usage=order.usage,
        ).amounts
    # Cumulative over all returns of the order, so that parts never take more than the whole.
    return {
        rule_code: awarded - definition.settings.round(Exact(awarded * (all_e4 - kept_e4), all_e4))
        for rule_code, awarded in order.awarded.items()
    }
