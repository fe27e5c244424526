"""What every test stands on: the database, the seed, the network, the browser."""

import gc
import os
import shutil
from collections.abc import Iterator

import hypothesis
import pytest
from django.core.cache import cache
from django.db import connection
from django.test import SimpleTestCase
from django.utils import translation
from playwright.sync_api import Browser, expect, sync_playwright
from pytest_django import DjangoDbBlocker

from tests.databases.clones import Clone, Template, make_template, stand_on_clone
from tests.live import serve_site
from tests.real_orders import loaded_orders, many_rows, real_orders, sampled_rows

__all__ = ["loaded_orders", "many_rows", "real_orders", "sampled_rows"]

# Tests that commit. They get a database of their own; see own_database.
COMMITTING = ("transaction", "chaos", "e2e")
FLUSHING = ("transactional_db", "live_server", "django_db_reset_sequences")
# Tests with none of these cannot ask a database: where both are tested, they run on this one only.
ASKING = ("db", "django_db_setup", "own_database", "database_template")
WITHOUT_DATABASE_RUN_ON = "SQLite"
# So many new objects before the collector looks: tests make worlds, and little of them is rubbish.
YOUNG_OBJECTS = 10_000
LONG_FACTOR = 20
# How long a page may take to show what is expected of it: a busy machine is no failure.
PATIENCE_MS = 30_000

hypothesis.settings.register_profile("suite", deadline=None, print_blob=True)
hypothesis.settings.register_profile(
    "long",
    deadline=None,
    print_blob=True,
    max_examples=LONG_FACTOR * hypothesis.settings.default.max_examples,
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="The same proofs at full size.")


def pytest_configure(config: pytest.Config) -> None:
    gc.set_threshold(YOUNG_OBJECTS, 20, 20)
    hypothesis.settings.load_profile("long" if config.getoption("long") else "suite")


def commits(item: pytest.Item) -> bool:
    marked = any(item.get_closest_marker(name) for name in COMMITTING)
    return marked or "own_database" in getattr(item, "fixturenames", ())


def asks_a_database(item: pytest.Item) -> bool:
    by_mark = any(item.get_closest_marker(name) for name in ("django_db", "pg", *COMMITTING))
    by_class = issubclass(getattr(item, "cls", None) or object, SimpleTestCase)
    return by_mark or by_class or bool(set(ASKING) & set(getattr(item, "fixturenames", ())))


def find_only_database(item: pytest.Item) -> str | None:
    """Return the one that runs the test where both are tested, if only one does."""
    if once := item.get_closest_marker("once"):
        on_both = once.kwargs.get("unless_long") and item.config.getoption("long")
        return None if on_both else str(once.args[0])
    return None if asks_a_database(item) else WITHOUT_DATABASE_RUN_ON


def find_flushing(item: pytest.Item) -> bool:
    marker = item.get_closest_marker("django_db")
    wants = marker.kwargs.get("transaction") or marker.args if marker else None
    return bool(wants) or bool(set(FLUSHING) & set(getattr(item, "fixturenames", ())))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    flushing = [item.nodeid for item in items if find_flushing(item)]
    if flushing:
        raise pytest.UsageError(
            "The ledger cannot be flushed. Mark these tests transaction, or use own_database:\n  "
            + "\n  ".join(flushing)
        )
    for item in filter(commits, items):
        # pytest-django makes the test database only for tests that ask for it in its own way.
        item.add_marker("django_db")
    left_out: dict[str, list[pytest.Item]] = {}
    for item in list(items):
        reason = find_reason_to_leave_out(config, item)
        if reason:
            left_out.setdefault(reason, []).append(item)
            items.remove(item)
    for reason, group in left_out.items():
        config.hook.pytest_deselected(items=group)
        config.stash.setdefault(LEFT_OUT, {})[reason] = [item.nodeid for item in group]


def pytest_collection_finish() -> None:
    leave_alone_what_stays()


def leave_alone_what_stays() -> None:
    """Modules and tests stay to the end: looking through them again took a seventh of the time."""
    gc.collect()
    gc.freeze()


LEFT_OUT = pytest.StashKey[dict[str, list[str]]]()


def find_reason_to_leave_out(config: pytest.Config, item: pytest.Item) -> str | None:
    if item.get_closest_marker("long") and not config.getoption("long"):
        return "run only with --long"
    only = find_only_database(item) if os.environ.get("TESTS_RUN_ON_BOTH") else None
    if only and connection.display_name != only:
        return f"say nothing about databases and run on {only}"
    if item.get_closest_marker("pg") and connection.vendor != "postgresql":
        return "need row locks, which SQLite has not"
    return None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for reason, names in terminalreporter.config.stash.get(LEFT_OUT, {}).items():
        terminalreporter.section(f"{len(names)} left out: {reason}")
        for name in names:
            terminalreporter.line(name)


# ------------------------------------------------------------------- databases


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> None:
    """Migrate as usual; what that has loaded stays, too."""
    leave_alone_what_stays()


@pytest.fixture(scope="session")
def database_template(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Template:
    """The migrated database as it was before the first test."""
    with django_db_blocker.unblock():
        return make_template()


@pytest.fixture
def own_database(
    database_template: Template, django_db_blocker: DjangoDbBlocker
) -> Iterator[Clone]:
    """A database for this test alone, in which everything commits. Its ``url`` is for processes."""
    with django_db_blocker.unblock(), stand_on_clone(database_template) as clone:
        yield clone


@pytest.fixture
def _django_db_helper(request: pytest.FixtureRequest) -> None:
    """Where pytest-django would roll back or flush: a committing test gets its own database."""
    name = "own_database" if commits(request.node) else "_django_db_helper"
    request.getfixturevalue(name)


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    """Rate limits and the language of one test are none of the next one's business."""
    cache.clear()
    translation.deactivate()


# --------------------------------------------------------------------- browser


@pytest.fixture
def live_site(own_database: Clone) -> Iterator[str]:
    """The address of the running site, on this test's own database."""
    with serve_site() as address:
        yield address


@pytest.fixture(scope="session")
def chromium_path() -> str:
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    pytest.skip("no Chromium on PATH (on Debian: apt-get install chromium)")


@pytest.fixture(scope="session")
def browser(chromium_path: str) -> Iterator[Browser]:
    """One headless Chromium for the whole run; a test opens its own context in it."""
    # Playwright keeps an event loop in this thread, and Django would refuse to query beside one.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=chromium_path,
            # The sandbox needs rights that root in a container does not have; we visit ourselves.
            args=["--no-sandbox", "--disable-dev-shm-usage"],
        )
        yield started
        started.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
