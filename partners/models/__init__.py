from partners.models.activity import Activity, ActivityLine
from partners.models.amounts import ExactAmountField
from partners.models.company import Partner
from partners.models.event import Event
from partners.models.integration import (
    ApiKey,
    ImportRow,
    ImportRun,
    ParkedDocument,
    RememberedAnswer,
)
from partners.models.job import JobRun
from partners.models.scope import Actor, PartnerScopedQuerySet
from partners.models.team import Member, Person

__all__ = [
    "Activity",
    "ActivityLine",
    "Actor",
    "ApiKey",
    "Event",
    "ExactAmountField",
    "ImportRow",
    "ImportRun",
    "JobRun",
    "Member",
    "ParkedDocument",
    "Partner",
    "PartnerScopedQuerySet",
    "Person",
    "RememberedAnswer",
]
