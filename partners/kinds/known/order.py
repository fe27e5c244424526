"""An order: what a partner bought, line by line."""

from django.utils.translation import gettext_lazy as _

from partners.kinds.fields import Field, FieldType
from partners.kinds.kind import Ask, Kind

KIND = Kind(
    code="order",
    name=_("Order"),
    description=_("What the partner bought. Its amount is the sum of its lines."),
    fields=(
        Field(
            name="channel",
            label=_("channel"),
            hint=_("Where it was placed, such as web or phone."),
            length_max=64,
        ),
        Field(
            name="delivery",
            label=_("delivery"),
            type=FieldType.NUMBER,
            hint=_("What of the amount is for delivery."),
            least=0,
            is_money=True,
        ),
        Field(
            name="tax",
            label=_("tax"),
            type=FieldType.NUMBER,
            hint=_("What comes on top of the net amount."),
            least=0,
            is_money=True,
        ),
        Field(
            name="paid_with_points",
            label=_("paid with points"),
            type=FieldType.NUMBER,
            hint=_("What of the amount was paid with points or a wallet."),
            least=0,
            is_money=True,
        ),
    ),
    lines=Ask.MAY,
    amount=Ask.MUST,
    has_due_on=True,
    has_paid_on=True,
    is_open=True,
    example={
        "external_id": "SO-1042",
        "currency": "GBP",
        "lines": [{"sku": "MUG-BLUE", "quantity": "12", "amount": "30.60"}],
        "attributes": {"channel": "web"},
    },
)
