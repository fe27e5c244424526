"""How each of the two databases has to be spoken to. Measured reasons, not taste."""

from typing import Any

import environ

from config.settings.environment import Environment, Mode, Process

SQLITE_ENGINE = "django.db.backends.sqlite3"
FAIR_SQLITE_ENGINE = "config.sqlite"

STATEMENT_TIMEOUT_MS = {Process.WEB: 5_000, Process.JOB: 300_000}
LOCK_TIMEOUT_MS = 2_000
IDLE_IN_TRANSACTION_MS = 30_000
CONNECT_TIMEOUT_SECONDS = 5
SQLITE_BUSY_SECONDS = 20
SQLITE_CACHE_KIB = 65_536


def describe_sqlite(env: Environment, parsed: dict[str, Any]) -> dict[str, Any]:
    """
    SQLite for real use: one writer, many readers.

    IMMEDIATE takes the write lock when a transaction begins. With Django's default a transaction
    that reads and then writes fails with "database is locked" whatever the time-out is.
    FULL makes a commit survive a loss of power; a test has nothing to lose to one.
    Writers wait for each other in a line of ours: SQLite's own wait may starve one of them.
    """
    durability = "OFF" if env.mode is Mode.TEST else "FULL"
    pragmas = (
        "PRAGMA journal_mode=WAL",
        f"PRAGMA synchronous={durability}",
        "PRAGMA foreign_keys=ON",
        f"PRAGMA cache_size=-{SQLITE_CACHE_KIB}",
        "PRAGMA temp_store=MEMORY",
    )
    options = {
        "transaction_mode": "IMMEDIATE",
        "timeout": SQLITE_BUSY_SECONDS,
        "init_command": "; ".join(pragmas),
        **parsed.get("OPTIONS", {}),
    }
    # A test database is a file too: one in memory could not be seen by a second process.
    test_file = f"{parsed['NAME']}.test"
    fair = {"ENGINE": FAIR_SQLITE_ENGINE, "OPTIONS": options, "TEST": {"NAME": test_file}}
    return {**parsed, **fair}


def describe_postgresql(env: Environment, parsed: dict[str, Any]) -> dict[str, Any]:
    """PostgreSQL with limits kept by the server, so that nothing waits without end."""
    limits = {
        "statement_timeout": STATEMENT_TIMEOUT_MS[env.process],
        "lock_timeout": LOCK_TIMEOUT_MS,
        "idle_in_transaction_session_timeout": IDLE_IN_TRANSACTION_MS,
    }
    # Planning anew for each array given took the server a third of its time. What is prepared here
    # finds its rows by keys, however many they are; the ORM's statements are not prepared.
    session = {**limits, "plan_cache_mode": "force_generic_plan"}
    options: dict[str, Any] = {
        "connect_timeout": CONNECT_TIMEOUT_SECONDS,
        # The ledger's fixed statements are prepared at once; the ORM's never are. Behind a pooler
        # that hands out connections by transaction, add ?prepare_threshold=none to DATABASE_URL.
        "prepare_threshold": 0,
        "application_name": f"tessera-{env.process}",
        "options": " ".join(f"-c {name}={value}" for name, value in session.items()),
        **parsed.get("OPTIONS", {}),
    }
    if str(options["prepare_threshold"]).lower() == "none":
        options["prepare_threshold"] = None
    described = {**parsed, "OPTIONS": options}
    if env.database_pool:
        options["pool"] = {"min_size": 2, "max_size": 8, "timeout": CONNECT_TIMEOUT_SECONDS}
    elif env.mode is not Mode.TEST:
        described |= {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
    return described


def describe_database(env: Environment) -> dict[str, Any]:
    parsed: dict[str, Any] = environ.Env.db_url_config(env.database_url)
    describe = describe_sqlite if parsed["ENGINE"] == SQLITE_ENGINE else describe_postgresql
    return describe(env, parsed)


def describe_cache(env: Environment) -> dict[str, Any]:
    """
    Rate limits live in the cache, so that every process must see the same one.

    Redis with short time-outs: a frozen Redis costs two seconds, not a hung site.
    Without Redis, production keeps the cache in a table (manage createcachetable).
    """
    if env.redis_url:
        timeouts = {"socket_connect_timeout": 1, "socket_timeout": 2}
        return {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": env.redis_url,
            "KEY_PREFIX": "tessera",
            "OPTIONS": timeouts,
        }
    if env.in_production:
        return {
            "BACKEND": "django.core.cache.backends.db.DatabaseCache",
            "LOCATION": "config_cache",
        }
    return {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
