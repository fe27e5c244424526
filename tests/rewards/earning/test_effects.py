"""What each effect gives, and what it says of itself in an explanation."""

from datetime import date

import pytest

from rewards.earning.counting import Counted
from rewards.earning.effects import EFFECTS, parse_effect
from rewards.earning.effects.each_full import EachFull
from rewards.earning.effects.fixed import Fixed
from rewards.earning.effects.multiply import Multiply
from rewards.earning.effects.per_money import PerMoney
from rewards.earning.effects.per_quantity import PerQuantity
from rewards.earning.effects.percent import Percent
from rewards.earning.effects.stepped import Bracket, Stepped
from rewards.earning.exact import as_decimal_text
from rewards.earning.reading import Reading
from tests.rewards.earning.rules import definition, e4, each_earns, earns, order, rule


def given(effect, amount="0", quantity="0", before="0"):
    """What it gives, as a text, and the one step it explains."""
    counted = Counted(e4(amount), e4(quantity), "GBP", volume_before_e4=e4(before))
    exact, [step] = effect.gives(counted)
    return as_decimal_text(exact), step


def test_every_file_has_an_effect_that_says_what_it_counts():
    assert {kind: (each.COUNTS, each.IS_LINEAR) for kind, each in EFFECTS.items()} == {
        "each_full": ("money", False),
        "fixed": ("", True),
        "multiply": ("awards", False),
        "per_money": ("money", True),
        "per_quantity": ("quantity", True),
        "percent": ("money", True),
        "stepped": ("money", False),
    }


class TestPerMoney:
    @pytest.mark.parametrize(
        ("units", "per", "amount", "result"),
        [
            (1, "1", "19.99", "19.99"),
            (1, "10", "105", "10.5"),
            (3, "2.5", "10", "12"),
            (2, "100", "1", "0.02"),
        ],
    )
    def test_gives_in_proportion(self, units, per, amount, result):
        exact, step = given(PerMoney(units, e4(per)), amount)

        assert exact == result
        assert step == {"code": "per_money", "units": units, "per": per, "result": result}


class TestPerQuantity:
    @pytest.mark.parametrize(
        ("units", "per", "quantity", "result"),
        [(23, "1", "3", "69"), (1, "12", "30", "2.5"), (5, "0.5", "2", "20")],
    )
    def test_gives_in_proportion(self, units, per, quantity, result):
        exact, step = given(PerQuantity(units, e4(per)), quantity=quantity)

        assert exact == result
        assert step == {"code": "per_quantity", "units": units, "per": per, "result": result}

    def test_counts_single_pieces_where_it_does_not_say(self):
        assert earns(
            rule(effect={"kind": "per_quantity", "units": 2}), order(0, ("mug", 3, 1))
        ) == {"points": 6}


class TestFixed:
    def test_gives_the_same_whatever_the_amount(self):
        exact, step = given(Fixed(50), "0")

        assert exact == "50"
        assert step == {"code": "fixed", "units": 50, "result": "50"}

    def test_gives_a_part_for_the_part_of_an_invoice(self):
        exact, _steps = Fixed(50).gives(Counted(e4(30), 0, "GBP", invoice_e4=e4(100)))

        assert exact == 15


class TestPercent:
    @pytest.mark.parametrize(
        ("percent", "decimals", "amount", "result"),
        [
            ("5", 0, "200", "10"),
            ("5", 2, "200", "1000"),
            ("1.5", 2, "10", "15"),
            ("100", 0, "7", "7"),
        ],
    )
    def test_gives_a_part_of_the_money_in_minor_units(self, percent, decimals, amount, result):
        exact, step = given(Percent(e4(percent), 10**decimals), amount)

        assert exact == result
        assert step == {"code": "percent", "percent": percent, "result": result}

    def test_takes_the_precision_of_the_unit(self):
        five = rule(effect={"kind": "percent", "percent": "5.00"})

        assert earns(definition(five), order(30)) == {"points": 1}
        assert earns(definition(five, unit_decimals=2), order(30)) == {"points": 150}

    def test_counts_whole_units_where_no_precision_is_said(self):
        five = parse_effect({"kind": "percent", "percent": "5"}, "effect", Reading("order"))

        assert given(five, "200")[0] == "10"


class TestEachFull:
    @pytest.mark.parametrize(
        ("before", "amount", "result"),
        [
            ("0", "499.99", "0"),
            ("0", "500", "25"),
            ("0", "1499", "50"),
            ("499.99", "0.01", "25"),
            ("500", "499.99", "0"),
            ("499", "1001", "75"),
        ],
    )
    def test_gives_for_each_step_that_gets_full(self, before, amount, result):
        exact, step = given(EachFull(25, e4(500), "month"), amount, before=before)

        assert exact == result
        assert step["result"] == result

    def test_explains_what_the_volume_was_before_and_after(self):
        _exact, step = given(EachFull(25, e4(500), "month"), "300.50", before="400")

        assert step == {
            "code": "each_full",
            "units": 25,
            "per": "500",
            "period": "month",
            "before": "400",
            "after": "700.5",
            "currency": "GBP",
            "result": "25",
        }

    def test_counts_from_nothing_where_it_has_no_volume(self):
        effect = {"kind": "each_full", "units": 1, "per": "500", "period": "activity"}

        assert earns(rule(effect=effect), order("499.9999")) == {}
        assert earns(rule(effect=effect), order("500")) == {"points": 1}

    @pytest.mark.parametrize(
        ("period", "earned"),
        [
            ("activity", [0, 0, 0, 0, 0, 0]),
            ("month", [0, 1, 0, 0, 0, 0]),
            ("quarter", [0, 1, 1, 0, 0, 0]),
            ("year", [0, 1, 1, 1, 0, 0]),
            ("lifetime", [0, 1, 1, 1, 1, 1]),
        ],
    )
    def test_counts_within_its_period(self, period, earned):
        effect = {"kind": "each_full", "units": 1, "per": "100", "period": period}
        days = [
            date(2026, 2, 1),
            date(2026, 2, 28),
            date(2026, 3, 31),
            date(2026, 4, 1),
            date(2027, 1, 1),
            date(2028, 7, 1),
        ]
        # After the first, each of them fills a step of what came before it in all time.
        orders = [
            order(amount, on=day)
            for amount, day in zip([70, 80, 60, 95, 96, 99], days, strict=True)
        ]

        assert each_earns(rule(effect=effect), orders) == earned


BRACKETS = (
    Bracket(e4(100), units=1, per_e4=e4(10)),
    Bracket(e4(200), percent_e4=e4(5)),
    Bracket(e4(500), fixed=70),
)


class TestSteppedByTheWhole:
    @pytest.mark.parametrize(
        ("before", "amount", "result"),
        [
            ("0", "99.99", "0"),
            ("0", "100", "10"),
            ("0", "199.9", "19.99"),
            ("0", "200", "10"),
            ("0", "499.8", "24.99"),
            ("0", "500", "70"),
            ("0", "900", "70"),
            ("90", "10", "1"),
            ("190", "10", "0.5"),
            ("499", "1", "70"),
            ("500", "1", "70"),
        ],
    )
    def test_gives_all_of_it_at_the_rate_that_is_reached(self, before, amount, result):
        exact, step = given(Stepped("year", "whole", BRACKETS, 1), amount, before=before)

        assert exact == result
        assert step["result"] == result

    def test_explains_the_bracket(self):
        _exact, step = given(Stepped("year", "whole", BRACKETS, 1), "150", before="100")

        assert step == {
            "code": "stepped",
            "by": "year",
            "mode": "whole",
            "before": "100",
            "after": "250",
            "currency": "GBP",
            "brackets": [{"from": "200", "percent": "5", "amount": "150", "result": "7.5"}],
            "result": "7.5",
        }


class TestSteppedBySlices:
    @pytest.mark.parametrize(
        ("before", "amount", "results"),
        [
            ("0", "100", {"100": "0"}),
            ("0", "99.99", {}),
            ("0", "150", {"100": "5"}),
            ("0", "200", {"100": "10", "200": "0"}),
            ("0", "300", {"100": "10", "200": "5"}),
            ("0", "499.8", {"100": "10", "200": "14.99"}),
            ("0", "500", {"100": "10", "200": "15", "500": "70"}),
            ("0", "900", {"100": "10", "200": "15", "500": "70"}),
            ("150", "100", {"100": "5", "200": "2.5"}),
            ("250", "100", {"200": "5"}),
            ("250", "0.0001", {"200": "0"}),
            ("499", "1", {"200": "0.05", "500": "70"}),
            ("500", "100", {"500": "0"}),
            ("100", "100", {"100": "10", "200": "0"}),
        ],
    )
    def test_gives_each_part_at_its_own_rate(self, before, amount, results):
        _exact, step = given(Stepped("year", "slice", BRACKETS, 1), amount, before=before)

        assert {row["from"]: row["result"] for row in step["brackets"]} == results

    def test_adds_them_up(self):
        exact, step = given(Stepped("activity", "slice", BRACKETS, 1), "900")

        assert exact == step["result"] == "95"
        assert [row["amount"] for row in step["brackets"]] == ["100", "300", "400"]

    def test_gives_units_at_once_with_the_first_money_where_they_are_from_nothing(self):
        welcome = Stepped("year", "slice", (Bracket(0, fixed=10),), 1)

        assert given(welcome, "0.0001")[0] == "10"
        assert given(welcome, "5", before="0.0001")[0] == "0"
        assert given(welcome, "0")[0] == "0"

    def test_splits_without_gaining_anything(self):
        effect = Stepped("year", "slice", BRACKETS, 1)
        parts = [("0", "130"), ("130", "170"), ("300", "600")]

        split = sum(float(given(effect, amount, before=before)[0]) for before, amount in parts)

        assert split == float(given(effect, "900")[0])

    def test_explains_what_each_bracket_says(self):
        _exact, step = given(Stepped("year", "slice", BRACKETS, 1), "900")

        said = [
            {key: value for key, value in row.items() if key not in {"amount", "result"}}
            for row in step["brackets"]
        ]
        assert said == [
            {"from": "100", "units": 1, "per": "10"},
            {"from": "200", "percent": "5"},
            {"from": "500", "fixed": 70},
        ]

    def test_is_read_with_the_precision_of_the_unit(self):
        steps = [{"from": "0", "percent": "5"}, {"from": "100", "fixed": 1}]
        effect = {"kind": "stepped", "by": "activity", "mode": "slice", "steps": steps}

        assert earns(definition(rule(effect=effect), unit_decimals=2), order(200)) == {
            "points": 501
        }

    def test_counts_percentages_in_minor_units(self):
        assert given(Stepped("activity", "slice", BRACKETS[1:2], 100), "300")[0] == "500"

    @pytest.mark.parametrize(
        ("by", "earned"),
        [
            ("activity", [9, 9, 9]),
            ("month", [9, 18, 9]),
            ("quarter", [9, 18, 18]),
            ("year", [9, 18, 18]),
        ],
    )
    def test_counts_the_volume_of_its_period(self, by, earned):
        effect = {
            "kind": "stepped",
            "by": by,
            "mode": "whole",
            "steps": [
                {"from": "0", "units": 1, "per": "10"},
                {"from": "100", "units": 2, "per": "10"},
            ],
        }
        days = [date(2026, 1, 1), date(2026, 1, 31), date(2026, 3, 31)]

        assert each_earns(rule(effect=effect), [order(90, on=day) for day in days]) == earned


def test_multiply_cannot_be_asked_alone():
    with pytest.raises(NotImplementedError):
        Multiply(200, frozenset()).gives(Counted(0, 0))
