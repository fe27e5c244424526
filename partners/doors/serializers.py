"""Fields that take exactly the type they name, and objects that refuse what they do not know."""

import re
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, ClassVar

from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from partners.intake import EARLIEST, LATEST

WITH_OFFSET = re.compile(
    r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})", re.ASCII
)
WITHOUT_OFFSET = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?", re.ASCII)
EXACT_AMOUNT = re.compile(r"\d{1,14}(\.\d{1,4})?", re.ASCII)
# Not a sentence, a name or an address: what stands in the journal cannot be erased.
ONE_WORD = r"^[^\s@]*$"
NOT_ONE_WORD = _("Write one word without @, such as the number of a document.")
CANONICAL_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)


class StrictSerializer(serializers.Serializer[Any]):
    """A set of named fields. A name it does not know is refused, never ignored."""

    default_error_messages: ClassVar = {"unknown_field": _("There is no such field.")}

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return super().to_internal_value(data)
        unknown = {name: [self._unknown()] for name in data if name not in self.fields}
        try:
            value = super().to_internal_value(data)
        except serializers.ValidationError as error:
            if unknown and isinstance(error.detail, dict):
                raise serializers.ValidationError({**error.detail, **unknown}) from error
            raise
        if unknown:
            raise serializers.ValidationError(unknown)
        return value

    def _unknown(self) -> serializers.ErrorDetail:
        return serializers.ErrorDetail(
            str(self.error_messages["unknown_field"]), code="unknown_field"
        )


class WholeNumberField(serializers.IntegerField):
    """A JSON number without decimals: not ``"5"``, not ``true``, not ``1.5``."""

    default_error_messages: ClassVar = {"invalid": _("Send a whole JSON number, such as 120.")}

    def to_internal_value(self, data: Any) -> int:
        if type(data) is not int:
            self.fail("invalid")
        return data


class TrueOrFalseField(serializers.BooleanField):
    default_error_messages: ClassVar = {"invalid": _("Send true or false.")}

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid")
        return data


class TextField(serializers.CharField):
    """A JSON string. Numbers are not turned into text behind the sender's back."""

    default_error_messages: ClassVar = {
        "invalid": _("Send a text in quotes."),
        "control": _("The text contains a control character."),
    }

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        if any(ord(character) < 32 and character not in "\t\r\n" for character in data):
            self.fail("control")
        return super().to_internal_value(data)


class LineField(TextField):
    """A JSON string of one line: a name or a number, by which a thing is found again."""

    def to_internal_value(self, data: Any) -> str:
        if isinstance(data, str) and any(character in data for character in "\t\r\n"):
            self.fail("control")
        return super().to_internal_value(data)


class ReferenceField(TextField):
    """The caller's own number of something: one word, since the journal keeps it for good."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=100, required=False, allow_blank=True, default="", **kwargs)
        self.validators.append(RegexValidator(ONE_WORD, message=NOT_ONE_WORD, code="not_one_word"))


class OneOfField(serializers.ChoiceField):
    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("invalid_choice", input=data)
        return super().to_internal_value(data)


class PublicIdField(serializers.UUIDField):
    default_error_messages: ClassVar = {"invalid": _("Send an id as this API gives them out.")}

    def to_internal_value(self, data: Any) -> uuid.UUID:
        if not isinstance(data, str) or not CANONICAL_UUID.fullmatch(data):
            self.fail("invalid")
        return uuid.UUID(data)


@extend_schema_field({"type": "string", "pattern": r"^\d{1,14}(\.\d{1,4})?$", "example": "128.50"})
class ExactAmountTextField(serializers.Field[Decimal, Any, str, Any]):
    """Money or a quantity as a decimal text: exact, up to four decimals, never below zero."""

    default_error_messages: ClassVar = {
        "invalid": _('Send a decimal text with up to four decimals, such as "128.50".'),
        "not_positive": _("It must be above zero."),
    }

    def __init__(self, *, positive: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.positive = positive

    def to_internal_value(self, data: Any) -> Decimal:
        if not isinstance(data, str) or not EXACT_AMOUNT.fullmatch(data):
            self.fail("invalid")
        amount = Decimal(data)
        if self.positive and not amount:
            self.fail("not_positive")
        return amount

    def to_representation(self, value: Decimal) -> str:
        return write_exact(value)


def write_exact(value: Decimal) -> str:
    """Write an exact amount with at least two decimals and no idle zeros after them."""
    text = f"{value:.4f}"
    return text[:-2] if text.endswith("00") else text.rstrip("0")


class MomentError(ValueError):
    """The text is not a moment in time; ``code`` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def read_moment(text: str) -> datetime:
    """
    Return the moment an ISO 8601 text with an offset names, in UTC.

    :raises MomentError: With the code ``naive``, ``invalid`` or ``out_of_range``.
    """
    if WITHOUT_OFFSET.fullmatch(text):
        raise MomentError("naive")
    if not WITH_OFFSET.fullmatch(text):
        raise MomentError("invalid")
    try:
        moment = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise MomentError("invalid") from error
    if not EARLIEST <= moment < LATEST:
        raise MomentError("out_of_range")
    return moment


def write_moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


MOMENT_MESSAGES: dict[str, Any] = {
    "invalid": _("Send a time such as 2026-03-02T09:30:00+02:00."),
    "naive": _("Say the offset too, such as 2026-03-02T09:30:00+02:00 or ...Z."),
    "out_of_range": _("The time is too far from the present."),
}


@extend_schema_field(OpenApiTypes.DATETIME)
class MomentField(serializers.Field[datetime, Any, str, Any]):
    """A moment with an offset. A naive time is refused: nobody knows which moment it means."""

    default_error_messages: ClassVar = MOMENT_MESSAGES

    def to_internal_value(self, data: Any) -> datetime:
        if not isinstance(data, str):
            self.fail("invalid")
        try:
            return read_moment(data)
        except MomentError as error:
            self.fail(error.code)

    def to_representation(self, value: datetime) -> str:
        return write_moment(value)


class DayField(serializers.DateField):
    """A calendar day, ``2026-03-02``."""

    def to_internal_value(self, value: Any) -> Any:
        if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
            self.fail("invalid", format="YYYY-MM-DD")
        return super().to_internal_value(value)
