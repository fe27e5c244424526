"""Exact money and quantities on facts: up to four decimals, kept as a whole number."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

SCALE = 10_000
PLACES = Decimal("0.0001")


class AmountTooPrecise(ValueError):
    """The amount has more than four decimals and cannot be stored without changing it."""


def to_ten_thousandths(amount: Decimal | int) -> int:
    """
    Return the amount as a whole number of ten-thousandths.

    :raises AmountTooPrecise: If that would drop a decimal.
    """
    scaled = Decimal(amount) * SCALE
    whole = int(scaled)
    if scaled != whole:
        raise AmountTooPrecise(f"{amount} has more than four decimals.")
    return whole


def from_ten_thousandths(value: int) -> Decimal:
    return (Decimal(value) / SCALE).quantize(PLACES)


class ExactAmountField(models.BigIntegerField):
    """
    A ``Decimal`` in Python, a big integer of ten-thousandths in the database.

    Sums are exact on both databases: SQLite adds decimals as floats, integers it adds exactly.
    """

    description = _("An exact amount of money with up to four decimals")

    # For the type checker: what an instance may be given, and what it gives back.
    _pyi_private_set_type: Any
    _pyi_private_get_type: Any

    def deconstruct(self) -> Any:
        # Migrations see the plain column: they import no project code.
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.BigIntegerField", args, kwargs

    def from_db_value(self, value: int | Decimal | None, *_: Any) -> Decimal | None:
        return None if value is None else from_ten_thousandths(int(value))

    def to_python(self, value: Any) -> Decimal | None:
        if value is None or isinstance(value, Decimal):
            return value
        try:
            return Decimal(value)
        except (ArithmeticError, TypeError, ValueError) as error:
            raise ValidationError(_("Write an amount such as 1250.50.")) from error

    def get_prep_value(self, value: Any) -> int | None:
        amount = self.to_python(value)
        return None if amount is None else to_ten_thousandths(amount)

    def formfield(self, **kwargs: Any) -> Any:
        from_form: dict[str, Any] = {
            "form_class": forms.DecimalField,
            "max_digits": 19,
            "decimal_places": 4,
        }
        return super(models.BigIntegerField, self).formfield(**(from_form | kwargs))
