from partners.models.activity import (
    Activity,
    ActivityLine,
    LateMark,
    OwnKind,
    WaitingReference,
)
from partners.models.amounts import ExactAmountField
from partners.models.claims import ClaimedSerial, ClaimMove, ClaimProof, SellOutClaim
from partners.models.company import Contract, Partner, PartnerMerge, PartnerNumber, Tag
from partners.models.event import Event
from partners.models.inbox import ImportRow, MatchingRule, ParkedDocument
from partners.models.integration import ApiKey, ApiKeyDay, RememberedAnswer
from partners.models.job import JobRun
from partners.models.rates import ConvertedAmount, ExchangeRate
from partners.models.runs import ImportRun, SourceMapping
from partners.models.scope import Actor, PartnerScopedQuerySet
from partners.models.team import Erasure, Invitation, InvitationMail, Member, Person

__all__ = [
    "Activity",
    "ActivityLine",
    "Actor",
    "ApiKey",
    "ApiKeyDay",
    "ClaimMove",
    "ClaimProof",
    "ClaimedSerial",
    "Contract",
    "ConvertedAmount",
    "Erasure",
    "Event",
    "ExactAmountField",
    "ExchangeRate",
    "ImportRow",
    "ImportRun",
    "Invitation",
    "InvitationMail",
    "JobRun",
    "LateMark",
    "MatchingRule",
    "Member",
    "OwnKind",
    "ParkedDocument",
    "Partner",
    "PartnerMerge",
    "PartnerNumber",
    "PartnerScopedQuerySet",
    "Person",
    "RememberedAnswer",
    "SellOutClaim",
    "SourceMapping",
    "Tag",
    "WaitingReference",
]
