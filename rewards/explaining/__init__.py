"""Why so many points: stored and worked-out explanations, told in the reader's language."""

from rewards.explaining.reasons import NotGiven, concerns_others, tell_passed_over
from rewards.explaining.telling import Explanation, Teller, teller_of

__all__ = [
    "Explanation",
    "NotGiven",
    "Teller",
    "concerns_others",
    "tell_passed_over",
    "teller_of",
]
