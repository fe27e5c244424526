"""
Expected breakage: how much of what is outstanding will expire instead of being used.

The method is an empirical run-off by age, as a table an accountant can redo by hand. For every
band of age it looks at all that ever stood at the beginning of the band or came in during it, and
that is old enough by now to have left the band for good:

    at risk = what was used in the band + what expired in it + what went on to the next band

Of what is at risk a share expires in the band, a share is used, the rest goes on. So the share
that expires sooner or later is, from the oldest band to the youngest,

    share = (expired + went on x share of the next band) / at risk

The last band has no end: there, the share is expired / (expired + used). What was taken back or
corrected was never spent nor kept, so it counts nowhere; what came back by a refund comes in
again; a debt repaid out of points is a use of them. Only what can expire is looked at, and what a
hold reserves is expected to be used. Expected = share x outstanding of the band, rounded down.

A band without enough history has no share, and so have the younger bands that lead into it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from django.db.models import Count, Q, QuerySet, Sum

from ledger.liability.bands import BANDS, Band, age_seconds, band_at, band_of_age
from ledger.models import Account, Lot, LotUse

ENDED_UNITS_MIN = 1_000
"""Whole units that a band's share must rest on."""
ENDED_LOTS_MIN = 30
"""Lots that were used or expired in all: fewer are anecdotes."""

LAST = BANDS[-1].number
USED_IN = (Account.Kind.REDEEMED.value, Account.Kind.DEBT.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """
    What happened in the band ``happened`` to what is in the band ``now``, in minor units.

    ``gone`` was taken back or corrected away: it neither expired nor was it used.
    """

    now: int
    happened: int
    entered: int = 0
    used: int = 0
    expired: int = 0
    gone: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class BandRunOff:
    """One band: what is outstanding and may expire, and the history its share rests on."""

    band: Band
    outstanding: int
    at_risk: int
    used: int
    expired: int
    share: Fraction | None

    @property
    def went_on(self) -> int:
        return self.at_risk - self.used - self.expired

    @property
    def expected(self) -> int | None:
        """Return the minor units that are expected to expire, rounded down."""
        return None if self.share is None else int(self.outstanding * self.share)


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakage:
    """
    The estimate for one unit. It rests on ``ended`` minor units in ``ended_lots`` lots.

    ``expected`` is the sum of the bands that have a share, or None where none has: not enough
    history. ``covered`` of the ``outstanding`` that may expire are in bands with a share.
    """

    bands: tuple[BandRunOff, ...]
    ended: int
    ended_lots: int

    @property
    def outstanding(self) -> int:
        return sum(each.outstanding for each in self.bands)

    @property
    def covered(self) -> int:
        return sum(each.outstanding for each in self.bands if each.share is not None)

    @property
    def expected(self) -> int | None:
        found = [each.expected for each in self.bands if each.expected is not None]
        return sum(found) if found else None


def work_out(
    flows: Iterable[Flow], *, outstanding: Sequence[int], ended_lots: int, decimals: int = 0
) -> Breakage:
    """
    Work the estimate out of what happened so far. Pure.

    :param outstanding: What may expire, by band, in minor units.
    """
    known = list(flows)
    minimum = ENDED_UNITS_MIN * 10**decimals
    enough_lots = ended_lots >= ENDED_LOTS_MIN
    found: list[BandRunOff] = []
    share_of_next: Fraction | None = None
    for band in reversed(BANDS):
        at_risk, used, expired = _find_at_risk(known, band.number)
        share = None
        if enough_lots and at_risk >= minimum:
            share = _find_share(at_risk, used, expired, share_of_next)
        share_of_next = share
        found.append(
            BandRunOff(
                band=band,
                outstanding=outstanding[band.number],
                at_risk=at_risk,
                used=used,
                expired=expired,
                share=share,
            )
        )
    return Breakage(
        bands=tuple(reversed(found)),
        ended=sum(flow.used + flow.expired for flow in known),
        ended_lots=ended_lots,
    )


def _find_at_risk(flows: Sequence[Flow], band: int) -> tuple[int, int, int]:
    """Return at risk, used and expired in a band, of all that has left the band by its age."""
    is_last = band == LAST
    old_enough = [flow for flow in flows if flow.now > band or (is_last and flow.now == LAST)]
    inside = [flow for flow in old_enough if flow.happened == band]
    used = sum(flow.used for flow in inside)
    expired = sum(flow.expired for flow in inside)
    if is_last:
        # Nobody has left it by age: only what has ended says something.
        return used + expired, used, expired
    before = [flow for flow in old_enough if flow.happened <= band]
    left = sum(flow.entered - flow.used - flow.expired - flow.gone for flow in before)
    return left + used + expired, used, expired


def _find_share(
    at_risk: int, used: int, expired: int, share_of_next: Fraction | None
) -> Fraction | None:
    went_on = at_risk - used - expired
    if went_on and share_of_next is None:
        return None
    return (expired + went_on * (share_of_next or Fraction(0))) / Fraction(at_risk)


def estimate_breakage(
    *,
    as_of: datetime,
    outstanding: Mapping[int, Sequence[int]],
    decimals: Mapping[int, int],
) -> dict[int, Breakage]:
    """
    Estimate breakage by unit from everything posted up to and including ``as_of``.

    :param outstanding: By unit id, what may expire by band (``Outstanding.expiring_by_band``).
    :param decimals: By unit id, the decimals of the unit.
    """
    units = sorted(outstanding)
    flows = _read_flows(as_of, units)
    ended_lots = _count_ended_lots(as_of, units)
    return {
        unit_id: work_out(
            flows[unit_id],
            outstanding=outstanding[unit_id],
            ended_lots=ended_lots.get(unit_id, 0),
            decimals=decimals[unit_id],
        )
        for unit_id in units
    }


def _read_flows(as_of: datetime, unit_ids: Collection[int]) -> dict[int, list[Flow]]:
    flows: dict[int, list[Flow]] = defaultdict(list)
    # A slice that moves between pools, wallets and pending keeps its age: nothing enters or ends.
    entered = Lot.objects.filter(
        account__unit__in=unit_ids, expires_at__isnull=False, opened_by__posted_at__lte=as_of
    ).exclude(opened_by__debit_account__kind__in=Account.KINDS_WITH_LOTS)
    rows = entered.order_by().annotate(
        age=age_seconds("earned_at", "opened_by__posted_at"),
        happened=band_of_age("age"),
        now=band_at("earned_at", as_of),
    )
    for unit_id, now, happened, amount in rows.values_list(
        "account__unit", "now", "happened"
    ).annotate(Sum("amount")):
        flows[unit_id].append(Flow(now=now, happened=min(happened, now), entered=amount))
    ended = _ended(as_of, unit_ids).annotate(
        age=age_seconds("lot__earned_at", "transfer__posted_at"),
        happened=band_of_age("age"),
        now=band_at("lot__earned_at", as_of),
    )
    for unit_id, now, happened, kind, amount in ended.values_list(
        "lot__account__unit", "now", "happened", "transfer__credit_account__kind"
    ).annotate(Sum("amount")):
        column = "used" if kind in USED_IN else "gone"
        if kind == Account.Kind.EXPIRED:
            column = "expired"
        flows[unit_id].append(Flow(now=now, happened=min(happened, now), **{column: amount}))
    return flows


def _count_ended_lots(as_of: datetime, unit_ids: Collection[int]) -> dict[int, int]:
    counted = _ended(as_of, unit_ids).filter(
        Q(transfer__credit_account__kind__in=(*USED_IN, Account.Kind.EXPIRED))
    )
    rows = counted.values_list("lot__account__unit").annotate(Count("lot", distinct=True))
    return dict(rows)


def _ended(as_of: datetime, unit_ids: Collection[int]) -> QuerySet[LotUse]:
    """Return what was taken out of lots for good."""
    return (
        LotUse.objects.filter(
            lot__account__unit__in=unit_ids,
            lot__expires_at__isnull=False,
            transfer__posted_at__lte=as_of,
        )
        .exclude(transfer__credit_account__kind__in=Account.KINDS_WITH_LOTS)
        .order_by()
    )
