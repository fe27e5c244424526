"""What one rule gives for one activity: counted, multiplied, rounded and capped, step by step."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from rewards.earning.capping import CapLeft, caps_of
from rewards.earning.converted import say_converted
from rewards.earning.counting import Counted, Steps
from rewards.earning.effects.multiply import NOTHING_MORE_PERCENT, Multiply
from rewards.earning.exact import AWARD_MAX, Exact, as_decimal_text, e4_as_text
from rewards.earning.facts import ActivityFacts
from rewards.earning.measuring import measure
from rewards.earning.outcome import (
    CAP_REACHED,
    NOTHING_TO_COUNT,
    TOO_LITTLE,
    Given,
    GivenBefore,
    Outcome,
    PassedOver,
)
from rewards.earning.periods import period_key
from rewards.earning.situation import Situation
from rewards.earning.usage import VOLUME, UsageKey, Used
from rewards.programmes.campaigns import Campaign
from rewards.programmes.rules import Early, Rule
from rewards.programmes.settings import Settings


@dataclass(slots=True)
class Giving:
    """
    One activity and what counts for it; its rules are tried one after another.

    ``counted`` is what volumes grow by: all that was looked at, whether or not it gave anything.
    ``taken`` is what the rules that give so far take of caps, so that those of one campaign share
    them.
    """

    activity: ActivityFacts
    situation: Situation
    settings: Settings
    usage: Used
    counted: dict[UsageKey, int] = field(default_factory=dict)
    taken: dict[UsageKey, int] = field(default_factory=dict)

    def give(self, rule: Rule, campaign: Campaign | None) -> Outcome:
        """Return what a rule gives by itself."""
        counted, steps = measure(
            self.activity, rule, payment=self.situation.payment, settings=self.settings
        )
        if counted is None:
            return PassedOver(rule.code, NOTHING_TO_COUNT, {})
        counted = self._on_volume(rule, counted)
        caps = self._caps(rule, campaign)
        for cap in caps:
            if cap.measure != "units" and cap.left == 0:
                return PassedOver(rule.code, CAP_REACHED, cap.said())
            if cap.measure == "quantity" and counted.quantity_e4 > cap.left:
                counted = counted.of_quantity(cap.left)
                steps.append({"code": "capped", **cap.said(), "result": e4_as_text(cap.left)})
        exact, effect_steps = rule.effect.gives(counted)
        steps += effect_steps
        exact = self._multiplied(rule, exact, counted, steps)
        steps = [*say_converted(self.activity, steps), *steps]
        given = Given(rule, campaign, exact, steps, quantity_e4=counted.quantity_e4)
        return self._settle(given, caps, self._given_before(rule, exact, counted))

    def multiply(self, rule: Rule, campaign: Campaign | None, others: Sequence[Given]) -> Outcome:
        """Return what a rule gives that multiplies what others give."""
        effect = rule.effect
        if not isinstance(effect, Multiply):
            raise TypeError("only multiply looks at what other rules give")
        units = sum(each.amount for each in others)
        if units == 0:
            return PassedOver(rule.code, NOTHING_TO_COUNT, {})
        caps = self._caps(rule, campaign)
        for cap in caps:
            if cap.measure == "times" and cap.left == 0:
                return PassedOver(rule.code, CAP_REACHED, cap.said())
        exact = Exact(units * (effect.percent - NOTHING_MORE_PERCENT), 100)
        multiplied = tuple(each.rule.code for each in others)
        step = {
            "code": "multiply",
            "percent": effect.percent,
            "of": units,
            "rules": list(multiplied),
            "result": as_decimal_text(exact),
        }
        return self._settle(Given(rule, campaign, exact, [step], multiplied=multiplied), caps)

    def take(self, given: Given) -> None:
        """Let what a rule gives count for the caps of those after it."""
        for key, used in given.uses.items():
            self.taken[key] = self.taken.get(key, 0) + used

    def give_back(self, given: Given) -> None:
        for key, used in given.uses.items():
            self.taken[key] -= used

    def _caps(self, rule: Rule, campaign: Campaign | None) -> list[CapLeft]:
        if not rule.caps and (campaign is None or not campaign.caps):
            return []
        return [
            CapLeft(cap, key, self.usage.read(key) + self.taken.get(key, 0), code)
            for cap, key, code in caps_of(rule, campaign, self.activity)
        ]

    def _on_volume(self, rule: Rule, counted: Counted) -> Counted:
        """Say how much the period of an effect had counted before, and count this."""
        if not rule.effect.period:
            return counted
        key = (VOLUME, rule.code, period_key(self.activity.local_date, rule.effect.period))
        self.counted[key] = counted.amount_e4
        return counted.after_volume(self.usage.read(key))

    def _multiplied(self, rule: Rule, exact: Exact, counted: Counted, steps: Steps) -> Exact:
        if counted.amount_e4 < counted.invoice_e4 and not rule.effect.COUNTS:
            steps.append(
                {
                    "code": "partial_payment",
                    "paid": e4_as_text(counted.amount_e4),
                    "invoice": e4_as_text(counted.invoice_e4),
                    "currency": counted.currency,
                    "result": as_decimal_text(exact),
                }
            )
        if (early := self._early(rule)) is not None:
            exact = exact * early.percent / 100
            step = {"code": "early", "days": early.days, "percent": early.percent}
            steps.append(step | {"result": as_decimal_text(exact)})
        tier = self.situation.tier
        if rule.tier_multiplier and tier is not None and tier.multiplier_percent != 100:
            exact = exact * tier.multiplier_percent / 100
            step = {"code": "multiplier", "percent": tier.multiplier_percent, "tier": tier.code}
            steps.append(step | {"result": as_decimal_text(exact)})
        return exact

    def _early(self, rule: Rule) -> Early | None:
        """Return the row that gives most of those whose days the payment was early."""
        payment = self.situation.payment
        if payment is None or payment.days_late is None:
            return None
        days_late = payment.days_late
        rows = [row for row in rule.early if days_late <= -row.days]
        return max(rows, key=lambda row: row.percent, default=None)

    def _given_before(self, rule: Rule, exact: Exact, counted: Counted) -> GivenBefore | None:
        """
        Return what earlier payments of the same invoice gave by this rule at the same rate, if any.

        They are rounded together with this one, so that the parts give what the whole would. What
        is given for paying as such is shared by what is owed now: less, once goods came back.
        """
        invoice = self.activity.invoice
        if not counted.invoice_e4 or not rule.effect.IS_LINEAR or invoice is None:
            return None
        rate = exact / counted.amount_e4
        named = rate if rule.effect.COUNTS else rate * counted.invoice_e4
        key = (rule.code, invoice.source, invoice.external_id, str(named))
        self.counted["paid", *key] = counted.amount_e4
        before = rate * self.usage.read(("paid", *key))
        return GivenBefore(("paid_units", *key), before, self.usage.read(("paid_units", *key)))

    def _settle(
        self, given: Given, caps: Sequence[CapLeft], before: GivenBefore | None = None
    ) -> Outcome:
        """Round what a rule gives, and cut it to what is left of its caps."""
        given.round(self.settings, before)
        if before is not None:
            self.counted[before.key] = given.amount
        if given.amount == 0:
            exact = as_decimal_text(given.exact)
            return PassedOver(given.rule.code, TOO_LITTLE, {"exact": exact})
        if given.amount > AWARD_MAX:
            given.amount = AWARD_MAX - AWARD_MAX % self.settings.round_to
            given.steps.append({"code": "largest_award", "result": given.amount})
        for cap in caps:
            if cap.measure == "units" and given.amount > cap.left:
                given.amount = cap.left - cap.left % self.settings.round_to
                if given.amount == 0:
                    return PassedOver(given.rule.code, CAP_REACHED, cap.said())
                given.steps.append({"code": "capped", **cap.said(), "result": given.amount})
        given.uses = {cap.key: given.used_of(cap.measure) for cap in caps}
        return given
