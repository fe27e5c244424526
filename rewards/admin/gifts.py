"""The gift register in the admin: a year of a programme, of one partner or all that are seen."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from ledger.wording import say_amount
from partners.doors.admin import actor_of
from partners.doors.showing import language, say_money, say_time
from partners.models import Partner
from rewards.earners import find_cap
from rewards.gift_files import CONTENT_TYPES, write_file
from rewards.gift_register import GiftRow, Question, find_movements, say_kind, tell
from rewards.models import Programme

YEARS = (2000, 2100)
LINES_A_PAGE = 50


class GiftForm(forms.Form):
    """Which register. A partner is named by the number it has in the seller's books."""

    programme = forms.ModelChoiceField(
        queryset=Programme.objects.select_related("main_unit").order_by("name", "pk"),
        to_field_name="code",
        label=gettext_lazy("Programme"),
        empty_label=None,
    )
    year = forms.IntegerField(
        label=gettext_lazy("Year"), min_value=YEARS[0], max_value=YEARS[1], localize=False
    )
    partner = forms.CharField(
        label=gettext_lazy("Partner number"), max_length=64, required=False, strip=True
    )

    def __init__(self, data: Any, *, request: HttpRequest) -> None:
        super().__init__(data)
        self.actor = actor_of(request)

    def clean_partner(self) -> Partner | None:
        number = self.cleaned_data["partner"]
        if not number:
            return None
        found: Partner | None = (
            Partner.objects.for_actor(self.actor).filter(erp_number=number).first()
        )
        if found is None:
            raise forms.ValidationError(_("There is no such partner."))
        return found

    def ask(self) -> Question:
        return Question.of_year(
            self.cleaned_data["year"],
            programme=self.cleaned_data["programme"],
            actor=self.actor,
            partner=self.cleaned_data["partner"],
        )


def may_see_gifts(request: HttpRequest) -> bool:
    """Say whether a person may read what people, by name, were given."""
    return bool(request.user.has_perm("rewards.view_earningconsent"))


@require_GET
def show_gifts(request: HttpRequest) -> HttpResponseBase:
    """Show a register; with ``file`` send it. An account manager sees their own partners only."""
    if not may_see_gifts(request):
        raise PermissionDenied
    form = GiftForm(_complete(request), request=request)
    wanted = request.GET.get("file", "")
    if form.is_valid() and wanted in CONTENT_TYPES:
        return _send(form, wanted)
    context = {**admin.site.each_context(request), "title": _("Gift register"), "form": form}
    if form.is_valid():
        context |= _read(form, request)
    return TemplateResponse(request, "admin/gifts.html", context)


def _complete(request: HttpRequest) -> dict[str, Any]:
    """What was asked for, and this year of the first programme where nothing was."""
    first = Programme.objects.order_by("name", "pk").values_list("code", flat=True).first()
    asked = request.GET.dict()
    return {"programme": first or "", "year": timezone.localdate().year, **asked}


def _send(form: GiftForm, kind: str) -> FileResponse:
    question, year = form.ask(), form.cleaned_data["year"]
    parts = ["gifts", question.programme.code, str(year)]
    if question.partner is not None:
        parts.append(str(question.partner.pk))
    return FileResponse(
        write_file(question, kind, cap=find_cap(question.programme, at=question.until)),
        as_attachment=True,
        filename=f"{'-'.join(parts)}.{kind}",
        content_type=CONTENT_TYPES[kind],
    )


def _read(form: GiftForm, request: HttpRequest) -> dict[str, Any]:
    question = form.ask()
    found = find_movements(question).order_by("-occurred_at", "-pk")
    page = Paginator(found, LINES_A_PAGE).get_page(request.GET.get("page"))
    lines = tell(list(page.object_list), question=question)
    return {"page": page, "lines": [_say(line) for line in lines]}


def _say(line: GiftRow) -> tuple[Any, ...]:
    return (
        say_time(line.at),
        line.partner.legal_name,
        line.member.person.name,
        say_kind(line.kind),
        line.about,
        say_amount(line.units, line.programme.main_unit, language()),
        say_money(line.value, line.programme.currency),
    )
