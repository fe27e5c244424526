from fractions import Fraction

import pytest

from rewards.earning.exact import as_decimal_text, e4_as_text, round_units


class TestRoundUnits:
    @pytest.mark.parametrize(
        ("exact", "mode", "to", "rounded"),
        [
            ("6.9", "down", 1, 6),
            ("6.9", "half_up", 1, 7),
            ("6.5", "half_up", 1, 7),
            ("6.4999", "half_up", 1, 6),
            ("6.5", "keep", 1, 7),
            ("6.4999", "keep", 1, 6),
            ("6", "down", 1, 6),
            ("6", "half_up", 1, 6),
            ("0", "down", 1, 0),
            ("0", "half_up", 1, 0),
            ("19", "down", 10, 10),
            ("20", "down", 10, 20),
            ("14.99", "half_up", 10, 10),
            ("15", "half_up", 10, 20),
            ("5", "half_up", 10, 10),
        ],
    )
    def test_goes_to_whole_multiples(self, exact, mode, to, rounded):
        assert round_units(Fraction(exact), mode, to=to) == rounded

    def test_goes_to_whole_units_where_nothing_is_said(self):
        assert round_units(Fraction("13.7"), "down") == 13


class TestNumbersForReaders:
    @pytest.mark.parametrize(
        ("exact", "text"),
        [("1", "1"), ("100", "100"), ("2.5", "2.5"), ("0.0001", "0.0001"), ("12.3400", "12.34")],
    )
    def test_have_no_zeros_at_their_end(self, exact, text):
        assert as_decimal_text(Fraction(exact)) == text

    def test_are_cut_to_four_decimals_and_not_rounded(self):
        assert as_decimal_text(Fraction(2, 3)) == "0.6666"

    def test_are_written_from_ten_thousandths(self):
        assert [e4_as_text(each) for each in (1, 10_000, 10_001, 100_000)] == [
            "0.0001",
            "1",
            "1.0001",
            "10",
        ]
