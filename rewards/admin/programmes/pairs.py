"""Two values that belong together: which of them must be there, and which comes first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _


@dataclass(frozen=True, slots=True)
class Pair:
    """
    ``least`` and ``most`` say how many of the two are needed. Where both are there ``second`` is
    not below ``first``; nor is it the same, if it ``is_open``.
    """

    first: str
    second: str
    least: int = 1
    most: int = 2
    is_open: bool = False


def check_pairs(pairs: Iterable[Pair], form: forms.Form, *, prefix: str = "") -> None:
    """Say beside the fields, in their own words, what is wrong between two of them."""
    for pair in pairs:
        names = [f"{prefix}{pair.first}", f"{prefix}{pair.second}"]
        # What could not be read is said already.
        if not any(name in form.errors for name in names):
            _check(pair, form, names)


def _check(pair: Pair, form: forms.Form, names: list[str]) -> None:
    first, second = (form.cleaned_data.get(name) for name in names)
    count = sum(value not in (None, "", []) for value in (first, second))
    if count < pair.least:
        both = pair.most > 1
        sentence = _("Fill in at least one of the two.") if both else _("Fill in one of the two.")
        form.add_error(names[0], sentence)
    elif count > pair.most:
        form.add_error(names[1], _("Fill in only one of the two."))
    elif count == 2 and (reason := _why_not_rising(first, second, is_open=pair.is_open)):
        form.add_error(names[1], reason % {"other": form[names[0]].label})


def _why_not_rising(first: Any, second: Any, *, is_open: bool) -> str:
    if second > first or (second == first and not is_open):
        return ""
    if isinstance(first, date):
        return _("This is before “%(other)s”.")
    if is_open:
        return _("This must be more than “%(other)s”.")
    return _("This must not be less than “%(other)s”.")
