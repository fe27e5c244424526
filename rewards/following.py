"""
New facts that only follow what is known: they are judged alone, whatever their partner's history.

Settling judges all facts of a partner and posts the difference. That is the truth, and takes the
longer the more there are. Most facts come in as they happen, and most rules look at nothing but
the fact itself; then what the whole walk would give is known without it. ``find_following`` is the
one place that says so. All of these hold:

- **The rules let a fact stand for itself** (``stands_alone``), in every version that is published:
  no caps, no volumes and no parts of payments, nothing that waits for events or lives longer by
  later orders, nothing that counts orders, or asks for surveys, countries, members, their consents
  or segments. What earlier facts were given then does not depend on later ones that take nothing
  back.
- **They come after all others.** Every other fact of the family, of any kind, happened before the
  first new one. So the walk would come to them last.
- **They take nothing back, and nothing names them.** No return or cancellation is new, and none
  that waited is linked to a new fact. Payments and disputes may be new, which these rules never
  look at; invoices where none earns anything and no other of their order was cancelled, so that
  they say nothing of what that called off.
- **The tier is known.** Where rules ask for it: by the date of the order, on one local day, and
  from sums, because nothing was cancelled in the year to it. What a cancellation takes off depends
  on the returns before it.
- **What is known was settled by the same rules.** The standing keeps by which ``edition`` its
  partner was last settled in full. Another version, other dates of the programme, a programme that
  was opened since, a release that judges otherwise: all of that makes another edition, and the
  partner is settled in full once.

Everything else that changes what is due settles its partners in full when it happens: merging,
lists, consents, rates that came later, references given up, days that decide.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from partners.families import name_roots
from partners.models import Activity
from rewards.models import Programme
from rewards.programmes.definition import Definition
from rewards.programmes.live import Versions
from rewards.recalling import TAKING_BACK
from rewards.tiers.recalculating import spend_of_orders_and_returns

Kind = Activity.Kind
OF_THE_FACT: Final = frozenset({"attributes", "lines", "tier"})
"""What rules may need of a fact that stands for itself; the tier comes from sums."""


@dataclass(frozen=True, slots=True)
class Following:
    """
    The new facts of one partner that are judged alone.

    ``spent`` is what it had spent in the year to their local day, on that day; nothing where no
    rule asks for the tier.
    """

    activity_ids: frozenset[int]
    spent: tuple[tuple[date, int], ...] = ()


def stands_alone(definition: Definition) -> bool:
    """Say whether what a fact gives depends on nothing but itself and the tier."""
    return not (
        definition.counts_usage
        or definition.waits_for_events
        or definition.settings.expiry.rolls
        or definition.settings.tier_of == "today"
        or definition.needs - definition.triggers - OF_THE_FACT
    )


def find_following(
    new: Mapping[int, Sequence[Activity]], *, programme: Programme, versions: Versions
) -> dict[int, Following]:
    """
    Return the partners of which only the new facts need to be judged, by root: a few queries.

    :param new: The facts that were just stored, by root. The roots are locked.
    """
    definitions = [version.definition for _from, version in versions.published]
    if not all(map(stands_alone, definitions)):
        return {}
    earning = frozenset[str]().union(*(each.triggers for each in definitions))
    leaning = {*TAKING_BACK, *(earning & {Kind.INVOICE})}
    takes_nothing = {
        root_id for root_id, facts in new.items() if not any(fact.kind in leaning for fact in facts)
    }
    rows = programme.standings.filter(partner__in=takes_nothing, settled_by=versions.edition)
    settled = set(rows.values_list("partner", flat=True))
    if not settled:
        return {}
    comes_last = _find_last({root_id: new[root_id] for root_id in sorted(settled)})
    if any("tier" in definition.needs for definition in definitions):
        return _with_spend(comes_last, programme=programme)
    return {
        root_id: Following(frozenset(fact.pk for fact in facts))
        for root_id, facts in comes_last.items()
    }


def _find_last(new: Mapping[int, Sequence[Activity]]) -> dict[int, Sequence[Activity]]:
    """Return those whose new facts are named by no other, and come after all others."""
    root_by_id = name_roots(new)
    new_ids = {fact.pk for facts in new.values() for fact in facts}
    first = {root_id: min(fact.occurred_at for fact in facts) for root_id, facts in new.items()}
    named = Activity.objects.filter(refers_to__in=new_ids).values_list("partner_id", flat=True)
    mixed = {root_by_id[partner_id] for partner_id in named}
    mixed |= {root_by_id[partner_id] for partner_id in _who_called_off(new)}
    late = Activity.objects.filter(partner__in=root_by_id, occurred_at__gte=min(first.values()))
    for pk, partner_id, occurred_at in late.values_list("pk", "partner_id", "occurred_at"):
        root_id = root_by_id[partner_id]
        if pk not in new_ids and occurred_at >= first[root_id]:
            mixed.add(root_id)
    return {root_id: facts for root_id, facts in new.items() if root_id not in mixed}


def _who_called_off(new: Mapping[int, Sequence[Activity]]) -> Iterable[int]:
    """Return who cancelled an invoice of an order that a new invoice is for, too."""
    invoices = (fact for facts in new.values() for fact in facts if fact.kind == Kind.INVOICE)
    orders = {invoice.refers_to_id for invoice in invoices} - {None}
    if not orders:
        return ()
    called_off = Activity.objects.filter(
        kind=Kind.CANCELLATION, refers_to__kind=Kind.INVOICE, refers_to__refers_to__in=orders
    )
    return called_off.values_list("partner_id", flat=True)


def _with_spend(
    comes_last: Mapping[int, Sequence[Activity]], *, programme: Programme
) -> dict[int, Following]:
    """Add what they had spent before; of several local days, that of one is asked for."""
    zone = ZoneInfo(programme.time_zone)
    days = {
        root_id: {fact.occurred_at.astimezone(zone).date() for fact in facts}
        for root_id, facts in comes_last.items()
    }
    day = max((max(each) for each in days.values()), default=date.min)
    root_ids = [root_id for root_id, each in days.items() if each == {day}]
    if not root_ids:
        return {}
    ids = {root_id: frozenset(fact.pk for fact in comes_last[root_id]) for root_id in root_ids}
    spent_e4 = spend_of_orders_and_returns(
        root_ids, programme=programme, day=day, without=frozenset[int]().union(*ids.values())
    )
    return {
        root_id: Following(ids[root_id], ((day, amount_e4),))
        for root_id, amount_e4 in spent_e4.items()
    }
