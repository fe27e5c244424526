"""The form of one rule: what is stored as one row of a document, asked for part by part."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from rewards.admin.programmes.asked import Asked, Lists, as_shown, make_field, read_values
from rewards.admin.programmes.kinds import CapForm, EarlyForm, EffectForm, PendingForm, StepForm
from rewards.admin.programmes.pairs import check_pairs
from rewards.admin.programmes.refusals import put_beside, say_refusal
from rewards.admin.programmes.row_form import list_rows
from rewards.admin.programmes.rule_asks import (
    BASIC,
    COUNTED,
    DAYS,
    DAYS_RISE,
    EXPIRY,
    GIVEN,
    LINES,
    ORDER,
)
from rewards.admin.programmes.trees import Conditions
from rewards.programmes.definition import InvalidDefinition
from rewards.programmes.sentences import LANGUAGE_NAMES

Row = dict[str, Any]
Data = Mapping[str, Any]

# What the form asks for itself; whatever else a rule says is kept untouched.
OWN_KEYS = frozenset(
    {
        "names",
        "trigger",
        "effect",
        "early",
        "when",
        "lines",
        "caps",
        "pending",
    }
)


class NamesForm(forms.Form):
    """A name in the four languages; English is needed, the others fall back to it."""

    def __init__(self, data: Data | None = None, *, names: Mapping[str, str] | None = None) -> None:
        super().__init__(data)
        for code, language in LANGUAGE_NAMES.items():
            field = forms.CharField(
                label=_("Name") if code == "en" else language,
                max_length=100,
                required=code == "en",
                initial=(names or {}).get(code, ""),
                error_messages={"required": _("Give it a name.")},
            )
            if code == "en":
                field.help_text = _("In English. Partners read it in their statements.")
            self.fields[f"name_{code}"] = field

    @property
    def has_other_errors(self) -> bool:
        """Whether something is wrong with a name that is folded away."""
        return bool(self.errors.keys() - {"name_en"})

    def read(self) -> dict[str, str]:
        given = {code: self.cleaned_data.get(f"name_{code}", "").strip() for code in LANGUAGE_NAMES}
        return {code: name for code, name in given.items() if name}


class BasicForm(forms.Form):
    """The single values of a rule."""

    def __init__(self, data: Data | None = None, *, rule: Row, lists: Lists) -> None:
        super().__init__(data)
        self.lists = lists
        self.fields["trigger"] = forms.ChoiceField(
            label=_("When this is reported"),
            choices=list(lists.kinds),
            initial=rule.get("trigger", "order"),
        )
        for asked in LINES:
            self._add(asked, rule.get("lines") or {})
        for asked in BASIC:
            self._add(asked, rule)

    def _add(self, asked: Asked, row: Row) -> None:
        made = make_field(asked, self.lists)
        made.initial = as_shown(asked, row, self.lists)
        self.fields[asked.name] = made

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        check_pairs([DAYS_RISE], self)
        return cleaned

    def bound(self, asked_for: tuple[Asked, ...]) -> list[forms.BoundField]:
        return [self[asked.name] for asked in asked_for]


class RuleForm:
    """All parts together. ``row`` is what is stored now, or nothing for a new rule."""

    def __init__(self, data: Data | None, *, row: Row | None, lists: Lists) -> None:
        rule = row or {}
        self.row = rule
        self.lists = lists
        self.names = NamesForm(data, names=rule.get("names"))
        self.basic = BasicForm(data, rule=rule, lists=lists)
        effect = rule.get("effect") or {}
        self.effect = EffectForm(data, prefix="effect", lists=lists, row=effect)
        self.steps = list_rows(
            StepForm, "steps", data=data, rows=effect.get("steps", []), lists=lists
        )
        self.early = list_rows(
            EarlyForm, "early", data=data, rows=rule.get("early") or [], lists=lists
        )
        self.conditions = Conditions("when", data=data, tree=rule.get("when"), lists=lists)
        self.caps = list_rows(CapForm, "caps", data=data, rows=rule.get("caps") or [], lists=lists)
        self.pending = PendingForm(
            data, prefix="pending", lists=lists, row=rule.get("pending") or {}
        )
        self.others: list[str] = []

    # What a page draws, part by part.

    @property
    def lines(self) -> list[forms.BoundField]:
        return self.basic.bound(LINES)

    @property
    def counted(self) -> list[forms.BoundField]:
        return self.basic.bound(COUNTED)

    @property
    def given(self) -> list[forms.BoundField]:
        return self.basic.bound(GIVEN)

    @property
    def days(self) -> list[forms.BoundField]:
        return self.basic.bound(DAYS)

    @property
    def expiry(self) -> list[forms.BoundField]:
        return self.basic.bound(EXPIRY)

    @property
    def order(self) -> list[forms.BoundField]:
        return self.basic.bound(ORDER)

    @property
    def is_stepped(self) -> bool:
        return self.effect.chosen == "stepped"

    def is_valid(self) -> bool:
        parts: tuple[Any, ...] = (
            self.names,
            self.basic,
            self.effect,
            *([self.steps] if self.is_stepped else []),
            self.early,
            self.conditions,
            self.caps,
            self.pending,
        )
        # Every one is looked at, so that each shows what is wrong with it.
        is_right = not [part for part in parts if not part.is_valid()]
        if is_right and self.is_stepped:
            self._check_steps()
        return is_right and not self.has_errors

    def _check_steps(self) -> None:
        """Say beside a step that it does not rise; the one before it is the measure."""
        if not self.steps.forms:
            self.effect.add_error("kind", _("Add a step at least."))
        for before, step in pairwise(self.steps.forms):
            lower, higher = (form.cleaned_data["from"] for form in (before, step))
            if lower is not None and higher is not None and higher <= lower:
                step.add_error("from", _("This must be more than in the step before."))

    def read(self, code: str) -> Row:
        """Return the rule as the document keeps it. What is missing becomes an error of the form."""
        rule = {
            name: value
            for name, value in self.row.items()
            if name not in OWN_KEYS and name not in {asked.name for asked in BASIC}
        }
        effect = self.effect.read()
        if self.is_stepped:
            effect["steps"] = self.steps.read()
        rule |= {
            "code": code,
            "names": self.names.read(),
            "trigger": self.basic.cleaned_data["trigger"],
            "effect": effect,
        }
        pending = self.pending.read()
        optional = {
            "lines": read_values(LINES, self.basic, self.lists),
            "when": self.conditions.read(),
            "early": self.early.read(),
            "caps": self.caps.read(),
            "pending": pending if pending.get("until") else None,
        }
        rule |= {name: value for name, value in optional.items() if value}
        return rule | read_values(BASIC, self.basic, self.lists)

    @property
    def has_errors(self) -> bool:
        """Whether anything was found wrong, also while it was read."""
        rows = (*self.steps.forms, *self.early.forms, *self.caps.forms)
        if not self.is_stepped:
            rows = (*self.early.forms, *self.caps.forms)
        conditions = [] if self.conditions.is_deep else self.conditions.rows.forms
        every = (self.names, self.basic, self.effect, self.pending, *rows, *conditions)
        return bool(self.others) or any(form.errors for form in every)

    def show_refusal(self, path: str, error: InvalidDefinition) -> None:
        """Put what the document's reader refused beside the field it is about."""
        head, _dot, rest = path.partition(".")
        name, last = head.partition("[")[0], rest.partition("[")[0]
        if name in {"early", "caps"} or rest.startswith("steps["):
            rows = self.steps if name == "effect" else getattr(self, name)
            self._in_row(rows.forms, rest if name == "effect" else path, error)
        elif name in {"effect", "pending"}:
            form = getattr(self, name)
            put_beside(form, form.field_at(last), error)
        elif name == "when" and self.conditions.add_error(path, error):
            pass
        elif (field := self._field_of(name, last)) is not None:
            put_beside(*field, error)
        else:
            self.others.append(say_refusal(error))

    def _field_of(self, name: str, last: str) -> tuple[forms.Form, str] | None:
        """Return where a single value is asked for."""
        if name == "names":
            return self.names, f"name_{last}" if f"name_{last}" in self.names.fields else "name_en"
        for candidate in (name, last if name == "lines" else ""):
            if candidate in self.basic.fields:
                return self.basic, candidate
        return None

    def _in_row(self, forms_: list[Any], path: str, error: InvalidDefinition) -> None:
        digits = path.partition("[")[2].partition("]")[0]
        place = int(digits) if digits.isdecimal() else 0
        if place >= len(forms_):
            self.others.append(say_refusal(error))
            return
        form = forms_[place]
        put_beside(form, form.field_at(path.rpartition(".")[2].partition("[")[0]), error)
