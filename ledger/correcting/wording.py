"""How a refusal of the ledger is said where the unit is known: with amounts as people read them."""

from django.utils.translation import gettext as _

from ledger.correcting.reversals import NothingLeftToReverse
from ledger.models import Unit
from ledger.posting import AmountOutOfBounds, InsufficientPoints
from ledger.wording import say_amount
from partners.doors.showing import language


def say_refusal(error: Exception, unit: Unit) -> str:
    """
    Return the sentence of a refusal for people.

    The errors themselves speak in minor units, as the API does. What has no amounts is said by
    the error alone.
    """

    def say(amount: int) -> str:
        return say_amount(amount, unit, language())

    if isinstance(error, InsufficientPoints):
        needed, available = say(error.needed), say(error.available)
        return _("%(needed)s needed, %(available)s available.") % {
            "needed": needed,
            "available": available,
        }
    if isinstance(error, NothingLeftToReverse):
        return _("%(needed)s to reverse, %(left)s left of this transfer.") % {
            "needed": say(error.needed),
            "left": say(error.left),
        }
    if isinstance(error, AmountOutOfBounds) and error.amount > 0:
        return _("%(amount)s is more than %(bound)s, which is the most that is possible here.") % {
            "amount": say(error.amount),
            "bound": say(error.bound),
        }
    if isinstance(error, AmountOutOfBounds):
        return _("An amount is above zero.")
    return str(error)
