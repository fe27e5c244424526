"""The settings of a programme in words, with the defaults where nothing is said."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from partners.wording import UnitWording
from rewards.programmes.sentences.rules import Part, say_pending
from rewards.programmes.sentences.speaker import Row, Speaker
from rewards.programmes.validity import Validity, read_validity

CLAW_BACK_WORDS = {
    "only_pending": gettext_lazy("Only points that are not available yet are taken back"),
    "within_balance": gettext_lazy("Points are taken back as far as there are any"),
    "allow_debt": gettext_lazy("All points are taken back; what is missing is a debt"),
}
BASIS_WORDS = {
    "by_line": gettext_lazy("By the lines that come back"),
    "by_value": gettext_lazy("By the part of the order's value"),
}
ROUNDING_WORDS = {
    "down": gettext_lazy("Down, to whole points"),
    "half_up": gettext_lazy("To the nearest"),
    "keep": gettext_lazy("Decimals are kept"),
}
TIER_OF_WORDS = {
    "order_date": gettext_lazy("The tier on the day of the order"),
    "today": gettext_lazy("The tier on the day the order is reported"),
}
SAID_WITHOUT_A_NUMBER = {
    "never": gettext_lazy("Never"),
    "end_of_month": gettext_lazy("At the end of the month in which they were earned"),
    "end_of_year": gettext_lazy("At the end of the year in which they were earned"),
}
LANGUAGE_NAMES = {
    "en": gettext_lazy("English"),
    "uk": gettext_lazy("Ukrainian"),
    "pl": gettext_lazy("Polish"),
    "ru": gettext_lazy("Russian"),
}


def tell_settings(settings: Row, speaker: Speaker) -> list[Part]:
    """Return the settings that a manager decides about, also those left at their default."""
    validity = read_validity(settings, "settings")
    pending = settings.get("pending") or {
        "until": "days",
        "days": settings.get("pending_days", 0),
    }
    return [
        Part("unit_value", _("Worth of one"), speaker.money(settings.get("unit_value", "0"))),
        Part("rounding", _("Rounding"), say_rounding(settings, speaker)),
        Part("pending", _("Waiting"), say_pending(pending, speaker)),
        Part("expiry", _("Points expire"), say_validity(validity)),
        Part("reinstatement", _("Points that come back expired"), say_reinstatement(validity)),
        Part(
            "claw_back",
            _("Returned goods"),
            str(CLAW_BACK_WORDS[settings.get("claw_back_policy", "allow_debt")]),
        ),
        Part(
            "claw_back_basis",
            _("How much is taken back"),
            str(BASIS_WORDS[settings.get("claw_back_basis", "by_line")]),
        ),
        Part(
            "current_order",
            _("The order itself counts for its tier"),
            yes_or_no(settings.get("current_order_counts_for_tier", False)),
        ),
        Part(
            "tier_of",
            _("Which tier counts"),
            str(TIER_OF_WORDS[settings.get("tier_of", "order_date")]),
        ),
        Part(
            "points_payment",
            _("What is paid with points earns too"),
            yes_or_no(settings.get("points_payment_earns", False)),
        ),
        Part("personal", _("Personal earning"), say_personal(settings, speaker)),
        Part(
            "share_undo",
            _("Days in which a share can be undone"),
            str(settings.get("share_undo_days", 14)),
        ),
        Part(
            "share_to_self",
            _("A head buyer may share to themselves"),
            yes_or_no(settings.get("share_to_self", True)),
        ),
        Part(
            "request_lapses",
            _("Days a request waits for approval"),
            str(settings.get("request_lapses_days", 30)),
        ),
    ]


def tell_unit_names(settings: Row, speaker: Speaker) -> list[Part]:
    """Return the names of the points by language, each with a number before every form."""
    names = settings.get("unit_names") or {}
    parts = []
    for code, language in LANGUAGE_NAMES.items():
        if code not in names:
            continue
        wording = UnitWording({code: names[code]})
        told = ", ".join(wording.phrase(number, code) for number in (1, 2, 5))
        parts.append(Part(code, str(language), told))
    return parts


def say_rounding(settings: Row, speaker: Speaker) -> str:
    said = str(ROUNDING_WORDS[settings.get("rounding", "down")])
    step = settings.get("round_to", 1)
    if step == 1:
        return said
    return _("%(how)s, in steps of %(step)s") % {"how": said, "step": speaker.units(step)}


def say_personal(settings: Row, speaker: Speaker) -> str:
    personal = settings.get("personal_earning") or {}
    if not personal.get("allowed"):
        return _("Everything goes to the partner's pool")
    if cap := personal.get("yearly_cap"):
        return _("Allowed with the employer's consent, up to %(cap)s a year for each person") % {
            "cap": speaker.money(cap)
        }
    return _("Allowed with the employer's consent")


def yes_or_no(value: object) -> str:
    return _("Yes") if value else _("No")


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
