"""
CRR, customer retention rate: do the partners who bought come back in the next period?

    CRR = partners with an order in the period and in the one before it
          / partners with an order in the one before it

Unit: a share from 0 to 1, six decimals; the partners are counted once each. The textbook form is
(partners at the end - new ones) / partners at the start; counting those active in both periods
is the same figure without guessing who is new. Returns do not make a partner less active. The
first period with orders has nothing before it and therefore no value.
"""

from django.utils.translation import gettext_lazy as _

from metrics.measuring import ShareOfPartners, ordered_in

METRIC = ShareOfPartners(
    code="crr",
    name=_("Customer retention"),
    of=lambda period: ordered_in(period.previous()),
    counted=ordered_in,
)
