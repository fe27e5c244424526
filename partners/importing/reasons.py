"""Why a row was not accepted: a stable code for machines, a sentence for people."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

SENTENCES = {
    "unreadable": _("Another row of this document cannot be read."),
    "zero_price": _("The price is zero or less: nothing to count."),
    "not_positive": _("The quantity is zero or less, and this is not a return."),
    "conflict": _("This document is already known with other content. The first one stands."),
    "two_partners": _("The rows of this document name more than one partner."),
    "two_currencies": _("The rows of this document are in more than one currency."),
    "two_dates": _("The rows of this document differ in when it is due or paid."),
    "rows_differ": _("The rows of this document differ in what they say of the whole document."),
    "in_future": _("This has not happened yet."),
    "not_as_its_kind": _("An activity of this kind cannot say this."),
    "source_reserved": _("This source is ours: claims that were approved come from it."),
    "too_large": _("The sum of this document is too large."),
    "no_partner": _("The document names no partner. It waits until it is matched."),
    "unknown_partner": _("The partner is not known. The document waits until it is."),
    "stands_twice": _("Other rows of this file say something else of this partner."),
    "partner_merged": _("This partner was merged into another one. Name that one."),
    "number_taken": _("Another partner has this number."),
    "name_missing": _("This partner is new, and a new partner needs a name."),
    "unknown_manager": _("Nobody of the staff has this e-mail address."),
    "no_rate": _("There is no rate of exchange for its day. The document waits until there is."),
}


def say_why(code: str, content: Mapping[str, Any]) -> str:
    """Return why a stored row was not taken: as it was told then, or as we say it of all such."""
    return str(content.get("message") or SENTENCES.get(code, code))


# The column of our words that a code is about.
COLUMN_OF = {
    "zero_price": "unit_price",
    "not_positive": "quantity",
    "two_partners": "partner",
    "two_currencies": "currency",
    "in_future": "occurred_at",
    "no_rate": "currency",
    "no_partner": "partner",
    "unknown_partner": "partner",
    "conflict": "order",
}
