"""Free delivery: the next N orders are delivered for nothing, within a time."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from rewards.catalogue import entitlements
from rewards.catalogue.fields import Field, FieldType
from rewards.catalogue.kind import Fact, RewardKind
from rewards.catalogue.words import say_day, say_days
from rewards.models import Redemption, Reward


def say_orders(count: int) -> str:
    return ngettext("%(count)d order", "%(count)d orders", count) % {"count": count}


class FreeDelivery(RewardKind):
    """Our own entitlement row is the whole delivery, so it is written with the redemption."""

    code = "free_delivery"
    name = gettext_lazy("Delivery")
    pictogram = "delivery"
    terms = (
        Field(
            name="deliveries",
            label=gettext_lazy("Number of deliveries"),
            type=FieldType.WHOLE,
            most=1000,
        ),
        Field(
            name="valid_days",
            label=gettext_lazy("Valid for days"),
            type=FieldType.WHOLE,
            most=3650,
        ),
    )

    def deliver(self, redemption: Redemption, *, at: datetime) -> dict[str, Any]:
        deliveries = redemption.reward.terms["deliveries"]
        entitlement = entitlements.grant(
            redemption,
            value={"deliveries": deliveries, "deliveries_left": deliveries},
            valid_days=redemption.reward.terms["valid_days"],
            at=at,
        )
        return entitlements.record(entitlement)

    def cancel(self, redemption: Redemption, *, at: datetime) -> None:
        entitlements.withdraw(redemption)

    def describe(self, reward: Reward) -> list[Fact]:
        return [
            Fact(_("Free delivery"), say_orders(reward.terms["deliveries"])),
            Fact(_("Use within"), say_days(reward.terms["valid_days"])),
        ]

    def describe_delivery(self, redemption: Redemption) -> list[Fact]:
        delivery = redemption.delivery
        facts = [Fact(_("Free delivery"), say_orders(delivery["deliveries"]))]
        if valid_until := entitlements.read_valid_until(delivery):
            facts.append(Fact(_("Use until"), say_day(valid_until, redemption.reward.programme)))
        return facts

    def foretell(self, reward: Reward) -> str:
        return _("Delivery is free from your next order on. What you do not use in time lapses.")


KIND = FreeDelivery()
