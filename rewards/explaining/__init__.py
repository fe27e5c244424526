"""Why so many points: stored and worked-out explanations, told in the reader's language."""

from rewards.explaining.naming import read_teller
from rewards.explaining.reasons import NotGiven, concerns_others, say_nothing, tell_passed_over
from rewards.explaining.reported import say_reported, tell_conversion
from rewards.explaining.telling import Explanation, Teller, teller_of

__all__ = [
    "Explanation",
    "NotGiven",
    "Teller",
    "concerns_others",
    "read_teller",
    "say_nothing",
    "say_reported",
    "tell_conversion",
    "tell_passed_over",
    "teller_of",
]
