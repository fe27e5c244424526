"""A new programme: choose a preset, give it a name, and it is there as a draft."""

from functools import partial
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from partners.currencies import CURRENCIES
from partners.doors.admin import BaseAdmin
from partners.doors.showing import language
from partners.retrying import again
from rewards.admin.programmes.frame import draw, read_names
from rewards.models import Programme
from rewards.programmes.opening import create_programme
from rewards.programmes.presets import (
    ChoiceNotValid,
    Choices,
    Preset,
    ProgrammeExists,
    UnknownPreset,
    preset_names,
    read_preset,
)
from rewards.programmes.sentences import speaker_for, summarise_rule


class CreateForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=100,
        help_text=gettext_lazy("Partners see it."),
    )
    code = forms.SlugField(
        label=gettext_lazy("Code"),
        max_length=40,
        required=False,
        help_text=gettext_lazy("For other systems. Empty: made of the name. Never changes."),
    )
    seller_name = forms.CharField(
        label=gettext_lazy("Seller"),
        max_length=100,
        help_text=gettext_lazy("The name partners know you by."),
    )
    currency = forms.ChoiceField(label=gettext_lazy("Currency"))
    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        help_text=gettext_lazy("Its midnights begin days and months."),
    )
    starts_on = forms.DateField(
        label=gettext_lazy("First day"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text=gettext_lazy("Empty: facts of any date count."),
    )
    ends_on = forms.DateField(
        label=gettext_lazy("Ends on"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text=gettext_lazy("The first day after it. Empty: no end."),
    )
    unit_one = forms.CharField(
        label=gettext_lazy("One of what is counted, in English"), max_length=40
    )
    unit_other = forms.CharField(
        label=gettext_lazy("Several of them"),
        max_length=40,
        help_text=gettext_lazy("The other languages are under Names of points, in its rules."),
    )

    def __init__(self, data: Any = None, *, preset: Preset) -> None:
        super().__init__(data)
        self.preset = preset
        names = preset.definition["settings"]["unit_names"]["en"]
        self.initial = {
            "name": preset.programme["name"],
            "seller_name": preset.programme["seller_name"],
            "currency": preset.programme["currency"],
            "time_zone": preset.programme["time_zone"],
            "unit_one": names.get("one", ""),
            "unit_other": names.get("other", ""),
        }
        currency: Any = self.fields["currency"]
        currency.choices = [(code, code) for code in sorted(CURRENCIES)]
        zone: Any = self.fields["time_zone"]
        zone.choices = [(each, each.replace("_", " ")) for each in sorted(available_timezones())]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not cleaned.get("code") and cleaned.get("name"):
            cleaned["code"] = slugify(cleaned["name"])[:40]
            if not cleaned["code"]:
                self.add_error("code", _("Give it a code of Latin letters and digits."))
        first, end = cleaned.get("starts_on"), cleaned.get("ends_on")
        if first and end and end <= first:
            self.add_error("ends_on", _("It must end after it begins."))
        return cleaned

    @property
    def choices(self) -> Choices:
        given = self.cleaned_data
        return Choices(
            code=given["code"],
            name=given["name"],
            seller_name=given["seller_name"],
            currency=given["currency"],
            time_zone=given["time_zone"],
        )

    @property
    def unit_names(self) -> dict[str, dict[str, str]] | None:
        """Return the English names where they are not those of the preset."""
        if not {"unit_one", "unit_other"} & set(self.changed_data):
            return None
        given = self.cleaned_data
        return {"en": {"one": given["unit_one"], "other": given["unit_other"]}}


def list_presets(page: BaseAdmin, request: HttpRequest) -> HttpResponse:
    """Show what each preset does, so that one of them can be chosen."""
    spoken = language()
    _segments, kinds = read_names()
    known = set(Programme.objects.values_list("code", flat=True))
    presets = []
    for name in preset_names():
        preset = read_preset(name)
        speaker = speaker_for(
            preset.definition,
            language=spoken,
            currency=preset.programme["currency"],
            decimals=preset.unit.get("decimals", 0),
            segments={row["code"]: row["name"] for row in preset.segments},
            kinds=kinds,
        )
        rules = preset.definition.get("rules", [])
        presets.append(
            {
                "name": name,
                "about": preset.about(spoken),
                "rules": [summarise_rule(rule, speaker) for rule in rules],
                "link": reverse("admin:rewards_programme_create", args=[name]),
                "is_there": preset.programme["code"] in known,
            }
        )
    context = {
        **page.admin_site.each_context(request),
        "title": _("New programme"),
        "opts": page.opts,
        "presets": presets,
        "back": reverse("admin:rewards_programme_changelist"),
    }
    return draw(request, "presets", context)


def create_page(page: BaseAdmin, request: HttpRequest, name: str) -> HttpResponse:
    try:
        preset = read_preset(name)
    except UnknownPreset as error:
        raise Http404 from error
    data = request.POST if request.method == "POST" else None
    form = CreateForm(data, preset=preset)
    if data is not None and form.is_valid():
        try:
            programme = again(partial(_create, name, form))
        except ChoiceNotValid as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        except ProgrammeExists:
            form.add_error("code", _("There is a programme or a unit of this code already."))
        else:
            sentence = _(
                "%(name)s is there, as a draft. Look at its rules, change what you like, then open it."
            ) % {"name": programme.name}
            page.message_user(request, sentence, messages.SUCCESS)
            page.log_addition(request, programme, sentence)
            return HttpResponseRedirect(
                reverse("admin:rewards_programme_change", args=[programme.pk])
            )
    context = {
        **page.admin_site.each_context(request),
        "title": _("New programme"),
        "opts": page.opts,
        "preset": preset,
        "about": preset.about(language()),
        "form": form,
        "back": reverse("admin:rewards_programme_presets"),
    }
    return draw(request, "create", context, status=200 if data is None else 422)


def _create(name: str, form: CreateForm) -> Programme:
    return create_programme(
        preset=name,
        choices=form.choices,
        unit_names=form.unit_names,
        starts_on=form.cleaned_data["starts_on"],
        ends_on=form.cleaned_data["ends_on"],
        as_of=timezone.now(),
    )
