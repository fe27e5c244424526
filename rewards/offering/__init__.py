"""What a partner can still earn, and what it has earned but cannot spend yet."""

from rewards.offering.waiting import Lost, WaitingAward, read_lost, read_waiting
from rewards.offering.ways import Campaign, Limit, Way, Ways, WaysToEarn, hear_now, read_ways

__all__ = [
    "Campaign",
    "Limit",
    "Lost",
    "WaitingAward",
    "Way",
    "Ways",
    "WaysToEarn",
    "hear_now",
    "read_lost",
    "read_waiting",
    "read_ways",
]
