"""What a report of each kind must say, and how what is wrong with it is told."""

import dataclasses
from datetime import UTC, date, datetime

import pytest

from partners.kinds import KINDS, Ask, Field, FieldType, all_kinds, check, validate
from partners.kinds.fields import ValueRefused
from partners.models import Activity, OwnKind
from partners.reports import ActivityReport, LineReport

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
E4 = 10_000


def report(kind: str, **changes) -> ActivityReport:
    """A report that is right for its kind, by the example of the kind itself."""
    example = KINDS[kind].example
    refers_to = example.get("refers_to")
    plain = ActivityReport(
        kind=kind,
        partner_id=1,
        source="erp",
        external_id=example["external_id"],
        occurred_at=NOON,
        currency=example.get("currency", ""),
        lines=[LineReport(line["sku"], E4, E4) for line in example.get("lines", ())],
        amount_e4=5 * E4 if "amount" in example else None,
        refers_to=("erp", refers_to["external_id"]) if refers_to else None,
        due_on=date.fromisoformat(example["due_on"]) if "due_on" in example else None,
        quantity_e4=E4 if "quantity" in example else None,
        attributes=example.get("attributes", {}),
    )
    return dataclasses.replace(plain, **changes)


def found(given: ActivityReport, **options) -> list[tuple[str, str]]:
    return [(problem.field, problem.code) for problem in validate(given, **options)]


@pytest.mark.parametrize("part", ["delivery", "tax", "paid_with_points"])
def test_a_part_of_an_order_is_never_below_zero_nor_above_its_amount(part):
    values = ("0", "5", "-0.0001", "5.0001", "1.00001", "NaN", "1e2", 5, True, None)
    said = {
        str(value): found(report("order", amount_e4=5 * E4, attributes={part: value}))
        for value in values
    }

    place = f"attributes/{part}"
    assert said == {
        "0": [],
        "5": [],
        "-0.0001": [(place, "out_of_range")],
        "5.0001": [(place, "above_amount")],
    } | {str(value): [(place, "invalid")] for value in values[4:]}


def test_parts_that_are_too_much_are_told_together():
    given = report("order", attributes={"delivery": "30", "tax": "31", "paid_with_points": "0"})

    [delivery, tax] = validate(dataclasses.replace(given, amount_e4=20 * E4))

    assert (delivery.field, tax.field) == ("attributes/delivery", "attributes/tax")
    assert str(tax.detail) == "This is more than the net amount, 20."


class TestKinds:
    def test_every_kind_of_the_model_has_its_file(self):
        assert list(KINDS) == Activity.Kind.values
        assert {str(kind.name) for kind in KINDS.values()} == {
            str(label) for label in Activity.Kind.labels
        }

    @pytest.mark.parametrize("kind", KINDS)
    def test_its_example_is_right(self, kind):
        assert found(report(kind)) == []

    @pytest.mark.parametrize("kind", [code for code, kind in KINDS.items() if kind.must_refer])
    def test_what_must_refer_says_to_what(self, kind):
        assert found(report(kind, refers_to=None)) == [("refers_to", "required")]

    @pytest.mark.parametrize(
        "kind", [code for code, kind in KINDS.items() if kind.amount is Ask.NO]
    )
    def test_what_has_no_amount_takes_none(self, kind):
        given = report(kind, amount_e4=E4, currency="GBP")

        assert found(given) == [("amount", "not_asked_for")]


class TestValidate:
    @pytest.mark.parametrize(
        ("given", "problems"),
        [
            pytest.param(
                report("training", attributes={"course": "", "score": 101}),
                [("attributes/course", "blank"), ("attributes/score", "out_of_range")],
                id="blank and out of range",
            ),
            pytest.param(
                report("training", attributes={"score": True}),
                [("attributes/course", "required"), ("attributes/score", "invalid")],
                id="missing, and true for a number",
            ),
            pytest.param(
                report("auto_order", attributes={"state": "yes"}),
                [("attributes/state", "invalid_choice")],
                id="not one of the list",
            ),
            pytest.param(
                report("invoice", attributes={"electronik": True}),
                [("attributes/electronik", "not_asked_for")],
                id="a slip of the pen",
            ),
            pytest.param(
                report("order", attributes={"delivery": "5,10"}),
                [("attributes/delivery", "invalid")],
                id="decimal comma",
            ),
            pytest.param(
                report("order", refers_to=("erp", "1")),
                [("refers_to", "not_asked_for")],
                id="an order refers to nothing",
            ),
            pytest.param(
                report("payment", refers_to=("erp", "PAY-9")),
                [("refers_to", "refers_to_itself")],
                id="itself",
            ),
            pytest.param(
                report("recycling", quantity_e4=0, due_on=date(2026, 1, 1)),
                [("quantity", "required"), ("due_on", "not_asked_for")],
                id="nothing counted, and due",
            ),
            pytest.param(report("payment", amount_e4=0), [("amount", "required")], id="zero paid"),
            pytest.param(
                report("payment", currency=""), [("currency", "required")], id="no currency"
            ),
            pytest.param(
                report("order", currency="ABC"),
                [("currency", "currency_not_known")],
                id="no currency of ISO 4217",
            ),
            pytest.param(
                dataclasses.replace(report("generic"), source="claims"),
                [("source", "source_reserved")],
                id="what only approved claims come from",
            ),
            pytest.param(
                dataclasses.replace(report("generic"), attributes={"a": [1]}),
                [("attributes/a", "invalid")],
                id="nested",
            ),
        ],
    )
    def test_names_the_field_and_the_code(self, given, problems):
        assert found(given, kinds={}) == problems

    def test_keeps_further_attributes_where_the_kind_is_open(self):
        given = report("order", attributes={"channel": "web", "lorry": 7})

        assert check(given).report.attributes == {"channel": "web", "lorry": 7}


class TestField:
    @pytest.mark.parametrize(
        ("field", "text", "kept"),
        [
            (Field(name="a", label="a", type=FieldType.WHOLE), " 12 ", 12),
            (Field(name="a", label="a", type=FieldType.YES_NO), "Yes", True),
            (Field(name="a", label="a", type=FieldType.YES_NO), "0", False),
            (Field(name="a", label="a", type=FieldType.NUMBER), "12.50", "12.50"),
            (Field(name="a", label="a", type=FieldType.DAY), "2026-03-02", "2026-03-02"),
            (
                Field(name="a", label="a", type=FieldType.CHOICE, choices=(("on", "on"),)),
                "ON",
                "on",
            ),
        ],
    )
    def test_reads_what_a_cell_of_a_file_says(self, field, text, kept):
        assert field.read_text(text) == kept

    @pytest.mark.parametrize("text", ["29.02.2027", "2027-02-29", ""])
    def test_refuses_a_day_that_is_none(self, text):
        with pytest.raises(ValueRefused):
            Field(name="a", label="a", type=FieldType.DAY).read_text(text)


@pytest.mark.django_db
class TestOwnKinds:
    def test_are_checked_like_those_that_are_built_in(self):
        OwnKind.objects.create(
            code="fair_visit",
            names={"en": "Fair visit", "pl": "Wizyta na targach"},
            has_quantity=True,
            fields=[
                {"name": "fair", "labels": {"en": "Fair"}, "type": "text", "is_required": True},
                {"name": "stand", "type": "choice", "choices": ["a", "b"]},
            ],
        )
        given = ActivityReport(
            kind="fair_visit",
            partner_id=1,
            source="erp",
            external_id="1",
            occurred_at=NOON,
            currency="",
            attributes={"stand": "c", "hall": 3},
        )

        assert found(given) == [
            ("quantity", "required"),
            ("attributes/fair", "required"),
            ("attributes/stand", "invalid_choice"),
            ("attributes/hall", "not_asked_for"),
        ]
        assert str(all_kinds()["fair_visit"].name) == "Fair visit"

    def test_one_that_is_not_in_use_is_refused_by_its_own_code(self):
        OwnKind.objects.create(code="fair_visit", names={"en": "Fair visit"}, is_active=False)
        given = report("generic")

        of_this_kind = dataclasses.replace(given, kind="fair_visit")
        assert found(of_this_kind) == [("kind", "kind_not_in_use")]
        of_no_kind = dataclasses.replace(given, kind="no_such")
        assert found(of_no_kind) == [("kind", "unknown_kind")]
