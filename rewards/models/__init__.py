from rewards.models.award import Award, ClawBack, ReturnMatch
from rewards.models.catalogue import (
    Entitlement,
    Redemption,
    RedemptionMove,
    Reward,
    RewardCode,
)
from rewards.models.programme import Programme, ProgrammeVersion, Standing, TierChange
from rewards.models.share import Share, SharePart

__all__ = [
    "Award",
    "ClawBack",
    "Entitlement",
    "Programme",
    "ProgrammeVersion",
    "Redemption",
    "RedemptionMove",
    "ReturnMatch",
    "Reward",
    "RewardCode",
    "Share",
    "SharePart",
    "Standing",
    "TierChange",
]
