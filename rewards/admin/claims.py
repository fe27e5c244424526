"""The queue of sell-out claims: approve, reject with a reason, decide appeals, mark as paid."""

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path, reverse
from django.urls.resolvers import URLPattern
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from partners.doors.admin import ReadOnlyAdmin, ReadOnlyInline, Step, action, actor_of, display
from partners.doors.admin_filters import DayRangeFilter
from partners.doors.attachments import hand_out
from partners.doors.showing import NOTHING, Labels, link_to, say_day, say_time
from partners.models import ClaimMove, SellOutClaim
from rewards import claiming

State = SellOutClaim.State
STATE_LABELS = Labels(
    {
        "pending": "warning",
        "appealed": "warning",
        "approved": "info",
        "paid": "success",
        "rejected": "danger",
    }
)
REFUSED = (claiming.IllegalMove, claiming.OwnClaim, claiming.SamePersonDecides)
PATHS = {"approve": State.APPROVED, "reject": State.REJECTED, "mark-paid": State.PAID}


class NoteForm(forms.Form):
    note = forms.CharField(
        label=gettext_lazy("Note"),
        max_length=500,
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=gettext_lazy("Kept in the history. The partner may read it."),
    )


class RejectForm(NoteForm):
    field_order = ("reason", "note")

    reason = forms.ChoiceField(
        label=gettext_lazy("Reason"),
        choices=list(claiming.REASONS.items()),
        widget=UnfoldAdminSelectWidget(),
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("reason") == "other" and not given.get("note"):
            self.add_error("note", _("Say what the reason is. The partner reads it."))
        return given


def say_claim(claim: SellOutClaim) -> str:
    return f"{claim.partner.legal_name}, {claim.sku}, {say_day(claim.sold_on)}"


def find_obstacle(claim: SellOutClaim, *, to_state: str) -> str:
    """Say that a claim is decided already, where a link from yesterday still leads here."""
    if to_state in claiming.LEGAL_MOVES[claim.state]:
        return ""
    said = {"claim": say_claim(claim), "state": claim.get_state_display()}
    return _("%(claim)s: nothing is to be decided here now. Its state: %(state)s.") % said


def approving() -> Step:
    def perform(claim: SellOutClaim, *, form: forms.Form, request: HttpRequest) -> str:
        claiming.approve(
            claim=claim,
            by=actor_of(request).person,
            note=form.cleaned_data["note"],
            at=timezone.now(),
        )
        return _("%(claim)s is approved.") % {"claim": say_claim(claim)}

    return Step(
        title=_("Approve"),
        sentence=_("The sale counts from the day it was made, and earns what the programme gives."),
        button=_("Approve"),
        perform=perform,
        refused=REFUSED,
        find_obstacle=partial(find_obstacle, to_state=State.APPROVED),
        describe=say_claim,
        form_class=NoteForm,
    )


def rejecting() -> Step:
    def perform(claim: SellOutClaim, *, form: forms.Form, request: HttpRequest) -> str:
        claiming.reject(
            claim=claim,
            by=actor_of(request).person,
            reason=form.cleaned_data["reason"],
            note=form.cleaned_data["note"],
            at=timezone.now(),
        )
        return _("%(claim)s is rejected.") % {"claim": say_claim(claim)}

    return Step(
        title=_("Reject"),
        sentence=_(
            "The partner reads the reason. They may appeal once; somebody else decides then."
        ),
        button=_("Reject"),
        perform=perform,
        refused=REFUSED,
        find_obstacle=partial(find_obstacle, to_state=State.REJECTED),
        describe=say_claim,
        form_class=RejectForm,
    )


def paying() -> Step:
    def perform(claim: SellOutClaim, *, form: forms.Form, request: HttpRequest) -> str:
        claiming.mark_paid(
            claim=claim,
            by=actor_of(request).person,
            note=form.cleaned_data["note"],
            at=timezone.now(),
        )
        return _("%(claim)s is paid.") % {"claim": say_claim(claim)}

    return Step(
        title=_("Mark as paid"),
        sentence=_("For what earned no points and was paid in another way."),
        button=_("Mark as paid"),
        perform=perform,
        refused=REFUSED,
        find_obstacle=partial(find_obstacle, to_state=State.PAID),
        describe=say_claim,
        form_class=NoteForm,
    )


class MoveTab(ReadOnlyInline):
    model = ClaimMove
    verbose_name_plural = gettext_lazy("History")
    show_change_link = False
    fields = ("moved", "to_state", "by_person", "reason", "note")
    readonly_fields = fields
    ordering = ("pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("by_person")

    @display(description=gettext_lazy("moved at"))
    def moved(self, move: ClaimMove) -> str:
        return say_time(move.moved_at)

    @display(description=gettext_lazy("reason"))
    def reason(self, move: ClaimMove) -> str:
        return str(claiming.REASONS.get(move.reason_code, NOTHING))


@admin.register(SellOutClaim)
class SellOutClaimAdmin(ReadOnlyAdmin):
    list_display = (
        "number",
        "sku",
        "partner_name",
        "claimant",
        "articles",
        "sold",
        "filed",
        "shown_state",
    )
    list_display_links = ("number",)
    list_select_related = ("partner", "member__person")
    list_filter = (("state", ChoicesDropdownFilter), ("filed_at", DayRangeFilter))
    search_fields = (
        "=sku",
        "=document",
        "=serials__serial",
        "partner__legal_name",
        "=partner__erp_number",
    )
    search_help_text = gettext_lazy("Article, serial number, document, partner or ERP number")
    ordering = ("-filed_at", "-pk")
    inlines = (MoveTab,)
    actions = ("approve_chosen", "reject_chosen")
    actions_detail = ("approve", "reject", "mark_paid")
    fields = (
        ("state_in_words", "filed"),
        ("partner_link", "claimant"),
        ("sku", "sold"),
        ("paper", "articles_in_full"),
        "proof_links",
        "note",
        ("activity_link", "public_id"),
    )
    readonly_fields = (
        "state_in_words",
        "filed",
        "partner_link",
        "claimant",
        "sold",
        "paper",
        "articles_in_full",
        "proof_links",
        "activity_link",
        "public_id",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request).select_related("partner", "member__person", "activity")
        return rows.annotate(serial_count=Count("serials", distinct=True))

    def get_urls(self) -> list[URLPattern]:
        proof = path(
            "<int:pk>/proofs/<uuid:proof_id>/",
            self.admin_site.admin_view(self.proof),
            name="partners_selloutclaim_proof",
        )
        return [proof, *super().get_urls()]

    def has_decide_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("partners.change_selloutclaim")

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[Any]:
        """Offer only the moves that are legal from where the claim is now."""
        claim = self.get_object(request, str(object_id))
        legal = claiming.LEGAL_MOVES[claim.state] if claim else frozenset()
        offered = super().get_actions_detail(request, object_id)
        return [one for one in offered if PATHS.get(one.path) in legal]

    # ------------------------------------------------------------------- moves

    @action(description=gettext_lazy("Approve"), url_path="approve", permissions=["decide"])
    def approve(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.confirm_one(request, object_id, approving())

    @action(description=gettext_lazy("Reject"), url_path="reject", permissions=["decide"])
    def reject(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.confirm_one(request, object_id, rejecting())

    @action(description=gettext_lazy("Mark as paid"), url_path="mark-paid", permissions=["decide"])
    def mark_paid(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.confirm_one(request, object_id, paying())

    @action(description=gettext_lazy("Approve"), permissions=["decide"])
    def approve_chosen(self, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponse | None:
        return self.confirm_many(request, chosen, approving(), action_name="approve_chosen")

    @action(description=gettext_lazy("Reject"), permissions=["decide"])
    def reject_chosen(self, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponse | None:
        return self.confirm_many(request, chosen, rejecting(), action_name="reject_chosen")

    def proof(self, request: HttpRequest, pk: int, proof_id: str) -> HttpResponse:
        """The file as it was given, to be saved."""
        claim = self.get_object(request, str(pk))
        if claim is None or not self.has_view_permission(request, claim):
            raise Http404
        proof = claim.proofs.filter(public_id=proof_id).first()
        if proof is None:
            raise Http404
        try:
            content = claiming.open_proof(proof)
        except FileNotFoundError as error:
            raise Http404 from error
        return hand_out(content, name=proof.name, content_type=proof.content_type)

    # ----------------------------------------------------------------- columns

    @display(description=gettext_lazy("claim"), ordering="pk")
    def number(self, claim: SellOutClaim) -> str:
        return f"#{claim.pk}"

    @display(description=gettext_lazy("partner"))
    def partner_link(self, claim: SellOutClaim) -> SafeString | str:
        return link_to(claim.partner)

    @display(description=gettext_lazy("claimed by"), ordering="member__person__name")
    def claimant(self, claim: SellOutClaim) -> str:
        return claim.member.person.name

    @display(description=gettext_lazy("serial numbers"))
    def articles(self, claim: SellOutClaim) -> int:
        return int(claim.serial_count)  # type: ignore[attr-defined]  # annotated above

    @display(description=gettext_lazy("invoice or receipt"))
    def paper(self, claim: SellOutClaim) -> str:
        """Without the words that the field has for whoever claims."""
        return claim.document or NOTHING

    @display(description=gettext_lazy("serial numbers"))
    def articles_in_full(self, claim: SellOutClaim) -> SafeString:
        serials = claim.serials.order_by("serial").values_list("serial")
        return format_html_join(", ", "{}", serials)

    @display(description=gettext_lazy("proof"))
    def proof_links(self, claim: SellOutClaim) -> SafeString | str:
        links = [
            (
                reverse("admin:partners_selloutclaim_proof", args=[claim.pk, proof.public_id]),
                proof.name,
            )
            for proof in claim.proofs.order_by("pk")
        ]
        shown = format_html_join(
            ", ", '<a href="{}" class="text-primary-600 dark:text-primary-500">{}</a>', links
        )
        return shown or NOTHING

    @display(description=gettext_lazy("sold on"), ordering="sold_on")
    def sold(self, claim: SellOutClaim) -> str:
        return say_day(claim.sold_on)

    @display(description=gettext_lazy("filed at"), ordering="filed_at")
    def filed(self, claim: SellOutClaim) -> str:
        return say_time(claim.filed_at)

    @display(description=gettext_lazy("state"), ordering="state", label=STATE_LABELS)
    def shown_state(self, claim: SellOutClaim) -> tuple[str, Any]:
        return claim.state, claim.get_state_display()

    @display(description=gettext_lazy("state"))
    def state_in_words(self, claim: SellOutClaim) -> str:
        return claim.get_state_display()

    @display(description=gettext_lazy("activity"))
    def activity_link(self, claim: SellOutClaim) -> SafeString | str:
        return link_to(claim.activity)
