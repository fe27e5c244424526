from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from ledger.models import Unit
from metrics.kpis import METRICS, UnknownMetric, get_metric
from metrics.measuring import CannotSplit, Cut, measure
from metrics.periods import Length, containing
from partners.models import Activity, Actor, ConvertedAmount
from rewards.models import Programme, Standing
from tests.metrics.orders import enrol, order

pytestmark = [pytest.mark.django_db, pytest.mark.once("SQLite")]

LONDON = ZoneInfo("Europe/London")
MARCH = containing(date(2011, 3, 1), length=Length.MONTH, zone=LONDON)


def figure(code, *, period=MARCH, cut=None):
    [found] = measure(METRICS[code], period=period, cut=cut)
    return found.value, found.numerator, found.denominator


@pytest.fixture
def three_partners():
    """In February Alder, Birch and Cedar order; in March Alder twice and Birch once."""
    alder, birch, cedar = enrol("Alder"), enrol("Birch"), enrol("Cedar", "Spain")
    for partner in (alder, birch, cedar):
        order(partner, "2011-02-10")
    order(alder, "2011-03-01", "10.0001")
    order(alder, "2011-03-31", "20")
    order(birch, "2011-03-02", "0.005")
    return alder, birch, cedar


@pytest.fixture
def programme():
    unit = Unit.objects.create(code="test-points", kind=Unit.Kind.POINTS)
    return Programme.objects.create(
        code="test",
        name="Test",
        seller_name="Seller",
        currency="GBP",
        time_zone="Europe/London",
        status=Programme.Status.LIVE,
        main_unit=unit,
    )


@pytest.mark.usefixtures("three_partners")
class TestMeasure:
    def test_retention_counts_those_of_the_period_before_who_came_back(self):
        assert figure("crr") == (Decimal("0.666667"), 2, 3)

    def test_churn_is_the_rest(self):
        assert figure("churn") == (Decimal("0.333333"), 1, 3)

    def test_repeat_purchase_counts_those_with_a_second_order(self):
        assert figure("rpr") == (Decimal("0.500000"), 1, 2)

    def test_average_order_value_is_exact(self):
        assert figure("aov") == (Decimal("10.0017"), Decimal("30.0051"), 3)

    def test_frequency_is_orders_per_buyer(self):
        assert figure("frequency") == (Decimal("1.500000"), 3, 2)

    def test_returns_are_no_orders(self, three_partners):
        order(three_partners[2], "2011-03-05", "99", kind=Activity.Kind.RETURN)

        assert figure("crr") == (Decimal("0.666667"), 2, 3)
        assert figure("aov")[2] == 3

    @pytest.mark.parametrize("code", sorted(METRICS))
    def test_a_period_without_facts_has_no_value(self, code):
        august = containing(date(2011, 8, 1), length=Length.MONTH, zone=LONDON)

        assert figure(code, period=august) == (None, 0, 0)

    # Without a programme there is nothing to ask about its unit; see test_finance.
    @pytest.mark.parametrize("code", sorted(METRICS.keys() - {"breakage", "liability"}))
    def test_costs_one_query(self, code, django_assert_num_queries):
        with django_assert_num_queries(1):
            figure(code)


class TestTheEdgeOfAMonth:
    def test_is_local_midnight_not_utc(self):
        alder = enrol("Alder")
        # 1 April 2011, 00:30 in London: summer time began four days before.
        order(alder, "2011-03-31T23:30")

        assert figure("aov")[2] == 0
        assert figure("aov", period=MARCH.next())[2] == 1


@pytest.mark.usefixtures("three_partners")
class TestCut:
    def test_by_country_gives_a_row_for_each_with_facts(self):
        rows = measure(METRICS["crr"], period=MARCH, cut=Cut(by="country"))

        assert [(row.group, row.numerator, row.denominator) for row in rows] == [
            ("France", 2, 2),
            ("Spain", 0, 1),
        ]

    def test_by_country_splits_orders_too(self):
        rows = measure(METRICS["aov"], period=MARCH.previous(), cut=Cut(by="country"))

        assert [(row.group, row.denominator) for row in rows] == [("France", 2), ("Spain", 1)]

    @pytest.mark.parametrize(
        ("code", "counts"), [("rpr", [("", 1), ("gold", 1)]), ("aov", [("", 1), ("gold", 2)])]
    )
    def test_by_tier_counts_those_not_enrolled_as_a_group(
        self, code, counts, three_partners, programme
    ):
        Standing.objects.create(
            programme=programme,
            partner=three_partners[0],
            tier_code="gold",
            enrolled_at=datetime(2011, 1, 1, tzinfo=UTC),
        )

        rows = measure(METRICS[code], period=MARCH, cut=Cut(by="tier", programme=programme))

        assert [(row.group, row.denominator) for row in rows] == counts

    def test_refuses_a_split_it_does_not_know(self):
        with pytest.raises(CannotSplit):
            Cut(by="shoe size")

    def test_refuses_tiers_without_a_programme(self):
        with pytest.raises(CannotSplit):
            Cut(by="tier")

    @pytest.mark.parametrize("code", ["crr", "aov"])
    def test_shows_an_account_manager_their_own_partners_only(self, code, three_partners):
        own = Cut(actor=Actor(partner_ids=frozenset({three_partners[0].pk})))

        assert figure(code, cut=own)[2] == {"crr": 1, "aov": 2}[code]


class TestBehind:
    def test_names_the_partners_of_numerator_and_denominator(self, three_partners):
        alder, birch, cedar = three_partners

        behind = METRICS["crr"].behind(MARCH, Cut())

        assert set(behind.numerator) == {alder, birch}
        assert set(behind.denominator) == {alder, birch, cedar}

    @pytest.mark.parametrize("code", ["crr", "churn", "rpr"])
    @pytest.mark.usefixtures("three_partners")
    def test_is_as_long_as_the_figures_say(self, code):
        _, numerator, denominator = figure(code)

        behind = METRICS[code].behind(MARCH, Cut())

        assert (behind.numerator.count(), behind.denominator.count()) == (numerator, denominator)

    def test_names_the_buyers_behind_an_order_figure(self, three_partners):
        alder, birch, _ = three_partners

        assert set(METRICS["aov"].behind(MARCH, Cut()).numerator) == {alder, birch}


def test_an_unknown_metric_names_those_there_are():
    with pytest.raises(UnknownMetric, match="aov"):
        get_metric("happiness")


class TestOrdersInAnotherCurrency:
    def test_count_by_what_they_were_converted_to(self, three_partners, programme):
        alder = three_partners[0]
        foreign = order(alder, "2011-03-05", "100")
        Activity.objects.filter(pk=foreign.pk).update(currency="EUR")
        without = figure("aov", cut=Cut(programme=programme))
        ConvertedAmount.objects.create(
            activity=foreign,
            currency="GBP",
            amount=Decimal(80),
            rate_e8=80_000_000,
            rate_day=date(2011, 3, 4),
        )

        converted = figure("aov", cut=Cut(programme=programme))

        assert without[1:] == (Decimal("30.0051"), 3)
        assert converted[1:] == (Decimal("110.0051"), 4)
