"""How long an award waits before it can be spent, and what it waits for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from rewards.programmes.values import read_choice, read_table, read_whole, refuse_unknown

UNTIL: Final = ("days", "month_end", "paid", "purchases")
DAYS_MAX: Final = 3_650
STEP_MAX: Final = 10**9


@dataclass(frozen=True, slots=True)
class Pending:
    """
    ``days``: for so many days. ``month_end``: to the end of the month, and ``months`` more.
    ``paid``: in proportion to what of the order's invoices is paid; what is not paid
    ``lost_after_days`` after it was due is lost (None: never). ``purchases``: up to what is bought
    each month, in whole steps of so many minor units; what still waits on 1 January is lost.
    """

    until: str = "days"
    days: int = 0
    months: int = 0
    lost_after_days: int | None = None
    step: int = 0

    @property
    def is_event(self) -> bool:
        """Whether something must happen, so that no day is known in advance."""
        return self.until in {"paid", "purchases"}


AT_ONCE: Final = Pending()


def read_pending(value: Any, path: str) -> Pending:
    """
    Read a table ``pending`` of the settings or of a rule.

    :raises InvalidDefinition: If it cannot be used.
    """
    row = read_table(value, path)
    until = read_choice(row.get("until"), UNTIL, f"{path}.until")
    return READ[until](row, path)


def _read_days(row: Mapping[str, Any], path: str) -> Pending:
    refuse_unknown(row, {"until", "days"}, path)
    return Pending("days", days=read_whole(row.get("days"), 0, DAYS_MAX, f"{path}.days"))


def _read_month_end(row: Mapping[str, Any], path: str) -> Pending:
    refuse_unknown(row, {"until", "months"}, path)
    months = read_whole(row.get("months"), 0, 120, f"{path}.months")
    return Pending("month_end", months=months)


def _read_paid(row: Mapping[str, Any], path: str) -> Pending:
    refuse_unknown(row, {"until", "lost_after_days"}, path)
    days = row.get("lost_after_days")
    if days is not None:
        days = read_whole(days, 0, DAYS_MAX, f"{path}.lost_after_days")
    return Pending("paid", lost_after_days=days)


def _read_purchases(row: Mapping[str, Any], path: str) -> Pending:
    refuse_unknown(row, {"until", "step", "resets"}, path)
    # There is one choice so far. It is written down, for what is stored outlives this reader.
    read_choice(row.get("resets", "year"), ("year",), f"{path}.resets")
    return Pending("purchases", step=read_whole(row.get("step"), 1, STEP_MAX, f"{path}.step"))


READ: Final = {
    "days": _read_days,
    "month_end": _read_month_end,
    "paid": _read_paid,
    "purchases": _read_purchases,
}
