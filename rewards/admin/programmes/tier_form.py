"""One tier as a row of the page of tiers."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from rewards.admin.programmes.asked import Asked, Lists, Type
from rewards.admin.programmes.row_form import RowForm, RowKind
from rewards.programmes.sentences import LANGUAGE_NAMES


class TierForm(RowForm):
    key = ""
    kinds: ClassVar = {"": RowKind("")}
    shared = (
        Asked("threshold", gettext_lazy("From a net spend of"), Type.MONEY),
        Asked(
            "multiplier_percent",
            gettext_lazy("Points times"),
            Type.TIMES,
            hint=gettext_lazy("1: as the rules say. 1.5: half as much again."),
            default="1",
        ),
        Asked(
            "expiry_extra_months",
            gettext_lazy("Points live longer by months"),
            Type.WHOLE,
            default=0,
        ),
    )

    def __init__(self, data: Any = None, *, prefix: str, lists: Lists, row: Any = None) -> None:
        super().__init__(data, prefix=prefix, lists=lists, row=row)
        names = self.stored.get("names") or {}
        self.fields["code"] = forms.CharField(
            required=False, widget=forms.HiddenInput, initial=self.stored.get("code", "")
        )
        for code, language in LANGUAGE_NAMES.items():
            self.fields[f"name_{code}"] = forms.CharField(
                label=_("Name") if code == "en" else language,
                required=code == "en",
                max_length=60,
                initial=names.get(code, ""),
                error_messages={"required": _("Give it a name.")},
            )

    @property
    def code(self) -> str:
        return str(self.cleaned_data.get("code") or "")

    @property
    def english(self) -> str:
        return str(self.cleaned_data["name_en"])

    @property
    def name_fields(self) -> list[forms.BoundField]:
        return [self[f"name_{code}"] for code in LANGUAGE_NAMES]

    def read(self) -> dict[str, Any]:
        row = super().read()
        typed = {code: self.cleaned_data[f"name_{code}"].strip() for code in LANGUAGE_NAMES}
        row["names"] = {code: name for code, name in typed.items() if name}
        return row
