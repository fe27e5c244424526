"""Pickers of rows that stand a made-up key: it is no choice, and never an error page."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model

DIGITS_MAX = 18


class PickedField(forms.ModelChoiceField):
    """Where the form is shown again, what is no key is shown as nothing chosen."""

    def prepare_value(self, value: Any) -> Any:
        return super().prepare_value(value if is_key(value) else None)


class PickedManyField(forms.ModelMultipleChoiceField):
    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, Iterable) and not isinstance(value, str):
            value = [each for each in value if is_key(each)]
        return super().prepare_value(value)

    def clean(self, value: Any) -> Any:
        for each in value or ():
            if not is_key(each):
                said = self.error_messages["invalid_pk_value"]
                raise ValidationError(said, code="invalid_pk_value", params={"pk": each})
        return super().clean(value)


def is_key(value: Any) -> bool:
    """Whether this may be the key of a row: a number that the database can hold."""
    if isinstance(value, Model):
        return True
    text = str(value)
    return text.isascii() and text.isdecimal() and len(text) <= DIGITS_MAX
