"""A draft on one partner's last activities, beside the version in force. Nothing is written."""

from copy import copy
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from partners.doors.admin import BaseAdmin, limit
from partners.doors.admin_pickers import PickedField
from partners.doors.showing import language, say_day, say_money
from partners.families import name_roots
from partners.models import Activity, Partner
from partners.models.amounts import from_ten_thousandths
from rewards.admin.programmes.frame import draw, frame, read_names, say_version, speaker_of
from rewards.circumstances import circumstances_of
from rewards.earning.due import VersionInForce
from rewards.earning.evaluating import Evaluation
from rewards.explaining import Teller, tell_passed_over, teller_of
from rewards.models import ProgrammeVersion, Standing
from rewards.programmes.calendar import local_date
from rewards.programmes.live import definition_of
from rewards.programmes.sentences import Speaker
from rewards.recalling import Asked, facts_of
from rewards.trying_out import LAST_COUNT, Tried, try_out

TRIED = "tried_partner"


class TrialForm(forms.Form):
    partner = PickedField(
        label=gettext_lazy("Partner"),
        queryset=Partner.objects.none(),
        error_messages={"invalid_choice": gettext_lazy("Choose a partner of the list.")},
    )

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["partner"]
        field.queryset = limit(Partner.objects.filter(merged_into__isnull=True), request)
        field.widget = AutocompleteSelect(
            Standing._meta.get_field("partner"),
            admin.site,
            attrs={"data-theme": "admin-autocomplete", "class": "unfold-admin-autocomplete"},
            choices=field.choices,
        )


def trial_page(page: BaseAdmin, request: HttpRequest, version: ProgrammeVersion) -> HttpResponse:
    """Show what this version gives for a partner's last activities, and what the live one does."""
    form = trial_form(request)
    if not form.is_bound and (known := form.initial["partner"]):
        form = TrialForm({"partner": known}, request=request)
    context = frame(page, request, version, "trial") | {"form": form, "count": LAST_COUNT}
    speaker = speaker_of(version.definition, version.programme, read_names())
    return draw(request, "trial", context | try_with(form, request, version, speaker))


def trial_form(request: HttpRequest) -> TrialForm:
    """Return the form as it was sent, or with the partner that is worth a look."""
    data = request.POST or request.GET
    if "partner" in data:
        return TrialForm(data, request=request)
    return TrialForm(request=request, initial={"partner": find_partner_to_try(request)})


def try_typed(
    request: HttpRequest, version: ProgrammeVersion, document: dict[str, Any], speaker: Speaker
) -> dict[str, Any]:
    """Return what a draft would give if what is typed in a form of it were saved."""
    typed = copy(version)
    typed.definition = document
    return try_with(TrialForm(request.POST, request=request), request, typed, speaker)


def try_with(
    form: TrialForm, request: HttpRequest, version: ProgrammeVersion, speaker: Speaker
) -> dict[str, Any]:
    """Return what a page shows of a trial; nothing where no partner is chosen."""
    if not form.is_bound or not form.is_valid():
        return {}
    partner = form.cleaned_data["partner"]
    if request.session.get(TRIED) != partner.pk:
        request.session[TRIED] = partner.pk
    live = version.programme.versions.in_force(timezone.now()).first()
    rows = try_on(partner, version, live)
    return show(rows, version, live, speaker) | {"partner": partner, "named": say_version(version)}


def find_partner_to_try(request: HttpRequest) -> int | None:
    """Return the partner that was tried last, or else the one that ordered last."""
    visible = limit(Partner.objects.filter(merged_into__isnull=True), request)
    tried = request.session.get(TRIED)
    if tried and visible.filter(pk=tried).exists():
        return int(tried)
    orders = limit(Activity.objects.filter(kind=Activity.Kind.ORDER), request)
    latest = orders.filter(partner__merged_into__isnull=True).order_by("-pk")
    found: int | None = latest.values_list("partner", flat=True).first()
    return found


def try_on(
    partner: Partner, version: ProgrammeVersion, live: ProgrammeVersion | None
) -> list[Tried]:
    """Read the facts and try both versions on them: a fixed number of queries."""
    programme = version.programme
    definitions = [definition_of(each) for each in (version, live) if each is not None]
    root = name_roots([partner.pk])[partner.pk]
    facts = facts_of([root], programme=programme, asked=Asked.by(definitions))
    today = local_date(timezone.now(), programme.time_zone)
    dated = circumstances_of(
        facts, programme=programme, definitions=definitions, awards=(), today=today
    )
    return try_out(
        facts[root],
        live=in_force(live) if live else None,
        draft=in_force(version),
        dated=dated[root],
    )


def in_force(version: ProgrammeVersion) -> VersionInForce:
    return VersionInForce(version.pk, version.number or 0, definition_of(version))


def show(
    rows: list[Tried], version: ProgrammeVersion, live: ProgrammeVersion | None, speaker: Speaker
) -> dict[str, Any]:
    """Return the table, its sums, and for each row why it gives what it gives."""
    teller = teller_of(
        definition_of(version),
        language=language(),
        currency=speaker.currency,
        decimals=version.programme.main_unit.decimals,
        segment_names=speaker.segments,
        kind_names=speaker.kinds,
    )
    total_live = sum(row.live_amount for row in rows)
    total_draft = sum(row.draft_amount for row in rows)
    return {
        "rows": [show_row(row, version.programme.currency, speaker, teller) for row in rows],
        "live_name": say_version(live) if live else "",
        "total_live": speaker.units(total_live),
        "total_draft": speaker.units(total_draft),
        "difference": say_difference(total_draft - total_live, speaker),
        "is_more": total_draft > total_live,
        "is_less": total_draft < total_live,
    }


def show_row(row: Tried, currency: str, speaker: Speaker, teller: Teller) -> dict[str, Any]:
    activity = row.activity
    return {
        "day": say_day(activity.local_date),
        "kind": speaker.kind(activity.kind),
        "number": activity.external_id,
        "amount": say_money(from_ten_thousandths(activity.amount_e4), currency)
        if activity.amount_e4
        else "",
        "live": speaker.units(row.live_amount),
        "draft": speaker.units(row.draft_amount),
        "difference": say_difference(row.difference, speaker),
        "is_more": row.difference > 0,
        "is_less": row.difference < 0,
        "awards": show_awards(row.draft, speaker, teller),
        "passed_over": show_passed_over(row.draft, teller),
    }


def show_awards(evaluation: Evaluation, speaker: Speaker, teller: Teller) -> list[Any]:
    return [
        (
            speaker.rule(award.rule_code),
            speaker.units(award.amount),
            teller.tell(award.explanation).rows,
        )
        for award in evaluation.awards
    ]


def show_passed_over(evaluation: Evaluation, teller: Teller) -> list[tuple[str, str]]:
    """Return the rules that gave nothing, with the reason in words."""
    told = (tell_passed_over(each, teller) for each in evaluation.passed_over)
    return [(each.rule, each.why) for each in told]


def say_difference(minor_units: int, speaker: Speaker) -> str:
    if minor_units == 0:
        return _("the same")
    return speaker.unit.phrase(minor_units, speaker.language, signed=True)
