"""Print the key figures with their numerators and denominators."""

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from metrics.kpis import METRICS, UnknownMetric, get_metric
from metrics.measuring import SPLITS, CannotSplit, Cut, Measurement, Metric, measure
from metrics.periods import Length, NoSuchPeriod, Period, between, read_days
from rewards.models import Programme

USAGE = 2


class Command(BaseCommand):
    help = "Shows key figures by month, quarter or year: value, numerator, denominator."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--metric", action="append", help=f"One of: {', '.join(METRICS)}.")
        parser.add_argument("--period", required=True, choices=[str(item) for item in Length])
        parser.add_argument("--from", dest="first", required=True, help="Such as 2011-01-01.")
        parser.add_argument(
            "--to",
            dest="last",
            required=True,
            help="Such as 2011-12-31. Both days are included; periods they touch are shown whole.",
        )
        parser.add_argument("--by", choices=SPLITS, help="Split every figure.")
        parser.add_argument("--programme", help="Its code. Decides the time zone and the tiers.")
        parser.add_argument("--time-zone", help="Instead of the programme's.")
        parser.add_argument("--json", action="store_true", help="One JSON document on stdout.")

    def handle(self, **options: Any) -> None:
        programme = find_programme(options["programme"])
        zone = find_zone(options["time_zone"], programme)
        try:
            metrics = [get_metric(code) for code in options["metric"] or METRICS]
            cut = Cut(programme=programme, by=options["by"])
            periods = between(
                read_days(options["first"])[0],
                read_days(options["last"])[1],
                length=Length(options["period"]),
                zone=zone,
            )
        except (UnknownMetric, CannotSplit, NoSuchPeriod) as error:
            raise CommandError(str(error), returncode=USAGE) from error
        measured = measure_all(metrics, periods, cut)
        if options["json"]:
            self.stdout.write(json.dumps([as_json(item, cut) for item in measured], indent=1))
        else:
            self.stdout.write("\n".join(as_table(measured, cut)))


def find_programme(code: str | None) -> Programme | None:
    if code is None:
        return Programme.objects.live().order_by("pk").first()
    programme = Programme.objects.filter(code=code).first()
    if programme is None:
        raise CommandError(f"There is no programme {code!r}.", returncode=USAGE)
    return programme


def find_zone(name: str | None, programme: Programme | None) -> ZoneInfo:
    wanted = name or (programme.time_zone if programme else settings.TIME_ZONE)
    if wanted not in available_timezones():
        raise CommandError(
            f"{wanted!r} is not a time zone such as Europe/London.", returncode=USAGE
        )
    return ZoneInfo(wanted)


def measure_all(
    metrics: Sequence[Metric], periods: Sequence[Period], cut: Cut
) -> list[Measurement]:
    return [
        measurement
        for metric in metrics
        for period in periods
        for measurement in measure(metric, period=period, cut=cut)
    ]


def as_json(item: Measurement, cut: Cut) -> dict[str, Any]:
    """Decimals are strings, so that no reader turns them into floats; counts are numbers."""
    row: dict[str, Any] = {"metric": item.metric, "period": str(item.period)}
    if cut.by:
        row[cut.by] = item.group
    figures = {
        "value": item.value,
        "numerator": item.numerator,
        "denominator": item.denominator,
    }
    row |= {
        name: str(figure) if isinstance(figure, Decimal) else figure
        for name, figure in figures.items()
    }
    return row


def as_table(measured: Sequence[Measurement], cut: Cut) -> list[str]:
    heads = ["metric", "period", *([cut.by] if cut.by else []), "value", "numerator", "denominator"]
    rows = [
        [
            item.metric,
            str(item.period),
            *([item.group or "-"] if cut.by else []),
            "-" if item.value is None else f"{item.value:,}",
            f"{item.numerator:,}",
            f"{item.denominator:,}",
        ]
        for item in measured
    ]
    widths = [max(len(row[column]) for row in [heads, *rows]) for column in range(len(heads))]
    words = len(heads) - 3
    return [
        "  ".join(
            cell.ljust(width) if column < words else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in [heads, *rows]
    ]
