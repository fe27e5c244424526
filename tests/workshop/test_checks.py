"""Our own checks judge the settings as they stand."""

from typing import Any

import pytest
from django.conf import settings
from django.core.checks.registry import registry

SQLITE: dict[str, Any] = {
    "ENGINE": "django.db.backends.sqlite3",
    "NAME": "shop.sqlite3",
    "OPTIONS": {
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL",
    },
}
REDIS = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://x"}
WAL_ONLY = {"transaction_mode": "IMMEDIATE", "init_command": "PRAGMA journal_mode=WAL"}
HALF_A_LIMIT = {"socket_timeout": 2}


def find(identifier: str, *, deploying: bool = False) -> bool:
    registered = registry.get_checks(include_deployment_checks=deploying)
    ours = [check for check in registered if check.__module__ == "config.checks"]
    return identifier in {message.id for check in ours for message in check(app_configs=None)}


@pytest.mark.parametrize(
    ("name", "value", "identifier"),
    [
        pytest.param("DATABASES", {"default": {**SQLITE, "OPTIONS": {}}}, "E001", id="deferred"),
        pytest.param("DATABASES", {"default": {**SQLITE, "OPTIONS": {}}}, "E002", id="no WAL"),
        pytest.param("DATABASES", {"default": {**SQLITE, "OPTIONS": WAL_ONLY}}, "E003", id="loses"),
        pytest.param("USE_TZ", False, "E004", id="naive times"),
        pytest.param(
            "DATABASES", {"default": {**SQLITE, "ATOMIC_REQUESTS": True}}, "E005", id="at"
        ),
        pytest.param("CACHES", {"default": REDIS}, "E006", id="cache without limit"),
        pytest.param("CELERY_BROKER_TRANSPORT_OPTIONS", HALF_A_LIMIT, "E007", id="broker"),
        pytest.param("SECRET_KEY", "short", "E008", id="weak key"),
        pytest.param("SECRET_KEY_FALLBACKS", ["short"], "E008", id="weak old key"),
        pytest.param("ALLOWED_HOSTS", ["*"], "E009", id="any host"),
        pytest.param("CSRF_TRUSTED_ORIGINS", ["http://a.test"], "E010", id="plain origin"),
        pytest.param("SECURE_PROXY_SSL_HEADER", ("X", "https"), "E011", id="untrusted proxy"),
        pytest.param("IN_PRODUCTION", False, "E012", id="not production"),
    ],
)
def test_finds(monkeypatch: pytest.MonkeyPatch, name: str, value: Any, identifier: str) -> None:
    monkeypatch.setattr(settings, "IN_PRODUCTION", True)
    monkeypatch.setattr(settings, "CELERY_BROKER_URL", "redis://127.0.0.1")
    monkeypatch.setattr(settings, name, value, raising=False)

    assert find(f"tessera.{identifier}", deploying=True)


def test_finds_nothing_in_good_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "IN_PRODUCTION", True)
    monkeypatch.setattr(settings, "DATABASES", {"default": SQLITE})

    for number in (1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12):
        assert not find(f"tessera.E{number:03}", deploying=True)
