"""E-correspondence: the partner agrees to papers by e-mail, or takes that back."""

from django.utils.translation import gettext_lazy as _

from partners.kinds.fields import Field, FieldType
from partners.kinds.kind import Kind

KIND = Kind(
    code="e_correspondence",
    name=_("E-correspondence"),
    description=_("The partner switched to papers by e-mail, or back to paper."),
    fields=(
        Field(
            name="state",
            label=_("papers by e-mail"),
            type=FieldType.CHOICE,
            choices=(("on", _("on")), ("off", _("off"))),
            is_required=True,
        ),
    ),
    example={"external_id": "EC-3", "attributes": {"state": "on"}},
)
