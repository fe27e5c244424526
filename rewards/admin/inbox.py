"""The inbox: what waits, saying whose it is, rules made out of it, and putting it aside."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter, FieldTextFilter
from unfold.widgets import UnfoldAdminTextInputWidget

from partners.admin.facts import say_kind
from partners.doors.admin import (
    BaseAdmin,
    ReadOnlyAdmin,
    ReadOnlyInline,
    Step,
    action,
    actor_of,
    display,
)
from partners.doors.showing import NOTHING, link_to, say_money, say_number, say_time, show_document
from partners.importing.reasons import say_why
from partners.models import Activity, ImportRow, MatchingRule, ParkedDocument
from partners.models.amounts import from_ten_thousandths
from rewards import inbox
from rewards.admin.matching import make_rule_page, match_page, say_document

STATES = {
    "waiting": gettext_lazy("Waiting"),
    "matched": gettext_lazy("Matched"),
    "dismissed": gettext_lazy("Dismissed"),
}
EVERYTHING = "all"
# What has a field of its own, or is drawn apart.
SHOWN_ABOVE = {"lines", "occurred_at", "currency"}


class StateFilter(admin.SimpleListFilter):
    """What waits comes first: the rest is history."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [*STATES.items(), (EVERYTHING, gettext_lazy("Everything"))]

    def value(self) -> str:
        return super().value() or "waiting"

    def choices(self, changelist: Any) -> Iterator[Any]:
        """Without the choice of no filter: without a choice it is what waits."""
        shown = iter(super().choices(changelist))
        next(shown)
        yield from shown

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "waiting":
            return queryset.filter(matched_at=None, dismissed_at=None)
        if self.value() == "matched":
            return queryset.filter(matched_at__isnull=False)
        if self.value() == "dismissed":
            return queryset.filter(dismissed_at__isnull=False)
        return queryset


class RowTab(ReadOnlyInline):
    model = ImportRow
    per_page = 50
    show_change_link = False
    verbose_name_plural = gettext_lazy("Rows")
    fields = ("row_number", "why", "row")
    readonly_fields = fields
    ordering = ("row_number",)

    @display(description=gettext_lazy("reason"))
    def why(self, row: ImportRow) -> str:
        return say_why(row.code, row.content)

    @display(description=gettext_lazy("content"))
    def row(self, row: ImportRow) -> str:
        return show_document(row.content)


class DismissForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=300,
        widget=UnfoldAdminTextInputWidget(),
        help_text=gettext_lazy("Kept with the document, for colleagues and the auditor."),
    )


def say_obstacle(document: ParkedDocument, *, wanted: str) -> str:
    """Say that a colleague was quicker; ``wanted`` is the state this can be done in."""
    if document.state == wanted:
        return ""
    state = STATES["waiting" if document.state == "parked" else document.state]
    return _("%(document)s: nothing is to be done here now. Its state: %(state)s.") % {
        "document": document,
        "state": state,
    }


def dismissing() -> Step:
    def perform(document: ParkedDocument, *, form: forms.Form, request: HttpRequest) -> str:
        inbox.dismiss(
            document=document,
            reason=form.cleaned_data["reason"],
            by=actor_of(request).person,
            at=timezone.now(),
        )
        return _("%(document)s is put aside.") % {"document": document}

    return Step(
        title=_("Dismiss"),
        sentence=_("It is nobody's. It can be brought back, and is taken if its source names us."),
        button=_("Dismiss"),
        perform=perform,
        refused=(inbox.NotWaiting,),
        find_obstacle=lambda document: say_obstacle(document, wanted="parked"),
        describe=say_document,
        form_class=DismissForm,
    )


def bringing_back() -> Step:
    def perform(document: ParkedDocument, *, form: forms.Form, request: HttpRequest) -> str:
        inbox.bring_back(document=document)
        return _("%(document)s waits again.") % {"document": document}

    return Step(
        title=_("Bring back"),
        sentence=_("It waits again, to be matched."),
        button=_("Bring back"),
        perform=perform,
        refused=(inbox.NotDismissed,),
        find_obstacle=lambda document: say_obstacle(document, wanted="dismissed"),
        describe=say_document,
    )


@admin.register(ParkedDocument)
class ParkedDocumentAdmin(ReadOnlyAdmin):
    list_display = (
        "external_id",
        "source",
        "reason",
        "names",
        "amount",
        "happened",
        "age",
        "shown_state",
    )
    list_filter = (
        StateFilter,
        ("reason", ChoicesDropdownFilter),
        ("source", FieldTextFilter),
    )
    search_fields = ("=external_id", "=source", "=partner_ref")
    search_help_text = gettext_lazy("Number, source, or what names the partner")
    ordering = ("-parked_at", "-pk")
    inlines = (RowTab,)
    actions = ("match_chosen", "dismiss_chosen")
    actions_detail = ("match", "make_rule", "dismiss", "bring_back")
    fields = (
        ("external_id", "source"),
        ("shown_kind", "names"),
        ("reason", "state_in_words"),
        ("amount", "happened"),
        ("parked", "run"),
        "shown_content",
        ("matched_link", "matched"),
        "dismissal",
    )
    readonly_fields = (
        "shown_kind",
        "names",
        "state_in_words",
        "amount",
        "happened",
        "parked",
        "shown_content",
        "matched_link",
        "matched",
        "dismissal",
    )
    list_select_related = ("run",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        amounts = ImportRow.objects.only("parked_document_id", "content")
        return super().get_queryset(request).prefetch_related(Prefetch("rows", amounts))

    # ------------------------------------------------------------ who may what

    def has_match_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("partners.change_parkeddocument")

    def has_rule_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("partners.add_matchingrule")

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[Any]:
        """Offer only what can be done with it now."""
        document = self.get_object(request, str(object_id))
        offered: set[str] = set()
        if document is not None and document.state == "parked":
            offered = {"match", "make-rule", "dismiss"}
        elif document is not None and document.state == "dismissed":
            offered = {"bring-back"}
        shown = super().get_actions_detail(request, object_id)
        return [one for one in shown if one.path in offered]

    # ------------------------------------------------------------------- moves

    @action(description=gettext_lazy("Match"), url_path="match", permissions=["match"])
    def match(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return match_page(self, request, [self._find(request, object_id)])

    @action(description=gettext_lazy("Make a rule"), url_path="make-rule", permissions=["rule"])
    def make_rule(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return make_rule_page(self, request, self._find(request, object_id))

    @action(description=gettext_lazy("Dismiss"), url_path="dismiss", permissions=["match"])
    def dismiss(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.confirm_one(request, object_id, dismissing())

    @action(description=gettext_lazy("Bring back"), url_path="bring-back", permissions=["match"])
    def bring_back(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.confirm_one(request, object_id, bringing_back())

    @action(description=gettext_lazy("Match to a partner"), permissions=["match"])
    def match_chosen(self, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponse:
        return match_page(self, request, chosen, action_name="match_chosen")

    @action(description=gettext_lazy("Dismiss"), permissions=["match"])
    def dismiss_chosen(self, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponse | None:
        return self.confirm_many(request, chosen, dismissing(), action_name="dismiss_chosen")

    def _find(self, request: HttpRequest, object_id: str) -> ParkedDocument:
        document = self.get_object(request, object_id)
        if document is None:
            raise Http404
        return document

    # ----------------------------------------------------------------- columns

    @display(description=gettext_lazy("kind"))
    def shown_kind(self, document: ParkedDocument) -> str:
        return str(say_kind(document.kind)) if document.kind else NOTHING

    @display(description=gettext_lazy("names the partner"), ordering="partner_ref")
    def names(self, document: ParkedDocument) -> str:
        return document.partner_ref or NOTHING

    @display(description=gettext_lazy("amount"))
    def amount(self, document: ParkedDocument) -> str:
        amount = read_amount(document)
        if not amount:
            return NOTHING
        return say_money(amount, document.currency) if document.currency else say_number(amount)

    @display(description=gettext_lazy("occurred at"), ordering="occurred_at")
    def happened(self, document: ParkedDocument) -> str:
        return say_time(document.occurred_at)

    @display(description=gettext_lazy("waits for"), ordering="parked_at")
    def age(self, document: ParkedDocument) -> str:
        return timesince(document.parked_at, timezone.now(), depth=1)

    @display(description=gettext_lazy("parked at"))
    def parked(self, document: ParkedDocument) -> str:
        return say_time(document.parked_at)

    @display(
        description=gettext_lazy("state"),
        label={"waiting": "warning", "matched": "success", "dismissed": "info"},
    )
    def shown_state(self, document: ParkedDocument) -> tuple[str, Any]:
        state = "waiting" if document.state == "parked" else document.state
        return state, STATES[state]

    @display(description=gettext_lazy("state"))
    def state_in_words(self, document: ParkedDocument) -> Any:
        return self.shown_state(document)[1]

    @display(description=gettext_lazy("content"))
    def shown_content(self, document: ParkedDocument) -> SafeString | str:
        if document.content is None:
            return _("See its rows.")
        return show_document(in_words(document.content))

    @display(description=gettext_lazy("matched to"))
    def matched_link(self, document: ParkedDocument) -> SafeString | str:
        return link_to(document.matched_partner)

    @display(description=gettext_lazy("matched at"))
    def matched(self, document: ParkedDocument) -> SafeString | str:
        if document.matched_at is None:
            return NOTHING
        taken = Activity.objects.filter(source=document.source, external_id=document.external_id)
        return link_to(taken.first(), say_time(document.matched_at))

    @display(description=gettext_lazy("dismissed"))
    def dismissal(self, document: ParkedDocument) -> str:
        if document.dismissed_at is None:
            return NOTHING
        return f"{say_time(document.dismissed_at)}: {document.dismiss_reason}"


def read_amount(document: ParkedDocument) -> Decimal:
    """Return what a document comes to; a return, which is written below zero, comes out above."""
    if document.content is None:
        amounts = (row.content.get("amount", "0") for row in document.rows.all())
        return abs(sum(map(Decimal, amounts), Decimal(0)))
    amount_e4 = document.content.get("amount_e4")
    if amount_e4 is None:
        amount_e4 = sum(line[2] for line in document.content.get("lines", []))
    return from_ten_thousandths(amount_e4)


def in_words(content: dict[str, Any]) -> dict[str, Any]:
    """Return what came through the API with its amounts as people write them."""
    shown = {
        name.removesuffix("_e4"): f"{from_ten_thousandths(value).normalize():f}"
        if name.endswith("_e4")
        else value
        for name, value in content.items()
        if name not in SHOWN_ABOVE
    }
    lines = [
        {
            "sku": sku,
            "quantity": f"{from_ten_thousandths(quantity_e4).normalize():f}",
            "amount": f"{from_ten_thousandths(amount_e4).normalize():f}",
        }
        for sku, quantity_e4, amount_e4, *_words in content.get("lines", [])
    ]
    return shown | ({"lines": lines} if lines else {})


@admin.register(MatchingRule)
class MatchingRuleAdmin(BaseAdmin):
    """Made out of a document that waits; here they are looked at and switched off."""

    list_display = ("said", "shown_source", "partner_name", "made", "is_active")
    list_display_links = ("said",)
    list_select_related = ("partner",)
    list_filter = ("is_active",)
    search_fields = ("value", "partner__legal_name", "=partner__erp_number")
    search_help_text = gettext_lazy("What is written, partner or ERP number")
    ordering = ("-made_at", "-pk")
    fields = ("said", "shown_source", "partner_link", "made", "made_by", "is_active")
    readonly_fields = ("said", "shown_source", "partner_link", "made", "made_by")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @display(description=gettext_lazy("rule"), ordering="value")
    def said(self, rule: MatchingRule) -> str:
        return f"{rule.get_field_display()} {rule.get_condition_display()} {rule.value}"

    @display(description=gettext_lazy("source"), ordering="source")
    def shown_source(self, rule: MatchingRule) -> str:
        return rule.source or _("every source")

    @display(description=gettext_lazy("partner"))
    def partner_link(self, rule: MatchingRule) -> SafeString | str:
        return link_to(rule.partner)

    @display(description=gettext_lazy("made at"), ordering="made_at")
    def made(self, rule: MatchingRule) -> str:
        return say_time(rule.made_at)
