from rewards.forms.redeeming import RedeemForm
from rewards.forms.sharing import ShareForm, ShareRow

__all__ = ["RedeemForm", "ShareForm", "ShareRow"]
