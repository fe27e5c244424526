"""A referral: the partner brought another company."""

from django.utils.translation import gettext_lazy as _

from partners.kinds.fields import Field
from partners.kinds.kind import Kind

KIND = Kind(
    code="referral",
    name=_("Referral"),
    description=_("The partner brought another company."),
    fields=(
        Field(
            name="referred",
            label=_("referred company"),
            hint=_("Its number in the seller's ERP, or the name it goes by."),
            is_required=True,
            length_max=100,
        ),
    ),
    example={"external_id": "REF-4", "attributes": {"referred": "12399"}},
)
