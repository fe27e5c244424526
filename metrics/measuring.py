"""
How a metric is measured: a numerator and a denominator over the facts of one period.

Both are counted in the database, whatever the number of partners. A metric is one of two shapes:
``ShareOfPartners`` (of the partners who did one thing, how many did another) or ``PerOrder``
(two sums over the orders of the period). Each can name the partners behind its figures.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, Protocol

from django.db.models import (
    Aggregate,
    Case,
    CharField,
    Count,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Coalesce
from django.utils.functional import Promise

from metrics.periods import Period
from partners.models import (
    Activity,
    Actor,
    ConvertedAmount,
    ExactAmountField,
    Partner,
    PartnerScopedQuerySet,
)
from rewards.models import Programme, Standing

RATIO_PLACES = Decimal("0.000001")
MONEY_PLACES = Decimal("0.0001")
EVERY_PARTNER = Actor(partner_ids=None)
SPLITS = ("tier", "country")


class CannotSplit(ValueError):
    """The split is not known, or is by tier while there is no programme to take the tier from."""


@dataclass(frozen=True, kw_only=True)
class Cut:
    """Which partners are measured, and by what the figures are split (tier, country, nothing)."""

    actor: Actor = field(default=EVERY_PARTNER)
    programme: Programme | None = None
    by: str | None = None

    def __post_init__(self) -> None:
        if self.by is not None and self.by not in SPLITS:
            raise CannotSplit(f"Figures can be split by {' or '.join(SPLITS)}, not by {self.by}.")
        if self.by == "tier" and self.programme is None:
            raise CannotSplit("There is no programme yet, so there are no tiers to split by.")

    def group_of(self, partner_path: str) -> Any:
        """
        Return the expression of a partner's group; the tier is the one displayed today.

        What was merged is in the group of the company that it is part of.
        """
        if self.by == "country":
            if partner_path == "pk":
                return F("country")
            kept = F(f"{partner_path}__merged_into__country")
            return Coalesce(kept, F(f"{partner_path}__country"))
        company: Any = OuterRef("pk")
        if partner_path != "pk":
            company = Coalesce(OuterRef(f"{partner_path}__merged_into"), OuterRef(partner_path))
        standing = Standing.objects.filter(partner=company, programme=self.programme).values(
            "tier_code"
        )[:1]
        return Coalesce(Subquery(standing), Value(""), output_field=CharField())


@dataclass(frozen=True, slots=True)
class Measurement:
    """One figure of one period. ``value`` is ``None`` where there is nothing to divide by."""

    metric: str
    period: Period
    group: str | None
    value: Decimal | None
    numerator: Decimal | int
    denominator: int


@dataclass(frozen=True, slots=True)
class Behind:
    """The partners that the numerator and the denominator count."""

    numerator: QuerySet[Partner]
    denominator: QuerySet[Partner]


class Metric(Protocol):
    code: str
    name: str | Promise
    places: Decimal

    def count(self, period: Period, cut: Cut) -> list[dict[str, Any]]:
        """Return rows of ``numerator`` and ``denominator``: one, or one for each ``group``."""

    def behind(self, period: Period, cut: Cut) -> Behind:
        """Return the partners whose facts made the figures."""


def orders_in(period: Period) -> PartnerScopedQuerySet:
    return Activity.objects.orders().filter(
        occurred_at__gte=period.starts_at, occurred_at__lt=period.ends_at
    )


def worth_in(programme: Programme | None) -> Any:
    """
    Return the expression for what an activity comes to in the currency of a programme.

    What was reported in another one counts by what it was converted to when it came in.
    """
    if programme is None:
        return F("amount")
    converted = ConvertedAmount.objects.filter(
        activity=OuterRef("pk"), currency=programme.currency
    ).values("amount")[:1]
    return Case(
        When(currency=programme.currency, then=F("amount")),
        default=Subquery(converted),
        output_field=ExactAmountField(),
    )


def ordered_in(period: Period) -> Q:
    """True of companies with an order in the period, their own or of what was merged into them."""
    own, merged = _orders_of_company(period)
    return Q(Exists(own)) | Q(Exists(merged))


def ordered_again_in(period: Period) -> Q:
    """True of companies with a second order in the period: it is what an offset of one finds."""
    own, merged = _orders_of_company(period)
    second = [Q(Exists(orders.order_by("pk")[1:2])) for orders in (own, merged)]
    return second[0] | second[1] | (Q(Exists(own)) & Q(Exists(merged)))


def _orders_of_company(period: Period) -> tuple[PartnerScopedQuerySet, PartnerScopedQuerySet]:
    """Two questions instead of one with an OR: each has its index."""
    orders = orders_in(period)
    own = orders.filter(partner=OuterRef("pk"))
    return own, orders.filter(partner__merged_into=OuterRef("pk"))


@dataclass(frozen=True, kw_only=True)
class ShareOfPartners:
    """Of the partners that ``of`` holds for, the share that ``counted`` holds for as well."""

    code: str
    name: str | Promise
    of: Callable[[Period], Q]
    counted: Callable[[Period], Q]
    places: Decimal = RATIO_PLACES

    def count(self, period: Period, cut: Cut) -> list[dict[str, Any]]:
        figures = {
            "numerator": Count("pk", filter=self.counted(period)),
            "denominator": Count("pk"),
        }
        partners = Partner.objects.for_actor(cut.actor).companies().filter(self.of(period))
        return tally(partners, figures, cut, "pk")

    def behind(self, period: Period, cut: Cut) -> Behind:
        everyone = Partner.objects.for_actor(cut.actor).companies().filter(self.of(period))
        return Behind(everyone.filter(self.counted(period)), everyone)


@dataclass(frozen=True, kw_only=True)
class PerOrder:
    """Two sums over the orders of the period, one divided by the other."""

    code: str
    name: str | Promise
    numerator: Aggregate
    denominator: Aggregate
    places: Decimal

    def count(self, period: Period, cut: Cut) -> list[dict[str, Any]]:
        figures = {"numerator": self.numerator, "denominator": self.denominator}
        orders = orders_in(period).for_actor(cut.actor).annotate(worth=worth_in(cut.programme))
        return tally(orders, figures, cut, "partner")

    def behind(self, period: Period, cut: Cut) -> Behind:
        buyers = Partner.objects.for_actor(cut.actor).companies().filter(ordered_in(period))
        return Behind(buyers, buyers)


def tally(
    rows: QuerySet[Any],
    figures: Mapping[str, Aggregate | CombinedExpression],
    cut: Cut,
    partner_path: str,
) -> list[dict[str, Any]]:
    if cut.by is None:
        return [rows.order_by().aggregate(**figures)]
    grouped = rows.order_by().values(group=cut.group_of(partner_path))
    return list(grouped.annotate(**figures).order_by("group"))


def measure(metric: Metric, *, period: Period, cut: Cut | None = None) -> list[Measurement]:
    """
    Return the metric of one period: one measurement, or one for each group with any facts.

    Costs one query. Values are rounded half-even to the metric's places.
    """
    cut = cut or Cut()
    return [
        Measurement(
            metric=metric.code,
            period=period,
            group=row.get("group"),
            value=divide(row["numerator"], row["denominator"], metric.places),
            numerator=Decimal(0) if row["numerator"] is None else row["numerator"],
            denominator=row["denominator"],
        )
        for row in metric.count(period, cut)
    ]


def divide(numerator: Decimal | int | None, denominator: int, places: Decimal) -> Decimal | None:
    if not denominator:
        return None
    return (Decimal(numerator or 0) / denominator).quantize(places, rounding=ROUND_HALF_EVEN)
