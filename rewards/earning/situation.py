"""What held for a partner just before an activity: the other input of policy beside the fact."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from rewards.programmes.tiers import Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentTiming:
    """
    How a payment met its invoice.

    ``days_late`` is below zero where it came early, and None where nothing says when it was due;
    days under dispute are not counted. ``counted_e4`` is what of the payment was still open of the
    invoice: nothing is paid twice. ``invoice_e4`` is what is owed of that by now, paid or not.
    """

    days_late: int | None
    counted_e4: int
    invoice_e4: int
    is_electronic: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """
    ``orders_before`` counts earlier orders of the partner, without those that were called off by
    then, by period: ``month``, ``quarter``, ``year`` (those of the activity's own local day) and
    ``lifetime``. ``segments`` are codes of
    lists the partner stood on that day. ``country_of_partner`` says that no fact states a country:
    it is the one the partner had, which is kept with what it gives.
    """

    tier: Tier | None = None
    segments: frozenset[str] = frozenset()
    country: str = ""
    country_of_partner: bool = False
    orders_before: Mapping[str, int] = field(default_factory=dict)
    supplier_share_percent: int | None = None
    payment: PaymentTiming | None = None
    may_earn_personally: bool = False


NOTHING_KNOWN = Situation()
