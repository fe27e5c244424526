from rewards.models.award import Award, ClawBack, ReturnMatch
from rewards.models.campaign import CampaignBudget
from rewards.models.catalogue import (
    Entitlement,
    Redemption,
    RedemptionMove,
    Reward,
    RewardCode,
)
from rewards.models.consent import EarningApprover, EarningConsent
from rewards.models.programme import (
    EDITION_LENGTH,
    Programme,
    ProgrammeVersion,
    Standing,
    TierChange,
)
from rewards.models.segment import Segment, SegmentPlace
from rewards.models.share import Share, SharePart

__all__ = [
    "EDITION_LENGTH",
    "Award",
    "CampaignBudget",
    "ClawBack",
    "EarningApprover",
    "EarningConsent",
    "Entitlement",
    "Programme",
    "ProgrammeVersion",
    "Redemption",
    "RedemptionMove",
    "ReturnMatch",
    "Reward",
    "RewardCode",
    "Segment",
    "SegmentPlace",
    "Share",
    "SharePart",
    "Standing",
    "TierChange",
]
