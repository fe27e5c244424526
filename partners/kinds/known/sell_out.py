"""A sell-out: what the partner sold on to its own customers."""

from django.utils.translation import gettext_lazy as _

from partners.kinds.kind import Ask, Kind

KIND = Kind(
    code="sell_out",
    name=_("Sell-out"),
    description=_("What the partner sold on to its own customers."),
    lines=Ask.MAY,
    amount=Ask.MAY,
    quantity=Ask.MAY,
    is_open=True,
    example={
        "external_id": "CLAIM-31",
        "quantity": "2",
        "attributes": {"sku": "DRILL-18V"},
    },
)
