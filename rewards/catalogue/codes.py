"""Codes of rewards: drawn at random here, or taken from a pool that the manager uploaded."""

import secrets
from collections.abc import Collection

from rewards.models import Redemption, Reward, RewardCode

# No 0 and O, 1, I and L: codes are read aloud and typed from paper.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
GROUPS = 3
GROUP_LENGTH = 4


def draw_code(*, prefix: str = "") -> str:
    """Return a code that nobody can guess: about 59 bits in groups of four."""
    groups = ["".join(secrets.choice(ALPHABET) for _ in range(GROUP_LENGTH)) for _ in range(GROUPS)]
    return "-".join([prefix, *groups] if prefix else groups)


def give_own_code(redemption: Redemption, *, prefix: str) -> str:
    """Draw the code of this redemption, or return the one it already has."""
    given, _is_new = RewardCode.objects.get_or_create(
        redemption=redemption,
        defaults={"reward": redemption.reward, "code": draw_code(prefix=prefix)},
    )
    return given.code


def take_from_pool(redemption: Redemption) -> bool:
    """
    Bind one free code of the pool to this redemption. False if none is left.

    Whoever loses the race for a code waits for the winner's commit, finds the row taken by the
    conditional UPDATE, and tries the next: a code is never bound twice, and the last one is
    refused only when it is really gone.
    """
    free = RewardCode.objects.filter(reward_id=redemption.reward_id, redemption__isnull=True)
    while code_id := free.order_by("pk").values_list("pk", flat=True).first():
        if free.filter(pk=code_id).update(redemption=redemption):
            return True
    return False


def put_back_into_pool(redemption: Redemption) -> None:
    """Free a code that was set aside and that nobody has seen."""
    RewardCode.objects.filter(redemption=redemption).update(redemption=None)


def find_rewards_with_free_codes(reward_ids: Collection[int]) -> frozenset[int]:
    free = RewardCode.objects.filter(reward__in=reward_ids, redemption__isnull=True)
    return frozenset(free.values_list("reward_id", flat=True).distinct())


def code_of(redemption: Redemption) -> str:
    return RewardCode.objects.values_list("code", flat=True).get(redemption=redemption)


def add_to_pool(reward: Reward, new_codes: Collection[str]) -> int:
    """Add codes to the reward's pool; return how many were not there yet."""
    known = set(
        RewardCode.objects.filter(reward=reward, code__in=new_codes).values_list("code", flat=True)
    )
    missing = [code for code in new_codes if code not in known]
    RewardCode.objects.bulk_create(
        [RewardCode(reward=reward, code=code) for code in missing],
        batch_size=1_000,
        ignore_conflicts=True,
    )
    return len(missing)
