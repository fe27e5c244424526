"""What a body names by id or number, found among what the caller may see."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from partners.doors.filtering import match_partner
from partners.doors.serializers import TextField
from partners.models import Actor, Partner

# ref:system:number, each up to 64.
REFERENCE_LENGTH_MAX = 133


def refuse(field: str, detail: str, code: str) -> serializers.ValidationError:
    return serializers.ValidationError({field: [serializers.ErrorDetail(detail, code=code)]})


class PartnerReferenceField(TextField):
    """A partner's id, ``erp:`` and its ERP number, or ``ref:system:number``."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=REFERENCE_LENGTH_MAX, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        reference = super().to_internal_value(data)
        if match_partner(reference) is None:
            raise serializers.ValidationError(
                _("Send the partner's id, or erp: and its ERP number, or ref:system:number."),
                code="invalid",
            )
        return reference


def find_partner(reference: str, *, actor: Actor) -> Partner:
    """Return the partner a body names. Somebody else's is refused like one that is not there."""
    condition = match_partner(reference)
    rows = Partner.objects.for_actor(actor)
    found = None if condition is None else rows.filter(condition).first()
    if found is None:
        raise refuse("partner", _("There is no such partner."), "does_not_exist")
    return found
