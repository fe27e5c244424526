"""Anything else that is worth knowing of a partner."""

from django.utils.translation import gettext_lazy as _

from partners.kinds.kind import Ask, Kind
from partners.models import Activity

KIND = Kind(
    code="generic",
    name=_("Other"),
    description=_("Anything else. Define an own kind where it comes regularly."),
    lines=Ask.MAY,
    amount=Ask.MAY,
    quantity=Ask.MAY,
    may_refer_to=tuple(Activity.Kind.values),
    has_due_on=True,
    has_paid_on=True,
    is_open=True,
    example={"external_id": "X-1", "attributes": {"what": "visited the fair"}},
)
