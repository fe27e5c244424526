"""Every condition on both sides of what it asks, and what it says where it does not hold."""

from datetime import date

import pytest

from partners.kinds import KINDS
from rewards.earning.conditions import AUDIENCE, CONDITIONS, parse_condition
from rewards.earning.reading import Reading
from rewards.earning.situation import NOTHING_KNOWN, Situation
from rewards.programmes.values import InvalidDefinition
from tests.rewards.earning.rules import activity, lines, order, payment, tier


def read(row, trigger="order"):
    reading = Reading(trigger, KINDS.get(trigger), ("bronze", "silver", "gold"))
    return parse_condition(row, "when", reading)


def holds(row, fact, situation=NOTHING_KNOWN, trigger="order"):
    """Whether it holds, and what was found where it does not."""
    condition = read(row, trigger)
    missing = condition.why_not(fact, situation)
    assert condition.holds(fact, situation) is (missing is None)
    return True if missing is None else missing["found"]


MUG_AND_JUG = [("mug", 1, 5, "cups"), ("jug", 2, 5, "jars")]
TRAINING = activity("training")


@pytest.mark.parametrize(
    ("row", "situation", "found"),
    [
        ({"kind": "tier", "in": ["silver"]}, {"tier": tier("silver")}, True),
        ({"kind": "tier", "in": ["silver"]}, {"tier": tier("gold")}, "gold"),
        ({"kind": "tier", "in": ["silver"]}, {}, None),
        ({"kind": "tier", "at_least": "silver"}, {"tier": tier("bronze")}, "bronze"),
        ({"kind": "tier", "at_least": "silver"}, {"tier": tier("silver")}, True),
        ({"kind": "tier", "at_least": "silver"}, {"tier": tier("gold")}, True),
        ({"kind": "tier", "at_least": "bronze"}, {}, None),
        ({"kind": "segment", "in": ["vip", "new"]}, {"segments": frozenset({"new", "x"})}, True),
        ({"kind": "segment", "in": ["vip"]}, {"segments": frozenset({"y", "x"})}, ["x", "y"]),
        ({"kind": "segment", "in": ["vip"]}, {}, []),
        ({"kind": "country", "in": ["PL", "GB"]}, {"country": "GB"}, True),
        ({"kind": "country", "in": ["PL"]}, {"country": "GB"}, "GB"),
        ({"kind": "country", "in": ["United Kingdom"]}, {"country": "United kingdom"}, True),
        ({"kind": "country", "in": ["united kingdom"]}, {"country": "United Kingdom"}, True),
        ({"kind": "country", "in": ["PL"]}, {}, ""),
        ({"kind": "supplier_share", "at_least_percent": 60}, {"supplier_share_percent": 60}, True),
        ({"kind": "supplier_share", "at_least_percent": 60}, {"supplier_share_percent": 59}, 59),
        ({"kind": "supplier_share", "at_least_percent": 0}, {}, None),
        ({"kind": "supplier_share", "at_least_percent": 0}, {"supplier_share_percent": 0}, True),
    ],
)
def test_of_the_partner(row, situation, found):
    assert holds(row, order(10), Situation(**situation)) == found


@pytest.mark.parametrize(
    ("row", "fact", "found"),
    [
        ({"kind": "country", "in": ["PL"]}, order(1, country="PL"), True),
        (
            {"kind": "dates", "from": "2026-03-05", "until": "2026-03-06"},
            order(1, on=date(2026, 3, 4)),
            "2026-03-04",
        ),
        ({"kind": "dates", "from": "2026-03-05", "until": "2026-03-06"}, order(1), True),
        (
            {"kind": "dates", "from": "2026-03-05", "until": "2026-03-06"},
            order(1, on=date(2026, 3, 6)),
            "2026-03-06",
        ),
        ({"kind": "dates", "from": "2026-03-06"}, order(1), "2026-03-05"),
        ({"kind": "dates", "from": "2026-03-06"}, order(1, on=date(2036, 3, 6)), True),
        ({"kind": "dates", "until": "2026-03-05"}, order(1), "2026-03-05"),
        ({"kind": "dates", "until": "2026-03-05"}, order(1, on=date(1999, 3, 4)), True),
        ({"kind": "weekday", "in": ["thu"]}, order(1), True),
        ({"kind": "weekday", "in": ["mon", "wed", "fri"]}, order(1), "thu"),
        ({"kind": "weekday", "in": ["sun"]}, order(1, on=date(2026, 3, 8)), True),
        ({"kind": "channel", "in": ["web"]}, order(1, attributes={"channel": "web"}), True),
        ({"kind": "channel", "in": ["web"]}, order(1, attributes={"channel": "edi"}), "edi"),
        ({"kind": "channel", "in": ["web"]}, order(1), ""),
        ({"kind": "amount", "at_least": "100"}, order("99.99"), "99.99"),
        ({"kind": "amount", "at_least": "100"}, order("100"), True),
        ({"kind": "amount", "below": "100"}, order("99.99"), True),
        ({"kind": "amount", "below": "100"}, order("100"), "100"),
        ({"kind": "amount", "at_least": "5", "below": "100"}, order("4.99"), "4.99"),
        ({"kind": "amount", "at_least": "5", "below": "100"}, order("5"), True),
        ({"kind": "amount", "at_least": "5", "below": "100"}, order("100"), "100"),
        ({"kind": "quantity", "at_least": "3"}, order(0, *MUG_AND_JUG), True),
        ({"kind": "quantity", "at_least": "3.5"}, order(0, *MUG_AND_JUG), "3"),
        ({"kind": "quantity", "below": "3"}, order(0, *MUG_AND_JUG), "3"),
        ({"kind": "quantity", "below": "3.5"}, order(0, *MUG_AND_JUG), True),
        ({"kind": "sku", "in": ["mug"]}, order(0, *MUG_AND_JUG), True),
        ({"kind": "sku", "in": ["pin"]}, order(0, *MUG_AND_JUG), []),
        ({"kind": "sku", "in": ["m*"]}, order(0, *MUG_AND_JUG), True),
        ({"kind": "sku", "in": ["*"]}, order(0, *MUG_AND_JUG), True),
        ({"kind": "sku", "in": ["mug*"]}, order(0, ("mu", 1, 1)), []),
        ({"kind": "sku", "in": ["mug"]}, order(0, ("mug2", 1, 1)), []),
        ({"kind": "sku", "in": ["*"]}, order(10), []),
        ({"kind": "sku", "in": ["mug"], "match": "all"}, order(0, *MUG_AND_JUG), ["jug"]),
        ({"kind": "sku", "in": ["mug", "j*"], "match": "all"}, order(0, *MUG_AND_JUG), True),
        ({"kind": "sku", "in": ["*"], "match": "all"}, order(10), []),
        ({"kind": "sku", "in": ["mug", "x"], "match": "none"}, order(0, *MUG_AND_JUG), ["mug"]),
        ({"kind": "sku", "in": ["pin"], "match": "none"}, order(0, *MUG_AND_JUG), True),
        ({"kind": "sku", "in": ["*"], "match": "none"}, order(10), True),
        ({"kind": "category", "in": ["cups"]}, order(0, *MUG_AND_JUG), True),
        ({"kind": "category", "in": ["mug"]}, order(0, *MUG_AND_JUG), []),
        ({"kind": "category", "in": ["cups"], "match": "all"}, order(0, *MUG_AND_JUG), ["jars"]),
    ],
)
def test_of_the_activity(row, fact, found):
    assert holds(row, fact, Situation(country="GB")) == found


@pytest.mark.parametrize(
    ("row", "before", "found"),
    [
        ({"kind": "order_count", "at_least": 3, "period": "month"}, {"month": 1, "year": 9}, 2),
        ({"kind": "order_count", "at_least": 3, "period": "month"}, {"month": 2}, True),
        ({"kind": "order_count", "at_least": 3, "period": "quarter"}, {"quarter": 2}, True),
        ({"kind": "order_count", "at_least": 3, "period": "year"}, {"year": 2}, True),
        ({"kind": "order_count", "at_least": 3, "period": "lifetime"}, {"lifetime": 2}, True),
        ({"kind": "order_count", "at_most": 3, "period": "year"}, {"year": 2}, True),
        ({"kind": "order_count", "at_most": 3, "period": "year"}, {"year": 3}, 4),
        ({"kind": "order_count", "at_least": 1, "at_most": 1, "period": "year"}, {}, True),
        ({"kind": "order_count", "at_least": 2, "period": "year"}, {}, 1),
        ({"kind": "first_order"}, {}, True),
        ({"kind": "first_order"}, {"lifetime": 0, "year": 0}, True),
        ({"kind": "first_order"}, {"lifetime": 1}, 1),
    ],
)
def test_of_the_orders_so_far_this_one_included(row, before, found):
    assert holds(row, order(10), Situation(orders_before=before)) == found


def test_of_the_orders_so_far_where_it_is_no_order_itself():
    few = {"kind": "order_count", "at_most": 3, "period": "year"}
    assert holds(few, TRAINING, trigger="training") is True

    row = {"kind": "order_count", "at_least": 2, "period": "year"}

    assert holds(row, TRAINING, Situation(orders_before={"year": 1}), "training") == 1
    assert holds(row, TRAINING, Situation(orders_before={"year": 2}), "training") is True


@pytest.mark.parametrize(
    ("row", "late", "found"),
    [
        ({"early_days_at_least": 5}, -5, True),
        ({"early_days_at_least": 5}, -4, -4),
        ({"early_days_at_least": 0}, 0, True),
        ({"early_days_at_least": 0}, 1, 1),
        ({"late_days_at_most": 0}, 0, True),
        ({"late_days_at_most": 0}, 1, 1),
        ({"late_days_at_most": 3}, 3, True),
        ({"late_days_at_most": 3}, 4, 4),
    ],
)
def test_of_when_an_invoice_was_paid(row, late, found):
    paid, situation = payment(10, late=late)

    assert holds({"kind": "payment"} | row, paid, situation, "payment") == found


def test_of_when_an_invoice_was_paid_that_nobody_knows():
    row = {"kind": "payment", "late_days_at_most": 3}

    assert holds(row, activity("payment", 10), trigger="payment") is None


@pytest.mark.parametrize(
    ("asked", "stated", "found"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"is": True}, True, True),
        ({"is": True}, False, False),
        ({"is": True}, None, None),
        ({"is": False}, False, True),
        ({"is": False}, None, None),
    ],
)
def test_of_how_an_invoice_went_out(asked, stated, found):
    row = {"kind": "electronic"} | asked
    attributes = {} if stated is None else {"electronic": stated}
    paid, situation = payment(10, electronic=stated)
    wrong = {"electronic": not stated}

    assert holds(row, activity("invoice", 10, attributes=attributes), trigger="invoice") is found
    paid.attributes = wrong
    assert holds(row, paid, situation, "payment") is found


@pytest.mark.parametrize(
    ("asked", "value", "found"),
    [
        ({"in": ["gold", "7"]}, "gold", True),
        ({"in": ["gold", "7"]}, 7, True),
        ({"in": ["gold", 7]}, "7", True),
        ({"in": ["gold", "7"]}, "tin", "tin"),
        ({"in": ["gold"]}, None, None),
        ({"in": ["none", "None"]}, None, None),
        ({"in": [True]}, True, True),
        ({"in": ["true"]}, True, True),
        ({"in": [True]}, False, "false"),
        ({"in": ["1"]}, True, "true"),
        ({"at_least": "7.5"}, "7.5", True),
        ({"at_least": "7.5"}, "7.4999", "7.4999"),
        ({"at_least": 7}, 7, True),
        ({"at_least": 7}, 6, "6"),
        ({"at_least": "0"}, "many", "many"),
        ({"at_least": "0"}, "NaN", "NaN"),
        ({"at_least": "0"}, True, "true"),
        ({"at_least": "0"}, None, None),
        ({"at_least": "-1"}, 0, True),
    ],
)
def test_of_what_reports_say(asked, value, found):
    said = {} if value is None else {"level": value}
    row = {"kind": "attribute", "name": "level"} | asked

    assert holds(row, order(1, attributes=said)) == found


WEB = {"kind": "channel", "in": ["web"]}
GB = {"kind": "country", "in": ["GB"]}


class TestCombined:
    @pytest.mark.parametrize(
        ("channel", "country", "all_hold", "any_holds"),
        [
            ("web", "GB", True, True),
            ("web", "PL", False, True),
            ("edi", "GB", False, True),
            ("edi", "PL", False, False),
        ],
    )
    def test_all_any_and_not(self, channel, country, all_hold, any_holds):
        fact = order(1, attributes={"channel": channel}, country=country)

        assert read({"all": [WEB, GB]}).holds(fact, Situation()) is all_hold
        assert read({"any": [WEB, GB]}).holds(fact, Situation()) is any_holds
        assert read({"not": WEB}).holds(fact, Situation()) is (channel != "web")
        assert read({"not": {"all": [WEB, GB]}}).holds(fact, Situation()) is not all_hold

    def test_say_what_is_missing(self):
        fact = order(1, attributes={"channel": "web"}, country="PL")
        other = order(1, attributes={"channel": "edi"}, country="PL")

        assert read({"all": [WEB, GB]}).why_not(fact, Situation()) == GB | {"found": "PL"}
        assert read({"any": [WEB, GB]}).why_not(other, Situation()) == {
            "any": [WEB | {"found": "edi"}, GB | {"found": "PL"}]
        }
        assert read({"not": WEB}).why_not(fact, Situation()) == {"not": WEB}

    def test_need_all_that_their_parts_need(self):
        tree = {"all": [WEB, {"any": [GB, {"not": {"kind": "segment", "in": ["x"]}}]}]}

        assert read(tree).needs == {"attributes", "countries", "segments"}


def test_each_says_what_must_be_known_for_it():
    assert {kind: set(each.NEEDS) for kind, each in CONDITIONS.items()} == {
        "amount": set(),
        "attribute": {"attributes"},
        "category": {"lines"},
        "channel": {"attributes"},
        "country": {"countries"},
        "dates": set(),
        "electronic": {"attributes", "payments"},
        "first_order": {"orders"},
        "order_count": {"orders"},
        "payment": {"payments"},
        "quantity": {"lines"},
        "segment": {"segments"},
        "sku": {"lines"},
        "supplier_share": {"surveys"},
        "tier": {"tier"},
        "weekday": set(),
    }
    assert set(AUDIENCE) == {"tier", "segment", "country", "supplier_share"}


def nested(depth, word="not"):
    if not depth:
        return WEB
    inner = nested(depth - 1, word)
    return {word: inner if word == "not" else [inner]}


@pytest.mark.parametrize(
    ("trigger", "row", "path"),
    [
        ("order", {}, "when.kind"),
        ("order", {"kind": "weather"}, "when.kind"),
        ("order", {"kind": ["tier"]}, "when.kind"),
        ("order", [], "when"),
        ("order", {"all": []}, "when.all"),
        ("order", {"any": {}}, "when.any"),
        ("order", {"any": [WEB, {}]}, "when.any[1].kind"),
        ("order", {"not": []}, "when.not"),
        ("order", {"not": {"kind": "x"}}, "when.not.kind"),
        ("order", {"all": [WEB], "any": [WEB]}, "when"),
        ("order", {"all": [WEB], "kind": "tier"}, "when"),
        ("order", nested(9), "when" + ".not" * 8),
        ("order", nested(9, "all"), "when" + ".all[0]" * 8),
        ("order", nested(9, "any"), "when" + ".any[0]" * 8),
        ("order", {"kind": "tier"}, "when"),
        ("order", {"kind": "tier", "in": ["gold"], "at_least": "gold"}, "when"),
        ("order", {"kind": "tier", "in": ["tin"]}, "when.in[0]"),
        ("order", {"kind": "tier", "in": []}, "when.in"),
        ("order", {"kind": "tier", "at_least": "tin"}, "when.at_least"),
        ("order", {"kind": "tier", "in": ["gold"], "colour": 1}, "when"),
        ("order", {"kind": "segment", "in": "vip"}, "when.in"),
        ("order", {"kind": "segment", "in": [7]}, "when.in[0]"),
        ("order", {"kind": "segment", "in": ["vip"], "x": 1}, "when"),
        ("order", {"kind": "country", "in": ["GB", ""]}, "when.in[1]"),
        ("order", {"kind": "country", "in": ["GB"], "x": 1}, "when"),
        ("order", {"kind": "dates"}, "when"),
        ("order", {"kind": "dates", "from": "2026-03-05", "until": "2026-03-05"}, "when.until"),
        ("order", {"kind": "dates", "from": "soon"}, "when.from"),
        ("order", {"kind": "dates", "from": "2026-03-05", "to": "2026-03-05"}, "when"),
        ("order", {"kind": "weekday", "in": ["thursday"]}, "when.in[0]"),
        ("order", {"kind": "weekday", "in": ["thu"], "x": 1}, "when"),
        ("training", {"kind": "channel", "in": ["web"]}, "when"),
        ("order", {"kind": "channel", "in": ["web"], "x": 1}, "when"),
        ("order", {"kind": "amount"}, "when"),
        ("order", {"kind": "amount", "at_least": "5", "below": "5"}, "when.below"),
        ("order", {"kind": "amount", "below": "0"}, "when.below"),
        ("order", {"kind": "amount", "at_least": "-1"}, "when.at_least"),
        ("order", {"kind": "amount", "at_least": "1", "x": 1}, "when"),
        ("training", {"kind": "amount", "at_least": "5"}, "when"),
        ("training", {"kind": "quantity", "at_least": "5"}, "when"),
        ("order", {"kind": "quantity", "at_least": "5", "x": 1}, "when"),
        ("payment", {"kind": "sku", "in": ["mug"]}, "when"),
        ("payment", {"kind": "category", "in": ["mug"]}, "when"),
        ("order", {"kind": "sku", "in": ["mug"], "match": "some"}, "when.match"),
        ("order", {"kind": "sku", "in": ["mug"], "x": 1}, "when"),
        ("order", {"kind": "category", "in": ["mug"], "x": 1}, "when"),
        ("order", {"kind": "order_count", "period": "year"}, "when"),
        ("order", {"kind": "order_count", "at_least": 1}, "when.period"),
        ("order", {"kind": "order_count", "at_least": 1, "period": "day"}, "when.period"),
        ("order", {"kind": "order_count", "at_least": -1, "period": "year"}, "when.at_least"),
        ("order", {"kind": "order_count", "at_most": -1, "period": "year"}, "when.at_most"),
        (
            "order",
            {"kind": "order_count", "at_least": 10**9 + 1, "period": "year"},
            "when.at_least",
        ),
        (
            "order",
            {"kind": "order_count", "at_least": 2, "at_most": 1, "period": "year"},
            "when.at_most",
        ),
        ("order", {"kind": "order_count", "at_least": 1, "period": "year", "x": 1}, "when"),
        ("training", {"kind": "first_order"}, "when"),
        ("order", {"kind": "first_order", "x": 1}, "when"),
        ("order", {"kind": "payment", "late_days_at_most": 3}, "when"),
        ("payment", {"kind": "payment"}, "when"),
        ("payment", {"kind": "payment", "late_days_at_most": 3, "early_days_at_least": 1}, "when"),
        ("payment", {"kind": "payment", "late_days_at_most": -1}, "when.late_days_at_most"),
        ("payment", {"kind": "payment", "early_days_at_least": -1}, "when.early_days_at_least"),
        ("payment", {"kind": "payment", "late_days_at_most": 3_651}, "when.late_days_at_most"),
        ("payment", {"kind": "payment", "late_days_at_most": 3, "x": 1}, "when"),
        ("order", {"kind": "electronic", "is": True}, "when"),
        ("invoice", {"kind": "electronic", "is": "yes"}, "when.is"),
        ("invoice", {"kind": "electronic", "is": True, "x": 1}, "when"),
        ("order", {"kind": "supplier_share", "at_least_percent": 101}, "when.at_least_percent"),
        ("order", {"kind": "supplier_share", "at_least_percent": -1}, "when.at_least_percent"),
        ("order", {"kind": "supplier_share", "at_least_percent": 50, "x": 1}, "when"),
        ("order", {"kind": "attribute", "in": ["x"]}, "when.name"),
        ("order", {"kind": "attribute", "name": "", "in": ["x"]}, "when.name"),
        ("order", {"kind": "attribute", "name": "x"}, "when"),
        ("order", {"kind": "attribute", "name": "x", "in": ["x"], "at_least": 1}, "when"),
        ("order", {"kind": "attribute", "name": "x", "in": "x"}, "when.in"),
        ("order", {"kind": "attribute", "name": "x", "in": [1.5]}, "when.in[0]"),
        ("order", {"kind": "attribute", "name": "x", "at_least": "many"}, "when.at_least"),
        ("order", {"kind": "attribute", "name": "x", "in": ["x"], "y": 1}, "when"),
        ("training", {"kind": "attribute", "name": "moon", "in": ["x"]}, "when.name"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_its_place(trigger, row, path):
    with pytest.raises(InvalidDefinition) as caught:
        read(row, trigger)

    assert caught.value.path == path


@pytest.mark.parametrize(
    ("trigger", "row"),
    [
        ("order", nested(8)),
        ("order", nested(8, "all")),
        ("order", nested(8, "any")),
        ("training", {"kind": "attribute", "name": "passed", "in": [True]}),
        ("own-kind", {"kind": "attribute", "name": "anything", "in": ["x"]}),
        ("own-kind", {"kind": "channel", "in": ["web"]}),
        ("own-kind", {"kind": "amount", "at_least": "5"}),
        ("own-kind", {"kind": "sku", "in": ["mug"]}),
        ("recycling", {"kind": "quantity", "at_least": "5"}),
        ("order", {"kind": "order_count", "at_least": 10**9, "period": "year"}),
        ("order", {"kind": "order_count", "at_least": 0, "at_most": 0, "period": "year"}),
        ("payment", {"kind": "payment", "late_days_at_most": 3_650}),
        ("invoice", {"kind": "amount", "at_least": "5"}),
        ("order", {"kind": "supplier_share", "at_least_percent": 100}),
    ],
)
def test_what_can_be_asked_is_read(trigger, row):
    assert read(row, trigger).needs is not None


def test_an_audience_asks_about_the_partner_alone():
    with pytest.raises(InvalidDefinition) as caught:
        parse_condition({"any": [GB, WEB]}, "audience", Reading(), kinds=AUDIENCE)

    assert caught.value.path == "audience.any[1].kind"


def test_quantity_is_that_of_the_activity_where_it_has_no_lines():
    row = {"kind": "quantity", "at_least": "20"}

    assert holds(row, activity("recycling", quantity=20), trigger="recycling") is True
    assert holds(row, activity("recycling", quantity="19.5"), trigger="recycling") == "19.5"
    counted = activity("sell_out", quantity=99, lines=lines(("mug", 2, 1)))
    assert holds(row, counted, trigger="sell_out") == "2"
