"""What a return or a cancellation takes back of what was awarded before it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rewards.earning.due import ClawBackDue, VersionInForce
from rewards.earning.evaluating import NOTHING, Evaluation, evaluate
from rewards.earning.exact import Exact, as_decimal_text
from rewards.earning.facts import ActivityFacts
from rewards.earning.matching import OrderKept
from rewards.earning.paying import InvoiceKept
from rewards.earning.situation import Situation
from rewards.earning.usage import VOLUME, UsageKey, UsageThen


@dataclass(slots=True, eq=False)
class JudgedOrder:
    """
    An order on its way through the walk: how it was judged and what was taken back since.

    ``keeps`` is what each rule gives for what is kept of it, ``volumes`` what is kept of what it
    counted for steps of a period.
    """

    kept: OrderKept
    version: VersionInForce
    situation: Situation
    usage: UsageThen
    awarded: Mapping[str, int]
    keeps: Mapping[str, int]
    volumes: dict[UsageKey, int]
    returned_e4: int = 0
    taken: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        kept: OrderKept,
        version: VersionInForce,
        situation: Situation,
        usage: UsageThen,
        evaluation: Evaluation,
    ) -> "JudgedOrder":
        amounts = evaluation.amounts
        return cls(kept, version, situation, usage, amounts, amounts, volumes_of(evaluation))

    def judge_again(self) -> Evaluation:
        """Judge what is kept of it by what held then, and by the volumes that are kept."""
        if self.kept.amount_e4 == 0:
            return NOTHING
        return evaluate(
            self.kept.facts(),
            situation=self.situation,
            definition=self.version.definition,
            usage=self.usage,
        )

    def leave_volumes(self) -> dict[UsageKey, int]:
        """Count what is kept of it only, and return by how much each volume is less."""
        if not self.volumes:
            return {}
        kept = volumes_of(self.judge_again())
        less = {key: before - kept.get(key, 0) for key, before in self.volumes.items()}
        self.volumes = {key: kept.get(key, 0) for key in self.volumes}
        return {key: amount for key, amount in less.items() if amount > 0}


def volumes_of(evaluation: Evaluation) -> dict[UsageKey, int]:
    """Return what an activity counts for steps of a period."""
    return {key: amount for key, amount in evaluation.used.items() if key[0] == VOLUME}


@dataclass(slots=True)
class JudgedPayment:
    """A payment, and what of its awards goes with the goods: all but what is given as such."""

    payment: ActivityFacts
    invoice: InvoiceKept
    version: VersionInForce
    awarded: Mapping[str, int]
    returned_e4: int = 0
    taken: dict[str, int] = field(default_factory=dict)


def take_from_order(
    order: JudgedOrder, cause: ActivityFacts, *, together: Sequence[JudgedOrder] = ()
) -> list[ClawBackDue]:
    """
    Return what an order no longer earns by what is kept of it, and was not taken yet.

    ``together`` are all orders, this one among them, that count for a volume of which something
    came back: later ones are judged again, and together they keep what the volume earns.
    """
    whole = order.kept.order
    returned_e4 = whole.amount_e4 - order.kept.amount_e4 - order.returned_e4
    order.returned_e4 += returned_e4
    code = "cancelled" if cause.kind == "cancellation" else "returned"
    step = {
        "code": code,
        "amount": as_decimal_text(Exact(returned_e4, 10_000)),
        "currency": whole.currency,
    }
    sources = together or (order,)
    for each in sources[sources.index(order) :]:
        each.keeps = _still_earned(each)
    return _take([_Source.of(each) for each in sources], cause, step)


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
    source = _Source(paid.payment, paid.version, paid.awarded, keeps, paid.taken)
    return _take([source], cause, step)


@dataclass(frozen=True, slots=True)
class _Source:
    """An activity of which awards may be taken back: what it had, still earns, and what is taken."""

    activity: ActivityFacts
    version: VersionInForce
    awarded: Mapping[str, int]
    keeps: Mapping[str, int]
    taken: dict[str, int]

    @classmethod
    def of(cls, order: JudgedOrder) -> "_Source":
        return cls(order.kept.order, order.version, order.awarded, order.keeps, order.taken)


def _take(
    sources: Sequence[_Source], cause: ActivityFacts, step: Mapping[str, str]
) -> list[ClawBackDue]:
    due = []
    takes = _spread(sources)
    left = sum(takes.values()) - sum(sum(source.taken.values()) for source in sources)
    for (place, rule_code), all_taken in takes.items():
        source = sources[place]
        before = source.taken.get(rule_code, 0)
        amount = min(all_taken - before, left)
        if amount <= 0:
            continue
        left -= amount
        source.taken[rule_code] = before + amount
        had = source.awarded[rule_code] - before
        steps = [
            {"code": "awarded_before", "units": had},
            dict(step),
            {"code": "earned_by_what_is_kept", "units": had - amount},
        ]
        explanation = {"rule": rule_code, "steps": steps, "total": amount}
        due.append(
            ClawBackDue(source.activity, source.version, rule_code, cause, amount, explanation)
        )
    return due


def _spread(sources: Sequence[_Source]) -> dict[tuple[int, str], int]:
    """
    Return how much is taken of each award, in all, by the place of its source and its rule.

    Together that is what was awarded less what is still earned: what another rule, or another order
    of the same volume, gives for the rest is kept of those that give less, the last of them first.
    """
    takes: dict[tuple[int, str], int] = {}
    more = 0
    for place, source in enumerate(sources):
        for code, amount in source.awarded.items():
            takes[place, code] = max(amount - source.keeps.get(code, 0), 0)
        more += sum(
            max(amount - source.awarded.get(code, 0), 0) for code, amount in source.keeps.items()
        )
    for key in reversed(takes):
        kept = min(takes[key], more)
        takes[key] -= kept
        more -= kept
    return takes


def _still_earned(order: JudgedOrder) -> Mapping[str, int]:
    """
    Return what each rule gives for what is kept, on the programme's basis.

    What steps of a period give is judged again on either basis: what came back is no volume.
    """
    definition = order.version.definition
    kept_e4, all_e4 = order.kept.amount_e4, order.kept.order.amount_e4
    if kept_e4 == 0:
        return {}
    if definition.settings.claw_back_basis == "by_line":
        return order.judge_again().amounts
    # Cumulative over all returns of the order, so that parts never take more than the whole.
    keeps = {
        rule_code: awarded - definition.settings.round(Exact(awarded * (all_e4 - kept_e4), all_e4))
        for rule_code, awarded in order.awarded.items()
    }
    if order.volumes:
        amounts = order.judge_again().amounts
        keeps |= {code: amounts.get(code, 0) for _volume, code, _period in order.volumes}
    return keeps
