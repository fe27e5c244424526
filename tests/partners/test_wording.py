from decimal import Decimal

import pytest

from partners.wording import (
    POINTS,
    UnitWording,
    format_money,
    format_number,
    format_signed,
    plural_form,
)

NB = "\N{NO-BREAK SPACE}"


class TestPluralForms:
    @pytest.mark.parametrize(
        ("number", "en", "uk", "pl", "ru"),
        [
            (0, "points", "балів", "punktów", "баллов"),
            (1, "point", "бал", "punkt", "балл"),
            (2, "points", "бали", "punkty", "балла"),
            (5, "points", "балів", "punktów", "баллов"),
            (11, "points", "балів", "punktów", "баллов"),
            (12, "points", "балів", "punktów", "баллов"),
            (21, "points", "бал", "punktów", "балл"),
            (22, "points", "бали", "punkty", "балла"),
            (111, "points", "балів", "punktów", "баллов"),
            (-1, "point", "бал", "punkt", "балл"),
            (Decimal("1.5"), "points", "бала", "punktu", "балла"),
        ],
    )
    def test_follow_each_language(self, number, en, uk, pl, ru):
        unit = UnitWording()

        words = [unit.name(number, language) for language in ("en", "uk", "pl", "ru")]

        assert words == [en, uk, pl, ru]

    def test_an_unknown_language_reads_english(self):
        assert UnitWording().name(2, "ka") == "points"
        assert plural_form("ka", 1) == "one"

    def test_a_variant_reads_its_language(self):
        assert UnitWording().name(2, "uk-ua") == "бали"

    def test_a_form_that_a_programme_left_out_falls_back_to_the_general_one(self):
        unit = UnitWording(names={"en": {"other": "stars"}})

        assert unit.name(1, "en") == "stars"

    @pytest.mark.parametrize(
        ("language", "expected", "without_a_name"),
        [
            ("en", "points", "points"),
            ("uk", "бали", "бали"),
            ("pl", "punkty", "punkty"),
            ("ru", "баллы", "балл"),
        ],
    )
    def test_alone_a_unit_has_its_nominative(self, language, expected, without_a_name):
        forms = {name: word for name, word in POINTS[language].items() if name != "name"}

        assert UnitWording().name_alone(language) == expected
        assert UnitWording({language: forms}).name_alone(language) == without_a_name
        assert UnitWording({language: {"other": "mile"}}).name_alone(language) == "mile"


class TestNumbers:
    @pytest.mark.parametrize(
        ("language", "small", "large"),
        [
            ("en", "1,240", "12,480"),
            ("uk", f"1{NB}240", f"12{NB}480"),
            ("pl", "1240", f"12{NB}480"),
            ("ru", f"1{NB}240", f"12{NB}480"),
        ],
    )
    def test_are_grouped_as_the_language_does(self, language, small, large):
        assert format_number(1240, language) == small
        assert format_number(12480, language) == large

    def test_have_a_real_minus_and_a_plus_where_asked(self):
        assert format_number(-2500, "en") == "−2,500"
        assert format_signed(412, "en") == "+412"
        assert format_signed(0, "en") == "0"

    def test_never_say_minus_zero(self):
        assert format_number(Decimal("-0.004"), "en", 2) == "0.00"

    def test_minor_units_are_written_as_the_unit(self):
        unit = UnitWording(decimals=2)

        assert unit.phrase(100, "en") == f"1.00{NB}point"
        assert unit.phrase(123456, "uk") == f"1{NB}234,56{NB}бала"


class TestMoney:
    def test_stands_where_the_language_puts_it(self):
        amount = Decimal("1240.50")

        assert format_money(amount, "GBP", "en") == "£1,240.50"
        assert format_money(amount, "GBP", "uk") == f"1{NB}240,50{NB}£"
        assert format_money(amount, "PLN", "pl") == f"1240,50{NB}zł"
        assert format_money(amount, "CHF", "en") == f"CHF{NB}1,240.50"

    def test_loses_empty_decimals_only_where_asked(self):
        assert format_money(10_000, "GBP", "en", whole=True) == "£10,000"
        assert format_money(Decimal("0.5"), "GBP", "en", whole=True) == "£0.50"

    def test_a_debt_has_its_minus_first(self):
        assert format_money(-5, "GBP", "en") == "−£5.00"

    def test_has_the_decimals_of_its_currency(self):
        assert format_money(1_234, "JPY", "en") == f"JPY{NB}1,234"
        assert format_money(Decimal("1.5"), "KWD", "pl") == f"1,500{NB}KWD"
