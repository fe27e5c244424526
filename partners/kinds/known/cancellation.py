"""A cancellation: an order that is called off, whatever of it is left, or one of its invoices."""

from django.utils.translation import gettext_lazy as _

from partners.kinds.fields import Field
from partners.kinds.kind import Kind

KIND = Kind(
    code="cancellation",
    name=_("Cancellation"),
    description=_(
        "What it refers to is called off: of an order all that is left is taken back, of an invoice "
        "its part of what is left of the order."
    ),
    fields=(Field(name="reason", label=_("reason"), length_max=200),),
    may_refer_to=("order", "invoice"),
    must_refer=True,
    example={"external_id": "SO-1042/cancelled", "refers_to": {"external_id": "SO-1042"}},
)
