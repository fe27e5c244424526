"""What an activity would earn: a page for the seller on which one is typed in."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from partners.doors.admin import BaseAdmin, limit
from partners.doors.admin_pickers import PickedField
from partners.doors.showing import language
from partners.kinds import Kind, all_kinds, check
from partners.models import Partner
from partners.models.amounts import to_ten_thousandths
from partners.reports import ActivityReport, LineReport
from rewards import asking, supposing
from rewards.admin.explained import MAY_READ
from rewards.earning.converted import how_converted
from rewards.explaining import (
    Explanation,
    read_teller,
    say_nothing,
    tell_conversion,
    tell_passed_over,
)
from rewards.models import Programme, Standing
from rewards.programmes.live import NoVersionInForce
from rewards.programmes.rules import NO_TRIGGERS

LINES = 5
FINEST = 4
AMOUNT_MAX = Decimal(10**9)


def ask_number(label: Any) -> forms.DecimalField:
    """A number that is not negative, or nothing."""
    return forms.DecimalField(
        label=label,
        required=False,
        min_value=0,
        max_value=AMOUNT_MAX,
        decimal_places=FINEST,
        widget=UnfoldAdminDecimalFieldWidget,
    )


class PreviewForm(forms.Form):
    """An activity that did not happen: lines for what has any, else an amount or a quantity."""

    partner = PickedField(
        label=gettext_lazy("Partner"),
        queryset=Partner.objects.none(),
        error_messages={"invalid_choice": gettext_lazy("Choose a partner of the list.")},
    )
    programme = forms.ModelChoiceField(
        label=gettext_lazy("Programme"),
        queryset=Programme.objects.none(),
        empty_label=None,
        widget=UnfoldAdminSelectWidget,
    )
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), widget=UnfoldAdminSelectWidget)
    amount = ask_number(gettext_lazy("Net amount, without lines"))
    quantity = ask_number(gettext_lazy("Quantity, without lines"))
    currency = forms.CharField(
        label=gettext_lazy("Currency"),
        max_length=3,
        required=False,
        help_text=gettext_lazy("Such as USD. Without it: that of the programme."),
        widget=UnfoldAdminTextInputWidget,
    )
    pays = forms.CharField(
        label=gettext_lazy("Number of the invoice it pays"),
        max_length=100,
        required=False,
        widget=UnfoldAdminTextInputWidget,
    )

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["partner"].queryset = limit(
            Partner.objects.filter(merged_into__isnull=True), request
        )
        fields["partner"].widget = AutocompleteSelect(
            Standing._meta.get_field("partner"),
            admin.site,
            attrs={"data-theme": "admin-autocomplete", "class": "unfold-admin-autocomplete"},
            choices=fields["partner"].choices,
        )
        live = Programme.objects.live().select_related("main_unit").order_by("pk")
        fields["programme"].queryset = live
        fields["kind"].choices = [
            (code, kind.name) for code, kind in all_kinds().items() if code not in NO_TRIGGERS
        ]


class LineForm(forms.Form):
    sku = forms.CharField(
        label=gettext_lazy("SKU"),
        max_length=64,
        required=False,
        widget=UnfoldAdminTextInputWidget,
    )
    category = forms.CharField(
        label=gettext_lazy("Category"),
        max_length=64,
        required=False,
        widget=UnfoldAdminTextInputWidget,
    )
    quantity = ask_number(gettext_lazy("Quantity"))
    amount = ask_number(gettext_lazy("Net amount"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            # The head of the column is no label for who does not see it.
            field.widget.attrs["aria-label"] = field.label

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if given.get("sku") and not (given.get("quantity") and given.get("amount")):
            raise forms.ValidationError(_("A line needs a SKU, a quantity and an amount."))
        return given


LineForms = forms.formset_factory(LineForm, extra=LINES, max_num=LINES, absolute_max=LINES)


def preview_page(page: BaseAdmin, request: HttpRequest) -> HttpResponse:
    """Show what an activity typed in would earn now. Nothing is written."""
    if not request.user.has_perm(MAY_READ):
        raise PermissionDenied
    is_asked = "kind" in request.GET
    chosen = {name: request.GET[name] for name in ("partner",) if name in request.GET}
    form = PreviewForm(request.GET if is_asked else None, request=request, initial=chosen)
    lines = LineForms(request.GET if is_asked else None, prefix="line")
    context = {
        **page.admin_site.each_context(request),
        "title": _("What would it earn?"),
        "opts": page.opts,
        "form": form,
        "lines": lines,
        "back": reverse("admin:rewards_award_changelist"),
    }
    if is_asked and form.is_valid() and lines.is_valid():
        rows = [line.cleaned_data for line in lines if line.cleaned_data.get("sku")]
        context["told"] = preview(form, rows)
    return TemplateResponse(request, "admin/preview.html", context)


def preview(form: PreviewForm, rows: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Return what is told of what was typed in, or None, with what is wrong at the form."""
    given, programme = form.cleaned_data, form.cleaned_data["programme"]
    kind = all_kinds()[given["kind"]]
    report = read_report(given, rows)
    if not is_right(report, kind, form):
        return None
    names_id = None
    if given["pays"]:
        names_id = supposing.find_named(given["pays"], partner=given["partner"], kind=kind)
        if names_id is None:
            form.add_error("pays", _("There is no such activity."))
            return None
    try:
        supposition = supposing.suppose(
            partner=given["partner"],
            programme=programme,
            supposed=supposing.suppose_report(report, names_id=names_id),
            as_of=report.occurred_at,
        )
    except NoVersionInForce:
        return {"nothing": _("The programme has no rules in force now.")}
    except supposing.NoRateThen as error:
        form.add_error("currency", str(error))
        return None
    return tell(supposition, programme)


def read_report(given: dict[str, Any], rows: list[dict[str, Any]]) -> ActivityReport:
    """Return what was typed in as a report. Without a currency, money is in the programme's."""
    lines = [
        LineReport(
            sku=row["sku"],
            quantity_e4=to_ten_thousandths(row["quantity"]),
            amount_e4=to_ten_thousandths(row["amount"]),
            category=row["category"],
        )
        for row in rows
    ]
    amount = given["amount"]
    return ActivityReport(
        kind=given["kind"],
        partner_id=given["partner"].pk,
        source="",
        external_id="",
        occurred_at=timezone.now(),
        currency=given["currency"].upper() or given["programme"].currency,
        lines=lines,
        amount_e4=None if amount is None else to_ten_thousandths(amount),
        quantity_e4=None if given["quantity"] is None else to_ten_thousandths(given["quantity"]),
        refers_to=("", given["pays"]) if given["pays"] else None,
    )


def is_right(report: ActivityReport, kind: Kind, form: PreviewForm) -> bool:
    """Say whether it could be reported, but for what this page does not ask for."""
    total_e4 = sum(line.amount_e4 for line in report.lines)
    if report.lines and report.net_amount_e4 != total_e4:
        total = Decimal(total_e4).scaleb(-FINEST).normalize()
        form.add_error("amount", _("The lines add up to %(total)s.") % {"total": f"{total:f}"})
    for problem in check(report, kinds={kind.code: kind}).problems:
        place = {"refers_to": "pays", "lines": None}.get(problem.field, problem.field)
        if place is None or place in form.fields:
            form.add_error(place, problem.detail)
    return form.is_valid()


def tell(supposition: supposing.Supposition | None, programme: Programme) -> dict[str, Any]:
    """Return the bills of what would be given, and the rules that would give nothing."""
    if supposition is None:
        return {"nothing": _("Nothing is judged: a payment needs an invoice that is known.")}
    judged, fact = supposition.judged, supposition.judged.activity
    passed_over = judged.evaluation.passed_over
    teller = read_teller(judged.version.definition, programme=programme, language=language())
    bills: list[tuple[str, str, Explanation]] = [
        (
            teller.voice.rule(one.rule_code),
            teller.voice.units(one.amount),
            teller.tell(one.explanation),
        )
        for one in supposition.promised
    ]
    is_told = tell_conversion(one.explanation for one in supposition.promised)
    tier = judged.situation.tier
    nothing = asking.RULES_SAID_NO if passed_over else asking.NO_RULE
    return {
        "total": teller.voice.units(supposition.amount),
        "tier": tier.name(language()) if tier else "",
        "reported": ""
        if is_told or not fact.is_converted
        else teller.say_converted(how_converted(fact)),
        "note": supposing.say_shared() if supposition.is_snapshot else "",
        "bills": bills,
        "others": [tell_passed_over(each, teller) for each in passed_over],
        "nothing": "" if bills else say_nothing(nothing),
    }
