"""Decide standings: up at once when points are credited, down in the nightly run."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.db.models import (
    BigIntegerField,
    Case,
    Count,
    ExpressionWrapper,
    F,
    Q,
    QuerySet,
    Sum,
    When,
)

from partners.events import EventDraft, record
from partners.families import name_roots, roots_of
from partners.models import Activity, ConvertedAmount, Partner
from partners.models.amounts import from_ten_thousandths
from rewards.earning.judging import net_spend
from rewards.models import Programme, Standing, TierChange
from rewards.programmes.calendar import local_date, local_midnight
from rewards.programmes.live import read_versions
from rewards.recalling import facts_of
from rewards.tiers.qualifying import decide, first_day_of_year_to


@dataclass(frozen=True, slots=True)
class WindowFigures:
    """Net spend (ten-thousandths) and number of orders within the 12 months to a local day."""

    spend_e4: int = 0
    orders: int = 0


def raise_standings(partner_ids: Sequence[int], *, programme: Programme, as_of: datetime) -> int:
    """
    Lift these partners to the tier their spend now reaches; nobody falls here.

    The window ends with the local day of ``as_of``. Returns how many standings moved. Of partners
    that were merged, the standing of the kept one is decided.
    """
    day = local_date(as_of, programme.time_zone)
    roots = set(roots_of(partner_ids).values())
    standings = programme.standings.filter(partner__in=roots).order_by("partner_id")
    return _decide_all(list(standings), programme=programme, day=day, as_of=as_of, may_fall=False)


def recalculate(
    *,
    programme: Programme,
    day: date,
    as_of: datetime,
    after_partner_id: int = 0,
    partners_max: int = 1_000,
) -> tuple[int, int | None]:
    """
    Decide the next chunk of standings for the local day that has closed, up and down.

    Returns how many moved, and the partner id to go on after, or None when all are done. Safe to
    run twice: a standing decided again by the same facts stays as it is. The caller owns the
    transaction.
    """
    enrolled = programme.standings.of_companies().filter(partner_id__gt=after_partner_id)
    partner_ids = list(
        enrolled.order_by("partner_id").values_list("partner_id", flat=True)[:partners_max]
    )
    if not partner_ids:
        return 0, None
    Partner.objects.lock(set(partner_ids))
    # Read only under the lock: until then crediting may have lifted somebody.
    mine = programme.standings.of_companies().filter(partner__in=partner_ids)
    standings = list(mine.order_by("partner_id"))
    moved = _decide_all(standings, programme=programme, day=day, as_of=as_of, may_fall=True)
    return moved, partner_ids[-1]


def decide_again(
    partner_ids: Sequence[int], *, programme: Programme, day: date, as_of: datetime
) -> int:
    """Decide the standings of these roots for a local day that is over, up and down."""
    standings = programme.standings.filter(partner__in=partner_ids).order_by("partner_id")
    return _decide_all(list(standings), programme=programme, day=day, as_of=as_of, may_fall=True)


def window_figures(
    partner_ids: Sequence[int], *, programme: Programme, day: date
) -> dict[int, WindowFigures]:
    """
    Sum accepted orders less returns, each on its own date, for the 12 months to ``day``.

    In the programme's currency, like its thresholds; a cancellation takes off what was left of its
    order. By root: its own facts, and those of the
    partners that were merged into it.
    """
    root_by_id = name_roots(partner_ids)
    in_window = _within_year_to(day, root_by_id, programme=programme)
    figures = _add_up(in_window, root_by_id, programme=programme)
    if walked := sorted(_who_cancelled(in_window, root_by_id)):
        # What a cancellation takes back depends on what had been returned before it.
        until = local_midnight(day + timedelta(days=1), programme.time_zone)
        for root_id, facts in facts_of(walked, programme=programme).items():
            known = figures.get(root_id, WindowFigures())
            spend = net_spend([fact for fact in facts if fact.occurred_at < until])
            figures[root_id] = replace(known, spend_e4=spend.within_year_to(day))
    return figures


def spend_of_orders_and_returns(
    root_ids: Sequence[int], *, programme: Programme, day: date, without: Collection[int]
) -> dict[int, int]:
    """
    Return what these roots spent in the 12 months to ``day``, leaving out some of their activities.

    Those that cancelled anything meanwhile have no answer: it takes a walk over all their facts.
    """
    root_by_id = name_roots(root_ids)
    in_window = _within_year_to(day, root_by_id, programme=programme).exclude(pk__in=without)
    figures = _add_up(in_window, root_by_id, programme=programme)
    unsure = _who_cancelled(in_window, root_by_id)
    return {
        root_id: figures.get(root_id, WindowFigures()).spend_e4
        for root_id in root_ids
        if root_id not in unsure
    }


def _within_year_to(
    day: date, partner_ids: Collection[int], *, programme: Programme
) -> QuerySet[Activity]:
    return Activity.objects.filter(
        partner__in=partner_ids,
        occurred_at__gte=local_midnight(first_day_of_year_to(day), programme.time_zone),
        occurred_at__lt=local_midnight(day + timedelta(days=1), programme.time_zone),
    )


def _add_up(
    activities: QuerySet[Activity], root_by_id: Mapping[int, int], *, programme: Programme
) -> dict[int, WindowFigures]:
    rows = [*_sum_up(activities.filter(currency=programme.currency), "amount")]
    if ConvertedAmount.objects.exists():
        converted = activities.filter(converted__currency=programme.currency)
        rows += _sum_up(converted, "converted__amount")
    figures: dict[int, WindowFigures] = {}
    for pk, spend_e4, orders in rows:
        known = figures.get(root_by_id[pk], WindowFigures())
        figures[root_by_id[pk]] = WindowFigures(
            known.spend_e4 + int(spend_e4), known.orders + orders
        )
    return figures


def _who_cancelled(activities: QuerySet[Activity], root_by_id: Mapping[int, int]) -> set[int]:
    cancelled = activities.filter(kind=Activity.Kind.CANCELLATION)
    return {root_by_id[pk] for pk in cancelled.values_list("partner_id", flat=True)}


def _sum_up(activities: QuerySet[Activity], amount: str) -> Iterable[tuple[int, int, int]]:
    """Return partner, net spend (ten-thousandths) and number of orders."""
    stored = ExpressionWrapper(F(amount), output_field=BigIntegerField())
    signed = Case(
        When(kind=Activity.Kind.ORDER, then=stored),
        default=ExpressionWrapper(-stored, output_field=BigIntegerField()),
    )
    return (
        activities.filter(kind__in=(Activity.Kind.ORDER, Activity.Kind.RETURN))
        .values_list("partner_id")
        .annotate(spend_e4=Sum(signed), orders=Count("pk", filter=Q(kind=Activity.Kind.ORDER)))
    )


def _decide_all(
    standings: Sequence[Standing],
    *,
    programme: Programme,
    day: date,
    as_of: datetime,
    may_fall: bool,
) -> int:
    version = read_versions(programme).at(as_of)
    if version is None:
        # The programme does not run at this moment. Facts come in all the same; nobody moves.
        return 0
    figures = window_figures(
        [standing.partner_id for standing in standings], programme=programme, day=day
    )
    # A standing decided on a later day knows more: an earlier night leaves it alone.
    standings = [each for each in standings if each.decided_on is None or each.decided_on <= day]
    moves: list[TierChange] = []
    for standing in standings:
        now = figures.get(standing.partner_id, WindowFigures())
        decision = decide(
            spend_e4=now.spend_e4,
            definition=version.definition,
            current_code=standing.tier_code,
            may_fall=may_fall,
        )
        to_tier = decision.tier.code if decision.tier else ""
        if to_tier != standing.tier_code:
            moves.append(_move(standing, to_tier, decision.reason_code, now, day, as_of))
            standing.tier_code, standing.tier_since = to_tier, day
        standing.spend = from_ten_thousandths(now.spend_e4)
        standing.orders = now.orders
        standing.decided_on = day
    _save(standings, moves, programme=programme, as_of=as_of)
    return len(moves)


def _move(
    standing: Standing,
    to_tier: str,
    reason_code: str,
    figures: WindowFigures,
    day: date,
    as_of: datetime,
) -> TierChange:
    return TierChange(
        standing=standing,
        from_tier=standing.tier_code,
        to_tier=to_tier,
        reason_code=reason_code,
        figures={
            "spend": str(from_ten_thousandths(figures.spend_e4)),
            "orders": figures.orders,
            "window_from": first_day_of_year_to(day).isoformat(),
            "window_to": day.isoformat(),
        },
        decided_on=day,
        decided_at=as_of,
    )


def _save(
    standings: Sequence[Standing],
    moves: Sequence[TierChange],
    *,
    programme: Programme,
    as_of: datetime,
) -> None:
    # One upsert for all: set-based on both databases, unlike bulk_update.
    Standing.objects.bulk_create(
        standings,
        update_conflicts=True,
        unique_fields=["pk"],
        update_fields=["tier_code", "tier_since", "spend", "orders", "decided_on"],
        batch_size=1_000,
    )
    TierChange.objects.bulk_create(moves)
    record(
        [
            EventDraft(
                partner_id=move.standing.partner_id,
                kind="tier_changed",
                occurred_at=as_of,
                payload={
                    "programme": programme.code,
                    "from": move.from_tier,
                    "to": move.to_tier,
                    "reason": move.reason_code,
                },
            )
            for move in moves
        ],
        recorded_at=as_of,
    )
