"""
RPR, repeat purchase rate: how many of those who buy in a period buy more than once in it?

    RPR = partners with two or more orders in the period / partners with an order in the period

Unit: a share from 0 to 1, six decimals. An order is one document of the seller, whatever its
number of lines and whatever comes back of it later. The longer the period, the higher the figure:
compare months with months only.
"""

from django.utils.translation import gettext_lazy as _

from metrics.measuring import ShareOfPartners, ordered_again_in, ordered_in

METRIC = ShareOfPartners(
    code="rpr",
    name=_("Repeat purchase"),
    of=ordered_in,
    counted=ordered_again_in,
)
