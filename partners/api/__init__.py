"""Partners, their members and what happened to them, for integrations."""

from partners.api.companies import PartnerDoor
from partners.api.feed import EventDoor
from partners.api.invitations import InvitationDoor
from partners.api.members import MemberDoor

__all__ = ["EventDoor", "InvitationDoor", "MemberDoor", "PartnerDoor"]
