"""The only place that reads the environment.

Everything is validated at once, and what is wrong is said in sentences: a process that starts
has a configuration that makes sense.
"""

import contextlib
import os
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import available_timezones

import environ
from django.core.exceptions import ImproperlyConfigured

SHORTEST_KEY = 50
FEWEST_DIFFERENT_CHARACTERS = 12
TELLTALES = ("insecure", "secret", "changeme", "change-me", "example", "password", "django-")
LANGUAGES = ("en", "uk", "pl", "ru")
LOG_LEVELS = {"DEBUG", "INFO", "WARNING", "ERROR"}
YES = {"1", "true", "yes", "on"}
NO = {"0", "false", "no", "off"}


class Mode(StrEnum):
    PRODUCTION = "production"
    DEVELOPMENT = "development"
    TEST = "test"


class Process(StrEnum):
    """What this process is for. People wait for the web; a job may take its time."""

    WEB = "web"
    JOB = "job"


@dataclass(frozen=True, kw_only=True)
class Environment:
    """What the environment says, checked and typed."""

    mode: Mode
    process: Process
    debug: bool
    data_dir: Path
    secret_key: str
    secret_key_fallbacks: tuple[str, ...]
    allowed_hosts: tuple[str, ...]
    csrf_trusted_origins: tuple[str, ...]
    behind_proxy: bool
    database_url: str
    database_pool: bool
    allow_sqlite: bool
    redis_url: str
    email_url: str
    default_from_email: str
    language_code: str
    time_zone: str
    log_level: str
    upload_max_mb: int
    upload_keep_days: int

    @property
    def in_production(self) -> bool:
        return self.mode is Mode.PRODUCTION


def find_key_weakness(key: str) -> str | None:
    """Return why a key must not sign production's sessions, or None if it may."""
    if not key:
        return "is not set"
    if len(key) < SHORTEST_KEY:
        return f"has {len(key)} characters; it needs at least {SHORTEST_KEY}"
    if len(set(key)) < FEWEST_DIFFERENT_CHARACTERS:
        return "repeats the same few characters"
    if any(word in key.lower() for word in TELLTALES):
        return "looks like a placeholder"
    return None


class Reader:
    """Reads variables one by one and remembers everything that is wrong with them."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self.variables = variables
        self.problems: list[str] = []

    def text(self, name: str, default: str = "") -> str:
        return self.variables.get(name, "").strip() or default

    def words(self, name: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        found = tuple(word.strip() for word in self.text(name).split(",") if word.strip())
        return found or default

    def truth(self, name: str, *, default: bool = False) -> bool:
        said = self.text(name).lower()
        if said and said not in YES | NO:
            self.problems.append(f"{name} must be 1 or 0, not {said!r}.")
        return said in YES if said else default

    def option(self, name: str, options: type[StrEnum], default: StrEnum) -> str:
        said = self.text(name, default).lower()
        if said not in set(options):
            self.problems.append(f"{name} must be one of {', '.join(options)}, not {said!r}.")
            return default
        return said

    def number(self, name: str, *, default: int, least: int, most: int) -> int:
        said = self.text(name, str(default))
        if not said.isascii() or not said.isdecimal() or not least <= int(said[:9]) <= most:
            self.problems.append(f"{name} must be a number from {least} to {most}, not {said!r}.")
            return default
        return int(said)

    def refuse_if(self, wrong: object, sentence: str) -> None:
        if wrong:
            self.problems.append(sentence)


def keep_a_key(data_dir: Path) -> str:
    """Return development's own signing key, made at the first call and kept in an ignored file."""
    kept = data_dir / "secret_key"
    if not kept.exists():
        # Several processes may start at once: the link appears whole, and only for the first.
        descriptor, fresh = tempfile.mkstemp(prefix="secret_key.", dir=data_dir)
        with os.fdopen(descriptor, "w") as new:
            new.write(secrets.token_urlsafe(64))
        with contextlib.suppress(FileExistsError):
            os.link(fresh, kept)
        Path(fresh).unlink()
    return kept.read_text().strip()


def refuse_what_is_unsafe(reader: Reader, env: Environment) -> None:
    """Note everything that must not be so where real points move."""
    weakness = find_key_weakness(env.secret_key)
    reader.refuse_if(weakness, f"SECRET_KEY {weakness}.")
    for key in env.secret_key_fallbacks:
        weakness = find_key_weakness(key)
        reader.refuse_if(weakness, f"A key of SECRET_KEY_FALLBACKS {weakness}.")
    reader.refuse_if(env.debug, "DEBUG shows secrets to visitors and stays off in production.")
    reader.refuse_if(not env.allowed_hosts, "ALLOWED_HOSTS must name the hosts this site serves.")
    reader.refuse_if(
        any(host in {"*", "."} for host in env.allowed_hosts),
        "ALLOWED_HOSTS must not contain *: name the hosts.",
    )
    for origin in env.csrf_trusted_origins:
        reader.refuse_if(
            not origin.startswith("https://") or "*" in origin,
            f"CSRF_TRUSTED_ORIGINS takes whole https:// origins, not {origin!r}.",
        )
    reader.refuse_if(
        not env.database_url, "DATABASE_URL is not set, for example postgres://user:key@host/name."
    )
    reader.refuse_if(
        env.database_url.startswith("sqlite") and not env.allow_sqlite,
        "DATABASE_URL names SQLite, which has one writer and lives on one machine."
        " Set ALLOW_SQLITE=1 if that is what you want.",
    )


def read_environment(variables: Mapping[str, str], base_dir: Path) -> Environment:
    """
    Return the checked environment.

    :raises ImproperlyConfigured: With one sentence for each thing that is wrong.
    """
    reader = Reader(variables)
    mode = Mode(reader.option("TESSERA_MODE", Mode, Mode.PRODUCTION))
    data_dir = Path(reader.text("TESSERA_DATA", str(base_dir / "var"))).absolute()
    secret_key = reader.text("SECRET_KEY")
    database_url = reader.text("DATABASE_URL")
    hosts: tuple[str, ...] = ()
    if mode is not Mode.PRODUCTION:
        hosts = ("localhost", "127.0.0.1", "[::1]", "testserver")
        data_dir.mkdir(parents=True, exist_ok=True)
        secret_key = secret_key or keep_a_key(data_dir)
        database_url = database_url or f"sqlite:///{data_dir / 'tessera.sqlite3'}"
    env = Environment(
        mode=mode,
        process=Process(reader.option("TESSERA_PROCESS", Process, Process.JOB)),
        debug=reader.truth("DEBUG", default=mode is Mode.DEVELOPMENT),
        data_dir=data_dir,
        secret_key=secret_key,
        secret_key_fallbacks=reader.words("SECRET_KEY_FALLBACKS"),
        allowed_hosts=reader.words("ALLOWED_HOSTS", hosts),
        csrf_trusted_origins=reader.words("CSRF_TRUSTED_ORIGINS"),
        behind_proxy=reader.truth("BEHIND_PROXY"),
        database_url=database_url,
        database_pool=reader.truth("DATABASE_POOL"),
        allow_sqlite=reader.truth("ALLOW_SQLITE"),
        redis_url=reader.text("REDIS_URL"),
        email_url=reader.text("EMAIL_URL", "consolemail://"),
        default_from_email=reader.text("DEFAULT_FROM_EMAIL", "Tessera <noreply@localhost>"),
        language_code=reader.text("LANGUAGE_CODE", "en"),
        time_zone=reader.text("TIME_ZONE", "UTC"),
        log_level=reader.text("LOG_LEVEL", "INFO").upper(),
        upload_max_mb=reader.number("UPLOAD_MAX_MB", default=200, least=1, most=4_096),
        upload_keep_days=reader.number("UPLOAD_KEEP_DAYS", default=30, least=0, most=3_650),
    )
    refuse_what_makes_no_sense(reader, env)
    if env.in_production:
        refuse_what_is_unsafe(reader, env)
    if reader.problems:
        listed = "\n".join(f"  - {problem}" for problem in reader.problems)
        message = f"Tessera cannot start in {mode} mode:\n{listed}\n"
        raise ImproperlyConfigured(message + "docs/development.md lists every variable.")
    return env


def refuse_what_makes_no_sense(reader: Reader, env: Environment) -> None:
    """Note what cannot work in any mode."""
    scheme = urlsplit(env.database_url).scheme
    reader.refuse_if(
        env.database_url and scheme not in {"sqlite", "postgres", "postgresql"},
        f"DATABASE_URL must start with postgres:// or sqlite:///, not {scheme!r}.",
    )
    reader.refuse_if(
        env.database_url in {"sqlite://", "sqlite://:memory:"},
        "DATABASE_URL names an SQLite database in memory, which no second thread can see.",
    )
    reader.refuse_if(
        env.redis_url and urlsplit(env.redis_url).scheme not in {"redis", "rediss", "unix"},
        "REDIS_URL must start with redis:// or rediss://.",
    )
    reader.refuse_if(
        urlsplit(env.email_url).scheme not in environ.Env.EMAIL_SCHEMES,
        "EMAIL_URL must look like smtp+tls://user:key@host:587 or consolemail://.",
    )
    reader.refuse_if(
        env.language_code not in LANGUAGES,
        f"LANGUAGE_CODE must be one of {', '.join(LANGUAGES)}, not {env.language_code!r}.",
    )
    reader.refuse_if(
        env.time_zone not in available_timezones(),
        f"TIME_ZONE {env.time_zone!r} is not a time zone such as Europe/Kyiv.",
    )
    reader.refuse_if(
        env.log_level not in LOG_LEVELS,
        f"LOG_LEVEL must be one of {', '.join(sorted(LOG_LEVELS))}, not {env.log_level!r}.",
    )
