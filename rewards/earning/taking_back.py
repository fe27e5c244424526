"""What a return or a cancellation takes back of what was awarded before it. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from rewards.earning.converted import say_converted
from rewards.earning.due import ClawBackDue, VersionInForce
from rewards.earning.effects.each_full import EachFull
from rewards.earning.effects.stepped import Stepped
from rewards.earning.evaluating import Evaluation, evaluate
from rewards.earning.exact import Exact, as_decimal_text
from rewards.earning.facts import ActivityFacts
from rewards.earning.matching import OrderKept
from rewards.earning.situation import Situation
from rewards.earning.usage import VOLUME, UsageKey, UsageThen
from rewards.programmes.definition import Definition


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
    steps: "PlainSteps | None" = None
    returned_e4: int = 0
    taken: dict[str, int] = field(default_factory=dict)

    @property
    def activity(self) -> ActivityFacts:
        return self.kept.order

    @classmethod
    def of(
        cls,
        kept: OrderKept,
        version: VersionInForce,
        situation: Situation,
        usage: UsageThen,
        evaluation: Evaluation,
    ) -> "JudgedOrder":
        amounts, volumes = evaluation.amounts, volumes_of(evaluation)
        steps = PlainSteps.of(kept, version.definition, usage, volumes) if volumes else None
        return cls(kept, version, situation, usage, amounts, amounts, volumes, steps)

    def judge_again(self) -> Evaluation:
        """Judge what is kept of it by what held then, and by the volumes that are kept."""
        return evaluate(
            self.kept.facts(),
            situation=self.situation,
            definition=self.version.definition,
            usage=self.usage,
        )

    def leave_volumes(self) -> dict[UsageKey, int]:
        """
        Count what is kept of it only, and return by how much each volume is less.

        What left a volume is not counted for it again, also where the rule counts the rest again.
        """
        if not self.volumes:
            return {}
        kept = volumes_of(self.judge_again())
        less = {key: before - kept.get(key, 0) for key, before in self.volumes.items()}
        if min(less.values()) < 0:
            # Arithmetic by the volume does not tell what such an order gives.
            self.steps = None
        self.volumes = {key: min(before, kept.get(key, 0)) for key, before in self.volumes.items()}
        return {key: amount for key, amount in less.items() if amount > 0}


@dataclass(slots=True)
class PlainSteps:
    """
    How one rule counts an order for the steps of a period, where nothing else depends on that.

    When something comes back of an earlier order, arithmetic says whether this one gives something
    else by now; it need not be judged again. ``stood_e4`` is the volume before it by which what it
    keeps was worked out, ``kept_e4`` what was kept of it then.
    """

    key: UsageKey
    rule_code: str
    effect: EachFull | Stepped
    before_e4: int
    stood_e4: int
    kept_e4: int

    @classmethod
    def of(
        cls,
        kept: OrderKept,
        definition: Definition,
        usage: UsageThen,
        volumes: Mapping[UsageKey, int],
    ) -> "PlainSteps | None":
        """Return them where there is one such rule, and it stands for itself."""
        if len(volumes) != 1:
            return None
        [key] = volumes
        _volume, code, _period = key
        effect = _plain_effect(definition, code)
        if effect is None:
            return None
        before_e4 = usage.read(key)
        return cls(key, code, effect, before_e4, before_e4, kept.amount_e4)

    def stand_now(self, usage: UsageThen) -> int:
        """Return what the volume before the order is by now."""
        return self.before_e4 - usage.left.get(self.key, 0)

    def note(self, order: JudgedOrder) -> None:
        """Remember by what the order was judged again."""
        self.stood_e4, self.kept_e4 = self.stand_now(order.usage), order.kept.amount_e4

    def follow(self, order: JudgedOrder) -> bool:
        """Let what the order keeps follow the volume before it; False where it must be judged."""
        if order.kept.amount_e4 != self.kept_e4:
            return False
        now_e4, amount_e4 = self.stand_now(order.usage), order.volumes[self.key]
        if amount_e4 and self.effect.is_moved(self.stood_e4, now_e4, amount_e4):
            exact = self.effect.exact(now_e4, amount_e4)
            units = order.version.definition.settings.round(exact)
            order.keeps = {**order.keeps, self.rule_code: units}
        self.stood_e4 = now_e4
        return True


def _plain_effect(definition: Definition, rule_code: str) -> EachFull | Stepped | None:
    """Return the effect of a rule of the base that no other rule, and no cap, has a part in."""
    rule = definition.rule(rule_code)
    if rule is None or not isinstance(rule.effect, EachFull | Stepped):
        return None
    if rule.campaign_code or rule.caps or rule.group or rule.stop or rule.tier_multiplier:
        return None
    is_weighed = any(campaign.stacking != "sum" for campaign in definition.campaigns)
    if is_weighed or any(each.multiplies for each in definition.all_rules):
        return None
    return rule.effect


def volumes_of(evaluation: Evaluation) -> dict[UsageKey, int]:
    """Return what an activity counts for steps of a period."""
    return {key: amount for key, amount in evaluation.used.items() if key[0] == VOLUME}


def take_from_order(
    order: JudgedOrder,
    cause: ActivityFacts,
    *,
    later: Iterable[JudgedOrder],
    together: Iterable[JudgedOrder],
) -> list[ClawBackDue]:
    """
    Return what an order no longer earns by what is kept of it, and was not taken yet.

    ``later`` are the orders of which the volume before them is less by now: they are judged again.
    ``together`` are all orders, this one among them, that keep together what their volumes earn:
    what was kept of one on behalf of another is taken with that one.
    """
    whole = order.kept.order
    returned_e4 = whole.amount_e4 - order.kept.amount_e4 - order.returned_e4
    order.returned_e4 += returned_e4
    step = taking_step(cause, returned_e4, whole.currency)
    _judge_again(order, later)
    # What still gives what it gave has no part in it.
    moved = [each for each in together if each.taken or each.keeps != each.awarded]
    return take(moved, cause, step)


def _judge_again(order: JudgedOrder, later: Iterable[JudgedOrder]) -> None:
    order.keeps = _still_earned(order)
    if order.steps is not None:
        order.steps.note(order)
    for each in later:
        if each.steps is None or not each.steps.follow(each):
            each.keeps = _still_earned(each)


class Source(Protocol):
    """What was awarded for one fact, what is still earned of it, and what was taken so far."""

    @property
    def activity(self) -> ActivityFacts: ...

    @property
    def version(self) -> VersionInForce: ...

    @property
    def awarded(self) -> Mapping[str, int]: ...

    @property
    def keeps(self) -> Mapping[str, int]: ...

    @property
    def taken(self) -> dict[str, int]: ...


def taking_step(cause: ActivityFacts, returned_e4: int, currency: str) -> dict[str, str]:
    """Say what came back, or was called off."""
    return {
        "code": "cancelled" if cause.kind == "cancellation" else "returned",
        "amount": as_decimal_text(Exact(returned_e4, 10_000)),
        "currency": currency,
    }


def take(
    sources: Sequence[Source], cause: ActivityFacts, step: Mapping[str, str]
) -> list[ClawBackDue]:
    """Return what is taken of each award by what is still earned, and was not taken yet."""
    due = []
    takes = _spread(sources)
    taken = sum(amount for source in sources for amount in source.taken.values())
    left = sum(takes.values()) - taken
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
            *say_converted(cause, [step]),
            dict(step),
            {"code": "earned_by_what_is_kept", "units": had - amount},
        ]
        explanation = {"rule": rule_code, "steps": steps, "total": amount}
        due.append(
            ClawBackDue(source.activity, source.version, rule_code, cause, amount, explanation)
        )
    return due


def _spread(sources: Sequence[Source]) -> dict[tuple[int, str], int]:
    """
    Return how much is taken of each award, in all, by the place of its source and its rule.

    Together that is what was awarded less what is still earned: what another order of the same
    volume, or another rule, gives for the rest is kept of those that give less, the last of them
    first. What a rule gives more is kept of its own awards before those of others.
    """
    takes: dict[tuple[int, str], int] = {}
    more: Counter[str] = Counter()
    for place, source in enumerate(sources):
        for code in {**source.awarded, **source.keeps}:
            less = source.awarded.get(code, 0) - source.keeps.get(code, 0)
            if less > 0:
                takes[place, code] = less
            else:
                more[code] -= less
    for key in reversed(takes):
        _place, code = key
        kept = min(takes[key], more[code])
        takes[key] -= kept
        more[code] -= kept
    of_others = more.total()
    for key in reversed(takes):
        kept = min(takes[key], of_others)
        takes[key] -= kept
        of_others -= kept
    return takes


def _still_earned(order: JudgedOrder) -> Mapping[str, int]:
    """
    Return what each rule gives for what is kept, on the programme's basis.

    What steps of a period give is judged again on either basis: what came back is no volume.
    """
    definition = order.version.definition
    kept_e4, all_e4 = order.kept.amount_e4, order.kept.order.amount_e4
    if not kept_e4:
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
