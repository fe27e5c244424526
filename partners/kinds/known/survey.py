"""A survey: somebody of the partner answered questions."""

from django.utils.translation import gettext_lazy as _

from partners.kinds.fields import Field, FieldType
from partners.kinds.kind import Kind

KIND = Kind(
    code="survey",
    name=_("Survey"),
    description=_("Questions that were answered."),
    fields=(
        Field(name="survey", label=_("survey"), is_required=True, length_max=100),
        Field(name="score", label=_("score"), type=FieldType.WHOLE, least=0, most=10),
        Field(
            name="supplier_share",
            label=_("share of purchases"),
            type=FieldType.WHOLE,
            hint=_("How much of what the partner buys of this kind it buys from you, in percent."),
            least=0,
            most=100,
        ),
    ),
    example={"external_id": "SV-2026-1", "attributes": {"survey": "spring-2026", "score": 9}},
)
