"""Whom companies named to agree to personal earning, and for whom they agreed."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import RelatedDropdownFilter

from partners.admin.team import ReasonForm, with_reason
from partners.doors.admin import ReadOnlyAdmin, Step, action, actor_of, display
from partners.doors.admin_filters import DayRangeFilter
from partners.doors.showing import link_to, say_time
from rewards import consenting
from rewards.models import EarningApprover, EarningConsent


@admin.register(EarningApprover)
class EarningApproverAdmin(ReadOnlyAdmin):
    """Read here; on a company's word somebody is named on the page of the member."""

    list_display = ("person", "partner_name", "named", "ended")
    list_select_related = ("partner", "member__person")
    list_filter = (("named_at", DayRangeFilter),)
    search_fields = ("partner__legal_name", "=partner__erp_number", "member__person__name")
    ordering = ("-named_at", "-pk")
    fields = (("partner_link", "member_link"), ("named", "named_by"), "ended")
    readonly_fields = ("partner_link", "member_link", "named", "ended")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("partner", "member__person", "named_by")

    @display(description=gettext_lazy("approver"), ordering="member__person__name")
    def person(self, approver: EarningApprover) -> str:
        return approver.member.person.name

    @display(description=gettext_lazy("partner"))
    def partner_link(self, approver: EarningApprover) -> SafeString | str:
        return link_to(approver.partner)

    @display(description=gettext_lazy("approver"))
    def member_link(self, approver: EarningApprover) -> SafeString | str:
        return link_to(approver.member, approver.member.person.name)

    @display(description=gettext_lazy("named at"), ordering="named_at")
    def named(self, approver: EarningApprover) -> str:
        return say_time(approver.named_at)

    @display(description=gettext_lazy("ended at"), ordering="ended_at")
    def ended(self, approver: EarningApprover) -> str:
        return say_time(approver.ended_at)


@admin.register(EarningConsent)
class EarningConsentAdmin(ReadOnlyAdmin):
    """Given by the approver in the portal only; withdrawn here too, with the reason."""

    list_display = ("person", "partner_name", "programme", "terms_version", "given", "withdrawn")
    list_select_related = ("partner", "programme", "member__person")
    list_filter = (
        ("programme", RelatedDropdownFilter),
        ("given_at", DayRangeFilter),
    )
    search_fields = ("partner__legal_name", "=partner__erp_number", "member__person__name")
    ordering = ("-given_at", "-pk")
    actions_detail = ("withdraw",)
    fields = (
        ("partner_link", "member_link"),
        ("programme", "version"),
        ("approved_by", "given"),
        ("withdrawn", "withdrawn_by"),
        ("terms_version", "means_now"),
        "terms",
    )
    readonly_fields = (
        "partner_link",
        "member_link",
        "approved_by",
        "given",
        "withdrawn",
        "means_now",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        return rows.select_related(
            "partner", "programme", "member__person", "approver__person", "withdrawn_by"
        )

    def has_withdraw_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("rewards.change_earningconsent"))

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[Any]:
        """Only what is in force can be withdrawn."""
        consent = self.get_object(request, str(object_id))
        if consent is None or consent.withdrawn_at is not None:
            return []
        offered: list[Any] = super().get_actions_detail(request, object_id)
        return offered

    @action(description=gettext_lazy("Withdraw"), permissions=["withdraw"])
    def withdraw(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.confirm_one(
            request,
            object_id,
            Step(
                title=_("Withdraw the consent"),
                sentence=_("From now on, what this person does earns for the company’s pool."),
                button=_("Withdraw"),
                perform=_withdraw,
                form_class=ReasonForm,
                describe=_describe,
            ),
        )

    @display(description=gettext_lazy("member"), ordering="member__person__name")
    def person(self, consent: EarningConsent) -> str:
        return consent.member.person.name

    @display(description=gettext_lazy("partner"))
    def partner_link(self, consent: EarningConsent) -> SafeString | str:
        return link_to(consent.partner)

    @display(description=gettext_lazy("member"))
    def member_link(self, consent: EarningConsent) -> SafeString | str:
        return link_to(consent.member, consent.member.person.name)

    @display(description=gettext_lazy("approved by"))
    def approved_by(self, consent: EarningConsent) -> SafeString | str:
        return link_to(consent.approver, consent.approver.person.name)

    @display(description=gettext_lazy("given at"), ordering="given_at")
    def given(self, consent: EarningConsent) -> str:
        return say_time(consent.given_at)

    @display(description=gettext_lazy("what that means now"))
    def means_now(self, consent: EarningConsent) -> str:
        if consent.withdrawn_at is None and consenting.is_to_terms_at(consent, timezone.now()):
            return _("What this person does earns for themselves.")
        if consent.withdrawn_at is None:
            return _("By other terms than now: it earns for the company, until it is agreed anew.")
        return _("What this person does earns for the company, unless it was agreed anew.")

    @display(description=gettext_lazy("withdrawn at"), ordering="withdrawn_at")
    def withdrawn(self, consent: EarningConsent) -> str:
        return say_time(consent.withdrawn_at)


def _describe(consent: EarningConsent) -> str:
    return f"{consent.member.person.name}, {consent.partner.legal_name}"


def _withdraw(consent: EarningConsent, *, form: Any, request: HttpRequest) -> str:
    consenting.withdraw(consent=consent, by=actor_of(request), at=timezone.now())
    said = {"name": consent.member.person.name}
    return with_reason(_("What %(name)s does earns for the company’s pool.") % said, form)
