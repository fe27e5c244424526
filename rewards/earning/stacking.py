"""How the awards of campaigns stand to those of the base, for one activity."""

from collections.abc import Sequence

from rewards.earning.outcome import (
    LOWER_THAN_BASE,
    LOWER_THAN_CAMPAIGN,
    REPLACED,
    Given,
    Outcome,
    PassedOver,
)

BASE = ""


def drop_what_does_not_stack(outcomes: list[Outcome | None]) -> None:
    """
    Pass over what gives way, in place.

    Where a campaign that stands ``instead`` of the base gives anything, the base does not count.
    Of the base and all campaigns of which the ``best`` counts, only the side with the highest sum
    does; where two are equal the base stays, then the campaign that is judged first.
    """
    stackings = {
        given.campaign.code: given.campaign.stacking
        for given in _given(outcomes)
        if given.campaign is not None and given.campaign.stacking != "sum"
    }
    if not stackings:
        return
    for code, stacking in stackings.items():
        if stacking == "instead":
            _drop(outcomes, BASE, REPLACED, code)
    sums = {BASE: _sum(outcomes, BASE)}
    sums |= {code: _sum(outcomes, code) for code, each in stackings.items() if each == "best"}
    # The first of those that are equal is the one that stays.
    best = max(sums, key=lambda code: sums[code])
    reason = LOWER_THAN_CAMPAIGN if best else LOWER_THAN_BASE
    for code in sums:
        if code != best:
            _drop(outcomes, code, reason, best)


def _given(outcomes: Sequence[Outcome | None]) -> list[Given]:
    return [outcome for outcome in outcomes if isinstance(outcome, Given)]


def _sum(outcomes: Sequence[Outcome | None], campaign_code: str) -> int:
    return sum(
        given.amount for given in _given(outcomes) if given.rule.campaign_code == campaign_code
    )


def _drop(outcomes: list[Outcome | None], campaign_code: str, reason: str, winner: str) -> None:
    """Pass over all rules of one side; ``winner`` is the campaign that counts, or the base."""
    detail = {
        "amount": _sum(outcomes, campaign_code),
        "best": {"campaign": winner, "amount": _sum(outcomes, winner)},
    }
    for place, outcome in enumerate(outcomes):
        if isinstance(outcome, Given) and outcome.rule.campaign_code == campaign_code:
            outcomes[place] = PassedOver(outcome.rule.code, reason, detail)
