"""Physical gift: a parcel to an address, with shipping states that the manager moves."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from rewards.catalogue.fields import Field
from rewards.catalogue.kind import CannotBeTakenBack, Fact, RewardKind
from rewards.models import Redemption, Reward

SHIPPED = "shipped"
DELIVERED = "delivered"


class PhysicalGift(RewardKind):
    """The parcel is handed over by people; ``delivery`` records what they tell us about it."""

    code = "physical_gift"
    name = gettext_lazy("Gift")
    pictogram = "gift"
    is_delivered_at_once = False
    is_sent_as_parcel = True
    terms = (
        Field(
            name="delivery_note",
            label=gettext_lazy("How it is sent"),
            is_required=False,
            hint=gettext_lazy("For example: with your next order."),
        ),
    )
    details = (
        Field(name="recipient", label=gettext_lazy("Recipient"), autocomplete="name"),
        Field(
            name="street",
            label=gettext_lazy("Street and number"),
            has_lines=True,
            length_max=200,
            autocomplete="street-address",
        ),
        Field(
            name="postcode",
            label=gettext_lazy("Postcode"),
            length_max=16,
            autocomplete="postal-code",
        ),
        Field(name="city", label=gettext_lazy("Town"), autocomplete="address-level2"),
        Field(name="country", label=gettext_lazy("Country"), autocomplete="country-name"),
        Field(
            name="phone",
            label=gettext_lazy("Telephone"),
            hint=gettext_lazy("Only for the carrier."),
            is_required=False,
            length_max=32,
            autocomplete="tel",
        ),
    )

    def ship(self, redemption: Redemption, *, tracking_number: str, at: datetime) -> dict[str, Any]:
        """Return what to record once the parcel is on its way."""
        return {"parcel": SHIPPED, "shipped_at": at.isoformat(), "tracking": tracking_number}

    def deliver(self, redemption: Redemption, *, at: datetime) -> dict[str, Any]:
        return {**redemption.delivery, "parcel": DELIVERED, "delivered_at": at.isoformat()}

    def cancel(self, redemption: Redemption, *, at: datetime) -> None:
        if redemption.delivery.get("parcel") == SHIPPED:
            raise CannotBeTakenBack(
                _("The parcel is on its way. It can be returned once it has arrived.")
            )

    def describe(self, reward: Reward) -> list[Fact]:
        note = reward.terms.get("delivery_note")
        return [Fact(_("Sent"), note)] if note else []

    def describe_delivery(self, redemption: Redemption) -> list[Fact]:
        delivery, details = redemption.delivery, redemption.details
        facts = [Fact(_("Parcel"), _say_parcel(delivery.get("parcel")))]
        if tracking := delivery.get("tracking"):
            facts.append(Fact(_("Tracking number"), tracking))
        address = ", ".join(
            details[name] for name in ("recipient", "street", "postcode", "city", "country")
        )
        return [*facts, Fact(_("Address"), address)]

    def foretell(self, reward: Reward) -> str:
        return _("The parcel is sent to the address you give. You see here when it is on its way.")


def _say_parcel(state: str | None) -> str:
    if state == DELIVERED:
        return _("Delivered")
    return _("On its way") if state == SHIPPED else _("Being packed")


KIND = PhysicalGift()
