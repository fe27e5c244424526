"""Payment deferral: N more days for one invoice that the taker names."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from rewards.catalogue import entitlements
from rewards.catalogue.fields import Field, FieldType
from rewards.catalogue.kind import Fact, RewardKind
from rewards.catalogue.words import say_days
from rewards.models import Redemption, Reward


class PaymentDeferral(RewardKind):
    """Our own entitlement row is the whole delivery, so it is written with the redemption."""

    code = "payment_deferral"
    name = gettext_lazy("Deferral")
    pictogram = "deferral"
    terms = (
        Field(name="days", label=gettext_lazy("Days of deferral"), type=FieldType.WHOLE, most=365),
    )
    details = (
        Field(
            name="invoice_number",
            label=gettext_lazy("Invoice number"),
            hint=gettext_lazy("One invoice that is not yet due."),
            length_max=64,
        ),
    )

    def deliver(self, redemption: Redemption, *, at: datetime) -> dict[str, Any]:
        value = {
            "days": redemption.reward.terms["days"],
            "invoice_number": redemption.details["invoice_number"],
        }
        return entitlements.record(
            entitlements.grant(redemption, value=value, valid_days=None, at=at)
        )

    def cancel(self, redemption: Redemption, *, at: datetime) -> None:
        entitlements.withdraw(redemption)

    def describe(self, reward: Reward) -> list[Fact]:
        return [Fact(_("More time to pay"), say_days(reward.terms["days"]))]

    def describe_delivery(self, redemption: Redemption) -> list[Fact]:
        delivery = redemption.delivery
        return [
            Fact(_("Invoice"), delivery["invoice_number"]),
            Fact(_("More time to pay"), say_days(delivery["days"])),
        ]

    def foretell(self, reward: Reward) -> str:
        days = say_days(reward.terms["days"])
        return _("The invoice you name is due %(days)s later.") % {"days": days}


KIND = PaymentDeferral()
