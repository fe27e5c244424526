"""Explanations as rows: every figure can be checked, and nothing stored is swallowed."""

import pytest

from partners.wording import UnitWording
from rewards.explaining import Teller

pytestmark = pytest.mark.once("SQLite")

NB = "\N{NO-BREAK SPACE}"
EARNED = {
    "rule_name": {"en": "Points on purchases"},
    "version": 3,
    "steps": [
        {"code": "net_amount", "amount": "330.18", "currency": "GBP"},
        {"code": "per_money", "units": 1, "per": "1.00", "result": "330.18"},
        {"code": "multiplier", "percent": 125, "tier": "gold", "result": "412.725"},
        {"code": "rounded", "mode": "down", "result": 412},
    ],
    "total": 412,
}


def teller(language: str = "en", **unit: object) -> Teller:
    return Teller(language=language, unit=UnitWording(**unit), tier_names={"gold": "Gold"})


def test_an_award_reads_as_a_bill_whose_last_row_is_the_total():
    told = teller().tell(EARNED)

    assert told.rows == (
        ("Net value", "£330.18"),
        (f"1{NB}point for every £1", "330.18"),
        ("Gold: times 1.25", "412.725"),
        ("412.725 rounded down, as the rule says", "412"),
    )
    assert (told.total, told.note) == (
        412,
        "Rule “Points on purchases”, version 3 of the programme.",
    )


def test_a_total_that_no_step_states_gets_a_row_of_its_own():
    told = teller().tell({"steps": EARNED["steps"][:1], "total": 330})

    assert told.rows[-1] == ("Together", "330")


def test_rounding_to_the_nearest_says_so():
    steps = [{"code": "x", "result": "1.5"}, {"code": "rounded", "mode": "half_up", "result": 2}]

    assert "nearest whole" in teller().tell({"steps": steps, "total": 2}).rows[1][0]


def test_minor_units_are_told_as_the_unit():
    steps = [
        {"code": "net_amount", "amount": "10", "currency": "GBP"},
        {"code": "per_money", "units": 5, "per": "1", "result": "50"},
    ]

    told = teller(decimals=2).tell({"steps": steps, "total": 50})

    assert told.rows[1] == (f"0.05{NB}points for every £1", "0.5")


@pytest.mark.parametrize(
    "step",
    [
        {"code": "blue_moon", "result": "7"},
        {"code": "net_amount"},
        {"code": "per_money", "units": "many", "per": "?", "result": "7"},
        {"code": "rounded", "mode": "down", "result": 7},
        {},
    ],
)
def test_what_cannot_be_told_well_is_still_shown(step):
    told = teller().tell({"steps": [step], "total": 7})

    assert len(told.rows) in {1, 2}
    assert told.rows[0][0] == str(step.get("code", "")).replace("_", " ").capitalize()


def test_figures_follow_the_language():
    told = teller("uk").tell({**EARNED, "total": 12_480, "steps": []})

    assert told.rows[-1][1] == f"12{NB}480"
