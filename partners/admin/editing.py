"""The form of a partner with its numbers and contracts: saved through the one way of editing."""

from collections.abc import Iterable
from typing import Any, ClassVar, cast

from django import forms
from django.db.models import Model, QuerySet
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from partners.currencies import CURRENCIES
from partners.doors.admin import BaseTabularInline
from partners.enrolling import EDITABLE, ContractTerms
from partners.models import Contract, Partner, PartnerNumber


class PartnerForm(forms.ModelForm):
    """Notices that somebody else saved meanwhile; what was typed stays, and the next save wins."""

    read_revision = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Partner
        fields = "__all__"  # noqa: DJ007 - the admin names them in its fieldsets

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["read_revision"] = self.instance.revision

    def clean_currency(self) -> str:
        code = str(self.cleaned_data["currency"]).strip().upper()
        if code not in CURRENCIES:
            raise forms.ValidationError(_("This is not a currency code such as GBP."))
        return code

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.instance.pk is None:
            return cleaned
        stored = Partner.objects.get(pk=self.instance.pk)
        if cleaned.get("read_revision") not in {None, stored.revision}:
            self.add_error(None, self._say_what_differs(stored, cleaned))
            # Whoever saves again has read it.
            typed = cast(QueryDict, self.data).copy()
            typed[self.add_prefix("read_revision")] = str(stored.revision)
            self.data = typed
        return cleaned

    def _say_what_differs(self, stored: Partner, cleaned: dict[str, Any]) -> str:
        sentence = _(
            "Somebody else changed this partner while you had it open. What you typed is still here."
        )
        differing = [
            f"{self.fields[name].label}: {_say(stored, name)}"
            for name in EDITABLE
            if name in cleaned and cleaned[name] != getattr(stored, name)
        ]
        tags = sorted(each.name for each in stored.tags.all())
        if "tags" in cleaned and sorted(each.name for each in cleaned["tags"]) != tags:
            differing.append(f"{self.fields['tags'].label}: {', '.join(tags) or _('empty')}")
        if not differing:
            return f"{sentence} {_('Look at it and save again.')}"
        there = _("There now: %(fields)s.") % {"fields": "; ".join(differing)}
        return f"{sentence} {there} {_('Save again to keep what you typed.')}"


class _EditableTab(BaseTabularInline):
    show_change_link = False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.has_change_permission(request, obj)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.has_change_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Whoever may edit the partner may edit these; of a merged one nobody."""
        merged = isinstance(obj, Partner) and obj.merged_into_id is not None
        return request.user.has_perm("partners.change_partner") and not merged

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.has_perm("partners.view_partner")


class NumbersTab(_EditableTab):
    model = PartnerNumber
    verbose_name_plural = gettext_lazy("Other numbers")
    fields = ("system", "number")


class ContractsTab(_EditableTab):
    model = Contract
    verbose_name_plural = gettext_lazy("Contracts")
    fields = ("number", "starts_on", "ends_on", "payment_days", "note")
    ordering: ClassVar = ("-starts_on",)


def read_columns(cleaned: dict[str, Any]) -> dict[str, Any]:
    """Return what the form says of the partner, as ``enrolling`` takes it."""
    changes = {name: cleaned[name] for name in EDITABLE if name in cleaned}
    if "tags" in cleaned:
        changes["tags"] = [each.name for each in cleaned["tags"]]
    return changes


def read_tabs(formsets: Iterable[Any]) -> dict[str, Any]:
    """Return the numbers and contracts that the tabs say, where they may be edited."""
    changes: dict[str, Any] = {}
    for formset in formsets:
        if formset.model is PartnerNumber and formset.can_delete:
            added = [(row.system, row.number) for row in _not_shown(formset)]
            changes["numbers"] = added + [(row["system"], row["number"]) for row in _kept(formset)]
        elif formset.model is Contract and formset.can_delete:
            names = ("number", "starts_on", "ends_on", "payment_days", "note")
            rows = [{name: getattr(row, name) for name in names} for row in _not_shown(formset)]
            rows += [{name: row[name] for name in names} for row in _kept(formset)]
            changes["contracts"] = [ContractTerms(**row) for row in rows]
    return changes


def _not_shown(formset: Any) -> QuerySet[Any]:
    """What somebody added while the page was open: who did not see it does not take it away."""
    shown = [form.instance.pk for form in formset.initial_forms if form.instance.pk]
    return formset.model.objects.filter(partner=formset.instance).exclude(pk__in=shown)


def _kept(formset: Any) -> list[dict[str, Any]]:
    rows = [form.cleaned_data for form in formset.forms if form.cleaned_data]
    return [row for row in rows if row.get("number") and not row.get("DELETE")]


def _say(partner: Partner, name: str) -> str:
    if name in {"status", "language"}:
        return str(getattr(partner, f"get_{name}_display")())
    value = getattr(partner, name)
    return str(value) if value not in {None, ""} else _("empty")
