"""
Purchase frequency: how often does a partner who buys in a period buy in it?

    frequency = orders of the period / partners with an order in the period

Unit: orders per partner, six decimals; never below one where there is a value.
"""

from django.db.models import Count
from django.utils.translation import gettext_lazy as _

from metrics.measuring import RATIO_PLACES, PerOrder
from partners.families import root_of

METRIC = PerOrder(
    code="frequency",
    name=_("Purchase frequency"),
    numerator=Count("pk"),
    denominator=Count(root_of("partner__"), distinct=True),
    places=RATIO_PLACES,
)
