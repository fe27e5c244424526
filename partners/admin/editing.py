"""The form of a partner with its numbers and contracts: saved through the one way of editing."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django import forms
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from partners.admin.editing_together import SEEN, TogetherForm, TogetherFormSet
from partners.currencies import CURRENCIES
from partners.doors.admin import BaseTabularInline
from partners.enrolling import EDITABLE, ContractTerms
from partners.models import Contract, Partner, PartnerNumber


class PartnerForm(TogetherForm):
    class Meta:
        model = Partner
        fields = "__all__"

    def clean_currency(self) -> str:
        code = str(self.cleaned_data["currency"]).strip().upper()
        if code not in CURRENCIES:
            raise forms.ValidationError(_("This is not a currency code such as GBP."))
        return code


class _EditableTab(BaseTabularInline):
    show_change_link = False
    form = TogetherForm
    formset = TogetherFormSet

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
    fields = ("system", "number", SEEN)


class ContractsTab(_EditableTab):
    model = Contract
    verbose_name_plural = gettext_lazy("Contracts")
    fields = ("number", "starts_on", "ends_on", "payment_days", "note", SEEN)
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
    rows = [form.cleaned_data for form in formset.forms if form.cleaned_data and not form.is_gone]
    return [row for row in rows if row.get("number") and not row.get("DELETE")]


def say_what_was_put_together(form: TogetherForm, formsets: Iterable[Any]) -> str:
    """Name what a colleague changed while the page was open; empty where nobody did."""
    rows = (row for formset in formsets for row in formset.forms if isinstance(row, TogetherForm))
    labels = {str(each.fields[name].label): None for each in (form, *rows) for name in each.theirs}
    if not labels:
        return ""
    return _("Somebody else changed %(fields)s meanwhile. That is kept.") % {
        "fields": ", ".join(labels)
    }
