"""Campaigns: rules for a time and an audience, with a budget. Beside them, a point a pound."""

import pytest

from rewards.models import Award, CampaignBudget, Segment
from tests.factories import PartnerFactory
from tests.worked_examples.customer import Customer, enrol, rule

pytestmark = [pytest.mark.django_db, pytest.mark.once("SQLite")]

A_POINT_A_POUND = {"kind": "per_money", "units": 1, "per": "1.00"}


def spring(effect, *, base=True, **campaign):
    """A campaign in March, over a programme of one point a pound, or of nothing beside it."""
    return enrol(
        "starter",
        rules=[rule("order", A_POINT_A_POUND, code="points")] if base else [],
        campaigns=[
            {
                "code": "spring",
                "names": {"en": "Spring"},
                "starts_on": "2026-03-01",
                "ends_on": "2026-04-01",
                "stacking": "sum",
                "rules": [rule("order", effect, code="spring-bonus")],
                **campaign,
            }
        ],
    )


def test_it_runs_from_its_first_day_to_its_last():
    """In March an order of 100 pounds earns 100 more. The last evening of February does not."""
    shop = spring(A_POINT_A_POUND)
    for on in ("2026-02-28 23:59", "2026-03-01 00:00", "2026-03-31 23:59", "2026-04-01 00:00"):
        shop.orders(on, "100.00", on=on)

    both, base = {"points": "100", "spring-bonus": "100"}, {"points": "100"}
    assert shop.earned("2026-02-28 23:59") == shop.earned("2026-04-01 00:00") == base
    assert shop.earned("2026-03-01 00:00") == shop.earned("2026-03-31 23:59") == both


def test_a_budget_of_500_points():
    """
    The first customer earns 400 of the budget. The second would earn 300 more: 100 are left, and
    the award says that 200 were withheld. After that nothing is left for anybody.

    The first order comes back. Its points are taken back, but the budget stays spent.
    """
    first = spring(A_POINT_A_POUND, budget={"units": 500})
    second = Customer(first.programme, PartnerFactory())

    first.orders("Order 1", "400.00", on="2026-03-05")
    second.orders("Order 2", "300.00", on="2026-03-06")
    first.orders("Order 3", "50.00", on="2026-03-07")
    first.returns("Return 1", "400.00", on="2026-03-08", of="Order 1")
    second.orders("Order 4", "10.00", on="2026-03-09")

    assert first.earned("Order 1") == {"points": "400", "spring-bonus": "400"}
    assert second.earned("Order 2") == {"points": "300", "spring-bonus": "100"}
    cut = Award.objects.get(activity__external_id="Order 2", rule_code="spring-bonus")
    assert (cut.campaign_code, cut.amount, cut.withheld) == ("spring", 100, 200)
    assert first.earned("Order 3") == {"points": "50"}
    assert second.earned("Order 4") == {"points": "10"}
    assert (first.holds(), second.holds()) == ({"pool": "50"}, {"pool": "410"})
    assert CampaignBudget.objects.get().given == 500


def test_what_a_budget_gave_waits_whole_until_it_is_paid():
    """
    Of 100 points the budget gives 50, which wait until the order is paid. Half of it comes back:
    the half that was never given goes first, and nothing has been paid for the other.
    """
    bonus = rule("order", A_POINT_A_POUND, code="bonus", pending={"until": "paid"})
    shop = spring(A_POINT_A_POUND, base=False, budget={"units": 50}, rules=[bonus])
    shop.orders("Order 1", "100.00", on="2026-03-05")
    shop.is_invoiced("Invoice 1", "100.00", on="2026-03-05", due="2026-04-05", of="Order 1")

    shop.returns("Return 1", "50.00", on="2026-03-06", of="Order 1")
    assert shop.holds() == {"pending": "50"}
    shop.pays("Payment 1", "25.00", on="2026-03-07", of="Invoice 1")

    assert shop.holds() == {"pending": "25", "pool": "25"}


@pytest.mark.parametrize(
    ("stacking", "small", "large"),
    [
        # Both count.
        ("sum", {"points": "100", "spring-bonus": "150"}, {"points": "200", "spring-bonus": "150"}),
        # Whichever gives more.
        ("best", {"spring-bonus": "150"}, {"points": "200"}),
        # Where the campaign gives, the other rules do not.
        ("instead", {"spring-bonus": "150"}, {"spring-bonus": "150"}),
    ],
)
def test_beside_the_other_rules_or_instead(stacking, small, large):
    """The campaign gives 150 points an order. Orders of 100 and of 200 pounds."""
    shop = spring({"kind": "fixed", "units": 150}, stacking=stacking)

    shop.orders("Small", "100.00", on="2026-03-05")
    shop.orders("Large", "200.00", on="2026-03-06")

    assert (shop.earned("Small"), shop.earned("Large")) == (small, large)


def test_only_for_its_audience():
    """The campaign is for customers on the list *gardeners*. This one joins on 10 March."""
    shop = spring(A_POINT_A_POUND, audience={"kind": "segment", "in": ["gardeners"]})
    gardeners = Segment.objects.create(code="gardeners", name="Gardeners")
    gardeners.places.create(partner=shop.partner, since="2026-03-10")

    shop.orders("Order 1", "100.00", on="2026-03-09")
    shop.orders("Order 2", "100.00", on="2026-03-10")

    assert shop.earned("Order 1") == {"points": "100"}
    assert shop.earned("Order 2") == {"points": "100", "spring-bonus": "100"}


def test_at_most_so_much_for_one_customer():
    """150 points of the campaign for each customer: 100 of the first order, 50 of the second."""
    shop = spring(A_POINT_A_POUND, caps=[{"per": "partner", "period": "lifetime", "units": 150}])

    shop.orders("Order 1", "100.00", on="2026-03-05")
    shop.orders("Order 2", "100.00", on="2026-03-06")
    shop.orders("Order 3", "100.00", on="2026-03-07")

    assert shop.earned("Order 2") == {"points": "100", "spring-bonus": "50"}
    assert shop.earned("Order 3") == {"points": "100"}
