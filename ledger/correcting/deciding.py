"""A second person agrees or declines; whoever asked may withdraw. Each request ends once."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from ledger.correcting.carrying_out import announce, carry_out
from ledger.correcting.people import Asker, check_may_decide_as
from ledger.models import Correction
from partners.models import Partner, Person

State = Correction.State


class AlreadyDecided(Exception):
    """The request has ended otherwise."""

    code = "already_decided"

    def __init__(self, state: str) -> None:
        super().__init__(_("This request is not waiting any more."))
        self.state = state


class NotTheAsker(Exception):
    """Only whoever asked for it may withdraw it."""

    code = "not_the_asker"


def check_may_decide(*, person: Person, correction: Correction) -> None:
    """
    Say before the decision whether this person may take it; the decision itself asks again.

    :raises MayNotDecide: If they have no permission, or do not look after this partner.
    :raises OwnRequest: If they asked for it, or made the key it was asked for with.
    :raises OwnPartner: If they are on the partner's team.
    :raises AlreadyDecided: If nothing waits any more.
    """
    check_may_decide_as(person, correction)
    if correction.state != State.WAITING:
        raise AlreadyDecided(correction.state)


def agree(*, correction: Correction, by: Person, note: str = "", at: datetime) -> Correction:
    """
    Let a request through and post it. Repeating it by the same person answers the same.

    What can no longer be posted is refused and goes on waiting.

    :raises MayNotDecide, OwnRequest, OwnPartner: If this person may not decide about it.
    :raises AlreadyDecided: If it has ended otherwise.
    :raises AccountNotAdjustable, ExpiryNotAhead, NothingLeftToReverse, InsufficientPoints,
        AmountOutOfBounds: If the ledger refuses it by now.
    """
    with _locked(correction) as found:
        by = _read_anew(by)
        check_may_decide_as(by, found)
        if not _is_repeated(found, State.POSTED, by):
            found.transfer = carry_out(found, at=at)
            _end(found, State.POSTED, by=by, note=note, at=at)
        return found


def decline(*, correction: Correction, by: Person, note: str = "", at: datetime) -> Correction:
    """
    Refuse a request. Repeating it by the same person answers the same.

    :raises MayNotDecide, OwnRequest, OwnPartner: If this person may not decide about it.
    :raises AlreadyDecided: If it has ended otherwise.
    """
    with _locked(correction) as found:
        by = _read_anew(by)
        check_may_decide_as(by, found)
        if not _is_repeated(found, State.DECLINED, by):
            _end(found, State.DECLINED, by=by, note=note, at=at)
        return found


def withdraw(*, correction: Correction, asker: Asker, at: datetime) -> Correction:
    """
    Take back a request that still waits. Repeating it answers the same.

    :raises NotTheAsker: If somebody else asked for it.
    :raises AlreadyDecided: If it was decided about.
    """
    with _locked(correction) as found:
        if not asker.is_asker_of(found):
            raise NotTheAsker(_("Only whoever asked for it may withdraw it."))
        if found.state != State.WITHDRAWN:
            _refuse_if_ended(found)
            _end(found, State.WITHDRAWN, by=asker.person, note="", at=at)
        return found


def _read_anew(person: Person) -> Person:
    """What a person may do is not believed of the object that a door hands over."""
    return Person.objects.get(pk=person.pk)


@contextmanager
def _locked(correction: Correction) -> Iterator[Correction]:
    """Open the transaction: lock the partner, and read the request anew."""
    with transaction.atomic():
        Partner.objects.lock([correction.partner_id])
        yield Correction.objects.select_related(
            "account__unit", "account__member", "corrects", "reason", "requested_with"
        ).get(pk=correction.pk)


def _is_repeated(correction: Correction, state: str, by: Person) -> bool:
    if correction.state == state and correction.decided_by_id == by.pk:
        return True
    _refuse_if_ended(correction)
    return False


def _refuse_if_ended(correction: Correction) -> None:
    if correction.state != State.WAITING:
        raise AlreadyDecided(correction.state)


def _end(correction: Correction, state: str, *, by: Person | None, note: str, at: datetime) -> None:
    correction.state = state
    # Withdrawing is no decision: nobody stands beside it.
    correction.decided_by = None if state == State.WITHDRAWN else by
    correction.decided_at = at
    correction.decision_note = note
    correction.save(
        update_fields=["state", "decided_by", "decided_at", "decision_note", "transfer"]
    )
    announce(correction, by=by, at=at)
