"""The whole real file, loaded once per run, and samples of whole documents of it."""

import csv
import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from pytest_django import DjangoDbBlocker

from ledger.models import Account
from partners.importing.mapping import Mapping, load_mapping
from partners.models import ActivityLine, ParkedDocument, Partner
from rewards.loading import load_file
from rewards.programmes.presets import load_preset
from tests.databases.clones import Template, make_template, stand_on_clone

DATA = Path(__file__).parents[1] / "data"
ORDERS = DATA / "online_retail_2010-12_2011-12.csv.gz"
SOURCE = "online_retail"
BEFORE = datetime(2010, 11, 1, tzinfo=UTC)
# The evening of the last local day in the file: its twelve months are what tiers look at.
EVENING = datetime(2011, 12, 9, 23, 30, tzinfo=UTC)

# Bought and returned all; two countries; a time that moves within a document; three decimals;
# prices of zero; many lines.
SAMPLED_PARTNERS = {
    "12346",
    "16446",
    "12370",
    "12431",
    "12836",
    "14653",
    "13952",
    "16198",
    "12415",
    "13081",
    "14646",
}


def read_mapping() -> Mapping:
    return load_mapping(DATA / "online_retail.toml")


def load_orders(path: Path = ORDERS, **options: Any) -> dict[str, Any]:
    """Load a file in the form of the real one; answers with the report as scripts see it."""
    settings = {"kind": "order", "source": SOURCE, "mapping": read_mapping(), "as_of": EVENING}
    return load_file(path=path, **(settings | options)).as_dict()


@dataclass(frozen=True)
class LoadedOrders:
    """The reports of both runs, and the database after them."""

    first: dict[str, Any]
    second: dict[str, Any]
    template: Template


@pytest.fixture(scope="session")
def loaded_orders(database_template: Template, django_db_blocker: DjangoDbBlocker) -> LoadedOrders:
    """Load the whole file twice into a database of its own. Slow: once per run, SQLite only."""
    if connection.vendor != "sqlite":
        pytest.skip("the whole file is loaded on SQLite; PostgreSQL gets samples of it")
    with django_db_blocker.unblock(), stand_on_clone(database_template):
        load_preset("starter", as_of=BEFORE)
        first, second = load_orders(), load_orders()
        return LoadedOrders(first, second, make_template())


@pytest.fixture
def real_orders(
    loaded_orders: LoadedOrders, django_db_blocker: DjangoDbBlocker
) -> Iterator[LoadedOrders]:
    """Stand on a copy of the database with all real orders in it, judged by ``starter``."""
    with django_db_blocker.unblock(), stand_on_clone(loaded_orders.template):
        yield loaded_orders


@pytest.fixture(scope="session")
def sampled_rows() -> list[list[str]]:
    """The header and every row of the documents of a few partners, and some without a partner."""
    return _pick(SAMPLED_PARTNERS, nameless="77")


@pytest.fixture(scope="session")
def many_rows() -> list[list[str]]:
    """More than one chunk of rows: the partners with the most lines."""
    return _pick({"17841", "14911", "14096", "12748", "14606"}, nameless="77")


def tell_everything() -> tuple[list, list, list, list]:
    """Facts, balances, partners and what waits, without the ids that a database gave."""
    lines = ActivityLine.objects.order_by("activity__external_id", "position").values_list(
        "activity__external_id",
        "activity__kind",
        "activity__occurred_at",
        "activity__amount",
        "activity__country",
        "activity__content_hash",
        "sku",
        "description",
        "quantity",
        "amount",
    )
    accounts = Account.objects.filter(balance__gt=0).order_by("partner__erp_number", "kind")
    return (
        list(lines),
        list(accounts.values_list("partner__erp_number", "kind", "balance")),
        sorted(Partner.objects.values_list("erp_number", "country")),
        sorted(ParkedDocument.objects.values_list("external_id", "content_hash")),
    )


def _pick(partners: set[str], *, nameless: str) -> list[list[str]]:
    """Return whole documents: those of these partners, and nameless ones that end like this."""
    with gzip.open(ORDERS, "rt", encoding="utf-8", newline="") as file:
        table = csv.reader(file)
        header = next(table)
        # Every document of the real file names its partner on all rows, or on none.
        return [
            header,
            *(
                row
                for row in table
                if (row[6] in partners if row[6] else row[0].endswith(nameless))
            ),
        ]
