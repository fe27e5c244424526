"""Checks of our own. They judge the settings as they are, whoever has changed them.

environment.py refuses a bad environment at the start; these also see what an OPTIONS in a URL or
an edited settings file did, and make `manage check --deploy` a gate.
"""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

from config.settings.databases import FAIR_SQLITE_ENGINE, SQLITE_ENGINE
from config.settings.environment import find_key_weakness

Apps = Sequence[AppConfig] | None


@register()
def sqlite_takes_the_lock_first(*, app_configs: Apps = None, **kwargs: Any) -> list[CheckMessage]:
    """SQLite without IMMEDIATE loses transactions under load; without WAL readers block."""
    problems: list[CheckMessage] = []
    for alias, database in settings.DATABASES.items():
        if database["ENGINE"] not in (SQLITE_ENGINE, FAIR_SQLITE_ENGINE):
            continue
        options = database.get("OPTIONS", {})
        pragmas = options.get("init_command", "").upper().replace(" ", "")
        if options.get("transaction_mode") != "IMMEDIATE":
            problems.append(
                Error(f"Database {alias}: transaction_mode must be IMMEDIATE.", id="tessera.E001")
            )
        if "JOURNAL_MODE=WAL" not in pragmas:
            problems.append(
                Error(f"Database {alias}: init_command must set WAL.", id="tessera.E002")
            )
        if "SYNCHRONOUS=FULL" not in pragmas and settings.IN_PRODUCTION:
            problems.append(
                Error(f"Database {alias}: init_command must set FULL.", id="tessera.E003")
            )
    return problems


@register()
def time_and_transactions_are_ours(
    *, app_configs: Apps = None, **kwargs: Any
) -> list[CheckMessage]:
    """The code counts on aware times, and on doors that open their own transactions."""
    problems: list[CheckMessage] = []
    if not settings.USE_TZ:
        problems.append(Error("USE_TZ must be on: times are stored in UTC.", id="tessera.E004"))
    if any(database.get("ATOMIC_REQUESTS") for database in settings.DATABASES.values()):
        problems.append(
            Error(
                "ATOMIC_REQUESTS must be off: doors open their transactions themselves.",
                id="tessera.E005",
            )
        )
    return problems


@register()
def redis_cannot_hang_a_request(*, app_configs: Apps = None, **kwargs: Any) -> list[CheckMessage]:
    """A frozen Redis must cost seconds: with default options it hangs whoever asks it."""
    wanted = {"socket_timeout", "socket_connect_timeout"}
    problems: list[CheckMessage] = []
    for alias, cache in settings.CACHES.items():
        if "redis" in cache["BACKEND"].lower() and not wanted <= set(cache.get("OPTIONS", {})):
            problems.append(
                Error(f"Cache {alias}: set {' and '.join(sorted(wanted))}.", id="tessera.E006")
            )
    broker_is_redis = settings.CELERY_BROKER_URL.startswith(("redis", "unix"))
    if broker_is_redis and not wanted <= set(settings.CELERY_BROKER_TRANSPORT_OPTIONS):
        problems.append(
            Error(f"Celery's broker: set {' and '.join(sorted(wanted))}.", id="tessera.E007")
        )
    return problems


@register(Tags.security, deploy=True)
def doors_are_locked(*, app_configs: Apps = None, **kwargs: Any) -> list[CheckMessage]:
    """What makes a deployment unsafe even though it runs."""
    problems: list[CheckMessage] = []
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        weakness = find_key_weakness(key)
        if weakness:
            problems.append(Error(f"A signing key {weakness}.", id="tessera.E008"))
    if "*" in settings.ALLOWED_HOSTS or not settings.ALLOWED_HOSTS:
        problems.append(Error("ALLOWED_HOSTS must name the hosts.", id="tessera.E009"))
    if not all(origin.startswith("https://") for origin in settings.CSRF_TRUSTED_ORIGINS):
        problems.append(Error("CSRF_TRUSTED_ORIGINS must be https.", id="tessera.E010"))
    if getattr(settings, "SECURE_PROXY_SSL_HEADER", None) and not settings.ENVIRONMENT.behind_proxy:
        problems.append(
            Error("SECURE_PROXY_SSL_HEADER is set without BEHIND_PROXY.", id="tessera.E011")
        )
    if not settings.IN_PRODUCTION:
        problems.append(Error("TESSERA_MODE must be production.", id="tessera.E012"))
    return problems
