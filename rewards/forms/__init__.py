from rewards.forms.redeeming import RedeemForm
from rewards.forms.sharing import ShareForm, ShareRow
from rewards.forms.team import HandOverForm, InviteForm, LeaveForm, MemberForm

__all__ = [
    "HandOverForm",
    "InviteForm",
    "LeaveForm",
    "MemberForm",
    "RedeemForm",
    "ShareForm",
    "ShareRow",
]
