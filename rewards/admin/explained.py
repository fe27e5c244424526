"""Why an activity earned what it did, and what one would earn: pages for the seller."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
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
from partners.doors.showing import language, link_to
from partners.families import roots_of
from partners.kinds import all_kinds
from partners.models import Activity, Partner
from partners.models.amounts import to_ten_thousandths
from rewards import asking
from rewards.earning.due import Judged
from rewards.earning.facts import LineFacts
from rewards.explaining import Explanation, NotGiven, read_teller, say_nothing, tell_passed_over
from rewards.models import Award, Programme, ProgrammeVersion, Standing
from rewards.programmes.definition import Definition
from rewards.programmes.live import NoVersionInForce, definition_of
from rewards.programmes.rules import NO_TRIGGERS

LINES = 5
FINEST = 4
AMOUNT_MAX = Decimal(10**9)
MAY_READ = "rewards.view_award"


# ------------------------------------------------------------------- an activity


def activity_page(page: BaseAdmin, request: HttpRequest, activity_id: int) -> HttpResponse:
    """Show by programme what an activity earned, and which rules gave nothing and why."""
    activity = limit(Activity.objects.select_related("partner"), request).filter(pk=activity_id)
    found = activity.first()
    if found is None or not request.user.has_perm(MAY_READ):
        raise Http404
    [root_id] = roots_of([found.partner_id]).values()
    programmes = Programme.objects.live().filter(standings__partner=root_id)
    context = {
        **page.admin_site.each_context(request),
        "title": str(found),
        "opts": page.opts,
        "activity": found,
        "activity_link": link_to(found, str(found)),
        "partner_link": link_to(found.partner),
        "programmes": [
            explain_in(programme, found)
            for programme in programmes.select_related("main_unit").order_by("pk")
        ],
    }
    return TemplateResponse(request, "admin/explained.html", context)


def explain_in(programme: Programme, activity: Activity) -> dict[str, Any]:
    explained = asking.explain_activity(activity, programme=programme, as_of=timezone.now())
    awards = list(
        Award.objects.filter(activity=activity, version__programme=programme).order_by("pk")
    )
    definition = explained.judged.version.definition if explained else latest_of(programme)
    if definition is None:
        return {"programme": programme, "nothing": say_nothing(asking.NOT_JUDGED)}
    teller = read_teller(definition, programme=programme, language=language())
    nothing = "" if awards else asking.find_why_nothing(activity, explained, definition)
    passed = explained.evaluation.passed_over if explained else ()
    return {
        "programme": programme,
        "bills": [
            (
                link_to(award, teller.voice.rule(award.rule_code)),
                teller.voice.units(award.amount),
                teller.tell(award.explanation),
            )
            for award in awards
        ],
        "others": [tell_passed_over(each, teller) for each in passed],
        "nothing": say_nothing(nothing) if nothing else "",
    }


def latest_of(programme: Programme) -> Definition | None:
    latest: ProgrammeVersion | None = programme.versions.published().order_by("-number").first()
    return definition_of(latest) if latest else None


def others_of(award: Award) -> list[NotGiven]:
    """Return the rules that gave nothing for the activity of an award, by what is known now."""
    programme = award.version.programme
    explained = asking.explain_activity(award.activity, programme=programme, as_of=timezone.now())
    if explained is None:
        return []
    definition = explained.judged.version.definition
    teller = read_teller(definition, programme=programme, language=language())
    return [tell_passed_over(each, teller) for each in explained.evaluation.passed_over]


# --------------------------------------------------------------------- a preview


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
        context |= preview(form.cleaned_data, [line.cleaned_data for line in lines])
    return TemplateResponse(request, "admin/preview.html", context)


def preview(given: dict[str, Any], rows: list[dict[str, Any]]) -> dict[str, Any]:
    programme, lines = given["programme"], [line_of(row) for row in rows if row.get("sku")]
    supposed = asking.Supposed(
        kind=given["kind"],
        occurred_at=timezone.now(),
        lines=lines,
        amount_e4=None if lines else to_ten_thousandths(given["amount"] or Decimal(0)),
        quantity_e4=to_ten_thousandths(given["quantity"] or Decimal(0)),
    )
    try:
        judged = asking.suppose(
            partner=given["partner"], programme=programme, supposed=supposed, as_of=timezone.now()
        )
    except NoVersionInForce:
        return {"told": {"nothing": _("The programme has no rules in force now.")}}
    return {"told": tell(judged, programme)}


def line_of(row: dict[str, Any]) -> LineFacts:
    return LineFacts(
        id=None,
        sku=row["sku"],
        category=row["category"],
        quantity_e4=to_ten_thousandths(row["quantity"]),
        amount_e4=to_ten_thousandths(row["amount"]),
    )


def tell(judged: Judged | None, programme: Programme) -> dict[str, Any]:
    """Return the bills of what would be given, and the rules that would give nothing."""
    if judged is None:
        return {"nothing": _("Nothing is judged: a payment needs an invoice that is known.")}
    definition, evaluation = judged.version.definition, judged.evaluation
    teller = read_teller(definition, programme=programme, language=language())
    bills: list[tuple[str, str, Explanation]] = [
        (
            teller.voice.rule(award.rule_code),
            teller.voice.units(award.amount),
            teller.tell(award.explanation),
        )
        for award in evaluation.awards
    ]
    tier = judged.situation.tier
    nothing = asking.RULES_SAID_NO if evaluation.passed_over else asking.NO_RULE
    return {
        "total": teller.voice.units(sum(award.amount for award in evaluation.awards)),
        "tier": tier.name(language()) if tier else "",
        "bills": bills,
        "others": [tell_passed_over(each, teller) for each in evaluation.passed_over],
        "nothing": "" if bills else say_nothing(nothing),
    }
