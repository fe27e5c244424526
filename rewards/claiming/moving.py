"""
What becomes of a claim: a state machine whose whole table is ``LEGAL_MOVES``.

Every move locks the partner and the claim, writes a ``ClaimMove`` (who, when, why) and an event.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from partners import events
from partners.families import find_family
from partners.intake import Recorded
from partners.models import Activity, ClaimMove, Member, Partner, Person, SellOutClaim
from partners.reports import CLAIMS, ActivityReport
from rewards.crediting import take_in

State = SellOutClaim.State
NOON = time(12, tzinfo=UTC)

LEGAL_MOVES: Final[Mapping[str, frozenset[str]]] = {
    "": frozenset({State.PENDING}),
    State.PENDING: frozenset({State.APPROVED, State.REJECTED, State.WITHDRAWN}),
    State.REJECTED: frozenset({State.APPEALED}),
    State.APPEALED: frozenset({State.APPROVED, State.REJECTED, State.WITHDRAWN}),
    State.APPROVED: frozenset({State.PAID}),
    State.PAID: frozenset(),
    State.WITHDRAWN: frozenset(),
}
TO_REVIEW: Final = frozenset({State.PENDING, State.APPEALED})
# In these nobody else can claim the same articles.
STANDING: Final = frozenset({State.PENDING, State.APPEALED, State.APPROVED, State.PAID})

REASONS: Final[Mapping[str, Any]] = {
    "proof_missing": gettext_lazy("There is no proof of the sale"),
    "proof_unclear": gettext_lazy("The proof cannot be read"),
    "serial_unknown": gettext_lazy("We never sold such a serial number"),
    "serial_of_another": gettext_lazy("The serial number was sold to another company"),
    "not_in_programme": gettext_lazy("The product is not in the programme"),
    "date_differs": gettext_lazy("The proof shows another day"),
    "other": gettext_lazy("Another reason, see the note"),
}


class IllegalMove(Exception):
    """The claim cannot go from the state it is in to the one asked for."""

    code = "illegal_claim_move"

    def __init__(self, *, from_state: str, to_state: str) -> None:
        states = {"from_state": State(from_state).label, "to_state": State(to_state).label}
        super().__init__(_("A claim cannot move from “%(from_state)s” to “%(to_state)s”.") % states)
        self.from_state = from_state
        self.to_state = to_state


class OwnClaim(Exception):
    """Whoever is on the partner's team does not decide about what that partner claims."""

    code = "own_claim"


class SamePersonDecides(Exception):
    """An appeal is decided by another person than the one who rejected the claim."""

    code = "same_person_decides"


class AppealedBefore(Exception):
    """A claim can be appealed once."""

    code = "appealed_before"


class UnknownReason(ValueError):
    """There is no such reason to reject a claim."""

    code = "unknown_reason"


class ClaimedMeanwhile(Exception):
    """While the claim was rejected somebody else claimed an article of it."""

    code = "claimed_meanwhile"


def withdraw(*, claim: SellOutClaim, by: Member, at: datetime) -> SellOutClaim:
    """
    Call a claim off before it is decided. Its articles are free again.

    :raises IllegalMove: If it is decided already.
    """
    with transaction.atomic():
        locked = lock_claim(claim)
        _move(locked, State.WITHDRAWN, member=by, at=at)
        return locked


def reject(
    *, claim: SellOutClaim, reason: str, note: str, by: Person | None, at: datetime
) -> SellOutClaim:
    """
    Refuse a claim or its appeal, with a reason of ``REASONS``. Its articles are free again.

    :raises UnknownReason: If the reason is none.
    :raises OwnClaim: If ``by`` is on the team of the partner.
    :raises SamePersonDecides: If it is an appeal against ``by``, or nobody says who decides it.
    :raises IllegalMove: If nothing is to be decided.
    """
    if reason not in REASONS:
        raise UnknownReason(_("There is no such reason."))
    with transaction.atomic():
        locked = _lock_to_decide(claim, by)
        _move(locked, State.REJECTED, person=by, reason=reason, note=note, at=at)
        return locked


def approve(
    *, claim: SellOutClaim, by: Person | None, at: datetime, note: str = ""
) -> SellOutClaim:
    """
    Grant a claim or its appeal: it becomes an activity, and what that earns is paid.

    :raises OwnClaim: If ``by`` is on the team of the partner.
    :raises SamePersonDecides: If it is an appeal against ``by``, or nobody says who decides it.
    :raises IllegalMove: If nothing is to be decided.
    """
    with transaction.atomic():
        locked = _lock_to_decide(claim, by)
        _check_legal(locked, State.APPROVED)
        taken = take_in([_report(locked)], as_of=at)
        [result] = taken.results
        assert isinstance(result, Recorded)  # noqa: S101 - the source is ours, and no amount is named
        locked.activity = result.activity
        _move(locked, State.APPROVED, person=by, note=note, at=at)
        if any(award.amount > 0 for award in taken.awards if _is_of(award, result.activity)):
            _move(locked, State.PAID, at=at)
        return locked


def mark_paid(
    *, claim: SellOutClaim, by: Person | None, at: datetime, note: str = ""
) -> SellOutClaim:
    """
    Say that an approved claim that earns no points was paid in another way.

    :raises OwnClaim: If ``by`` is on the team of the partner.
    :raises IllegalMove: If it is not approved, or paid already.
    """
    with transaction.atomic():
        locked = _lock_to_decide(claim, by)
        _move(locked, State.PAID, person=by, note=note, at=at)
        return locked


def appeal(*, claim: SellOutClaim, note: str, by: Member, at: datetime) -> SellOutClaim:
    """
    Ask for a rejected claim to be looked at again, by another person. Once.

    :raises IllegalMove: If it is not rejected.
    :raises AppealedBefore: If it was appealed already.
    :raises ClaimedMeanwhile: If somebody else claimed an article of it since.
    """
    with transaction.atomic():
        locked = lock_claim(claim)
        if locked.state == State.REJECTED and not may_appeal(locked):
            raise AppealedBefore(_("A claim can be appealed once. This decision is final."))
        _check_legal(locked, State.APPEALED)
        try:
            with transaction.atomic():
                locked.serials.update(stands=True)
        except IntegrityError as error:
            said = _("A serial number of it is claimed again meanwhile. Ask us in an enquiry.")
            raise ClaimedMeanwhile(said) from error
        _move(locked, State.APPEALED, member=by, note=note, at=at)
        return locked


def may_appeal(claim: SellOutClaim) -> bool:
    """Say whether a claim is rejected and was never appealed."""
    moves = claim.moves.filter(to_state=State.APPEALED)
    return claim.state == State.REJECTED and not moves.exists()


# ------------------------------------------------------------------------ moving


def lock_claim(claim: SellOutClaim) -> SellOutClaim:
    """Lock the partner and the claim, and return the claim as it is now."""
    Partner.objects.lock([claim.partner_id])
    rows = SellOutClaim.objects.select_for_update(of=("self",))
    return rows.select_related("member", "partner").get(pk=claim.pk)


def _lock_to_decide(claim: SellOutClaim, by: Person | None) -> SellOutClaim:
    team = Member.objects.active().filter(partner__in=find_family(claim.partner_id))
    if by is not None and team.filter(person=by).exists():
        raise OwnClaim(_("You are on this partner's team. Somebody else has to decide."))
    locked = lock_claim(claim)
    if locked.state == State.APPEALED:
        rejected = locked.moves.filter(to_state=State.REJECTED).order_by("-pk").first()
        who = rejected.by_person_id if rejected else None
        if by is None or by.pk == who:
            said = _("An appeal is decided by another person than the one who rejected the claim.")
            raise SamePersonDecides(said)
    return locked


def _check_legal(claim: SellOutClaim, to_state: str) -> None:
    if to_state not in LEGAL_MOVES[claim.state]:
        raise IllegalMove(from_state=claim.state, to_state=to_state)


def _move(
    claim: SellOutClaim,
    to_state: str,
    *,
    at: datetime,
    member: Member | None = None,
    person: Person | None = None,
    reason: str = "",
    note: str = "",
) -> None:
    _check_legal(claim, to_state)
    from_state, claim.state = claim.state, to_state
    claim.save(update_fields=["state", "activity"])
    if to_state not in STANDING:
        claim.serials.update(stands=False)
    record_move(
        claim,
        from_state,
        to_state=to_state,
        member=member,
        person=person,
        reason=reason,
        note=note,
        at=at,
    )


def record_move(
    claim: SellOutClaim,
    from_state: str,
    *,
    to_state: str,
    at: datetime,
    member: Member | None = None,
    person: Person | None = None,
    reason: str = "",
    note: str = "",
) -> None:
    """Write down who moved a claim, and tell it. The caller has locked the partner."""
    ClaimMove.objects.create(
        claim=claim,
        from_state=from_state,
        to_state=to_state,
        reason_code=reason,
        note=note,
        by_member=member,
        by_person=person or (member.person if member else None),
        moved_at=at,
    )
    payload = {"claim": str(claim.public_id), "from": from_state, "to": to_state}
    draft = events.EventDraft(
        partner_id=claim.partner_id,
        kind="claim_moved",
        payload={**payload, "reason": reason} if reason else payload,
        occurred_at=at,
        member_id=claim.member_id,
        actor_id=person.pk if person else member.person_id if member else None,
    )
    events.record([draft], recorded_at=at)


def _report(claim: SellOutClaim) -> ActivityReport:
    """The fact that an approved claim is: of the day of the sale, not of the decision."""
    return ActivityReport(
        kind=Activity.Kind.SELL_OUT,
        partner_id=claim.partner_id,
        member_id=claim.member_id,
        source=CLAIMS,
        external_id=str(claim.public_id),
        # Noon in UTC is the same day nearly everywhere; what was filed before it was sold before.
        occurred_at=min(datetime.combine(claim.sold_on, NOON), claim.filed_at),
        currency="",
        quantity_e4=claim.serials.count() * 10_000,
        attributes={"sku": claim.sku, "document": claim.document},
    )


def _is_of(award: Any, activity: Activity) -> bool:
    return bool(award.activity_id == activity.pk)
