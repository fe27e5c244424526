"""The confirm step of a reward: what the kind asks for, and what the taker saw."""

from collections.abc import Mapping
from typing import Any

from django import forms

from rewards.catalogue.fields import Field, FieldsNotValid
from rewards.catalogue.kind import RewardKind


class RedeemForm(forms.Form):
    """
    ``request_id`` was issued with the page: whatever is pressed twice, it counts once.

    The values of the kind are judged by the kind itself, in ``refuse``, so that every door asks
    for the same.
    """

    request_id = forms.UUIDField(widget=forms.HiddenInput)
    price_seen = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=10**12)
    paid_from = forms.ChoiceField(
        widget=forms.HiddenInput, choices=[("pool", "pool"), ("wallet", "wallet")]
    )

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, kind: RewardKind, **options: Any
    ) -> None:
        super().__init__(data, **options)
        self.kind = kind
        for field in kind.details:
            self.fields[field.name] = _make_control(field)

    @property
    def asked(self) -> list[forms.BoundField]:
        """The fields of the kind, for the page."""
        return [self[field.name] for field in self.kind.details]

    @property
    def details(self) -> dict[str, str]:
        return {field.name: self.cleaned_data.get(field.name, "") for field in self.kind.details}

    def refuse(self, refusal: FieldsNotValid) -> None:
        """Put what the kind refused beside its fields."""
        for name, message in refusal.errors.items():
            self.add_error(name if name in self.fields else None, message)


def _make_control(field: Field) -> forms.CharField:
    attributes = {"autocomplete": field.autocomplete, "maxlength": field.length_max}
    widget = (
        forms.Textarea({**attributes, "rows": 2})
        if field.has_lines
        else forms.TextInput(attributes)
    )
    # Required and too long are said by the kind; the browser's own bubble would come before it.
    return forms.CharField(
        label=str(field.label), help_text=str(field.hint), required=False, widget=widget, strip=True
    )
