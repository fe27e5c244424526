"""A cancellation: an order that is called off, whatever of it is left."""

from django.utils.translation import gettext_lazy as _

from partners.kinds.fields import Field
from partners.kinds.kind import Kind

KIND = Kind(
    code="cancellation",
    name=_("Cancellation"),
    description=_("The order it refers to is called off: all of it that is left is taken back."),
    fields=(Field(name="reason", label=_("reason"), length_max=200),),
    may_refer_to=("order", "invoice"),
    must_refer=True,
    example={"external_id": "SO-1042/cancelled", "refers_to": {"external_id": "SO-1042"}},
)
