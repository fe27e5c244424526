"""Values are read exactly or refused. Nothing is guessed."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partners.importing.mapping import parse_mapping
from partners.importing.values import (
    ValueNotReadable,
    make_amount_reader,
    make_currency_reader,
    make_day_reader,
    make_text_reader,
    make_time_reader,
    multiply,
    show_amount,
    to_moment,
)

LONDON = parse_mapping({"defaults": {"timezone": "Europe/London"}})
CONTINENTAL = parse_mapping(
    {"format": {"decimal": ",", "thousands": " \u00a0\u202f", "dates": "%d.%m.%Y %H:%M"}}
)


class TestAmounts:
    @pytest.mark.parametrize(
        ("text", "value_e4"),
        [
            ("2.55", 25_500),
            ("-12", -120_000),
            ("+1", 10_000),
            (" 0.001 ", 10),
            ("1.50000", 15_000),
            ("0001", 10_000),
            ("1000000000000", 10**16),
            ("1 234", 12_340_000),
            ("1\u00a0234\u00a0567.5", 12_345_675_000),
            ("(5)", -50_000),
            ("5-", -50_000),
            ("- 5", -50_000),
        ],
    )
    def test_reads_exactly(self, text, value_e4):
        assert make_amount_reader(LONDON)(text) == value_e4

    @pytest.mark.parametrize(
        ("text", "value_e4"),
        [
            ("1 234,50", 12_345_000),
            ("1\u00a0234,5", 12_345_000),
            ("-0,125", -1_250),
        ],
    )
    def test_reads_by_the_separators_of_the_mapping(self, text, value_e4):
        assert make_amount_reader(CONTINENTAL)(text) == value_e4

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "abc",
            "(-5)",
            "1E+05",
            "1,5",
            "1 23",
            "12 34 567",
            "1.2.3",
            ".5",
            "5.",
            "NaN",
            "Infinity",
            "0x10",
            "\u0661\u0662",
            "--1",
            "1.00001",
            "1000000000000.0001",
            "9" * 5_000,
        ],
    )
    def test_refuses_what_is_no_exact_number(self, text):
        with pytest.raises(ValueNotReadable):
            make_amount_reader(LONDON)(text)

    def test_takes_no_point_for_a_comma(self):
        with pytest.raises(ValueNotReadable):
            make_amount_reader(CONTINENTAL)("1234.50")

    @given(st.integers(-(10**16), 10**16))
    def test_reads_back_what_it_shows(self, value_e4):
        assert make_amount_reader(LONDON)(show_amount(value_e4)) == value_e4

    def test_multiplies_exactly_or_not_at_all(self):
        assert multiply(-120_000, 25_500) == -306_000
        with pytest.raises(ValueNotReadable, match="four decimals"):
            multiply(5_000, 1)
        with pytest.raises(ValueNotReadable, match="too large"):
            multiply(10**16, 20_000)


class TestTimes:
    @pytest.mark.parametrize(
        ("text", "moment"),
        [
            ("2010-12-01 08:26:00", datetime(2010, 12, 1, 8, 26, tzinfo=UTC)),
            ("2011-07-01 08:26", datetime(2011, 7, 1, 7, 26, tzinfo=UTC)),
            ("2011-07-01", datetime(2011, 6, 30, 23, tzinfo=UTC)),
            ("2011-07-01T08:26:00+03:00", datetime(2011, 7, 1, 5, 26, tzinfo=UTC)),
            ("2011-07-01T08:26:00.5Z", datetime(2011, 7, 1, 8, 26, 0, 500_000, tzinfo=UTC)),
            # The hour that happens twice in autumn is read as its first.
            ("2011-10-30 01:30:00", datetime(2011, 10, 30, 0, 30, tzinfo=UTC)),
        ],
    )
    def test_reads_local_time_unless_an_offset_is_given(self, text, moment):
        assert to_moment(make_time_reader(LONDON)(text)) == moment

    def test_reads_by_the_patterns_of_the_mapping(self):
        moment = to_moment(make_time_reader(CONTINENTAL)("31.12.2011 23:59"))

        assert moment == datetime(2011, 12, 31, 23, 59, tzinfo=UTC)

    def test_keeps_the_local_time_when_days_are_shifted(self):
        read = make_time_reader(LONDON, shift_days=28)

        # From winter time into summer time.
        assert to_moment(read("2011-03-01 09:00:00")) == datetime(2011, 3, 29, 8, tzinfo=UTC)

    @pytest.mark.parametrize(
        "text",
        ["", "01/02/2026", "46000", "2027-02-29", "2011-01-01 25:00", "yesterday", "20110101"],
    )
    def test_refuses_what_is_no_date(self, text):
        with pytest.raises(ValueNotReadable):
            make_time_reader(LONDON)(text)

    @pytest.mark.parametrize("text", ["0001-01-01", "0201-05-01", "2200-01-01", "9998-12-31"])
    def test_refuses_a_year_that_is_a_slip_of_the_pen(self, text):
        with pytest.raises(ValueNotReadable, match="out of range"):
            make_time_reader(LONDON)(text)

    def test_refuses_a_date_that_leaves_the_calendar(self):
        with pytest.raises(ValueNotReadable, match="out of range"):
            make_time_reader(LONDON, shift_days=7)("9999-12-31")

    def test_reads_days_and_lets_an_empty_cell_be_empty(self):
        read = make_day_reader(LONDON, shift_days=7)

        assert (read("2011-07-01"), read(" ")) == ("2011-07-08", "")


class TestTexts:
    def test_trims_and_measures(self):
        read = make_text_reader(5, required=True)

        assert read("  mug ") == "mug"
        with pytest.raises(ValueNotReadable, match="longer than 5"):
            read("mugful")
        with pytest.raises(ValueNotReadable, match="empty"):
            read("  ")

    def test_knows_a_currency_by_three_capitals(self):
        read = make_currency_reader("GBP")

        assert (read(""), read(" eur ")) == ("GBP", "EUR")
        with pytest.raises(ValueNotReadable):
            read("pounds")
