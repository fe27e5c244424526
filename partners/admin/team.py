"""
Who is on a team, with the same acts as in the portal.

Roles are not fields to be edited here: each act asks, is checked like everybody's, and stands in
the log of changes with the reason that was given.
"""

from functools import partial
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from partners import team
from partners.doors.admin import ReadOnlyAdmin, Step, action, actor_of, display
from partners.doors.showing import Labels, link_to, say_time
from partners.models import Member

REFUSED = (team.LastHeadBuyer, team.MemberNotActive, team.OnlyHeadBuyerDecides)
LABELS = Labels({"left": "danger"})


class ReasonForm(forms.Form):
    """Asks why somebody of the seller decides about a partner's team."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=200,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=gettext_lazy("Kept in the log of changes."),
    )


def with_reason(sentence: str, form: forms.Form) -> str:
    """Say what was done, and why: this is what the log of changes keeps."""
    return f"{sentence} {form.cleaned_data['reason'].strip()}"


class ChangeForm(ReasonForm):
    role = forms.ChoiceField(
        label=gettext_lazy("Role"), choices=Member.Role.choices, widget=UnfoldAdminSelectWidget
    )
    job_title = forms.CharField(
        label=gettext_lazy("Job title"),
        max_length=100,
        required=False,
        widget=UnfoldAdminTextInputWidget,
    )
    field_order = ("role", "job_title", "reason")


class HandOverForm(ReasonForm):
    to = forms.ModelChoiceField(
        label=gettext_lazy("To"), queryset=Member.objects.none(), widget=UnfoldAdminSelectWidget
    )
    becomes = forms.ChoiceField(
        label=gettext_lazy("Who hands over becomes"),
        choices=[(role.value, role.label) for role in (Member.Role.BUYER, Member.Role.VIEWER)],
        widget=UnfoldAdminSelectWidget,
    )
    field_order = ("to", "becomes", "reason")


class MemberAdmin(ReadOnlyAdmin):
    """The higher floor registers it, and adds what moves points."""

    list_display = ("named", "partner_name", "role", "job_title", "shown_status")
    list_display_links = ("named",)
    list_select_related = ("person", "partner")
    list_filter = (("role", ChoicesDropdownFilter), ("status", ChoicesDropdownFilter))
    search_fields = ("person__name", "person__email", "partner__legal_name")
    ordering = ("person__name",)
    actions_detail: tuple[str, ...] = ("change_role", "hand_over")
    fieldsets = (
        (None, {"fields": (("person_link", "partner_link"), ("role", "job_title"))}),
        (
            gettext_lazy("Record"),
            {"fields": (("status", "joined"), ("left", "public_id"))},
        ),
    )
    readonly_fields = ("person_link", "partner_link", "joined", "left")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("person", "partner")

    def has_manage_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("partners.change_member"))

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[Any]:
        """Offer what can be done to this member: nothing to who left."""
        member = self.get_object(request, str(object_id))
        if member is None or member.status != Member.Status.ACTIVE:
            return []
        detail: list[Any] = super().get_actions_detail(request, object_id)
        return [
            each
            for each in detail
            if member.is_head_buyer or not each.action_name.endswith("hand_over")
        ]

    @action(description=gettext_lazy("Change role"), permissions=["manage"])
    def change_role(self, request: HttpRequest, object_id: str) -> HttpResponse:
        member = self.get_object(request, object_id)
        initial = {"role": member.role, "job_title": member.job_title} if member else {}

        def perform(found: Member, *, form: forms.Form, request: HttpRequest) -> str:
            changed = team.change(
                member=found,
                role=form.cleaned_data["role"],
                job_title=form.cleaned_data["job_title"],
                by=actor_of(request),
                at=timezone.now(),
            )
            said = {"name": changed.person.name, "role": changed.get_role_display()}
            return with_reason(_("%(name)s: %(role)s.") % said, form)

        return self.confirm_one(
            request,
            object_id,
            Step(
                title=_("Change role"),
                sentence=_("The company keeps at least one head buyer."),
                button=_("Save"),
                perform=perform,
                refused=REFUSED,
                form_class=partial(ChangeForm, initial=initial),
            ),
        )

    @action(description=gettext_lazy("Hand over"), permissions=["manage"])
    def hand_over(self, request: HttpRequest, object_id: str) -> HttpResponse:
        member = self.get_object(request, object_id)

        def make_form(data: Any) -> forms.Form:
            form = HandOverForm(data)
            if member is not None:
                form.fields["to"].queryset = (  # type: ignore[attr-defined]  # a ModelChoiceField has one
                    Member.objects.active()
                    .filter(partner=member.partner_id, person__is_active=True)
                    .exclude(pk=member.pk)
                    .for_listing()
                )
            return form

        def perform(found: Member, *, form: forms.Form, request: HttpRequest) -> str:
            _giver, taker = team.hand_over(
                member=found,
                to=form.cleaned_data["to"],
                becomes=form.cleaned_data["becomes"],
                by=actor_of(request),
                at=timezone.now(),
            )
            said = {"name": taker.person.name}
            return with_reason(_("%(name)s is head buyer now.") % said, form)

        return self.confirm_one(
            request,
            object_id,
            Step(
                title=_("Hand over the role of head buyer"),
                sentence=_("Somebody else of the team takes it, and both change at once."),
                button=_("Hand over"),
                perform=perform,
                refused=REFUSED,
                form_class=make_form,
            ),
        )

    @display(description=gettext_lazy("person"), ordering="person__name", header=True)
    def named(self, member: Member) -> tuple[str, str]:
        return member.person.name, member.person.email

    @display(description=gettext_lazy("status"), ordering="status", label=LABELS)
    def shown_status(self, member: Member) -> tuple[str, Any]:
        return member.status, member.get_status_display()

    @display(description=gettext_lazy("joined at"))
    def joined(self, member: Member) -> str:
        return say_time(member.joined_at)

    @display(description=gettext_lazy("left at"))
    def left(self, member: Member) -> str:
        return say_time(member.left_at)

    @display(description=gettext_lazy("person"))
    def person_link(self, member: Member) -> Any:
        return link_to(member.person, str(member.person))

    @display(description=gettext_lazy("partner"))
    def partner_link(self, member: Member) -> Any:
        return link_to(member.partner)
