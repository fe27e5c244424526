"""What a balancer and an orchestrator ask: does the process live, may it get visitors."""

from collections.abc import Callable

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis.exceptions import RedisError


@never_cache
@require_safe
def healthz(_request: HttpRequest) -> JsonResponse:
    """Answer that the process lives, and ask nothing of anybody else."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def readyz(_request: HttpRequest) -> JsonResponse:
    """Answer whether database and cache are there; 503 names the one that is not."""
    missing = [name for name, is_there in CHECKS.items() if not is_there()]
    if missing:
        return JsonResponse({"status": "not ready", "missing": missing}, status=503)
    return JsonResponse({"status": "ok"})


def _reaches_database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _reaches_cache() -> bool:
    try:
        cache.get("readyz")
    except (DatabaseError, OSError, RedisError):
        return False
    return True


CHECKS: dict[str, Callable[[], bool]] = {"database": _reaches_database, "cache": _reaches_cache}
