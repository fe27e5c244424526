"""What a partner can still earn, and what it has earned but cannot spend yet."""

from rewards.offering.concerned import find_concerned
from rewards.offering.today import Today, read_today
from rewards.offering.waiting import Lost, WaitingAward, read_lost, read_waiting
from rewards.offering.ways import Campaign, Limit, Way, Ways, WaysToEarn, read_ways

__all__ = [
    "Campaign",
    "Limit",
    "Lost",
    "Today",
    "WaitingAward",
    "Way",
    "Ways",
    "WaysToEarn",
    "find_concerned",
    "read_lost",
    "read_today",
    "read_waiting",
    "read_ways",
]
