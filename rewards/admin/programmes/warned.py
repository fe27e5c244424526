"""Warnings about a draft in words; what they need to know is asked of the database here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from partners.models import ActivityLine
from rewards.models import ProgrammeVersion, SegmentPlace
from rewards.programmes.sentences import Speaker, say_condition
from rewards.programmes.warnings import (
    Known,
    find_warnings,
    segments_asked,
    words_asked,
)

# Lines have no index on their words, which only this page asks for: it reads the newest ones, a
# tenth of a second of them, however many there are.
LINES_LOOKED_AT = 500_000


@dataclass(frozen=True, slots=True)
class Said:
    """A warning as people read it. It is about a rule, and ``is_grave`` if the rule does nothing."""

    rule: str
    rule_name: str
    sentence: str
    is_grave: bool


def warn(version: ProgrammeVersion, speaker: Speaker, *, today: date) -> list[Said]:
    """Return what to look at in a version: at most five queries."""
    known = read_known(version, today)
    return [
        Said(
            warning.rule,
            speaker.rule(warning.rule),
            WORDS[warning.code](warning.figures, speaker),
            warning.code in GRAVE,
        )
        for warning in find_warnings(version.definition, today=today, known=known)
    ]


def read_known(version: ProgrammeVersion, today: date) -> Known:
    document = version.definition
    skus, categories = words_asked(document, "sku"), words_asked(document, "category")
    segments = segments_asked(document)
    filled: set[str] = set()
    if segments:
        there = SegmentPlace.objects.filter(segment__code__in=segments)
        there = there.filter(Q(until__isnull=True) | Q(until__gt=today))
        filled = set(there.values_list("segment__code", flat=True).distinct())
    return Known(
        skus=frozenset(_lately_ordered("sku", skus)),
        categories=frozenset(_lately_ordered("category", categories)),
        segments=frozenset(filled),
        ends_on=version.programme.ends_on,
        decimals=version.programme.main_unit.decimals,
    )


def _lately_ordered(column: str, words: set[str]) -> set[str]:
    """Return those of the words that a late line has; one with a star fits what begins like it."""
    newest = words and ActivityLine.objects.order_by("-pk").values_list("pk", flat=True).first()
    if not newest:
        return set()
    exact = {word for word in words if not word.endswith("*")}
    starts = {word[:-1] for word in words if word.endswith("*")}
    wanted = Q(**{f"{column}__in": exact})
    for start in starts:
        wanted |= Q(**{f"{column}__startswith": start})
    lately = ActivityLine.objects.filter(pk__gt=newest - LINES_LOOKED_AT)
    rows: QuerySet[ActivityLine] = lately.filter(wanted)
    found = set(rows.order_by().values_list(column, flat=True).distinct())
    return {word for word in exact if word in found} | {
        f"{start}*" for start in starts if any(each.startswith(start) for each in found)
    }


# ------------------------------------------------------------------------- words

Figures = Mapping[str, Any]


def _over(figures: Figures, speaker: Speaker) -> str:
    return _("It ended with %(day)s, so it gives nothing any more.") % {
        "day": speaker.last_day(figures["day"])
    }


def _no_common_day(_figures: Figures, _speaker: Speaker) -> str:
    return _("Its dates have no day in common, so it never gives anything.")


def _after_the_programme(figures: Figures, speaker: Speaker) -> str:
    return _("It begins after the programme ends on %(day)s.") % {
        "day": speaker.day(figures["day"])
    }


def _unknown_sku(figures: Figures, speaker: Speaker) -> str:
    return _("No recent order has the SKU %(words)s. Is it written as orders report it?") % {
        "words": speaker.any_of(figures["words"])
    }


def _unknown_category(figures: Figures, speaker: Speaker) -> str:
    return _(
        "No recent order has goods in the category %(words)s. Is it written as orders report it?"
    ) % {"words": speaker.any_of(figures["words"])}


def _nothing_before(_figures: Figures, _speaker: Speaker) -> str:
    return _("No rule that gives something comes before it, so there is nothing to multiply.")


def _empty_segment(figures: Figures, speaker: Speaker) -> str:
    names = speaker.any_of(f"“{speaker.segment(code)}”" for code in figures["words"])
    return _("Nobody is in the segment %(segments)s now.") % {"segments": names}


def _contradiction(figures: Figures, speaker: Speaker) -> str:
    one, other = (say_condition(figures[side], speaker) for side in ("one", "other"))
    if one == other:
        return _("“%(one)s” can never be true, so it never gives anything.") % {"one": one}
    return _("“%(one)s” and “%(other)s” are never true together, so it never gives anything.") % {
        "one": one,
        "other": other,
    }


def _gives_more_than_all(figures: Figures, speaker: Speaker) -> str:
    return _("It gives back %(percent)s of the money: more than was paid.") % {
        "percent": speaker.percent(round(figures["percent"], 2))
    }


def _high_rate(figures: Figures, speaker: Speaker) -> str:
    return _("It gives back %(percent)s of the money, without a limit or a budget.") % {
        "percent": speaker.percent(round(figures["percent"], 2))
    }


def _many_times(figures: Figures, speaker: Speaker) -> str:
    return _("It multiplies by %(times)s, without a limit or a budget.") % {
        "times": speaker.number(str(int(figures["percent"]) / 100))
    }


def _high_worth(figures: Figures, speaker: Speaker) -> str:
    return _("It gives %(worth)s each time, without a limit or a budget.") % {
        "worth": speaker.money(figures["worth"])
    }


def _unreachable(figures: Figures, speaker: Speaker) -> str:
    return _(
        "“%(rule)s” comes before it, and where that gives anything, this is not looked at."
    ) % {"rule": speaker.rule(figures["rule"])}


def _overlap(figures: Figures, speaker: Speaker) -> str:
    return _(
        "It pays for the same money as “%(rule)s”, and both count. Give both the same group if only the better one should."
    ) % {"rule": speaker.rule(figures["rule"])}


WORDS: Mapping[str, Callable[[Figures, Speaker], str]] = {
    "over": _over,
    "no_common_day": _no_common_day,
    "after_the_programme": _after_the_programme,
    "unknown_sku": _unknown_sku,
    "unknown_category": _unknown_category,
    "empty_segment": _empty_segment,
    "contradiction": _contradiction,
    "gives_more_than_all": _gives_more_than_all,
    "high_rate": _high_rate,
    "many_times": _many_times,
    "high_worth": _high_worth,
    "unreachable": _unreachable,
    "overlap": _overlap,
    "nothing_before": _nothing_before,
}
GRAVE = frozenset(
    {
        "no_common_day",
        "after_the_programme",
        "contradiction",
        "gives_more_than_all",
        "unreachable",
        "nothing_before",
    }
)
