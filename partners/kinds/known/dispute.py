"""A dispute: the partner does not agree with an invoice, or does again."""

from django.utils.translation import gettext_lazy as _

from partners.kinds.fields import Field, FieldType
from partners.kinds.kind import Kind

KIND = Kind(
    code="dispute",
    name=_("Dispute"),
    description=_("The partner disputes an invoice, or the dispute is over."),
    fields=(
        Field(
            name="state",
            label=_("state"),
            type=FieldType.CHOICE,
            choices=(("opened", _("opened")), ("closed", _("closed"))),
            is_required=True,
        ),
        Field(name="reason", label=_("reason"), length_max=200),
    ),
    may_refer_to=("invoice",),
    must_refer=True,
    example={
        "external_id": "INV-2042/dispute",
        "refers_to": {"external_id": "INV-2042"},
        "attributes": {"state": "opened"},
    },
)
