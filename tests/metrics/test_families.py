"""Partners that were merged are one company in every figure."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from metrics.kpis import METRICS
from metrics.measuring import Cut, measure
from metrics.periods import Length, containing
from partners.models import Partner
from tests.metrics.orders import enrol, order

pytestmark = [pytest.mark.django_db, pytest.mark.once("PostgreSQL")]

MARCH = containing(date(2011, 3, 1), length=Length.MONTH, zone=ZoneInfo("Europe/London"))


def figures(by=None):
    found = {}
    for code in ("crr", "churn", "rpr", "aov", "frequency"):
        for each in measure(METRICS[code], period=MARCH, cut=Cut(by=by)):
            if each.denominator:
                found[code, each.group] = (each.numerator, each.denominator)
    return found


def fill(first, second):
    """One orders in February only, the other in March only, and each in March once."""
    order(first, "2011-02-10")
    order(first, "2011-03-05", "10")
    order(second, "2011-03-10", "20")


@pytest.mark.parametrize("by", [None, "country"])
def test_a_family_counts_as_the_one_company_it_is(by):
    oak, elm = enrol("Oak", "France"), enrol("Elm", "Spain")
    fill(oak, elm)
    Partner.objects.filter(pk=elm.pk).update(merged_into=oak)
    as_family = figures(by)
    behind = METRICS["rpr"].behind(MARCH, Cut())
    assert (list(behind.numerator), list(behind.denominator)) == ([oak], [oak])

    one = enrol("Fir", "France")
    oak.activities.update(partner=one)
    elm.activities.update(partner=one)

    assert as_family == figures(by)
    assert as_family["rpr", "France" if by else None] == (1, 1)
