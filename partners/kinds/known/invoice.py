"""An invoice: what is owed for an order, until when, and whether it went out electronically."""

from django.utils.translation import gettext_lazy as _

from partners.kinds.fields import Field, FieldType
from partners.kinds.kind import Ask, Kind

KIND = Kind(
    code="invoice",
    name=_("Invoice"),
    description=_(
        "What is owed, and until when. Payments and disputes are facts of their own that refer to "
        "it; where a source writes them on the invoice, they are made out of it."
    ),
    fields=(
        Field(
            name="electronic",
            label=_("electronic"),
            type=FieldType.YES_NO,
            hint=_("Yes for an electronic invoice, no for one on paper."),
        ),
        Field(
            name="disputed",
            label=_("disputed"),
            type=FieldType.YES_NO,
            hint=_("Yes becomes a dispute that refers to the invoice; no closes one that is open."),
        ),
    ),
    lines=Ask.MAY,
    amount=Ask.MUST,
    may_refer_to=("order",),
    has_due_on=True,
    has_paid_on=True,
    example={
        "external_id": "INV-2042",
        "currency": "GBP",
        "amount": "30.60",
        "due_on": "2026-04-01",
        "refers_to": {"external_id": "SO-1042"},
        "attributes": {"electronic": True},
    },
)
