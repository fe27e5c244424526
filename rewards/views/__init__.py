"""The portal's pages of rewards and shares: translate the request, one domain call, the answer."""

from rewards.views.catalogue import catalogue, reward
from rewards.views.claims import (
    appeal_claim,
    claim,
    claim_proof,
    claims,
    new_claim,
    withdraw_claim,
)
from rewards.views.earning import earned, ways_to_earn
from rewards.views.gifts import gifts, gifts_file
from rewards.views.inviting import invite, resend_invitation, withdraw_invitation
from rewards.views.member import hand_over, leave, member
from rewards.views.my_data import download_my_data, erase_my_data, my_data
from rewards.views.personal_earning import (
    agree_to_earning,
    name_approver,
    personal_earning,
    withdraw_earning,
)
from rewards.views.redemptions import cancel_redemption, redemption, redemptions
from rewards.views.shares import share_receipt, shares, undo_share
from rewards.views.sharing import share
from rewards.views.team import team

__all__ = [
    "agree_to_earning",
    "appeal_claim",
    "cancel_redemption",
    "catalogue",
    "claim",
    "claim_proof",
    "claims",
    "download_my_data",
    "earned",
    "erase_my_data",
    "gifts",
    "gifts_file",
    "hand_over",
    "invite",
    "leave",
    "member",
    "my_data",
    "name_approver",
    "new_claim",
    "personal_earning",
    "redemption",
    "redemptions",
    "resend_invitation",
    "reward",
    "share",
    "share_receipt",
    "shares",
    "team",
    "undo_share",
    "ways_to_earn",
    "withdraw_claim",
    "withdraw_earning",
    "withdraw_invitation",
]
