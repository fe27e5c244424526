"""The form of a campaign: its days, whom it is for, its budget and limits. Its rules stay apart."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from rewards.admin.programmes.asked import Asked, Lists, Type, as_shown, make_field, read_values
from rewards.admin.programmes.kinds import AudienceForm, CapForm
from rewards.admin.programmes.pairs import check_pairs
from rewards.admin.programmes.refusals import put_beside, say_refusal
from rewards.admin.programmes.row_form import RowForm, list_rows
from rewards.admin.programmes.rule_asks import DAYS_RISE
from rewards.admin.programmes.rule_form import NamesForm
from rewards.admin.programmes.trees import Conditions, place_of
from rewards.programmes.definition import InvalidDefinition

Data = Mapping[str, Any]
Row = dict[str, Any]

DAYS = (
    Asked("starts_on", gettext_lazy("First day"), Type.DAY),
    Asked("ends_on", gettext_lazy("Last day"), Type.LAST_DAY),
)
STACKING = (
    Asked(
        "stacking",
        gettext_lazy("With the other rules"),
        Type.CHOICE,
        (
            ("sum", gettext_lazy("on top: both count")),
            ("best", gettext_lazy("the better one counts, for each order")),
            ("instead", gettext_lazy("where the campaign gives, the others do not")),
        ),
        default="sum",
    ),
)
BUDGET = (
    Asked(
        "units",
        gettext_lazy("Budget: at most, for all partners together"),
        Type.UNITS,
        hint=gettext_lazy("Empty: no budget. What returns take back does not reopen it."),
        is_needed=False,
    ),
)
ASKED = (*DAYS, *STACKING)


class CampaignBasics(forms.Form):
    def __init__(self, data: Data | None = None, *, row: Row, lists: Lists) -> None:
        super().__init__(data)
        for asked in ASKED:
            self._add(asked, row, lists)
        for asked in BUDGET:
            self._add(asked, row.get("budget") or {}, lists)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        check_pairs([DAYS_RISE], self)
        return cleaned

    def _add(self, asked: Asked, row: Row, lists: Lists) -> None:
        made = make_field(asked, lists)
        made.initial = as_shown(asked, row, lists)
        self.fields[asked.name] = made


class CampaignForm:
    """All parts together. ``row`` is what is stored now, or nothing for a new campaign."""

    def __init__(self, data: Data | None, *, row: Row | None, lists: Lists) -> None:
        self.row = row or {}
        self.lists = lists
        self.names = NamesForm(data, names=self.row.get("names"))
        self.basic = CampaignBasics(data, row=self.row, lists=lists)
        self.audience = Conditions(
            "audience",
            data=data,
            tree=self.row.get("audience"),
            lists=lists,
            form_class=AudienceForm,
        )
        self.caps = list_rows(
            CapForm, "caps", data=data, rows=self.row.get("caps") or [], lists=lists
        )
        self.others: list[str] = []

    def is_valid(self) -> bool:
        parts = (self.names, self.basic, self.audience, self.caps)
        return not [part for part in parts if not part.is_valid()]

    @property
    def has_errors(self) -> bool:
        rows = [] if self.audience.is_deep else self.audience.rows.forms
        every = (self.names, self.basic, *self.caps.forms, *rows)
        return bool(self.others) or any(form.errors for form in every)

    @property
    def days(self) -> list[forms.BoundField]:
        return [self.basic[asked.name] for asked in DAYS]

    @property
    def stacking(self) -> forms.BoundField:
        return self.basic["stacking"]

    @property
    def budget(self) -> forms.BoundField:
        return self.basic["units"]

    def read(self, code: str) -> Row:
        budget = read_values(BUDGET, self.basic, self.lists)
        optional = {
            "audience": self.audience.read(),
            "caps": self.caps.read(),
            "budget": budget,
        }
        return (
            {"code": code, "names": self.names.read()}
            | read_values(ASKED, self.basic, self.lists)
            | {name: value for name, value in optional.items() if value}
        )

    def show_refusal(self, error: InvalidDefinition, own: str) -> bool:
        """Put a refusal beside its field; return whether it is about the campaign, at ``own``."""
        path = error.path.removeprefix(own).lstrip(".")
        name = path.partition(".")[0].partition("[")[0]
        if not error.path.startswith(own) or name == "rules":
            return False
        if name == "audience" and self.audience.add_error(path, error):
            return True
        if name == "caps" and (form := self._cap_at(path)) is not None:
            put_beside(form, form.field_at(path.rpartition(".")[2]), error)
        elif name == "budget":
            put_beside(self.basic, "units", error)
        elif name in self.basic.fields:
            put_beside(self.basic, name, error)
        elif name == "names":
            put_beside(self.names, "name_en", error)
        else:
            self.others.append(say_refusal(error))
        return True

    def _cap_at(self, path: str) -> RowForm | None:
        place = place_of(path)
        return self.caps.forms[place] if place < len(self.caps.forms) else None
