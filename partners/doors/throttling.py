"""How many requests a caller may send, and what every answer says about it."""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from django.conf import settings
from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

if TYPE_CHECKING:
    # These classes are named in the settings, which rest_framework.views reads while loading.
    from rest_framework.views import APIView

WINDOW_SECONDS = 60
REQUESTS_PER_MINUTE = 600

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of the current window for one caller."""

    limit: int
    remaining: int
    reset_seconds: int

    def as_headers(self) -> dict[str, str]:
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.reset_seconds),
        }


class CallerThrottle(BaseThrottle):
    """
    Counts requests per caller in windows of a minute.

    Open when the cache is out: callers are known by a key or a session, and a loyalty programme
    that stops because a counter is missing serves nobody. Signing in is limited elsewhere.
    """

    def allow_request(self, request: Request, view: "APIView") -> bool:
        limit = getattr(settings, "API_REQUESTS_PER_MINUTE", REQUESTS_PER_MINUTE)
        now = int(time.time())
        window = now // WINDOW_SECONDS
        reset_seconds = (window + 1) * WINDOW_SECONDS - now
        used = self._count(f"api-requests:{getattr(view, 'caller', '')}:{window}")
        self.allowance = Allowance(limit, max(0, limit - used), reset_seconds)
        view.allowance = self.allowance  # type: ignore[attr-defined]  # a door has one
        return used <= limit

    def wait(self) -> float:
        return self.allowance.reset_seconds

    @staticmethod
    def _count(name: str) -> int:
        try:
            cache.add(name, 0, timeout=2 * WINDOW_SECONDS)
            return int(cache.incr(name))
        except Exception:  # whatever the cache's client raises, counting must not stop the API
            logger.warning("api_throttle_without_cache", exc_info=True)
            return 0
