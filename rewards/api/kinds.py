"""Which kinds of activities there are, and what a report of each says."""

from typing import Any, ClassVar

from drf_spectacular.helpers import forced_singular_serializer
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from partners.doors.views import Door
from partners.keys import Scope
from partners.kinds import Ask, Field, FieldType, Kind, all_kinds
from partners.models import OwnKind

ASKED = [each.value for each in Ask]


class FieldOutput(serializers.Serializer[Any]):
    """One typed attribute."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a declared field
    type = serializers.ChoiceField(choices=[each.value for each in FieldType])
    required = serializers.BooleanField()  # type: ignore[assignment]  # a declared field
    hint = serializers.CharField()
    choices = serializers.ListField(child=serializers.CharField())


class KindOutput(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    own = serializers.BooleanField(help_text="Defined by the seller.")
    active = serializers.BooleanField(help_text="May be reported.")
    lines = serializers.ChoiceField(choices=ASKED)
    amount = serializers.ChoiceField(choices=ASKED)
    quantity = serializers.ChoiceField(choices=ASKED)
    refers_to = serializers.ListField(
        child=serializers.CharField(), help_text="Kinds that it may refer to."
    )
    must_refer = serializers.BooleanField()
    due_on = serializers.BooleanField()
    paid_on = serializers.BooleanField()
    further_attributes = serializers.BooleanField(
        help_text="It takes attributes that are not among its fields."
    )
    fields = FieldOutput(many=True)  # type: ignore[assignment]  # a declared field


class KindsOutput(serializers.Serializer[Any]):
    kinds = KindOutput(many=True)


@extend_schema(tags=["activities"])
class KindDoor(Door):
    """The kinds of activities: those that are built in, and those that the seller defined."""

    scopes: ClassVar = {"list": Scope.ACTIVITIES_READ}
    queryset = OwnKind.objects.none()
    serializer_class = KindsOutput
    pagination_class = None
    filter_backends = ()

    # One document, not a list of documents.
    @extend_schema(responses={200: forced_singular_serializer(KindsOutput)})  # type: ignore[no-untyped-call]  # the library says no types
    def list(self, request: Request) -> Response:
        """List every kind with its fields."""
        return Response({"kinds": [describe_kind(kind) for kind in all_kinds().values()]})


def describe_kind(kind: Kind) -> dict[str, Any]:
    return {
        "code": kind.code,
        "name": str(kind.name),
        "description": str(kind.description),
        "own": kind.is_own,
        "active": kind.is_active,
        "lines": kind.lines.value,
        "amount": kind.amount.value,
        "quantity": kind.quantity.value,
        "refers_to": list(kind.may_refer_to),
        "must_refer": kind.must_refer,
        "due_on": kind.has_due_on,
        "paid_on": kind.has_paid_on,
        "further_attributes": kind.is_open,
        "fields": [describe_field(field) for field in kind.fields],
    }


def describe_field(field: Field) -> dict[str, Any]:
    return {
        "name": field.name,
        "label": str(field.label),
        "type": field.type.value,
        "required": field.is_required,
        "hint": str(field.hint),
        "choices": [code for code, _name in field.choices],
    }
