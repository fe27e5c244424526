"""One order through take_in after 100, 1,000 and 10,000 others: [--quick] [--json FILE]."""

import argparse
import os
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.db import connection, transaction

from config.settings import BASE_DIR
from partners.models import Partner
from partners.reports import ActivityReport, LineReport
from rewards import crediting
from rewards.models import ProgrammeVersion
from rewards.programmes.presets import load_preset
from tests.bench._table import Finding, compare, print_table, write_json

RESULTS = BASE_DIR / "var" / "bench" / "one_order.json"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TWO_YEARS = timedelta(days=730)
PER_BATCH = 1_000
MONTHLY = [{"per": "partner", "period": "month", "units": 10**9}]


@dataclass(frozen=True)
class Sizes:
    histories: tuple[int, ...]
    rounds: int


FULL = Sizes(histories=(100, 1_000, 10_000), rounds=7)
QUICK = Sizes(histories=(10, 20, 40), rounds=2)

WAYS = {
    "alone": "judged alone",
    "tier": "judged alone, with the tier of its date",
    "capped": "judged with all others, because of a cap a month",
}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="dev bench one_order", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="Tiny sizes: shows only that it runs.")
    parser.add_argument("--json", type=Path, default=RESULTS, metavar="FILE")
    options = parser.parse_args(arguments)
    bench = Bench(QUICK if options.quick else FULL)
    findings = [*bench.measure()]
    print_table(findings)
    write_json(findings, options.json, database=connection.vendor)
    return 0 if all(finding.held for finding in findings) else 1


class Bench:
    """Processor time of the process and, on PostgreSQL, of the server's side of the session."""

    def __init__(self, sizes: Sizes) -> None:
        self.sizes = sizes
        load_preset("starter", as_of=datetime(2020, 1, 1, tzinfo=UTC))

    def measure(self) -> Iterator[Finding]:
        """Compare the longest history with the shortest: what is judged alone must be flat."""
        for way, what in WAYS.items():
            self._change_rules(way)
            shops = {count: self._shop_with(count, way) for count in self.sizes.histories}
            spent: dict[int, list[float]] = {count: [] for count in shops}
            for place in range(self.sizes.rounds + 1):
                for count, shop in shops.items():
                    needed = self._time_one(shop, count + place)
                    # The first fills caches.
                    spent[count] += [needed] if place else []
            least, *_between, most = self.sizes.histories
            yield compare(
                spent[most],
                spent[least],
                name="one order",
                what=f"{what}, after {most:,} orders",
                unit="ms",
                against=f"ms after {least:,}",
                # What is judged with all others may take the longer the more there are.
                goal=most / least if way == "capped" else 2.0,
                at_most=True,
                note="; ".join(
                    f"{statistics.median(times):,.1f} ms after {count:,}"
                    for count, times in spent.items()
                ),
            )

    def _change_rules(self, way: str) -> None:
        version = ProgrammeVersion.objects.get()
        version.definition["tiers"][-1]["multiplier_percent"] = 200 if way == "tier" else 100
        version.definition["rules"][0]["caps"] = MONTHLY if way == "capped" else []
        ProgrammeVersion.objects.filter(pk=version.pk).update(definition=version.definition)

    def _shop_with(self, count: int, way: str) -> Partner:
        shop = Partner.objects.create(erp_number=f"{way}-{count}", legal_name=f"Shop {count}")
        step = TWO_YEARS / count
        reports = [_order(shop, place, NOW - TWO_YEARS + step * place) for place in range(count)]
        for start in range(0, count, PER_BATCH):
            with transaction.atomic():
                crediting.take_in(reports[start : start + PER_BATCH], as_of=NOW)
        return shop

    def _time_one(self, shop: Partner, place: int) -> float:
        """Return the milliseconds of processor time that one more order takes."""
        at = NOW + timedelta(minutes=place)
        before = time.process_time() + _read_server_seconds()
        with transaction.atomic():
            crediting.take_in([_order(shop, place, at)], as_of=at + timedelta(seconds=1))
        return (time.process_time() + _read_server_seconds() - before) * 1_000


def _order(shop: Partner, place: int, at: datetime) -> ActivityReport:
    return ActivityReport(
        kind="order",
        partner_id=shop.pk,
        source="bench",
        external_id=f"{shop.erp_number}-{place}",
        occurred_at=at,
        currency="GBP",
        lines=[
            LineReport(f"sku-{(place * 3 + line) % 400}", 20_000, (place % 40 + 5) * 10_000)
            for line in range(3)
        ],
    )


def _read_server_seconds() -> float:
    """Return what the session's own server process has worked; nothing where there is none."""
    if connection.vendor != "postgresql":
        return 0.0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [pid] = cursor.fetchone()
    try:
        said = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0.0
    user, system = said.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
