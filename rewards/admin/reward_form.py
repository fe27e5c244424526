"""One reward: its columns, the terms that its kind asks for, and new codes for its pool."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from ledger.models import TRANSFER_AMOUNT_MAX
from rewards.catalogue.fields import Field, FieldsNotValid, FieldType
from rewards.catalogue.kind import RewardKind
from rewards.catalogue.registry import every_kind, kind_of
from rewards.models import Programme, Reward
from rewards.programmes.live import NoVersionInForce, version_in_force

CODE_LENGTH_MAX = 64
CODES_MAX = 10_000
NEW_CODES = "new_codes"


def name_terms_field(kind: RewardKind, field: Field) -> str:
    return f"{kind.code}__{field.name}"


def find_terms_fields(kind: RewardKind) -> list[str]:
    """Return the names of the form fields that a kind needs beside the columns."""
    names = [name_terms_field(kind, field) for field in kind.terms]
    return [*names, NEW_CODES] if kind.has_code_pool else names


class RewardForm(forms.ModelForm):
    """Checks the terms with the kind itself, so that what is saved can be delivered."""

    class Meta:
        model = Reward
        fields = "__all__"  # noqa: DJ007  # the page names them

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        is_new = self.instance.pk is None
        kinds = every_kind() if is_new else [kind_of(self.instance.kind)]
        if "kind" in self.fields:
            choices = [(kind.code, kind.name) for kind in kinds]
            self.fields["kind"] = forms.ChoiceField(
                label=_("Kind"), choices=choices, widget=UnfoldAdminSelectWidget()
            )
        if "min_tier" in self.fields:
            self.fields["min_tier"] = make_tier_field(self.fields["min_tier"])
        if is_new and "offered_from" in self.fields:
            self.fields["offered_from"].initial = timezone.now()
        for kind in kinds:
            self._add_terms(kind)

    def _add_terms(self, kind: RewardKind) -> None:
        for field in kind.terms:
            made = make_form_field(field)
            made.initial = self.instance.terms.get(field.name) if self.instance.pk else None
            self.fields[name_terms_field(kind, field)] = made
        if kind.has_code_pool:
            self.fields[NEW_CODES] = make_codes_field()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        code = cleaned.get("kind") or self.instance.kind
        if not code:
            return cleaned
        kind = kind_of(code)
        given = {
            field.name: as_given(field, cleaned.get(name_terms_field(kind, field)))
            for field in kind.terms
        }
        try:
            self.instance.terms = kind.validate(given)
        except FieldsNotValid as error:
            for name, sentence in error.errors.items():
                form_name = f"{kind.code}__{name}"
                self.add_error(form_name if form_name in self.fields else None, sentence)
        return cleaned

    def clean_offered_until(self) -> datetime | None:
        starts_at: datetime | None = self.cleaned_data.get("offered_from")
        ends_at: datetime | None = self.cleaned_data["offered_until"]
        if starts_at and ends_at and ends_at <= starts_at:
            raise forms.ValidationError(_("The last day is before the first."))
        return ends_at

    def clean_price(self) -> int:
        price: int = self.cleaned_data["price"]
        if price < 1:
            raise forms.ValidationError(_("A reward costs at least one."))
        if price > TRANSFER_AMOUNT_MAX:
            raise forms.ValidationError(_("No partner will ever hold that many points."))
        return price

    def clean_new_codes(self) -> list[str]:
        """Return the codes, one a line, each once."""
        lines = str(self.cleaned_data[NEW_CODES] or "").splitlines()
        codes = list(dict.fromkeys(line.strip() for line in lines if line.strip()))
        if len(codes) > CODES_MAX:
            raise forms.ValidationError(
                _("Upload at most %(count)d codes at a time.") % {"count": CODES_MAX}
            )
        too_long = next((code for code in codes if len(code) > CODE_LENGTH_MAX), None)
        if too_long is not None:
            raise forms.ValidationError(
                _("“%(code)s…” is longer than %(count)d characters.")
                % {"code": too_long[:20], "count": CODE_LENGTH_MAX}
            )
        return codes


def as_given(field: Field, value: Any) -> Any:
    """Hand a value over the way a form of the portal would: as text, or not at all."""
    return None if value in (None, "") else str(value)


def make_form_field(field: Field) -> forms.Field:
    """Return a form field that is never required: only the chosen kind's fields are, by the kind."""
    hint = field.hint if field.is_required or field.hint else _("May stay empty.")
    common: dict[str, Any] = {"label": field.label, "help_text": hint, "required": False}
    if field.type is FieldType.WHOLE:
        return forms.IntegerField(widget=UnfoldAdminIntegerFieldWidget(), **common)
    widget = UnfoldAdminTextareaWidget() if field.has_lines else UnfoldAdminTextInputWidget()
    return forms.CharField(widget=widget, **common)


def make_codes_field() -> forms.Field:
    return forms.CharField(
        label=gettext_lazy("Add codes"),
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 8, "class": "font-mono"}),
        help_text=gettext_lazy("One a line. Each is given to one redemption only."),
    )


def make_tier_field(column: forms.Field) -> forms.Field:
    """Offer the tiers of the live programmes by name."""
    tiers: dict[str, str] = {}
    now = timezone.now()
    for programme in Programme.objects.live():
        try:
            definition = version_in_force(programme, now).definition
        except NoVersionInForce:
            continue
        tiers |= {tier.code: tier.name("en") for tier in definition.tiers}
    return forms.ChoiceField(
        label=column.label,
        required=False,
        choices=[("", _("Everybody")), *tiers.items()],
        widget=UnfoldAdminSelectWidget(),
    )
