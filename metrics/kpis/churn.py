"""
Churn: the other side of retention.

    churn = partners with an order in the period before and none in this one
            / partners with an order in the period before  =  1 - CRR

Unit: a share from 0 to 1, six decimals.
"""

from django.utils.translation import gettext_lazy as _

from metrics.measuring import ShareOfPartners, ordered_in

METRIC = ShareOfPartners(
    code="churn",
    name=_("Churn"),
    of=lambda period: ordered_in(period.previous()),
    counted=lambda period: ~ordered_in(period),
)
