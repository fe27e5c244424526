"""
What a programme's document says, in sentences for the people who decide about it.

Everything here is pure: it reads the document as it is stored, and a ``Speaker`` who knows the
language, the currency and the names of things.
"""

from rewards.programmes.sentences.conditions import say_condition, say_conditions
from rewards.programmes.sentences.effects import say_effect
from rewards.programmes.sentences.rules import (
    Part,
    rule_name,
    say_trigger,
    summarise,
    summarise_rule,
    tell_campaign,
    tell_rule,
    tell_tier,
)
from rewards.programmes.sentences.settings import (
    LANGUAGE_NAMES,
    say_validity,
    tell_settings,
    tell_unit_names,
)
from rewards.programmes.sentences.speaker import Speaker, name_in, speaker_for

__all__ = [
    "LANGUAGE_NAMES",
    "Part",
    "Speaker",
    "name_in",
    "rule_name",
    "say_condition",
    "say_conditions",
    "say_effect",
    "say_trigger",
    "say_validity",
    "speaker_for",
    "summarise",
    "summarise_rule",
    "tell_campaign",
    "tell_rule",
    "tell_settings",
    "tell_tier",
    "tell_unit_names",
]
