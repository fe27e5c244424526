"""The single values of a rule: how each of them is asked for, part by part of the page."""

from django.utils.translation import gettext_lazy

from rewards.admin.programmes.asked import Asked, Type
from rewards.admin.programmes.kinds import STARRED
from rewards.admin.programmes.pairs import Pair

LINES = (
    Asked(
        "include_categories",
        gettext_lazy("Only these categories"),
        Type.WORDS,
        hint=STARRED,
        is_needed=False,
    ),
    Asked(
        "include_skus", gettext_lazy("Only these SKUs"), Type.WORDS, hint=STARRED, is_needed=False
    ),
    Asked("exclude_categories", gettext_lazy("Not these categories"), Type.WORDS, is_needed=False),
    Asked("exclude_skus", gettext_lazy("Not these SKUs"), Type.WORDS, is_needed=False),
)
COUNTED = (
    Asked(
        "delivery",
        gettext_lazy("Delivery counts"),
        Type.YES,
        default=True,
        is_needed=False,
        may_be_left_out=True,
    ),
    Asked(
        "tax",
        gettext_lazy("Tax counts, on top of the net amount"),
        Type.YES,
        default=False,
        is_needed=False,
        may_be_left_out=True,
    ),
)
GIVEN = (
    Asked(
        "tier_multiplier",
        gettext_lazy("Times the tier's multiplier"),
        Type.YES,
        default=False,
        is_needed=False,
        may_be_left_out=True,
    ),
    Asked(
        "to",
        gettext_lazy("Who gets it"),
        Type.CHOICE,
        (
            ("pool", gettext_lazy("The partner's pool")),
            ("member", gettext_lazy("The person, as far as consent and the yearly cap allow")),
        ),
        default="pool",
        may_be_left_out=True,
    ),
)
DAYS = (
    Asked("starts_on", gettext_lazy("First day"), Type.DAY, is_needed=False),
    Asked(
        "ends_on",
        gettext_lazy("Last day"),
        Type.LAST_DAY,
        hint=gettext_lazy("Empty: no end."),
        is_needed=False,
    ),
)
EXPIRY = (
    Asked(
        "expiry_days",
        gettext_lazy("Points of this rule live for days"),
        Type.WHOLE,
        hint=gettext_lazy("Empty: as the programme says."),
        is_needed=False,
    ),
)
ORDER = (
    Asked(
        "priority",
        gettext_lazy("Priority"),
        Type.WHOLE,
        hint=gettext_lazy("Higher is judged first. The same: from top to bottom."),
        default=0,
        is_needed=False,
        may_be_left_out=True,
    ),
    Asked(
        "group",
        gettext_lazy("Group"),
        Type.TEXT,
        hint=gettext_lazy(
            "A word of Latin letters, digits and hyphens. Of the rules of one group only the one that gives most counts."
        ),
        is_needed=False,
    ),
    Asked(
        "stop",
        gettext_lazy("If this rule gives something, rules after it give nothing"),
        Type.YES,
        default=False,
        is_needed=False,
        may_be_left_out=True,
    ),
)
DAYS_RISE = Pair("starts_on", "ends_on", least=0)
BASIC = (*COUNTED, *GIVEN, *DAYS, *EXPIRY, *ORDER)
