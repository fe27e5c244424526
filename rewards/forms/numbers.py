"""Fields that read numbers the way people type them."""

import re
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from ledger.models import TRANSFER_AMOUNT_MAX

SPACES = str.maketrans("", "", " \N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{THIN SPACE}'")
GROUPED = re.compile(r"[0-9]{1,3}(?:[.,][0-9]{3})+")
DECIMAL = re.compile(r"[0-9]{1,13}(?:[.,][0-9]{1,4})?")
PERCENT = re.compile(r"([0-9]{1,3})%")
WEIGHT = re.compile(r"[0-9]{1,4}(?:[.,][0-9]{1,3})?")


class UnitsField(forms.CharField):
    """
    A whole amount in minor units, typed as people write it: ``3000``, ``3,000``, ``3 000``.

    With ``of`` it also reads a percentage of that amount, rounded down: ``25 %``.
    """

    default_error_messages: ClassVar = {"units": _("Write a number such as 3000.")}

    def __init__(self, *, decimals: int = 0, of: int | None = None, **options: Any) -> None:
        super().__init__(max_length=32, **options)
        self.decimals = decimals
        self.of = of

    def clean(self, value: Any) -> int | None:
        text = super().clean(value).translate(SPACES)
        if not text:
            return None
        if self.of is not None and (percent := PERCENT.fullmatch(text)):
            share = min(int(percent[1]), 100)
            return self.of * share // 100
        units = self._read(text)
        if units is None or units > TRANSFER_AMOUNT_MAX:
            raise ValidationError(self.error_messages["units"], code="units")
        return units

    def _read(self, text: str) -> int | None:
        if not self.decimals and GROUPED.fullmatch(text):
            return int(re.sub(r"[.,]", "", text))
        if not DECIMAL.fullmatch(text):
            return None
        scaled = Decimal(text.replace(",", ".")).scaleb(self.decimals)
        return int(scaled) if scaled == int(scaled) else None


class WeightField(forms.CharField):
    """A weight of up to three decimals, in thousandths: ``0.5`` and ``0,5`` are 500."""

    default_error_messages: ClassVar = {"weight": _("Write a weight such as 1 or 0.5.")}

    def clean(self, value: Any) -> int:
        text = super().clean(value).translate(SPACES)
        if not text:
            return 0
        if not WEIGHT.fullmatch(text):
            raise ValidationError(self.error_messages["weight"], code="weight")
        return int(Decimal(text.replace(",", ".")).scaleb(3))
