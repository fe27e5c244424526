"""What becomes of an invitation, and how its link names it. Only a hash of the token is kept."""

import hashlib
from datetime import datetime, timedelta
from enum import StrEnum

from django.utils.translation import gettext as _

from partners.models import Invitation
from partners.team import takes_part

VALID_FOR = timedelta(days=7)
TOKEN_BYTES = 32


class State(StrEnum):
    OPEN = "open"
    EXPIRED = "expired"
    ACCEPTED = "accepted"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"


class InvitationNotOpen(Exception):
    """It was accepted or withdrawn, its time is over, or the company does not take part."""

    code = "invitation_not_open"

    def __init__(self, state: State) -> None:
        super().__init__(_("This invitation is not open any more."))
        self.state = state.value


def find(token: str) -> Invitation | None:
    """Return the invitation whose link this is."""
    rows = Invitation.objects.select_related("partner", "member", "invited_by")
    return rows.filter(token_hash=hash_token(token)).first()


def state_of(invitation: Invitation, at: datetime) -> State:
    """Return what has become of it. Load the partner with it."""
    if invitation.accepted_at is not None:
        return State.ACCEPTED
    if invitation.withdrawn_at is not None:
        return State.WITHDRAWN
    if not takes_part(invitation.partner):
        return State.CLOSED
    return State.EXPIRED if invitation.expires_at <= at else State.OPEN


def hash_token(token: str) -> str:
    """Hash a token. It is random, so a slow hash would protect nothing."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
