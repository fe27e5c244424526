"""Rules and campaigns that can give a partner something, in sentences, with what is left of caps."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from rewards.earning.capping import CapLeft, cap_key
from rewards.earning.exact import e4_as_text
from rewards.explaining import Teller
from rewards.models import ProgrammeVersion
from rewards.offering.known import settle
from rewards.offering.today import Today
from rewards.programmes.rules import Cap, Rule
from rewards.programmes.sentences import summarise, tell_campaign, tell_rule, tell_settings
from rewards.programmes.sentences.rules import say_cap

OF_A_RULE = ("gives", "extra", "left_out", "only", "window", "pending", "expiry", "receiver")
OF_A_CAMPAIGN = ("audience", "stacking")
LIMITS = {
    "day": gettext_lazy("At most %(what)s a day for your company."),
    "week": gettext_lazy("At most %(what)s a week for your company."),
    "month": gettext_lazy("At most %(what)s a month for your company."),
    "quarter": gettext_lazy("At most %(what)s a quarter for your company."),
    "year": gettext_lazy("At most %(what)s a year for your company."),
    "lifetime": gettext_lazy("At most %(what)s in all for your company."),
}
OF_THE_PROGRAMME = (
    "rounding", "pending", "expiry", "claw_back", "points_payment", "personal",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Limit:
    """A cap in words, and what is left of it; nothing where it is each person's own."""

    words: str
    left: str


@dataclass(frozen=True, slots=True)
class Way:
    """A rule that can give something."""

    code: str
    name: str
    sentence: str
    limits: tuple[Limit, ...]


@dataclass(frozen=True, slots=True)
class Ways:
    """The rules for one kind of activity. ``id`` names it on a page."""

    id: str
    kind: str
    ways: tuple[Way, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """A campaign that this partner may take part in, from ``starts_on`` to ``last_day``."""

    code: str
    name: str
    state: str
    starts_on: date
    last_day: date
    sentence: str
    limits: tuple[Limit, ...]
    ways: tuple[Way, ...]


@dataclass(frozen=True, slots=True)
class WaysToEarn:
    """What a programme offers a partner today. ``terms`` are pairs of what holds for all of it."""

    groups: tuple[Ways, ...]
    campaigns: tuple[Campaign, ...]
    terms: tuple[tuple[str, str], ...]


def read_ways(today: Today, *, teller: Teller) -> WaysToEarn:
    """Say what can give something to the partner that stands so today. One query."""
    version = ProgrammeVersion.objects.get(pk=today.version_id)
    return _Offer(version.definition, today, teller).tell()


class _Offer:
    """One version as its document says it, beside what it means for one partner today."""

    def __init__(self, document: Mapping[str, Any], today: Today, teller: Teller) -> None:
        self.document = document
        self.definition = today.definition
        self.today = today.nothing
        self.situation = today.situation
        self.usage = today.usage
        self.teller = teller
        self.speaker = teller.speaker

    def tell(self) -> WaysToEarn:
        groups: dict[str, list[Way]] = {}
        rows = self.document.get("rules", [])
        for rule, way in self._ways(self.definition.rules, rows):
            groups.setdefault(rule.trigger, []).append(way)
        settings = tell_settings(self.document.get("settings", {}), self.speaker)
        return WaysToEarn(
            tuple(
                Ways(f"kind-{kind}", self.speaker.kind(kind), tuple(ways))
                for kind, ways in groups.items()
            ),
            tuple(self._campaigns()),
            tuple((part.label, part.text) for part in settings if _is_a_term(part.code, part.text)),
        )

    def _ways(
        self, rules: Sequence[Rule], rows: Sequence[Mapping[str, Any]]
    ) -> Iterable[tuple[Rule, Way]]:
        day = self.today.local_date
        for rule, row in zip(rules, rows, strict=True):
            is_over = rule.ends_on is not None and rule.ends_on <= day
            when = self._settle(row.get("when"))
            if is_over or when is False:
                continue
            open_still = {**row, "when": None if when is True else when}
            sentence = summarise(tell_rule(open_still, self.speaker), OF_A_RULE)
            limits = self._limits(("rule", rule.code), rule.caps, row)
            yield rule, Way(rule.code, rule.name(self.teller.language), sentence, limits)

    def _campaigns(self) -> Iterable[Campaign]:
        """Tell of campaigns that run or come, the one that ends first before the others."""
        rows = {row["code"]: row for row in self.document.get("campaigns", [])}
        for each in sorted(self.definition.campaigns, key=lambda one: (one.ends_on, one.code)):
            state = each.state_on(self.today.local_date)
            audience = each.audience
            if state == "ended" or (audience and not audience.holds(self.today, self.situation)):
                continue
            row = rows[each.code]
            open_for = self._settle(row.get("audience"))
            row = {**row, "audience": None if isinstance(open_for, bool) else open_for}
            yield Campaign(
                code=each.code,
                name=each.name(self.teller.language),
                state=state,
                starts_on=each.starts_on,
                last_day=each.ends_on - timedelta(days=1),
                sentence=summarise(tell_campaign(row, self.speaker), OF_A_CAMPAIGN),
                limits=self._limits(("campaign", each.code), each.caps, row),
                ways=tuple(way for _rule, way in self._ways(each.rules, row.get("rules", []))),
            )

    def _settle(self, when: Mapping[str, Any] | None) -> Mapping[str, Any] | bool:
        return settle(when, segments=self.situation.segments)

    def _limits(
        self, owner: tuple[str, str], caps: Sequence[Cap], row: Mapping[str, Any]
    ) -> tuple[Limit, ...]:
        return tuple(
            self._limit(owner, cap, said)
            for cap, said in zip(caps, row.get("caps") or [], strict=True)
        )

    def _limit(self, owner: tuple[str, str], cap: Cap, said: Mapping[str, Any]) -> Limit:
        if cap.per == "member":
            return Limit(say_cap(said, self.speaker), "")
        found = CapLeft(cap, key := cap_key(owner, cap, self.today), self.usage.read(key))
        words = str(LIMITS[cap.period]) % {"what": self._count(cap, cap.limit)}
        return Limit(words, self._left(found))

    def _left(self, cap: CapLeft) -> str:
        left = cap.left
        if left == 0:
            return _("Used up")
        if cap.measure == "units":
            return _("%(amount)s left") % {"amount": self.teller.voice.units(left)}
        if cap.measure == "times":
            return ngettext("%(count)d time left", "%(count)d times left", left) % {"count": left}
        count = self.teller.voice.number(e4_as_text(left))
        return _("%(count)s pieces left") % {"count": count}

    def _count(self, cap: Cap, count: int) -> str:
        if cap.measure == "units":
            return self.teller.voice.units(count)
        if cap.measure == "times":
            return ngettext("%(count)d time", "%(count)d times", count) % {"count": count}
        return _("%(count)s pieces") % {"count": self.teller.voice.number(e4_as_text(count))}


def _is_a_term(code: str, text: str) -> bool:
    return bool(text) and code in OF_THE_PROGRAMME
