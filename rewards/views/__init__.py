"""The portal's pages of rewards and shares: translate the request, one domain call, the answer."""

from rewards.views.catalogue import catalogue, reward
from rewards.views.inviting import invite, resend_invitation, withdraw_invitation
from rewards.views.member import hand_over, leave, member
from rewards.views.redemptions import cancel_redemption, redemption, redemptions
from rewards.views.shares import share_receipt, shares, undo_share
from rewards.views.sharing import share
from rewards.views.team import team

__all__ = [
    "cancel_redemption",
    "catalogue",
    "hand_over",
    "invite",
    "leave",
    "member",
    "redemption",
    "redemptions",
    "resend_invitation",
    "reward",
    "share",
    "share_receipt",
    "shares",
    "team",
    "undo_share",
    "withdraw_invitation",
]
