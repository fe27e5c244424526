"""A tier as plain values: what it takes to stand in it, and what it changes about earning."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from partners.models.amounts import to_ten_thousandths
from rewards.programmes.values import (
    Names,
    read_code,
    read_money,
    read_names,
    read_whole,
    refuse_unknown,
)

TIER_FIELDS = {"code", "names", "threshold", "multiplier_percent", "expiry_extra_months"}


@dataclass(frozen=True, slots=True)
class Tier:
    """
    A standing, reached at ``threshold_e4`` (net spend in ten-thousandths of the currency).

    What is earned in it lives ``expiry_extra_months`` longer than the programme's rule says.
    """

    code: str
    names: Names
    threshold_e4: int
    multiplier_percent: int
    expiry_extra_months: int = 0

    def name(self, language: str) -> str:
        return self.names.get(language) or self.names["en"]

    @property
    def threshold(self) -> Decimal:
        return Decimal(self.threshold_e4) / 10_000


def read_tier(row: Mapping[str, Any], path: str) -> Tier:
    """
    Read a row of ``tiers``.

    :raises InvalidDefinition: If it cannot be used.
    """
    refuse_unknown(row, TIER_FIELDS, path)
    threshold = read_money(row.get("threshold", "0"), f"{path}.threshold")
    return Tier(
        code=read_code(row, path),
        names=read_names(row, path),
        threshold_e4=to_ten_thousandths(threshold),
        multiplier_percent=read_whole(
            row.get("multiplier_percent", 100), 0, 10_000, f"{path}.multiplier_percent"
        ),
        expiry_extra_months=read_whole(
            row.get("expiry_extra_months", 0), 0, 1_200, f"{path}.expiry_extra_months"
        ),
    )
