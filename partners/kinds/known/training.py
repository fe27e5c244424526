"""A training: somebody of the partner's team took a course."""

from django.utils.translation import gettext_lazy as _

from partners.kinds.fields import Field, FieldType
from partners.kinds.kind import Kind

KIND = Kind(
    code="training",
    name=_("Training"),
    description=_("A course that was taken. Name the member of the team who took it."),
    fields=(
        Field(name="course", label=_("course"), is_required=True, length_max=100),
        Field(
            name="score",
            label=_("score"),
            type=FieldType.WHOLE,
            hint=_("In percent."),
            least=0,
            most=100,
        ),
        Field(name="passed", label=_("passed"), type=FieldType.YES_NO),
    ),
    example={
        "external_id": "LMS-5120",
        "attributes": {"course": "Safe lifting", "score": 92, "passed": True},
    },
)
