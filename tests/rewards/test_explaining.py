"""Explanations as rows: every figure can be checked, and nothing stored is swallowed."""

import ast
from pathlib import Path

import pytest

import rewards.earning
from partners.wording import UnitWording
from rewards.earning import outcome
from rewards.earning.conditions import CONDITIONS
from rewards.explaining import Teller, concerns_others, tell_passed_over
from rewards.explaining.reasons import FOUND, REASONS
from rewards.explaining.steps import STEPS
from rewards.programmes.definition import parse

pytestmark = pytest.mark.once("SQLite")

NB = "\N{NO-BREAK SPACE}"
RULE = {
    "names": {"en": "Points on purchases"},
    "trigger": "order",
    "effect": {"kind": "per_money", "units": 1, "per": "1.00"},
}
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
        ("412.725 rounded down, as the programme says", "412"),
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

    assert "to the nearest" in teller().tell({"steps": steps, "total": 2}).rows[1][0]


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


def test_what_was_converted_says_from_what_by_which_rate_of_which_day():
    converted = {
        "code": "converted",
        "amount": "100",
        "currency": "USD",
        "rate": "0.80125",
        "rate_day": "2026-03-02",
        "rate_of": "order",
        "into": "GBP",
        "result": "80.125",
    }

    english, polish = (
        teller(language).tell({"steps": [converted | {"rate_of": of}, *EARNED["steps"]]}).rows[0]
        for language, of in (("en", "order"), ("pl", "invoice"))
    )

    assert english == ("$100.00 at the rate 0.80125 of 2 March 2026", "£80.125")
    assert "0,80125" in polish[0]


def test_each_step_of_a_volume_says_its_rate():
    brackets = [
        {"from": "0", "amount": "60", "units": 1, "per": "10", "result": "6"},
        {"from": "100", "amount": "40", "percent": "2", "result": "80"},
        {"from": "140", "amount": "0", "fixed": 300, "result": "300"},
    ]
    step = {"code": "stepped", "currency": "GBP", "brackets": brackets, "result": "386"}

    [(label, result)] = teller().tell({"steps": [step], "total": 386}).rows

    assert label.replace(NB, " ") == (
        "£60.00 from £0 on: 1 point for every £10; £40.00 from £100 on: 2 %; From £140 on: 300 points"
    )
    assert result == "386"


def test_what_is_counted_in_pieces_says_how_many_of_them_count():
    steps = [
        {"code": "quantity", "quantity": "10"},
        {"code": "counted_lines", "amount": "60", "currency": "GBP", "lines": 1, "of": 2}
        | {"quantity": "6"},
        {"code": "per_quantity", "units": 2, "per": "1", "result": "12"},
    ]

    assert teller().tell({"steps": steps, "total": 12}).rows[1] == ("1 line of 2 counts", "6")


def test_a_payment_says_what_was_paid():
    step = {"code": "net_amount", "amount": "40", "currency": "GBP", "of": "payment"}

    assert teller().tell({"steps": [step]}).rows[0] == ("Paid of the invoice", "£40.00")


def test_what_must_not_be_is_said_as_that():
    detail = {"not": {"kind": "first_order"}}
    passed_over = outcome.PassedOver("large", outcome.CONDITION, detail)

    told = tell_passed_over(passed_over, of_the_club())

    assert told.why == "It does not count for a partner's first order."


EARNING = Path(rewards.earning.__path__[0])
WRITERS = (
    *EARNING.rglob("*.py"),
    EARNING.parent / "settling.py",
    EARNING.parent / "clawing_back.py",
)
# They write a step whose code they are given.
STEP_MAKERS = {"_money", "_add"}


def codes_written(path: Path) -> set[str]:
    """Every code that a module puts into a step, read from its source."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        said: list[ast.expr] = []
        if isinstance(node, ast.Dict):
            pairs = zip(node.keys, node.values, strict=True)
            said = [
                value
                for key, value in pairs
                if isinstance(key, ast.Constant) and key.value == "code"
            ]
        elif isinstance(node, ast.Call) and node.args:
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            said = node.args[:1] if name in STEP_MAKERS else []
        found |= {
            each.value
            for one in said
            for each in ([one.body, one.orelse] if isinstance(one, ast.IfExp) else [one])
            if isinstance(each, ast.Constant) and isinstance(each.value, str)
        }
    return found


def test_every_step_that_is_written_has_words():
    written = set().union(*map(codes_written, WRITERS))

    assert len(written) > 20
    assert written - set(STEPS) == set()


def test_every_reason_and_every_condition_has_words():
    assert set(REASONS) == set(outcome.REASONS)
    assert set(FOUND) == set(CONDITIONS)


LIMIT = {"measure": "units", "per": "partner", "period": "month", "limit": 20, "used": 20}


@pytest.mark.parametrize(
    ("reason", "detail", "said"),
    [
        (
            "condition",
            {"kind": "tier", "at_least": "gold", "found": "silver"},
            "It counts only for partners in Gold or higher. The tier was Silver.",
        ),
        (
            "condition",
            {"kind": "weekday", "in": ["sat", "sun"], "found": "mon"},
            "It counts only on Saturday or Sunday. The day was a Monday.",
        ),
        (
            "condition",
            {"kind": "amount", "at_least": "500", "found": "120.50"},
            "It counts only for an amount of £500 or more. The amount was £120.50.",
        ),
        (
            "condition",
            {"kind": "payment", "early_days_at_least": 5, "found": 2},
            "It counts only when paid at least 5 days early. It came 2 days late.",
        ),
        (
            "condition",
            {"kind": "payment", "early_days_at_least": 5, "found": "no_due_day"},
            "It counts only when paid at least 5 days early. "
            "The invoice does not say when it was due.",
        ),
        (
            "condition",
            {"kind": "sku", "in": ["MUG-*"], "match": "any", "found": []},
            "It counts only when a line has the SKU “MUG-…”. No line was like that.",
        ),
        (
            "condition",
            {
                "any": [
                    {"kind": "country", "in": ["DE"], "found": "PL"},
                    {"not": {"kind": "channel", "in": ["web"]}},
                ]
            },
            "It counts only in DE or not through web.",
        ),
        (
            "audience",
            {"kind": "segment", "in": ["vip"], "found": []},
            "The campaign is for others. It counts only for partners in the segment “VIP”. "
            "The partner was in no segment.",
        ),
        (
            "campaign_not_running",
            {"campaign": "spring", "starts_on": "2026-03-01", "ends_on": "2026-04-01"},
            "The campaign “Spring” runs from 1 Mar 2026 to 31 Mar 2026.",
        ),
        (
            "not_running",
            {"starts_on": "2027-01-01", "ends_on": None},
            "This rule counts from 1 Jan 2027 on.",
        ),
        ("nothing_to_count", {}, "There is nothing in it that this rule counts."),
        ("too_little", {"exact": "0.4"}, "It comes to 0.4, which rounds to nothing."),
        (
            "cap_reached",
            LIMIT,
            "The limit is reached: at most 20 points a month for the company, 20 before.",
        ),
        (
            "cap_reached",
            LIMIT | {"campaign": "spring"},
            "The limit of the campaign “Spring” is reached: "
            "at most 20 points a month for the company, 20 before.",
        ),
        (
            "lower_in_group",
            {"group": "best", "amount": 20, "best": {"rule": "large", "amount": 30}},
            "“Large orders” gives more: 30 points instead of 20. Only the best counts.",
        ),
        (
            "lower_than_campaign",
            {"amount": 20, "best": {"campaign": "spring", "amount": 30}},
            "The campaign “Spring” gives more: 30 points instead of 20.",
        ),
        (
            "lower_than_base",
            {"amount": 20, "best": {"campaign": "", "amount": 30}},
            "The other rules give as much or more: 30 points; the campaign gives 20.",
        ),
        (
            "replaced",
            {"amount": 20, "best": {"campaign": "spring", "amount": 30}},
            "The campaign “Spring” counts in its place: 30 points.",
        ),
        (
            "stopped",
            {"by": "large"},
            "Where “Large orders” gives something, rules after it do not count.",
        ),
        ("blue_moon", {}, "Blue moon."),
        ("condition", {"kind": "tier"}, "Condition."),
    ],
)
def test_a_rule_that_gave_nothing_says_why(reason, detail, said):
    told = tell_passed_over(outcome.PassedOver("large", reason, detail), of_the_club())

    assert told.rule == "Large orders"
    assert told.why.replace(NB, " ") == said


def of_the_club() -> Teller:
    return Teller(
        language="en",
        unit=UnitWording(),
        tier_names={"gold": "Gold", "silver": "Silver"},
        rule_names={"large": "Large orders"},
        campaign_names={"spring": "Spring"},
        segment_names={"vip": "VIP"},
        currency="GBP",
    )


class TestWhatAPartnerIsTold:
    DEFINITION = parse(
        {
            "settings": {"unit_names": UnitWording().names, "unit_value": "1"},
            "rules": [{**RULE, "code": "base"}],
            "campaigns": [
                {
                    "code": "spring",
                    "names": {"en": "Spring"},
                    "starts_on": "2026-03-01",
                    "ends_on": "2026-04-01",
                    "audience": {"kind": "segment", "in": ["vip"]},
                    "rules": [{**RULE, "code": "extra"}],
                }
            ],
        }
    )

    @pytest.mark.parametrize(
        ("rule", "reason", "detail", "is_of_others"),
        [
            ("base", "condition", {"kind": "weekday", "in": ["sun"], "found": "mon"}, False),
            ("base", "condition", {"not": {"kind": "segment", "in": ["slow"]}}, True),
            ("base", "condition", {"any": [{"kind": "segment", "in": ["a"], "found": []}]}, True),
            ("extra", "audience", {"kind": "segment", "in": ["vip"], "found": []}, True),
            ("extra", "campaign_not_running", {"campaign": "spring"}, True),
            ("extra", "stopped", {"by": "base"}, True),
            ("base", "stopped", {"by": "extra"}, False),
            ("extra", "cap_reached", LIMIT, False),
        ],
    )
    def test_is_nothing_about_lists_and_campaigns_of_others(
        self, rule, reason, detail, is_of_others
    ):
        passed = outcome.PassedOver(rule, reason, detail)

        assert concerns_others(passed, self.DEFINITION) is is_of_others
