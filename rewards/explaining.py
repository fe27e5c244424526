"""
Turn the stored explanation of an award or a claw-back into rows that a person can check.

Explanations are data (codes and figures), so that every language renders them. A code that this
module does not know is still shown, in plain form: an explanation is never swallowed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from partners.wording import FALLBACK_LANGUAGE, UnitWording, format_money, format_number

Step = Mapping[str, Any]
Row = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Explanation:
    """The rows of one bill. The last one is the total, which is ``total`` minor units."""

    rows: tuple[Row, ...]
    total: int
    note: str


@dataclass(frozen=True, slots=True)
class Teller:
    """What a teller of explanations needs: language, the name of points, the names of tiers."""

    language: str
    unit: UnitWording
    tier_names: Mapping[str, str]

    def tell(self, explanation: Mapping[str, Any], *, total_label: str = "") -> Explanation:
        """Return the explanation as rows; a last row is added where no step states the total."""
        total = int(explanation.get("total", 0))
        steps = [step for step in explanation.get("steps", []) if isinstance(step, Mapping)]
        rows = [self._row(step, before) for step, before in zip(steps, [{}, *steps], strict=False)]
        stated = steps[-1].get("result") if steps else None
        if total_label or stated is None or _decimal(stated) != total:
            rows.append((total_label or _("Together"), self._units(total)))
        return Explanation(tuple(rows), total, self._note(explanation))

    def net_amount(self, explanation: Mapping[str, Any]) -> str:
        """Return the value the award was computed on, as money, or nothing if none is stated."""
        for step in explanation.get("steps", []):
            if step.get("code") == "net_amount":
                return self._money(step)
        return ""

    def _row(self, step: Step, before: Step) -> Row:
        known: dict[str, Callable[[Step, Step], Row]] = {
            "net_amount": self._net_amount,
            "per_money": self._per_money,
            "multiplier": self._multiplier,
            "rounded": self._rounded,
            "awarded_before": self._awarded_before,
            "returned": self._returned,
            "cancelled": self._cancelled,
            "earned_by_what_is_kept": self._kept,
            "due_by_later_facts": self._due_by_later_facts,
        }
        tell = known.get(str(step.get("code")), self._plain)
        try:
            return tell(step, before)
        except (KeyError, TypeError, ValueError, InvalidOperation):
            return self._plain(step, before)

    def _net_amount(self, step: Step, _before: Step) -> Row:
        return _("Net value of the order"), self._money(step)

    def _per_money(self, step: Step, before: Step) -> Row:
        units = self.unit.phrase(int(step["units"]), self.language)
        money = format_money(
            Decimal(step["per"]), str(before.get("currency", "")), self.language, whole=True
        )
        label = _("%(units)s for every %(money)s") % {"units": units, "money": money}
        return label, self._exact_units(step["result"])

    def _multiplier(self, step: Step, _before: Step) -> Row:
        tier = self.tier_names.get(str(step.get("tier")), str(step.get("tier", "")))
        times = self._exact(Decimal(int(step["percent"])) / 100)
        label = _("%(tier)s: times %(times)s") % {"tier": tier, "times": times}
        return label, self._exact_units(step["result"])

    def _rounded(self, step: Step, before: Step) -> Row:
        exact = self._exact_units(before["result"])
        label = (
            _("%(exact)s rounded down, as the rule says")
            if step.get("mode") == "down"
            else _("%(exact)s rounded to the nearest whole, as the rule says")
        )
        return label % {"exact": exact}, self._units(int(step["result"]))

    def _awarded_before(self, step: Step, _before: Step) -> Row:
        return _("Awarded for the order"), self._units(int(step["units"]))

    def _returned(self, step: Step, _before: Step) -> Row:
        return _("Value of the goods returned"), self._money(step)

    def _cancelled(self, step: Step, _before: Step) -> Row:
        return _("Value of what was cancelled"), self._money(step)

    def _due_by_later_facts(self, step: Step, _before: Step) -> Row:
        return _("Due by what was reported later"), self._units(int(step["units"]))

    def _kept(self, step: Step, _before: Step) -> Row:
        return _("Earned by what you kept"), self._units(int(step["units"]))

    def _plain(self, step: Step, _before: Step) -> Row:
        label = str(step.get("code", "")).replace("_", " ").capitalize()
        shown = next(
            (step[name] for name in ("result", "amount", "units", "percent") if name in step), ""
        )
        return label, str(shown)

    def rule_name(self, explanation: Mapping[str, Any]) -> str:
        """Return the name of the rule in the reader's language, or nothing if none is stated."""
        names = explanation.get("rule_name") or {}
        return str(names.get(self.language) or names.get(FALLBACK_LANGUAGE) or "")

    def _note(self, explanation: Mapping[str, Any]) -> str:
        rule = self.rule_name(explanation)
        version = explanation.get("version")
        if rule and version:
            return _("Rule “%(rule)s”, version %(version)s of the programme.") % {
                "rule": rule,
                "version": version,
            }
        return _("Rule “%(rule)s”.") % {"rule": rule} if rule else ""

    def _money(self, step: Step) -> str:
        return format_money(Decimal(step["amount"]), str(step["currency"]), self.language)

    def _exact(self, value: Any) -> str:
        exact = Decimal(str(value)).normalize()
        places = max(-int(exact.as_tuple().exponent), 0)
        return format_number(exact, self.language, places)

    def _exact_units(self, minor_units: Any) -> str:
        # Steps count minor units, with parts of one; people read the unit itself.
        return self._exact(Decimal(str(minor_units)).scaleb(-self.unit.decimals))

    def _units(self, minor_units: int) -> str:
        return self.unit.number(minor_units, self.language)


def _decimal(value: Any) -> Decimal | None:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None
