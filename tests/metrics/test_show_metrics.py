import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from tests.metrics.orders import enrol, order

pytestmark = [pytest.mark.django_db, pytest.mark.once("SQLite")]


def show(*arguments: str) -> str:
    out = StringIO()
    call_command("show_metrics", "--time-zone", "Europe/London", *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def two_quarters():
    alder, birch = enrol("Alder"), enrol("Birch")
    order(alder, "2010-12-01", "50")
    order(birch, "2010-12-02", "50.5")
    order(alder, "2011-02-01", "1250.125")


@pytest.mark.usefixtures("two_quarters")
class TestJson:
    def test_gives_strings_for_decimals_and_numbers_for_counts(self):
        arguments = ("--period", "quarter", "--from", "2010-12-01", "--to", "2011-03-31", "--json")

        shown = json.loads(show("--metric", "crr", "--metric", "aov", *arguments))

        assert shown == [
            {
                "metric": "crr",
                "period": "2010-Q4",
                "value": None,
                "numerator": 0,
                "denominator": 0,
            },
            {
                "metric": "crr",
                "period": "2011-Q1",
                "value": "0.500000",
                "numerator": 1,
                "denominator": 2,
            },
            {
                "metric": "aov",
                "period": "2010-Q4",
                "value": "50.2500",
                "numerator": "100.5000",
                "denominator": 2,
            },
            {
                "metric": "aov",
                "period": "2011-Q1",
                "value": "1250.1250",
                "numerator": "1250.1250",
                "denominator": 1,
            },
        ]

    def test_shows_every_metric_where_none_is_named(self):
        shown = json.loads(show("--period", "year", "--from", "2011", "--to", "2011", "--json"))

        assert {"crr", "rpr", "aov"} <= {item["metric"] for item in shown}

    def test_names_the_group_where_figures_are_split(self):
        arguments = ("--period", "month", "--from", "2010-12", "--to", "2010-12", "--json")

        [shown] = json.loads(show("--metric", "rpr", "--by", "country", *arguments))

        assert shown["country"] == "France"


@pytest.mark.usefixtures("two_quarters")
def test_the_table_has_a_line_for_each_figure_with_thousands_apart():
    shown = show("--metric", "aov", "--period", "month", "--from", "2011-01", "--to", "2011-02")

    head, january, february = shown.splitlines()
    assert head.split() == ["metric", "period", "value", "numerator", "denominator"]
    assert january.split() == ["aov", "2011-01", "-", "0", "0"]
    assert february.split() == ["aov", "2011-02", "1,250.1250", "1,250.1250", "1"]


class TestBadInput:
    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [
            (("--metric", "happiness"), "no metric 'happiness'"),
            (("--from", "tomorrow"), "'tomorrow' is no day"),
            (("--from", "2012-01-01"), "is before 2012-01-01"),
            (("--from", "1066"), "At most 600 periods"),
            (("--by", "tier"), "no programme yet"),
            (("--programme", "none"), "no programme 'none'"),
            (("--time-zone", "Middle/Earth"), "not a time zone"),
        ],
    )
    def test_is_answered_in_a_sentence_with_exit_code_two(self, arguments, sentence):
        usual = ("--period", "month", "--from", "2011-01-01", "--to", "2011-01-31")

        with pytest.raises(CommandError, match=sentence) as refused:
            show(*usual, *arguments)

        assert refused.value.returncode == 2
