"""
The only way in which a partner comes in or is edited, through whatever door.

``enrol`` and ``change`` are for one partner, ``enrol_many`` for a chunk of a file. Each edit counts
the partner's revision up, so that a stale one is noticed, and is an event that names no content.
"""

from partners.enrolling.details import ContractTerms, NumberTaken, find_holders, name_partner
from partners.enrolling.many import Enrolled, PartnerRow, enrol_many
from partners.enrolling.one import (
    EDITABLE,
    PartnerMerged,
    UnknownField,
    change,
    enrol,
    lock_for_edit,
)
from partners.revising import StaleRevision

__all__ = [
    "EDITABLE",
    "ContractTerms",
    "Enrolled",
    "NumberTaken",
    "PartnerMerged",
    "PartnerRow",
    "StaleRevision",
    "UnknownField",
    "change",
    "enrol",
    "enrol_many",
    "find_holders",
    "lock_for_edit",
    "name_partner",
]
