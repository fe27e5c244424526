"""Gift certificate: one code of a pool that the manager uploaded, given exactly once."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from rewards.catalogue import codes, entitlements
from rewards.catalogue.fields import Field, FieldType
from rewards.catalogue.kind import CannotBeTakenBack, Fact, RewardKind
from rewards.catalogue.words import say_day, say_days, say_money
from rewards.models import Redemption, Reward


class GiftCertificate(RewardKind):
    """
    A code is set aside at request and shown at delivery; both are rows of our own.

    A code set aside goes back to the pool when the request is refused or cancelled. A code that
    was shown may be spent at a shop we cannot ask, so its delivery is never taken back.
    """

    code = "gift_certificate"
    name = gettext_lazy("Certificate")
    pictogram = "card"
    has_code_pool = True
    terms = (
        Field(name="amount", label=gettext_lazy("Worth"), type=FieldType.MONEY),
        Field(name="shop", label=gettext_lazy("Valid at"), length_max=80),
        Field(
            name="valid_days", label=gettext_lazy("Valid for days"), type=FieldType.WHOLE, most=3650
        ),
    )

    def find_emptied(self, reward_ids: Collection[int]) -> frozenset[int]:
        return frozenset(reward_ids) - codes.find_rewards_with_free_codes(reward_ids)

    def reserve(self, redemption: Redemption) -> bool:
        return codes.take_from_pool(redemption)

    def release(self, redemption: Redemption) -> None:
        codes.put_back_into_pool(redemption)

    def deliver(self, redemption: Redemption, *, at: datetime) -> dict[str, Any]:
        reward = redemption.reward
        return {
            "code": codes.code_of(redemption),
            "shop": reward.terms["shop"],
            "amount": reward.terms["amount"],
            "currency": reward.programme.currency,
            "valid_until": (at + timedelta(days=reward.terms["valid_days"])).isoformat(),
        }

    def cancel(self, redemption: Redemption, *, at: datetime) -> None:
        raise CannotBeTakenBack(_("The code has been shown and may be spent already."))

    def describe(self, reward: Reward) -> list[Fact]:
        return [
            Fact(_("Worth"), say_money(reward.terms["amount"], reward.programme.currency)),
            Fact(_("Valid at"), reward.terms["shop"]),
            Fact(_("Use within"), say_days(reward.terms["valid_days"])),
        ]

    def describe_delivery(self, redemption: Redemption) -> list[Fact]:
        delivery = redemption.delivery
        facts = [
            Fact(_("Code"), delivery["code"], is_secret=True),
            Fact(_("Worth"), say_money(delivery["amount"], delivery["currency"])),
            Fact(_("Valid at"), delivery["shop"]),
        ]
        if valid_until := entitlements.read_valid_until(delivery):
            facts.append(Fact(_("Use until"), say_day(valid_until, redemption.reward.programme)))
        return facts

    def foretell(self, reward: Reward) -> str:
        return _(
            "The code is on the receipt, for you alone. A code once shown cannot be given back."
        )


KIND = GiftCertificate()
