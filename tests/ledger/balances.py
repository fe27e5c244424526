"""Files of opening balances, and what became of their rows."""

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ledger.opening import BalanceMapping, OpeningReport, open_balances
from tests.factories import NOON

HEADERS = "partner,unit,amount,earned_on,expires_on,account,matures_on,reference"
LONDON = {"points": ZoneInfo("Europe/London"), "cash": ZoneInfo("Europe/London")}


def write_and_open(
    folder: Path,
    *rows: str,
    headers: str = HEADERS,
    content: bytes | None = None,
    name: str = "balances.csv",
    **options: Any,
) -> OpeningReport:
    """Write rows, or any content, into a file and open its balances."""
    path = folder / name
    path.write_bytes(("\n".join([headers, *rows]) + "\n").encode() if content is None else content)
    usual = {"source": "old", "mapping": BalanceMapping(), "zones": LONDON, "as_of": NOON}
    return open_balances(path=path, **(usual | options))


def ends(report) -> tuple[int, int, int]:
    tally = report.tally
    assert tally.rows == report.rows
    return tally.rows_accepted, tally.rows_duplicate, tally.rows_refused
