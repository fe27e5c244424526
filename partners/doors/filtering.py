"""Query parameters: known ones only, each once, each of its type."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework.request import Request

from partners.doors.problems import FieldProblem, Refusal
from partners.doors.serializers import (
    CANONICAL_UUID,
    MOMENT_MESSAGES,
    MomentError,
    read_moment,
)

if TYPE_CHECKING:
    # These classes are named in the settings, which rest_framework.views reads while loading.
    from rest_framework.views import APIView

ERP_PREFIX = "erp:"
REF_PREFIX = "ref:"
NUMBER_LENGTH_MAX = 64


class UnknownParameter(Refusal):
    """A query parameter that does not exist: ignoring it would answer another question."""


class RepeatedParameter(Refusal):
    """A query parameter stands twice; readers disagree about which counts."""


class InvalidParameter(Refusal):
    """The value of a query parameter cannot be understood."""


def refuse_strange_parameters(request: Request, *, known: Iterable[str]) -> None:
    """
    Let only known query parameters pass, each once.

    :raises UnknownParameter: With the names, and what there is instead.
    :raises RepeatedParameter: With the names.
    """
    allowed = sorted(known)
    unknown = [name for name in request.query_params if name not in allowed]
    if unknown:
        offered = ", ".join(allowed) or "none"
        raise UnknownParameter(
            f"Parameters known here: {offered}.",
            errors=[_describe(name, "unknown_parameter", "Not known here.") for name in unknown],
        )
    repeated = [name for name, values in request.query_params.lists() if len(values) > 1]
    if repeated:
        raise RepeatedParameter(
            "Send each parameter once.",
            errors=[_describe(name, "repeated_parameter", "Sent twice.") for name in repeated],
        )


def _describe(name: str, code: str, detail: str) -> FieldProblem:
    readable = name.encode("utf-8", "replace").decode("utf-8").replace("\x00", "?")
    return FieldProblem(parameter=readable[:100], code=code, detail=detail)


class StrictFilterBackend(DjangoFilterBackend):
    """Filters by the view's ``filterset_class`` and refuses values it cannot understand."""

    def filter_queryset(
        self, request: Any, queryset: QuerySet[Any], view: "APIView"
    ) -> QuerySet[Any]:
        filterset = self.get_filterset(request, queryset, view)
        if filterset is None:
            return queryset
        if not filterset.is_valid():
            raise describe_invalid(filterset.errors)
        refuse_periods_backwards(filterset.form.cleaned_data)
        return filterset.qs


def refuse_periods_backwards(given: Mapping[str, Any]) -> None:
    """A period ends after it begins: an empty answer would hide that the two were mixed up."""
    backwards = {
        name: [_("It must not be before %(from)s.") % {"from": start}]
        for name, end in given.items()
        for start in [f"{name.removesuffix('_until')}_from"]
        if name.endswith("_until") and end and given.get(start) and end < given[start]
    }
    if backwards:
        raise describe_invalid(backwards)


def describe_invalid(errors: Mapping[str, Any]) -> InvalidParameter:
    """Turn the errors of a form over query parameters into a refusal."""
    return InvalidParameter(
        "A parameter cannot be understood.",
        errors=[
            FieldProblem(parameter=name, code="invalid_parameter", detail=str(message))
            for name, messages in errors.items()
            for message in messages
        ],
    )


class MomentFormField(forms.CharField):
    """A moment with an offset, in a query."""

    def clean(self, value: Any) -> datetime | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            # In a query an unescaped plus arrives as a space.
            return read_moment(text.replace(" ", "+"))
        except MomentError as error:
            raise ValidationError(MOMENT_MESSAGES[error.code], code=error.code) from error


@extend_schema_field(OpenApiTypes.DATETIME)
class MomentFilter(django_filters.Filter):
    field_class = MomentFormField


class TrueOrFalseFormField(forms.CharField):
    """``true`` or ``false``, and nothing that only looks like one of them."""

    def clean(self, value: Any) -> bool | None:
        text = super().clean(value)
        if not text:
            return None
        if text not in {"true", "false"}:
            raise ValidationError(_("Send true or false."), code="invalid")
        return bool(text == "true")


@extend_schema_field(OpenApiTypes.BOOL)
class TrueOrFalseFilter(django_filters.Filter):
    field_class = TrueOrFalseFormField


class PublicIdFormField(forms.UUIDField):
    def clean(self, value: Any) -> Any:
        if value and not CANONICAL_UUID.fullmatch(str(value)):
            raise ValidationError(_("This is not an id."), code="invalid")
        return super().clean(value)


@extend_schema_field(OpenApiTypes.UUID)
class PublicIdFilter(django_filters.Filter):
    field_class = PublicIdFormField


def match_partner(reference: str, path: str = "") -> Q | None:
    """
    Return the condition for a partner named by its id or one of its numbers, else None.

    ``erp:<number>`` is its number in the ERP, ``ref:<system>:<number>`` in another system.
    ``path`` leads from the row to the partner, such as ``account__partner__``.
    """
    if reference.startswith(ERP_PREFIX):
        number = reference.removeprefix(ERP_PREFIX)
        return Q(**{f"{path}erp_number": number}) if _fits(number) else None
    if is_ref(reference):
        system, number = read_ref(reference)
        if not (_fits(system) and _fits(number)):
            return None
        return Q(**{f"{path}numbers__system": system, f"{path}numbers__number": number})
    if CANONICAL_UUID.fullmatch(reference):
        return Q(**{f"{path}public_id": reference})
    return None


def is_ref(reference: str) -> bool:
    """Whether a partner is named by its number in another system than the ERP."""
    return reference.startswith(REF_PREFIX)


def read_ref(reference: str) -> tuple[str, str]:
    """Return the system and the number of ``ref:<system>:<number>``."""
    system, _colon, number = reference.removeprefix(REF_PREFIX).partition(":")
    return system, number


def _fits(text: str) -> bool:
    return 0 < len(text) <= NUMBER_LENGTH_MAX and text.isprintable()


class PartnerFormField(forms.CharField):
    def clean(self, value: Any) -> str:
        text = super().clean(value)
        if text and match_partner(text) is None:
            raise ValidationError(
                _("Send the partner's id, or erp: and its ERP number, or ref:system:number.")
            )
        return str(text)


@extend_schema_field(OpenApiTypes.STR)
class PartnerFilter(django_filters.Filter):
    """``partner=<id>``, ``partner=erp:12346`` or ``partner=ref:shop:77``."""

    field_class = PartnerFormField

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        condition = match_partner(value, f"{self.field_name}__") if value else None
        return qs if condition is None else qs.filter(condition)
