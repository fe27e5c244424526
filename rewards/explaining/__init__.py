"""Why so many points: stored and worked-out explanations, told in the reader's language."""

from rewards.explaining.telling import Explanation, Teller

__all__ = ["Explanation", "Teller"]
