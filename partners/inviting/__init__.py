"""
Places on a team, offered by e-mail. The link is random, works once and for seven days.

Asking looks up nobody by address beyond the team itself, and the mail goes out whoever it is for:
the answer and its time say nothing about who is known here.
"""

from partners.inviting.accepting import AddressKnown, NotTheInvited, accept, is_new, join
from partners.inviting.limits import MAILS_TO_ADDRESS_A_DAY, TooManyInvitations
from partners.inviting.links import InvitationNotOpen, State, find, hash_token, state_of
from partners.inviting.offering import (
    AlreadyInvited,
    AlreadyOnTheTeam,
    Mail,
    NameNotPlain,
    Offer,
    OwnInvitation,
    check_name,
    invite,
    resend,
    was_mailed,
    withdraw,
)

__all__ = [
    "MAILS_TO_ADDRESS_A_DAY",
    "AddressKnown",
    "AlreadyInvited",
    "AlreadyOnTheTeam",
    "InvitationNotOpen",
    "Mail",
    "NameNotPlain",
    "NotTheInvited",
    "Offer",
    "OwnInvitation",
    "State",
    "TooManyInvitations",
    "accept",
    "check_name",
    "find",
    "hash_token",
    "invite",
    "is_new",
    "join",
    "resend",
    "state_of",
    "was_mailed",
    "withdraw",
]
