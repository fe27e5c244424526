"""Two pages of the inbox that show what would happen before it does: matching, and making a rule."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AutocompleteSelect
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from ledger.models import Unit
from ledger.wording import say_amount
from partners.doors.admin import CHOSEN_MAX, BaseAdmin, actor_of, limit
from partners.doors.admin_pickers import PickedField
from partners.doors.showing import language
from partners.models import MatchingRule, ParkedDocument, Partner
from partners.retrying import again
from partners.team import PartnerClosed
from rewards import inbox
from rewards.inbox import Ending

REFUSED = (inbox.OwnCompany, inbox.RuleKnown, PartnerClosed)
ENDINGS = {
    Ending.TAKEN: gettext_lazy("is taken in"),
    Ending.KNOWN: gettext_lazy("is known already"),
    Ending.CONFLICT: gettext_lazy("cannot be taken: another document has this number"),
    Ending.NO_RATE: gettext_lazy("is this partner's, and waits for the rate of its day"),
    Ending.REFUSED: gettext_lazy("cannot be taken"),
    Ending.NOT_WAITING: gettext_lazy("does not wait any more"),
}
OUTCOMES_SHOWN = 50


class MatchForm(forms.Form):
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
            ParkedDocument._meta.get_field("matched_partner"),
            admin.site,
            attrs={"data-theme": "admin-autocomplete", "class": "unfold-admin-autocomplete"},
            choices=field.choices,
        )


class RuleForm(MatchForm):
    field_order = ("field", "condition", "value", "source", "partner")

    field = forms.ChoiceField(
        label=gettext_lazy("What is looked at"),
        choices=MatchingRule.Field.choices,
        widget=UnfoldAdminSelectWidget(),
    )
    condition = forms.ChoiceField(
        label=gettext_lazy("How"),
        choices=MatchingRule.Condition.choices,
        widget=UnfoldAdminSelectWidget(),
    )
    value = forms.CharField(
        label=gettext_lazy("What is written there"),
        max_length=100,
        widget=UnfoldAdminTextInputWidget(),
    )
    source = forms.CharField(
        label=gettext_lazy("Source"),
        max_length=64,
        required=False,
        widget=UnfoldAdminTextInputWidget(),
        help_text=gettext_lazy("Empty: every source."),
    )


def say_document(document: ParkedDocument) -> str:
    return str(document)


def match_page(
    page: BaseAdmin,
    request: HttpRequest,
    chosen: Iterable[ParkedDocument],
    *,
    action_name: str = "",
) -> HttpResponse:
    """Choose a partner, look at what would be taken in and earned, then match."""
    documents = list(islice(chosen, CHOSEN_MAX + 1))
    if not documents:
        # The list shows what waits: a colleague was quicker.
        page.message_user(request, _("These do not wait any more."), messages.WARNING)
        return HttpResponseRedirect(reverse("admin:partners_parkeddocument_changelist"))
    if len(documents) > CHOSEN_MAX:
        sentence = _("Choose at most %(count)d rows at a time.") % {"count": CHOSEN_MAX}
        page.message_user(request, sentence, messages.ERROR)
        return HttpResponseRedirect(reverse("admin:partners_parkeddocument_changelist"))
    given = {"preview", "confirmed", "change"} & request.POST.keys()
    form = MatchForm(request.POST if given else None, request=request)

    def arguments() -> dict[str, Any]:
        return {
            "documents": documents,
            "partner": form.cleaned_data["partner"],
            "by": actor_of(request).person,
            "at": timezone.now(),
        }

    return _go_through(
        page,
        request,
        form,
        rehearse=lambda: inbox.rehearse(**arguments()),
        perform=lambda: inbox.match(**arguments()),
        says={
            "title": _("Match"),
            "sentence": _(
                "The documents are taken in with their own times, as if they had come on time."
            ),
            "button": _("Match"),
            "rows": [(document.pk, say_document(document)) for document in documents],
            "action_name": action_name,
        },
    )


def make_rule_page(page: BaseAdmin, request: HttpRequest, document: ParkedDocument) -> HttpResponse:
    """Make a rule out of a document; whatever waits and fits is matched with it."""
    given = {"preview", "confirmed", "change"} & request.POST.keys()
    field = (
        MatchingRule.Field.PARTNER_REF if document.partner_ref else MatchingRule.Field.EXTERNAL_ID
    )
    initial = {
        "field": field,
        "condition": MatchingRule.Condition.EQUALS,
        "value": document.partner_ref or document.external_id,
        "source": document.source,
    }
    form = RuleForm(request.POST if given else None, request=request, initial=initial)

    def arguments() -> dict[str, Any]:
        return {**form.cleaned_data, "by": actor_of(request).person, "at": timezone.now()}

    return _go_through(
        page,
        request,
        form,
        rehearse=lambda: inbox.rehearse_rule(**arguments()),
        perform=lambda: inbox.make_rule(**arguments())[1],
        says={
            "title": _("Make a rule"),
            "sentence": _(
                "Documents that fit are this partner's from now on, and those that wait are matched."
            ),
            "button": _("Make the rule"),
            "rows": [(document.pk, say_document(document))],
            "action_name": "",
        },
    )


def _go_through(
    page: BaseAdmin,
    request: HttpRequest,
    form: MatchForm,
    *,
    rehearse: Callable[[], inbox.Matching],
    perform: Callable[[], inbox.Matching],
    says: dict[str, Any],
) -> HttpResponse:
    """Form, preview, deed. Nothing happens before the preview was seen."""
    would = None
    back = reverse("admin:partners_parkeddocument_changelist")
    if form.is_bound and form.is_valid() and "change" not in request.POST:
        try:
            if "confirmed" in request.POST:
                _tell(page, request, again(perform), form.cleaned_data["partner"])
                return HttpResponseRedirect(back)
            would = again(rehearse)
        except REFUSED as error:
            form.add_error(None, str(error))
    context = {
        **page.admin_site.each_context(request),
        **says,
        "form": form,
        "is_preview": would is not None,
        "outcomes": [say_outcome(outcome) for outcome in _first(would)],
        "left_out": max(0, len(would.outcomes) - OUTCOMES_SHOWN) if would else 0,
        "effects": list(say_effects(would)) if would else [],
        "is_any": bool(would and (would.count(Ending.TAKEN) or would.count(Ending.NO_RATE)))
        or "field" in form.fields,
        "back": back,
        "opts": page.opts,
    }
    return TemplateResponse(request, "admin/match.html", context)


def _first(would: inbox.Matching | None) -> Sequence[inbox.Outcome]:
    return would.outcomes[:OUTCOMES_SHOWN] if would else []


def say_outcome(outcome: inbox.Outcome) -> tuple[str, Any, str]:
    return say_document(outcome.document), ENDINGS[outcome.ending], outcome.detail


def say_effects(would: inbox.Matching) -> Iterable[tuple[Any, str]]:
    units = {unit.code: unit for unit in Unit.objects.all()}
    sums: tuple[tuple[Any, Counter[str]], ...] = (
        (_("Earned"), would.units_awarded),
        (_("Taken back"), would.units_clawed_back),
    )
    for label, by_unit in sums:
        for code, amount in sorted(by_unit.items()):
            if amount:
                yield label, say_amount(amount, units[code], language())


def _tell(page: BaseAdmin, request: HttpRequest, did: inbox.Matching, partner: Partner) -> None:
    taken = did.count(Ending.TAKEN) + did.count(Ending.KNOWN)
    sentence = ngettext(
        "%(count)d document is matched to %(partner)s.",
        "%(count)d documents are matched to %(partner)s.",
        taken,
    ) % {"count": taken, "partner": partner}
    page.message_user(request, sentence, messages.SUCCESS if taken else messages.INFO)
    for outcome in did.outcomes[:OUTCOMES_SHOWN]:
        if outcome.ending in (Ending.TAKEN, Ending.KNOWN):
            page.log_change(request, outcome.document, sentence)
        else:
            what, ending, detail = say_outcome(outcome)
            said = f"{what}: {ending}. {detail}".strip()
            page.message_user(request, said, messages.WARNING)
