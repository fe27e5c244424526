"""
Two people edit one row at once: each keeps what they changed, and only both at one field is asked.

The page carries what it was opened with. When it comes back, a field that the person left alone
takes what a colleague wrote meanwhile.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, cast

from django import forms
from django.core import signing
from django.db.models import Model, QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import QueryDict
from django.utils.translation import gettext as _

SEEN = "seen"
SIGNER = signing.Signer(salt="partners.admin.editing_together")


class SeenField(forms.CharField):
    """What the page was opened with, signed: it comes back as it went out, or not at all."""

    widget = forms.HiddenInput

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Nobody types it."""
        return False


class TogetherForm(forms.ModelForm):
    """
    Puts together what several people change. The row is locked by the page that holds the form.

    ``theirs`` are the names of the fields that were taken as a colleague wrote them. ``is_gone``
    says that somebody took the whole row away, and this person did not mean it.
    """

    seen = SeenField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.theirs: list[str] = []
        self.is_gone = False
        self._names = [name for name in self.fields if name != SEEN]
        self._stored = {name: to_plain(self.initial.get(name)) for name in self._names}
        if self.instance.pk:
            self.initial[SEEN] = SIGNER.sign_object(self._stored)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        seen = read_seen(cleaned.pop(SEEN, ""))
        if seen is None:
            return cleaned
        if self.instance.pk is None:
            self._judge_row_that_is_gone(seen, cleaned)
            return cleaned
        both: list[str] = []
        for name in self._names:
            if name in cleaned and name in seen and self._stored[name] != seen[name]:
                self._merge_field(name, seen[name], cleaned, both)
        for name in both:
            self.add_error(
                name,
                _("Somebody else wrote here meanwhile: %(value)s. Save again to keep yours.")
                % {"value": self._say_stored(name)},
            )
        if both:
            self._show_what_is_there(seen, both)
        return cleaned

    @property
    def changed_data(self) -> list[str]:
        """What this person changed, for the log: not what was taken over."""
        changed: list[str] = super().changed_data
        return [name for name in changed if name not in self.theirs]

    def _merge_field(self, name: str, seen: Any, cleaned: dict[str, Any], both: list[str]) -> None:
        """The row says something else than when the page was opened."""
        stored, typed = self._stored[name], to_plain(cleaned[name])
        if typed == stored:
            return
        if isinstance(stored, list):
            # Of several chosen ones each is put in or taken out by itself.
            mine = set(typed) - set(seen), set(seen) - set(typed)
            field = cast(Any, self.fields[name])
            cleaned[name] = field.queryset.filter(pk__in=set(stored) - mine[1] | mine[0])
        elif typed == seen:
            cleaned[name] = getattr(self.instance, name)
        else:
            both.append(name)
            return
        self.theirs.append(name)

    def _judge_row_that_is_gone(self, seen: Mapping[str, Any], cleaned: dict[str, Any]) -> None:
        changed = any(to_plain(cleaned[name]) != seen[name] for name in seen if name in cleaned)
        self.is_gone = not changed and not self.errors
        if changed:
            # Beside a field, since tabs show no errors of a row.
            self.add_error(
                self._names[0],
                _("Somebody else took this row away meanwhile. Save again to keep it."),
            )
            self._say_again({SEEN: ""})

    def _show_what_is_there(self, seen: Mapping[str, Any], both: list[str]) -> None:
        """Whoever saves again has read it; what they left alone is shown as it is now."""
        known = [*self.theirs, *both]
        again = {**seen, **{name: self._stored[name] for name in known}}
        shown = {name: self._stored[name] for name in self.theirs}
        self._say_again({SEEN: SIGNER.sign_object(again), **shown})
        for name in self.theirs:
            if isinstance(chosen := self.cleaned_data[name], QuerySet):
                self.data.setlist(self.add_prefix(name), to_plain(chosen))  # type: ignore[attr-defined]  # a copy of the QueryDict, see _say_again

    def _say_again(self, values: Mapping[str, Any]) -> None:
        typed = cast(QueryDict, self.data).copy()
        for name, value in values.items():
            typed[self.add_prefix(name)] = "" if value is None else value
        self.data = typed

    def _say_stored(self, name: str) -> str:
        say = getattr(self.instance, f"get_{name}_display", None)
        value = say() if say else getattr(self.instance, name)
        return _("empty") if value in {None, ""} else str(value)


class TogetherFormSet(BaseInlineFormSet):
    """Rows that a colleague may have taken away: the form of the row says so, where it is seen."""

    def get_queryset(self) -> Any:
        """As many as were shown, in their order: the page is drawn row by row along them."""
        rows = super().get_queryset()
        if not self.is_bound:
            return rows
        model: Any = self.model
        key = model._meta.pk.name
        stored = {str(row.pk): row for row in rows}
        shown = range(min(self.initial_form_count(), self.total_form_count()))
        asked = [self.data.get(f"{self.add_prefix(place)}-{key}", "") for place in shown]
        return [stored.get(pk) or model() for pk in asked]

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        model: Any = self.model
        name = model._meta.pk.name
        known = form.fields[name].initial
        form.fields[name] = forms.IntegerField(
            initial=known, required=False, widget=forms.HiddenInput
        )


def read_seen(token: str) -> dict[str, Any] | None:
    """Return what the page was opened with, or None where it does not say."""
    try:
        seen: dict[str, Any] = SIGNER.unsign_object(token)
    except signing.BadSignature:
        return None
    return seen


def to_plain(value: Any) -> Any:
    """Return a value as JSON keeps it, to be compared: rows by their keys, days as text."""
    if isinstance(value, Model):
        return value.pk
    if isinstance(value, QuerySet | list):
        return sorted(to_plain(each) for each in value)
    return value.isoformat() if isinstance(value, date) else value
