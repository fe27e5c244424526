"""Auto-order: the partner's goods are ordered by themselves from now on, or no longer."""

from django.utils.translation import gettext_lazy as _

from partners.kinds.fields import Field, FieldType
from partners.kinds.kind import Kind

KIND = Kind(
    code="auto_order",
    name=_("Auto-order"),
    description=_("The partner switched automatic orders on or off."),
    fields=(
        Field(
            name="state",
            label=_("automatic orders"),
            type=FieldType.CHOICE,
            choices=(("on", _("on")), ("off", _("off"))),
            is_required=True,
        ),
    ),
    example={"external_id": "AO-12", "attributes": {"state": "on"}},
)
