"""Production refuses what would hurt; the other modes start from nothing."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.settings.databases import describe_cache, describe_database
from config.settings.environment import Environment, Mode, keep_a_key, read_environment

GOOD_KEY = "qX7vR2mKp9Lw4Zt8Yc3Bn6Hd5Jf1Gs0AeUiOo-TrEwQaSzDxFcVgBhNjMk"
PRODUCTION = {
    "SECRET_KEY": GOOD_KEY,
    "ALLOWED_HOSTS": "loyalty.acme.test",
    "CSRF_TRUSTED_ORIGINS": "https://loyalty.acme.test",
    "DATABASE_URL": "postgres://tessera:key@db.acme.test:5432/tessera",
}


def read(tmp_path: Path, **changes: str) -> Environment:
    return read_environment({**PRODUCTION, **changes}, tmp_path)


class TestProduction:
    def test_is_the_mode_when_nothing_is_said(self, tmp_path: Path) -> None:
        assert read(tmp_path).mode is Mode.PRODUCTION

    def test_writes_nothing_to_disk(self, tmp_path: Path) -> None:
        read(tmp_path)

        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize(
        ("changes", "sentence"),
        [
            pytest.param({"SECRET_KEY": ""}, "SECRET_KEY is not set", id="no key"),
            pytest.param({"SECRET_KEY": GOOD_KEY[:49]}, "has 49 characters", id="short key"),
            pytest.param({"SECRET_KEY": "ab" * 40}, "repeats the same", id="monotonous key"),
            pytest.param(
                {"SECRET_KEY": "django-insecure-" + GOOD_KEY}, "placeholder", id="default key"
            ),
            pytest.param(
                {"SECRET_KEY_FALLBACKS": "short"}, "SECRET_KEY_FALLBACKS has 5", id="old key"
            ),
            pytest.param({"ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS must name", id="no host"),
            pytest.param({"ALLOWED_HOSTS": "a.test,*"}, "must not contain *", id="any host"),
            pytest.param({"CSRF_TRUSTED_ORIGINS": "http://a.test"}, "https://", id="plain origin"),
            pytest.param({"DEBUG": "1"}, "DEBUG shows secrets", id="debug"),
            pytest.param({"DATABASE_URL": ""}, "DATABASE_URL is not set", id="no database"),
            pytest.param({"DATABASE_URL": "sqlite:////srv/t.db"}, "one writer", id="SQLite"),
            pytest.param({"DATABASE_URL": "mysql://a/b"}, "must start with", id="MySQL"),
            pytest.param({"REDIS_URL": "http://a"}, "REDIS_URL must start", id="not Redis"),
            pytest.param({"EMAIL_URL": "pigeon://a"}, "EMAIL_URL must look", id="not mail"),
            pytest.param({"TIME_ZONE": "Mars/Base"}, "not a time zone", id="no such zone"),
            pytest.param({"LANGUAGE_CODE": "xx"}, "must be one of en, uk", id="no such language"),
            pytest.param({"LOG_LEVEL": "loud"}, "LOG_LEVEL must be", id="no such level"),
            pytest.param({"DATABASE_POOL": "maybe"}, "must be 1 or 0", id="neither yes nor no"),
            pytest.param({"TESSERA_MODE": "prod"}, "TESSERA_MODE must be", id="no such mode"),
        ],
    )
    def test_refuses(self, tmp_path: Path, changes: dict[str, str], sentence: str) -> None:
        with pytest.raises(ImproperlyConfigured, match="cannot start in production") as caught:
            read(tmp_path, **changes)

        assert sentence in str(caught.value)

    def test_says_everything_that_is_wrong_at_once(self, tmp_path: Path) -> None:
        with pytest.raises(ImproperlyConfigured) as caught:
            read_environment({}, tmp_path)

        for name in ("SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL"):
            assert name in str(caught.value)

    def test_takes_sqlite_when_told_so(self, tmp_path: Path) -> None:
        env = read(tmp_path, DATABASE_URL=f"sqlite:///{tmp_path}/t.db", ALLOW_SQLITE="1")

        options = describe_database(env)["OPTIONS"]

        assert options["transaction_mode"] == "IMMEDIATE"
        assert "synchronous=FULL" in options["init_command"]


class TestDevelopment:
    def test_starts_from_nothing_and_keeps_its_key(self, tmp_path: Path) -> None:
        first = read_environment({"TESSERA_MODE": "development"}, tmp_path)
        second = read_environment({"TESSERA_MODE": "development"}, tmp_path)

        assert len(first.secret_key) > 50
        assert first.secret_key == second.secret_key
        assert (tmp_path / "var" / "secret_key").stat().st_mode & 0o077 == 0
        assert first.database_url.startswith("sqlite:///")

    def test_shares_one_key_between_processes_that_start_together(self, tmp_path: Path) -> None:
        with ThreadPoolExecutor(max_workers=8) as starters:
            keys = set(starters.map(keep_a_key, [tmp_path] * 64))

        assert len(keys) == 1
        assert len(keys.pop()) > 50
        assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


class TestLimits:
    @pytest.mark.parametrize(("process", "statement"), [("web", "5000"), ("job", "300000")])
    def test_the_server_ends_what_takes_too_long(
        self, tmp_path: Path, process: str, statement: str
    ) -> None:
        options = describe_database(read(tmp_path, TESSERA_PROCESS=process))["OPTIONS"]["options"]

        assert f"statement_timeout={statement}" in options
        assert "lock_timeout=2000" in options
        assert "idle_in_transaction_session_timeout=30000" in options

    def test_a_frozen_redis_costs_seconds(self, tmp_path: Path) -> None:
        cache = describe_cache(read(tmp_path, REDIS_URL="redis://127.0.0.1:6379/0"))

        assert cache["OPTIONS"] == {"socket_connect_timeout": 1, "socket_timeout": 2}

    def test_without_redis_production_shares_its_limits_in_a_table(self, tmp_path: Path) -> None:
        assert describe_cache(read(tmp_path))["BACKEND"].endswith("DatabaseCache")
