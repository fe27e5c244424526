"""The managed list of reasons: which may be given for what, and how they are called."""

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from ledger.models import Correction, CorrectionReason

# The list starts with these (migration 0010). They are translated until a manager renames one.
NAMES = {
    "wrong-amount": gettext_noop("The amount was wrong"),
    "wrong-partner": gettext_noop("Booked for the wrong partner"),
    "booked-twice": gettext_noop("Booked twice"),
    "missing-purchase": gettext_noop("A purchase was not counted"),
    "complaint": gettext_noop("Settlement of a complaint"),
    "goodwill": gettext_noop("Goodwill"),
    "agreement": gettext_noop("Agreed with the partner"),
    "misuse": gettext_noop("Misuse"),
    "expiry-waived": gettext_noop("Expiry waived"),
}


class ReasonNotAllowed(Exception):
    """The reason is not in the list, not in use, or not for this kind of correction."""

    code = "reason_not_allowed"

    def __init__(self) -> None:
        super().__init__(_("This reason cannot be given here."))


def say_reason(reason: CorrectionReason) -> str:
    """Return the reason's name, in the reader's language while it is one of ours."""
    return _(reason.name) if NAMES.get(reason.code) == reason.name else reason.name


def offered_reasons(kind: str) -> QuerySet[CorrectionReason]:
    """Return the reasons that may be given for this kind of correction, by name."""
    in_use = CorrectionReason.objects.filter(is_active=True).order_by("name", "pk")
    if kind in {Correction.Kind.CREDIT, Correction.Kind.DEBIT}:
        return in_use.filter(for_adjustments=True)
    return in_use.filter(for_reversals=True)


def find_reason(code: str, *, kind: str) -> CorrectionReason:
    """
    Return the reason of this code.

    :raises ReasonNotAllowed: If it may not be given for this kind of correction.
    """
    found = offered_reasons(kind).filter(code=code).first()
    if found is None:
        raise ReasonNotAllowed
    return found
