"""The figures of the real orders, against figures that were computed elsewhere."""

import csv
import json
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

REFERENCE = Path(__file__).parents[2] / "data" / "reference"


def read_reference(length: str) -> list[dict[str, str]]:
    with (REFERENCE / f"dev_2010-12_2011-12_{length}ly.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def show(length: str) -> dict[tuple[str, str], dict]:
    out = StringIO()
    days = ("--from", "2010-12-01", "--to", "2011-12-09")
    call_command("show_metrics", "--period", length, *days, "--json", stdout=out)
    return {(item["metric"], item["period"]): item for item in json.loads(out.getvalue())}


def as_decimal(text: str | None) -> Decimal | None:
    return Decimal(text) if text else None


@pytest.mark.django_db
@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.usefixtures("real_orders")
@pytest.mark.parametrize("length", ["month", "quarter"])
class TestTheRealOrders:
    def test_give_the_values_of_the_reference(self, length):
        shown = show(length)

        for row in read_reference(length):
            # The reference writes 2011Q1, we write 2011-Q1.
            period = row["period"].replace("Q", "-Q")
            for metric, column in (
                ("crr", "crr_period_to_period"),
                ("churn", "churn"),
                ("aov", "aov_gross"),
            ):
                value = as_decimal(shown[metric, period]["value"])
                assert value == as_decimal(row[column]), (metric, period)

    def test_count_what_the_reference_counts(self, length):
        shown = show(length)

        for row in read_reference(length):
            period = row["period"].replace("Q", "-Q")
            crr, rpr, aov, frequency = (
                shown[metric, period] for metric in ("crr", "rpr", "aov", "frequency")
            )
            if row["start_customers"]:
                assert crr["numerator"] == int(Decimal(row["retained"]))
                assert crr["denominator"] == int(Decimal(row["start_customers"]))
            assert rpr["numerator"] == int(row["repeat_customers"])
            assert rpr["denominator"] == int(row["active_customers"])
            assert Decimal(aov["numerator"]) == Decimal(row["gross_revenue"])
            assert aov["denominator"] == frequency["numerator"] == int(row["orders"])
