"""What was earned and taken back, each with its explanation."""

from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import FieldTextFilter

from ledger.models import Transfer
from ledger.wording import say_amount
from partners.doors.admin import ReadOnlyAdmin, ReadOnlyInline, action, display, limit
from partners.doors.admin_filters import DayRangeFilter
from partners.doors.showing import NOTHING, language, link_to, say_time
from rewards.admin.ending_waits import cancelling, releasing
from rewards.admin.explained import activity_page, others_of
from rewards.admin.supposed import preview_page
from rewards.explaining import Explanation, Teller, teller_of
from rewards.models import Award, ClawBack, ProgrammeVersion, Redemption, Share
from rewards.programmes.live import definition_of
from rewards.waiting import find_waiting


def draw(explanation: Explanation) -> SafeString:
    """Draw an explanation as the small bill that the partner sees."""
    return render_to_string("admin/explanation.html", {"explanation": explanation})


def teller_for(version: ProgrammeVersion) -> Teller:
    return teller_of(
        definition_of(version),
        language=language(),
        currency=version.programme.currency,
        decimals=version.programme.main_unit.decimals,
    )


class ClawBackTab(ReadOnlyInline):
    model = ClawBack
    verbose_name_plural = _("Taken back by returns")
    fields = ("link", "due", "collected", "debt", "waived")
    readonly_fields = fields
    ordering = ("pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("cause")

    @display(description=_("return"))
    def link(self, claw_back: ClawBack) -> SafeString | str:
        return link_to(claw_back, str(claw_back.cause))


@admin.register(Award)
class AwardAdmin(ReadOnlyAdmin):
    list_display = ("number", "partner_name", "activity", "happened", "shown_amount", "rule_code")
    list_display_links = ("number",)
    list_select_related = ("partner", "activity", "unit")
    list_filter = (("rule_code", FieldTextFilter), ("activity__occurred_at", DayRangeFilter))
    search_fields = (
        "partner__legal_name",
        "=partner__erp_number",
        "=activity__external_id",
    )
    search_help_text = _("Partner, ERP number or document number")
    ordering = ("-pk",)
    inlines = (ClawBackTab,)
    actions_detail = ("release_now", "cancel_waiting")
    actions_list = ("preview_earning",)
    fields = (
        ("partner_link", "activity_link"),
        ("shown_amount", "happened"),
        "waits",
        ("version_link", "rule_code"),
        "why",
        "others",
        "public_id",
    )
    readonly_fields = (
        "partner_link",
        "activity_link",
        "shown_amount",
        "happened",
        "waits",
        "version_link",
        "why",
        "others",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return (
            super()
            .get_queryset(request)
            .select_related("partner", "activity", "unit", "version__programme__main_unit")
        )

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        return lookup == "activity__id__exact" or super().lookup_allowed(lookup, value, request)

    def get_urls(self) -> list[URLPattern]:
        to_cause = path(
            "of-transfer/<int:transfer_id>/",
            self.admin_site.admin_view(explain_transfer),
            name="rewards_explain",
        )
        of_activity = path(
            "of-activity/<int:activity_id>/",
            self.admin_site.admin_view(partial(activity_page, self)),
            name="rewards_award_of_activity",
        )
        return [to_cause, of_activity, *super().get_urls()]

    def has_end_wait_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("ledger.add_correction"))

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[Any]:
        """Only what waits can be released or cancelled."""
        award = self.get_object(request, str(object_id))
        if award is None or not find_waiting(award).amount:
            return []
        offered: list[Any] = super().get_actions_detail(request, object_id)
        return offered

    @action(description=_("What would it earn?"), url_path="preview")
    def preview_earning(self, request: HttpRequest) -> HttpResponse:
        return preview_page(self, request)

    @action(description=_("Release now"), url_path="release", permissions=["end_wait"])
    def release_now(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.confirm_one(request, object_id, releasing())

    @action(description=_("Cancel"), url_path="cancel", permissions=["end_wait"])
    def cancel_waiting(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.confirm_one(request, object_id, cancelling())

    @display(description=_("not available yet"))
    def waits(self, award: Award) -> str:
        waiting = find_waiting(award)
        if not waiting.amount:
            return NOTHING
        amount = say_amount(waiting.amount, award.unit, language())
        if waiting.until is None:
            return amount
        return gettext("%(amount)s, until %(time)s") % {
            "amount": amount,
            "time": say_time(waiting.until),
        }

    @display(description=_("award"), ordering="pk")
    def number(self, award: Award) -> str:
        return f"#{award.pk}"

    @display(description=_("partner"))
    def partner_link(self, award: Award) -> SafeString | str:
        return link_to(award.partner)

    @display(description=_("activity"))
    def activity_link(self, award: Award) -> SafeString | str:
        return link_to(award.activity)

    @display(description=_("occurred at"), ordering="activity__occurred_at")
    def happened(self, award: Award) -> str:
        return say_time(award.activity.occurred_at)

    @display(description=_("amount"), ordering="amount")
    def shown_amount(self, award: Award) -> str:
        return say_amount(award.amount, award.unit, language())

    @display(description=_("programme version"))
    def version_link(self, award: Award) -> SafeString | str:
        return link_to(award.version, f"{award.version.programme}, {award.version.number}")

    @display(description=_("why"))
    def why(self, award: Award) -> SafeString:
        return draw(teller_for(award.version).tell(award.explanation))

    @display(description=_("other rules"))
    def others(self, award: Award) -> SafeString | str:
        others = others_of(award)
        return render_to_string("admin/_others.html", {"others": others}) if others else NOTHING


@admin.register(ClawBack)
class ClawBackAdmin(ReadOnlyAdmin):
    list_display = ("number", "partner", "cause", "shown_due", "shown_collected", "shown_debt")
    list_display_links = ("number",)
    list_select_related = ("award__partner", "award__unit", "cause")
    list_filter = (("cause__occurred_at", DayRangeFilter),)
    search_fields = (
        "award__partner__legal_name",
        "=award__partner__erp_number",
        "=cause__external_id",
    )
    ordering = ("-pk",)
    fields = (
        ("partner_link", "award_link"),
        "cause_link",
        ("shown_due", "shown_collected"),
        ("shown_debt", "shown_waived"),
        "why",
    )
    readonly_fields = (
        "partner_link",
        "award_link",
        "cause_link",
        "shown_due",
        "shown_collected",
        "shown_debt",
        "shown_waived",
        "why",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return (
            super()
            .get_queryset(request)
            .select_related(
                "award__partner", "award__unit", "award__version__programme__main_unit", "cause"
            )
        )

    @display(description=_("claw-back"), ordering="pk")
    def number(self, claw_back: ClawBack) -> str:
        return f"#{claw_back.pk}"

    @display(description=_("partner"), ordering="award__partner__legal_name")
    def partner(self, claw_back: ClawBack) -> str:
        return claw_back.award.partner.legal_name

    @display(description=_("partner"))
    def partner_link(self, claw_back: ClawBack) -> SafeString | str:
        return link_to(claw_back.award.partner)

    @display(description=_("award"))
    def award_link(self, claw_back: ClawBack) -> SafeString | str:
        return link_to(claw_back.award, f"#{claw_back.award_id}")

    @display(description=_("return"))
    def cause_link(self, claw_back: ClawBack) -> SafeString | str:
        return link_to(claw_back.cause)

    @display(description=_("due"), ordering="due")
    def shown_due(self, claw_back: ClawBack) -> str:
        return say_amount(claw_back.due, claw_back.award.unit, language())

    @display(description=_("collected"), ordering="collected")
    def shown_collected(self, claw_back: ClawBack) -> str:
        return say_amount(claw_back.collected, claw_back.award.unit, language())

    @display(description=_("booked as debt"), ordering="debt")
    def shown_debt(self, claw_back: ClawBack) -> str:
        return say_amount(claw_back.debt, claw_back.award.unit, language())

    @display(description=_("waived"), ordering="waived")
    def shown_waived(self, claw_back: ClawBack) -> str:
        return say_amount(claw_back.waived, claw_back.award.unit, language())

    @display(description=_("why"))
    def why(self, claw_back: ClawBack) -> SafeString:
        teller = teller_for(claw_back.award.version)
        return draw(teller.tell_taken_back(claw_back.explanation))


CAUSES = ((Award, "award"), (Redemption, "redemption"), (Share, "share"))


def explain_transfer(request: HttpRequest, transfer_id: int) -> HttpResponse:
    """Go from a transfer to the page of the award, redemption or share that caused it."""
    transfer = limit(Transfer.objects.all(), request).filter(pk=transfer_id).first()
    if transfer is None or not request.user.has_perm("ledger.view_transfer"):
        raise Http404
    for model, name in CAUSES:
        cause = find_cause(model, transfer.reference)
        if cause is not None:
            return HttpResponseRedirect(reverse(f"admin:rewards_{name}_change", args=[cause]))
    return HttpResponseRedirect(reverse("admin:ledger_transfer_change", args=[transfer_id]))


def find_cause(model: type[Any], reference: str) -> int | None:
    try:
        UUID(reference)
    except ValueError:
        return None
    return model.objects.filter(public_id=reference).values_list("pk", flat=True).first()
