"""A payment: an invoice is paid, whole or in part."""

from django.utils.translation import gettext_lazy as _

from partners.kinds.fields import Field
from partners.kinds.kind import Ask, Kind

KIND = Kind(
    code="payment",
    name=_("Payment"),
    description=_("Money that came in for an invoice. Several payments may pay one invoice."),
    fields=(
        Field(
            name="method",
            label=_("method"),
            hint=_("How it was paid, such as transfer or card."),
            length_max=64,
        ),
    ),
    amount=Ask.MUST,
    may_refer_to=("invoice",),
    must_refer=True,
    has_paid_on=True,
    example={
        "external_id": "PAY-9",
        "currency": "GBP",
        "amount": "30.60",
        "refers_to": {"external_id": "INV-2042"},
        "attributes": {"method": "transfer"},
    },
)
