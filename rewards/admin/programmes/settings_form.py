"""The settings of a programme as a form: money and rounding, waiting, expiry, returns, tiers."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from rewards.admin.programmes.asked import Asked, Lists, Type, as_shown, make_field, read_values
from rewards.admin.programmes.kinds import ProgrammePendingForm
from rewards.admin.programmes.refusals import put_beside
from rewards.admin.programmes.row_form import RowForm, RowKind
from rewards.programmes.definition import InvalidDefinition
from rewards.programmes.sentences import LANGUAGE_NAMES
from rewards.programmes.sentences.settings import (
    BASIS_WORDS,
    CLAW_BACK_WORDS,
    ROUNDING_WORDS,
    TIER_OF_WORDS,
)
from rewards.programmes.validity import COUNTED

Data = Mapping[str, Any]
Settings = Mapping[str, Any]

MONEY = (
    Asked(
        "unit_value",
        gettext_lazy("Worth of one"),
        Type.MONEY,
        hint=gettext_lazy("For budgets, yearly limits and the books. 0: it is worth no money."),
        default="0",
    ),
    Asked(
        "rounding",
        gettext_lazy("Rounding"),
        Type.CHOICE,
        tuple(ROUNDING_WORDS.items()),
        hint=gettext_lazy("Each award is rounded once, after everything is counted."),
        default="down",
    ),
    Asked(
        "round_to",
        gettext_lazy("Awards in steps of"),
        Type.UNITS,
        hint=gettext_lazy("With 5, an award of 13 counts 10. Empty: it counts as it is."),
        is_needed=False,
    ),
)
RETURNS = (
    Asked(
        "claw_back_policy",
        gettext_lazy("When goods come back"),
        Type.CHOICE,
        tuple(CLAW_BACK_WORDS.items()),
        hint=gettext_lazy("Matters where the points of the goods are spent already."),
        default="allow_debt",
    ),
    Asked(
        "claw_back_basis",
        gettext_lazy("How much is taken back"),
        Type.CHOICE,
        tuple(BASIS_WORDS.items()),
        hint=gettext_lazy(
            "By lines: the order is judged again without them. By value: each award shrinks in proportion."
        ),
        default="by_line",
    ),
    Asked(
        "points_payment_earns",
        gettext_lazy("What is paid with points earns too"),
        Type.YES,
        hint=gettext_lazy("Of 100 with 10 paid in points, 100 earns; otherwise 90."),
        default=False,
        is_needed=False,
    ),
)
TIERS = (
    Asked(
        "tier_of",
        gettext_lazy("Which tier counts"),
        Type.CHOICE,
        tuple(TIER_OF_WORDS.items()),
        hint=gettext_lazy("Matters for orders that are reported late."),
        default="order_date",
    ),
    Asked(
        "current_order_counts_for_tier",
        gettext_lazy("The order itself counts for its tier"),
        Type.YES,
        hint=gettext_lazy(
            "An order that reaches a tier is judged in it; otherwise the next one is."
        ),
        default=False,
        is_needed=False,
    ),
)
TEAM = (
    Asked(
        "share_undo_days",
        gettext_lazy("Days in which a share can be undone"),
        Type.WHOLE,
        hint=gettext_lazy("As far as the points are not spent. 0: never."),
        default=14,
    ),
    Asked(
        "share_to_self",
        gettext_lazy("A head buyer may share to themselves"),
        Type.YES,
        hint=gettext_lazy("Otherwise a head buyer shares to the others of the team only."),
        default=True,
        is_needed=False,
    ),
    Asked(
        "request_lapses_days",
        gettext_lazy("Days a request waits for approval"),
        Type.WHOLE,
        hint=gettext_lazy("Then it lapses, and the points are free again."),
        default=30,
    ),
)
PERSONAL = (
    Asked(
        "allowed",
        gettext_lazy("People may earn for themselves, with their employer's consent"),
        Type.YES,
        hint=gettext_lazy("Rules say for themselves who gets their points."),
        default=False,
        is_needed=False,
    ),
    Asked(
        "yearly_cap",
        gettext_lazy("At most in a year, for each person"),
        Type.MONEY,
        hint=gettext_lazy("What is above it goes to the partner's pool. Empty: no limit."),
        is_needed=False,
    ),
)
SINGLE = (*MONEY, *RETURNS, *TIERS, *TEAM)
EXPIRY_WORDS = {
    "never": gettext_lazy("never"),
    "after_days": gettext_lazy("days after they were earned"),
    "after_months": gettext_lazy("months after they were earned"),
    "end_of_month": gettext_lazy("at the end of a month"),
    "end_of_year": gettext_lazy("at the end of a year"),
    "rolling_months": gettext_lazy("months after the partner's last order"),
}
COUNT_WORDS = {
    "days": gettext_lazy("Days"),
    "months": gettext_lazy("Months"),
    "years": gettext_lazy("Years"),
}
COUNT_HINTS = {
    "end_of_month": gettext_lazy("0: the month they are earned in."),
    "end_of_year": gettext_lazy("0: the year they are earned in."),
}


def _asks(rule: str) -> tuple[Asked, ...]:
    if rule not in COUNTED:
        return ()
    name, _least, _most = COUNTED[rule]
    return (Asked(name, COUNT_WORDS[name], Type.WHOLE, hint=COUNT_HINTS.get(rule, "")),)


class ExpiryForm(RowForm):
    key = "rule"
    kind_label = gettext_lazy("Points expire")
    shared = (
        Asked(
            "reinstatement_days",
            gettext_lazy("Days that points live again which come back expired"),
            Type.WHOLE,
            hint=gettext_lazy("As when a redemption is cancelled. 0: they stay expired."),
            default=0,
        ),
    )
    kinds: ClassVar = {rule: RowKind(words, _asks(rule)) for rule, words in EXPIRY_WORDS.items()}


class SingleForm(forms.Form):
    """The single values, and the terms that people agree to who earn for themselves."""

    def __init__(self, data: Data | None = None, *, settings: Settings, lists: Lists) -> None:
        super().__init__(data)
        personal = settings.get("personal_earning") or {}
        for asked, row in (
            *((asked, settings) for asked in SINGLE),
            *((asked, personal) for asked in PERSONAL),
        ):
            made = make_field(asked, lists)
            made.initial = as_shown(asked, row, lists)
            self.fields[asked.name] = made
        for code, language in LANGUAGE_NAMES.items():
            self.fields[f"terms_{code}"] = forms.CharField(
                label=language,
                required=False,
                max_length=10_000,
                widget=forms.Textarea(attrs={"rows": 4}),
                initial=(personal.get("terms") or {}).get(code, ""),
            )


class SettingsForm:
    """All parts together."""

    def __init__(self, data: Data | None, *, settings: Settings, lists: Lists) -> None:
        self.settings = settings
        self.lists = lists
        self.single = SingleForm(data, settings=settings, lists=lists)
        self.expiry = ExpiryForm(data, prefix="expiry", lists=lists, row=as_expiry(settings))
        self.pending = ProgrammePendingForm(
            data, prefix="pending", lists=lists, row=as_pending(settings)
        )
        self.others: list[str] = []

    def is_valid(self) -> bool:
        parts = (self.single, self.expiry, self.pending)
        return not [part for part in parts if not part.is_valid()]

    @property
    def has_errors(self) -> bool:
        return bool(self.others) or any(
            part.errors for part in (self.single, self.expiry, self.pending)
        )

    def bound(self, asked_for: tuple[Asked, ...]) -> list[forms.BoundField]:
        return [self.single[asked.name] for asked in asked_for]

    @property
    def sections(self) -> list[tuple[Any, list[forms.BoundField]]]:
        return [
            (_("Worth and rounding"), self.bound(MONEY)),
            (_("Returned goods"), self.bound(RETURNS)),
            (_("Tiers"), self.bound(TIERS)),
            (_("Sharing and requests"), self.bound(TEAM)),
        ]

    @property
    def personal(self) -> list[forms.BoundField]:
        return self.bound(PERSONAL)

    @property
    def terms(self) -> list[forms.BoundField]:
        return [self.single[f"terms_{code}"] for code in LANGUAGE_NAMES]

    def read(self) -> dict[str, Any]:
        """Return the settings that change; None takes one away that another one replaces."""
        values: dict[str, Any] = {asked.name: None for asked in SINGLE}
        values |= read_values(SINGLE, self.single, self.lists)
        values["expiry"], values["expiry_months"] = self.expiry.read(), None
        values["pending"], values["pending_days"] = self.pending.read(), None
        values["personal_earning"] = self._read_personal()
        return values

    def _read_personal(self) -> dict[str, Any] | None:
        before = self.settings.get("personal_earning") or {}
        personal = before | read_values(PERSONAL, self.single, self.lists)
        if not self.single.cleaned_data.get("yearly_cap"):
            personal.pop("yearly_cap", None)
        terms = {
            code: text
            for code in LANGUAGE_NAMES
            if (text := self.single.cleaned_data[f"terms_{code}"].strip())
        }
        if not terms and not personal.get("allowed") and not before:
            return None
        if terms != (before.get("terms") or {}):
            # Who agreed to other words is asked again.
            personal["terms_version"] = int(before.get("terms_version", 0)) + 1
        return personal | ({"terms": terms} if terms else {})

    def show_refusal(self, error: InvalidDefinition) -> bool:
        """Put a refusal beside its field; return whether there is one."""
        head, *parts = error.path.split(".")
        if head != "settings" or not parts:
            return False
        name, last = parts[0].partition("[")[0], parts[-1].partition("[")[0]
        if name == "expiry":
            put_beside(self.expiry, self.expiry.field_at(last), error)
        elif name == "pending":
            put_beside(self.pending, self.pending.field_at(last), error)
        elif name == "personal_earning":
            field = last if last in self.single.fields else "terms_en"
            put_beside(self.single, field, error)
        elif name in self.single.fields:
            put_beside(self.single, name, error)
        else:
            return False
        return True


def as_expiry(settings: Settings) -> dict[str, Any]:
    """Return the table of expiry, also of documents from before there was one."""
    if settings.get("expiry"):
        return dict(settings["expiry"])
    if months := settings.get("expiry_months"):
        return {"rule": "after_months", "months": months}
    return {"rule": "never"}


def as_pending(settings: Settings) -> dict[str, Any]:
    if settings.get("pending"):
        return dict(settings["pending"])
    return {"until": "days", "days": settings.get("pending_days", 0)}
