"""Credit on the next invoice: an entitlement the seller's ERP takes off the bill."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from rewards.catalogue import entitlements
from rewards.catalogue.fields import Field, FieldType
from rewards.catalogue.kind import Fact, RewardKind
from rewards.catalogue.words import say_day, say_days, say_money
from rewards.models import Redemption, Reward


class InvoiceCredit(RewardKind):
    """Our own entitlement row is the whole delivery, so it is written with the redemption."""

    code = "invoice_credit"
    name = gettext_lazy("Off the invoice")
    pictogram = "invoice"
    terms = (
        Field(name="amount", label=gettext_lazy("Credit"), type=FieldType.MONEY),
        Field(
            name="valid_days",
            label=gettext_lazy("Valid for days"),
            type=FieldType.WHOLE,
            is_required=False,
            most=3650,
        ),
    )

    def deliver(self, redemption: Redemption, *, at: datetime) -> dict[str, Any]:
        reward = redemption.reward
        value = {"amount": reward.terms["amount"], "currency": reward.programme.currency}
        entitlement = entitlements.grant(
            redemption, value=value, valid_days=reward.terms.get("valid_days"), at=at
        )
        return entitlements.record(entitlement)

    def cancel(self, redemption: Redemption, *, at: datetime) -> None:
        entitlements.withdraw(redemption)

    def describe(self, reward: Reward) -> list[Fact]:
        credit = say_money(reward.terms["amount"], reward.programme.currency)
        facts = [Fact(_("Credit"), credit)]
        if days := reward.terms.get("valid_days"):
            facts.append(Fact(_("Use within"), say_days(days)))
        return facts

    def describe_delivery(self, redemption: Redemption) -> list[Fact]:
        delivery = redemption.delivery
        facts = [Fact(_("Credit"), say_money(delivery["amount"], delivery["currency"]))]
        if valid_until := entitlements.read_valid_until(delivery):
            facts.append(Fact(_("Use until"), say_day(valid_until, redemption.reward.programme)))
        return facts

    def foretell(self, reward: Reward) -> str:
        credit = say_money(reward.terms["amount"], reward.programme.currency)
        return _("%(credit)s come off your next invoice.") % {"credit": credit}


KIND = InvoiceCredit()
