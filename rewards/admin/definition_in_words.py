"""What a programme version says, in sentences for the people who decide about it."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from partners.doors.showing import language, say_money
from partners.models.amounts import from_ten_thousandths
from partners.wording import UnitWording
from rewards.earning.effects import Effect
from rewards.earning.effects.per_money import PerMoney
from rewards.programmes.definition import Definition, Tier
from rewards.programmes.validity import Validity


def describe(definition: Definition, currency: str) -> dict[str, Any]:
    spoken = language()
    settings = definition.settings
    unit = settings.unit_names.get(spoken) or settings.unit_names["en"]
    return {
        "rules": [
            (rule.name(spoken), say_effect(rule.effect, unit, currency), rule.tier_multiplier)
            for rule in definition.rules
        ],
        "tiers": [
            (
                tier.name(spoken),
                say_money(tier.threshold, currency),
                tier.multiplier_percent,
                say_extra_months(tier),
            )
            for tier in definition.tiers
        ],
        "settings": [
            (_("Name of the points"), unit.get("other", "")),
            (_("Worth of one"), say_money(settings.unit_value, currency)),
            (_("Points expire"), say_validity(settings.expiry)),
            (_("Points that come back expired"), say_reinstatement(settings.expiry)),
            (_("Days until points are available"), settings.pending_days),
            (_("Days a request waits for approval"), settings.request_lapses_days),
            (_("Returned goods"), CLAW_BACK_WORDS.get(settings.claw_back_policy, "")),
            (_("Days in which a share can be undone"), settings.share_undo_days),
        ],
    }


def say_validity(validity: Validity) -> str:
    """Say when points expire, without a full stop."""
    count = validity.count
    words = _counted(validity.rule, count) if count else SAID_WITHOUT_A_NUMBER[validity.rule]
    return str(words) % {"count": count}


def _counted(rule: str, count: int) -> str:
    match rule:
        case "after_days":
            return ngettext(
                "%(count)d day after they were earned",
                "%(count)d days after they were earned",
                count,
            )
        case "after_months":
            return ngettext(
                "%(count)d month after they were earned",
                "%(count)d months after they were earned",
                count,
            )
        case "rolling_months":
            return ngettext(
                "%(count)d month after the partner's last order",
                "%(count)d months after the partner's last order",
                count,
            )
        case "end_of_month":
            return ngettext(
                "At the end of the month, %(count)d month after they were earned",
                "At the end of the month, %(count)d months after they were earned",
                count,
            )
    return ngettext(
        "At the end of the year, %(count)d year after they were earned",
        "At the end of the year, %(count)d years after they were earned",
        count,
    )


def say_reinstatement(validity: Validity) -> str:
    days = validity.reinstatement_days
    if not days:
        return _("Stay expired")
    return ngettext(
        "Can be spent for %(count)d more day", "Can be spent for %(count)d more days", days
    ) % {"count": days}


def say_extra_months(tier: Tier) -> str:
    """Say how much longer points live that are earned in a tier; nothing where they do not."""
    months = tier.expiry_extra_months
    if not months:
        return ""
    return ngettext("%(count)d month longer", "%(count)d months longer", months) % {"count": months}


def say_effect(effect: Effect, names: Mapping[str, str], currency: str) -> str:
    """Say what a rule gives; an effect without words of its own is shown as it is stored."""
    if isinstance(effect, PerMoney):
        wording = UnitWording({language(): names})
        return _("%(units)s for every %(money)s") % {
            "units": wording.phrase(effect.units, language()),
            "money": say_money(from_ten_thousandths(effect.per_e4), currency),
        }
    return str(effect)


CLAW_BACK_WORDS = {
    "only_pending": gettext_lazy("Only points that are not available yet are taken back"),
    "within_balance": gettext_lazy("Points are taken back as far as there are any"),
    "allow_debt": gettext_lazy("All points are taken back; what is missing is a debt"),
}

SAID_WITHOUT_A_NUMBER = {
    "never": gettext_lazy("Never"),
    "end_of_month": gettext_lazy("At the end of the month in which they were earned"),
    "end_of_year": gettext_lazy("At the end of the year in which they were earned"),
}
