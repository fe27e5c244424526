"""Discount voucher: a code of our own, worth a percentage or an amount, for a time."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from rewards.catalogue import codes, entitlements
from rewards.catalogue.fields import Field, FieldsNotValid, FieldType
from rewards.catalogue.kind import Fact, RewardKind
from rewards.catalogue.words import say_day, say_days, say_money
from rewards.models import Redemption, Reward


class DiscountVoucher(RewardKind):
    """
    The code is drawn by us and kept beside an entitlement that the seller's shop asks about.

    Both are rows of our own, so they are written with the redemption.
    """

    code = "discount_voucher"
    name = gettext_lazy("Voucher")
    pictogram = "voucher"
    terms = (
        Field(
            name="percent",
            label=gettext_lazy("Discount in percent"),
            type=FieldType.WHOLE,
            is_required=False,
            most=100,
        ),
        Field(
            name="amount",
            label=gettext_lazy("or discount as an amount"),
            type=FieldType.MONEY,
            is_required=False,
        ),
        Field(
            name="valid_days", label=gettext_lazy("Valid for days"), type=FieldType.WHOLE, most=3650
        ),
        Field(
            name="prefix",
            label=gettext_lazy("Codes start with"),
            is_required=False,
            length_max=12,
        ),
    )

    def validate(self, terms: Mapping[str, Any]) -> dict[str, Any]:
        cleaned = super().validate(terms)
        if ("percent" in cleaned) == ("amount" in cleaned):
            raise FieldsNotValid({"percent": _("Give either a percentage or an amount.")})
        return cleaned

    def deliver(self, redemption: Redemption, *, at: datetime) -> dict[str, Any]:
        terms = redemption.reward.terms
        value = {"code": codes.give_own_code(redemption, prefix=terms.get("prefix", ""))}
        if "percent" in terms:
            value["percent"] = terms["percent"]
        else:
            value["amount"] = terms["amount"]
            value["currency"] = redemption.reward.programme.currency
        return entitlements.record(
            entitlements.grant(redemption, value=value, valid_days=terms["valid_days"], at=at)
        )

    def cancel(self, redemption: Redemption, *, at: datetime) -> None:
        # The code stays bound to this redemption: a code once seen is never given again.
        entitlements.withdraw(redemption)

    def describe(self, reward: Reward) -> list[Fact]:
        discount = _say_discount(reward.terms, reward.programme.currency)
        return [
            Fact(_("Discount"), discount),
            Fact(_("Use within"), say_days(reward.terms["valid_days"])),
            Fact(_("How"), _("One code, for one order")),
        ]

    def describe_delivery(self, redemption: Redemption) -> list[Fact]:
        delivery = redemption.delivery
        currency = redemption.reward.programme.currency
        facts = [
            Fact(_("Code"), delivery["code"], is_secret=True),
            Fact(_("Discount"), _say_discount(delivery, currency)),
        ]
        if valid_until := entitlements.read_valid_until(delivery):
            facts.append(Fact(_("Use until"), say_day(valid_until, redemption.reward.programme)))
        return facts

    def foretell(self, reward: Reward) -> str:
        return _("The code is on the receipt. Give it with one order.")


def _say_discount(values: Mapping[str, Any], currency: str) -> str:
    if "percent" in values:
        return _("%(percent)d %%") % {"percent": values["percent"]}
    return say_money(values["amount"], currency)


KIND = DiscountVoucher()
