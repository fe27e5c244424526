from rewards.forms.claiming import AppealForm, ClaimForm
from rewards.forms.consenting import AgreeForm, ApproverForm, GiftYearForm
from rewards.forms.erasing import EraseForm
from rewards.forms.redeeming import RedeemForm
from rewards.forms.sharing import ShareForm, ShareRow
from rewards.forms.team import HandOverForm, InviteForm, LeaveForm, MemberForm

__all__ = [
    "AgreeForm",
    "AppealForm",
    "ApproverForm",
    "ClaimForm",
    "EraseForm",
    "GiftYearForm",
    "HandOverForm",
    "InviteForm",
    "LeaveForm",
    "MemberForm",
    "RedeemForm",
    "ShareForm",
    "ShareRow",
]
