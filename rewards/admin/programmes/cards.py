"""Rules as cards: a sentence, what else is worth knowing at a glance, and what to look at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from rewards.admin.programmes.warned import Said
from rewards.programmes.sentences import Speaker, rule_name, say_trigger, summarise_rule


@dataclass(frozen=True, slots=True)
class Card:
    code: str
    name: str
    sentence: str
    trigger: str
    marks: tuple[str, ...]
    warnings: tuple[Said, ...]
    is_first: bool
    is_last: bool


def make_cards(
    rules: Sequence[Mapping[str, Any]], speaker: Speaker, warnings: Sequence[Said]
) -> list[Card]:
    return [
        Card(
            code=str(rule["code"]),
            name=rule_name(rule, speaker),
            sentence=summarise_rule(rule, speaker),
            trigger=say_trigger(rule, speaker),
            marks=tuple(list_marks(rule)),
            warnings=tuple(said for said in warnings if said.rule == rule["code"]),
            is_first=place == 0,
            is_last=place == len(rules) - 1,
        )
        for place, rule in enumerate(rules)
    ]


def list_marks(rule: Mapping[str, Any]) -> list[str]:
    """Return the short words that stand beside a rule's name."""
    marks = []
    if rule.get("group"):
        marks.append(_("Group %(group)s") % {"group": rule["group"]})
    if rule.get("priority"):
        marks.append(_("Priority %(number)s") % {"number": rule["priority"]})
    if rule.get("stop"):
        marks.append(_("Stops"))
    return marks
