"""
What becomes of a redemption: a state machine whose whole table is ``LEGAL_MOVES``.

Every move locks the partner, writes a ``RedemptionMove`` (who, when, why) and an event, and leaves
points, stock, codes and delivery consistent.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from partners import events
from partners.models import Member, Partner, Person
from rewards.catalogue.registry import kind_of
from rewards.models import Redemption, RedemptionMove, Reward
from rewards.redeeming import paying

State = Redemption.State

LEGAL_MOVES: Final[Mapping[str, frozenset[str]]] = {
    "": frozenset({State.REQUESTED}),
    State.REQUESTED: frozenset({State.APPROVED, State.REJECTED, State.CANCELLED, State.LAPSED}),
    State.APPROVED: frozenset({State.FULFILLED, State.CANCELLED}),
    State.FULFILLED: frozenset({State.RETURNED}),
    State.REJECTED: frozenset(),
    State.CANCELLED: frozenset(),
    State.RETURNED: frozenset(),
    State.LAPSED: frozenset(),
}


SHIPPED = "shipped"


class IllegalMove(Exception):
    """The redemption cannot go from the state it is in to the one asked for."""

    code = "illegal_move"

    def __init__(self, *, from_state: str, to_state: str) -> None:
        states = {"from_state": _say(from_state), "to_state": _say(to_state)}
        super().__init__(
            _("A redemption cannot move from “%(from_state)s” to “%(to_state)s”.") % states
        )
        self.from_state = from_state
        self.to_state = to_state


def _say(state: str) -> str:
    return _("Sent") if state == SHIPPED else str(State(state).label)


class RequestLapsed(IllegalMove):
    """Nobody decided in time: what was reserved is no longer kept for it."""

    def __init__(self) -> None:
        super().__init__(from_state=State.LAPSED, to_state=State.APPROVED)
        self.args = (_("Nobody decided in time. The request lapses, and its points are free."),)


class OwnRequest(Exception):
    """Whoever is on the partner's team does not decide about what that partner takes."""

    code = "own_request"


def approve(*, redemption: Redemption, by: Person | None, reason: str, at: datetime) -> Redemption:
    """
    Let a request through: its points go, and what can be delivered at once is.

    :raises OwnRequest: If ``by`` is on the team of the partner.
    :raises IllegalMove: If it is not waiting for approval.
    :raises RequestLapsed: If it has waited too long.
    """
    with transaction.atomic():
        locked = _lock_to_decide(redemption, by)
        approve_locked(locked, by=by, reason=reason, at=at)
        return locked


def fulfil(*, redemption: Redemption, by: Person | None, reason: str, at: datetime) -> Redemption:
    """
    Hand over what was approved, and record what was done. For a parcel: it has arrived.

    :raises OwnRequest: If ``by`` is on the team of the partner.
    :raises IllegalMove: If it is not approved.
    """
    with transaction.atomic():
        locked = _lock_to_decide(redemption, by)
        _fulfil(locked, by=by, reason=reason, at=at)
        return locked


def reject(*, redemption: Redemption, by: Person | None, reason: str, at: datetime) -> Redemption:
    """
    Refuse a request. The same points, and what else was set aside, are free again.

    :raises OwnRequest: If ``by`` is on the team of the partner.
    :raises IllegalMove: If it is not waiting for approval.
    """
    with transaction.atomic():
        locked = _lock_to_decide(redemption, by)
        _undo(locked, State.REJECTED, by=by, reason=reason, at=at, restocks=True)
        return locked


def cancel(*, redemption: Redemption, by: Person | None, reason: str, at: datetime) -> Redemption:
    """
    Call off what is not delivered yet. The same points come back.

    :raises OwnRequest: If ``by`` is on the team of the partner.
    :raises IllegalMove: If it is delivered or already over.
    :raises CannotBeTakenBack: If it is on its way.
    """
    with transaction.atomic():
        locked = _lock_to_decide(redemption, by)
        _undo(locked, State.CANCELLED, by=by, reason=reason, at=at, restocks=True)
        return locked


def withdraw(*, redemption: Redemption, by: Person | None, at: datetime) -> Redemption:
    """
    Call a request off as its taker, or with them when they leave: for nothing, until approved.

    :raises IllegalMove: If it is not waiting for approval any more.
    """
    with transaction.atomic():
        locked = _lock(redemption)
        if not may_be_withdrawn(locked):
            raise IllegalMove(from_state=locked.state, to_state=State.CANCELLED)
        _undo(locked, State.CANCELLED, by=by, reason="", at=at, restocks=True)
        return locked


def take_back(
    *, redemption: Redemption, by: Person | None, reason: str, restocks: bool, at: datetime
) -> Redemption:
    """
    Accept the return of something delivered. The same points come back.

    :param restocks: Whether the thing came back and can be given to somebody else.
    :raises OwnRequest: If ``by`` is on the team of the partner.
    :raises IllegalMove: If it is not delivered.
    :raises CannotBeTakenBack: If it was used, or a code was shown.
    """
    with transaction.atomic():
        locked = _lock_to_decide(redemption, by)
        _undo(locked, State.RETURNED, by=by, reason=reason, at=at, restocks=restocks)
        return locked


def ship(
    *, redemption: Redemption, by: Person | None, tracking_number: str, at: datetime
) -> Redemption:
    """
    Record that the parcel of an approved gift is on its way. Doing it again corrects the number.

    :raises OwnRequest: If ``by`` is on the team of the partner.
    :raises IllegalMove: If the gift is not approved, or the kind sends no parcel.
    """
    with transaction.atomic():
        locked = _lock_to_decide(redemption, by)
        kind = kind_of(locked.reward.kind)
        if locked.state != State.APPROVED or not kind.is_sent_as_parcel:
            raise IllegalMove(from_state=locked.state, to_state=SHIPPED)
        locked.delivery = kind.ship(locked, tracking_number=tracking_number, at=at)
        locked.save(update_fields=["delivery"])
        _record_event(locked, locked.state, by=by, at=at, parcel=SHIPPED)
        return locked


def may_be_withdrawn(redemption: Redemption) -> bool:
    """Until it is approved, the taker may call it off for nothing."""
    return redemption.state == State.REQUESTED


def _lock(redemption: Redemption) -> Redemption:
    Partner.objects.lock([redemption.partner_id])
    return Redemption.objects.for_moving().get(pk=redemption.pk)


def _lock_to_decide(redemption: Redemption, by: Person | None) -> Redemption:
    """Nobody decides about what their own company takes."""
    same_company = Q(partner=redemption.partner_id) | Q(partner__merged_from=redemption.partner_id)
    team = Member.objects.active().filter(same_company)
    if by is not None and team.filter(person=by).exists():
        raise OwnRequest(_("You are on this partner's team. Somebody else has to decide."))
    return _lock(redemption)


def approve_locked(redemption: Redemption, *, by: Person | None, reason: str, at: datetime) -> None:
    """Approve a redemption whose partner the caller has locked, and deliver what can be at once."""
    if redemption.state == State.REQUESTED and paying.has_lapsed(redemption, at=at):
        raise RequestLapsed
    _move(redemption, State.APPROVED, by=by, reason=reason, at=at)
    if redemption.transfer is None:
        paying.pay(redemption, at=at)
        redemption.save(update_fields=["transfer"])
    if kind_of(redemption.reward.kind).is_delivered_at_once:
        _fulfil(redemption, by=by, reason="", at=at)


def lapse_locked(redemption: Redemption, *, at: datetime) -> None:
    """End a request that has waited too long, whose partner the caller has locked."""
    _undo(redemption, State.LAPSED, by=None, reason="", at=at, restocks=True)


def _fulfil(redemption: Redemption, *, by: Person | None, reason: str, at: datetime) -> None:
    _move(redemption, State.FULFILLED, by=by, reason=reason, at=at)
    redemption.delivery = kind_of(redemption.reward.kind).deliver(redemption, at=at)
    redemption.save(update_fields=["delivery"])


def _undo(
    redemption: Redemption,
    to_state: str,
    *,
    by: Person | None,
    reason: str,
    at: datetime,
    restocks: bool,
) -> None:
    from_state = redemption.state
    _move(redemption, to_state, by=by, reason=reason, at=at)
    kind = kind_of(redemption.reward.kind)
    if from_state != State.REQUESTED:
        kind.cancel(redemption, at=at)
    if from_state != State.FULFILLED:
        kind.release(redemption)
    if restocks:
        _put_back_stock(redemption)
    paying.give_back(redemption, at=at, lapses=to_state == State.LAPSED)
    redemption.save(update_fields=["refund"])


def _put_back_stock(redemption: Redemption) -> None:
    limited = Reward.objects.filter(pk=redemption.reward_id, stock__isnull=False)
    limited.update(stock=F("stock") + 1)


def _move(
    redemption: Redemption, to_state: str, *, by: Person | None, reason: str, at: datetime
) -> None:
    from_state = redemption.state
    if to_state not in LEGAL_MOVES[from_state]:
        raise IllegalMove(from_state=from_state, to_state=to_state)
    redemption.state = to_state
    redemption.save(update_fields=["state"])
    record_move(redemption, from_state, by=by, reason=reason, at=at)


def record_move(
    redemption: Redemption, from_state: str, *, by: Person | None, reason: str, at: datetime
) -> None:
    RedemptionMove.objects.create(
        redemption=redemption,
        from_state=from_state,
        to_state=redemption.state,
        by=by,
        reason=reason,
        moved_at=at,
    )
    _record_event(redemption, from_state, by=by, at=at)


def _record_event(
    redemption: Redemption, from_state: str, *, by: Person | None, at: datetime, **more: str
) -> None:
    payload = {
        "redemption": str(redemption.public_id),
        "reward": redemption.reward.slug,
        "from": from_state,
        "to": redemption.state,
        "price": redemption.price,
        "unit": redemption.reward.programme.main_unit.code,
        **more,
    }
    draft = events.EventDraft(
        partner_id=redemption.partner_id,
        kind="redemption_moved",
        payload=payload,
        occurred_at=at,
        member_id=redemption.member_id,
        actor_id=by.pk if by else None,
    )
    events.record([draft], recorded_at=at)
