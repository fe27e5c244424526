"""Recycling: what the partner gave back to be used again."""

from django.utils.translation import gettext_lazy as _

from partners.kinds.fields import Field
from partners.kinds.kind import Ask, Kind

KIND = Kind(
    code="recycling",
    name=_("Recycling"),
    description=_("What was given back to be used again, and how much of it."),
    fields=(
        Field(name="material", label=_("material"), is_required=True, length_max=100),
        Field(
            name="measure",
            label=_("measure"),
            hint=_("What the quantity counts, such as kg or pieces."),
            length_max=32,
        ),
    ),
    quantity=Ask.MUST,
    example={
        "external_id": "RC-88",
        "quantity": "12",
        "attributes": {"material": "toner cartridges", "measure": "pieces"},
    },
)
