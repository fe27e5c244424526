"""A return: what a partner sent back, of an order it names or of whatever it bought before."""

from django.utils.translation import gettext_lazy as _

from partners.kinds.kind import Ask, Kind

KIND = Kind(
    code="return",
    name=_("Return"),
    description=_(
        "What the partner sent back. If it names its order, that one is taken back from first; "
        "otherwise the newest earlier orders of the same goods are."
    ),
    lines=Ask.MAY,
    amount=Ask.MUST,
    may_refer_to=("order", "invoice"),
    has_due_on=True,
    has_paid_on=True,
    is_open=True,
    example={
        "external_id": "CN-77",
        "currency": "GBP",
        "refers_to": {"external_id": "SO-1042"},
        "lines": [{"sku": "MUG-BLUE", "quantity": "2", "amount": "5.10"}],
    },
)
