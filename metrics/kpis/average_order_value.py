"""
AOV, average order value.

    AOV = net amount of the orders of the period / number of those orders

Unit: money in the currency of the programme, four decimals; orders in another one count by what
they were converted to when they came in. Returns are not taken off: they say
something about the goods, the figure says how much is ordered at a time.
"""

from django.db.models import Count, Sum
from django.utils.translation import gettext_lazy as _

from metrics.measuring import MONEY_PLACES, PerOrder

METRIC = PerOrder(
    code="aov",
    name=_("Average order value"),
    numerator=Sum("worth"),
    denominator=Count("worth"),
    places=MONEY_PLACES,
)
