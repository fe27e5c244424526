"""Merging duplicates in the admin: likely ones, a preview, the merge, and its undoing."""

import uuid
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminTextInputWidget

from ledger.models import Transfer
from ledger.wording import say_amount
from partners.doors.admin import ReadOnlyAdmin, Step, action, actor_of, display, limit
from partners.doors.admin_filters import DayRangeFilter
from partners.doors.showing import NOTHING, language, link_to, say_time
from partners.duplicates import find_alike
from partners.enrolling import PartnerMerged
from partners.models import Partner, PartnerMerge
from partners.retrying import again
from rewards import merging

MAY_MERGE = "partners.add_partnermerge"


class MergeForm(forms.Form):
    """Which one stays, which one becomes part of it, and why. The key makes a double click one."""

    kept = forms.CharField(
        label=gettext_lazy("Keep"),
        max_length=64,
        widget=UnfoldAdminTextInputWidget(),
        help_text=gettext_lazy("The ERP number of the partner that stays."),
    )
    merged = forms.CharField(
        label=gettext_lazy("Duplicate"),
        max_length=64,
        widget=UnfoldAdminTextInputWidget(),
        help_text=gettext_lazy("The ERP number of the partner that becomes part of it."),
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=300,
        widget=UnfoldAdminTextInputWidget(),
        help_text=gettext_lazy("Kept with the merge, for colleagues and the auditor."),
    )
    request_key = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        self.initial.setdefault("request_key", str(uuid.uuid4()))

    def clean_kept(self) -> Partner:
        return self._find("kept")

    def clean_merged(self) -> Partner:
        return self._find("merged")

    def _find(self, name: str) -> Partner:
        visible = limit(Partner.objects.all(), self.request)
        found = visible.filter(erp_number=self.cleaned_data[name].strip()).first()
        if found is None:
            raise forms.ValidationError(_("There is no partner with this number."))
        return found


@admin.register(PartnerMerge)
class PartnerMergeAdmin(ReadOnlyAdmin):
    list_display = ("kept", "merged", "reason", "when", "state")
    list_display_links = ("merged",)
    list_select_related = ("kept", "merged")
    list_filter = (("merged_at", DayRangeFilter),)
    search_fields = (
        "kept__legal_name",
        "merged__legal_name",
        "=kept__erp_number",
        "=merged__erp_number",
    )
    search_help_text = gettext_lazy("Name or ERP number of either partner")
    ordering = ("-merged_at", "-pk")
    actions_list = ("start", "duplicates")
    actions_detail = ("undo",)
    fields = (
        "kept_link",
        "merged_link",
        "reason",
        "when",
        "merged_by",
        "state",
        "moved",
        "people",
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Only for whoever sees both partners."""
        actor = actor_of(request)
        rows = super().get_queryset(request)
        if actor.partner_ids is None:
            return rows
        return rows.filter(kept__in=actor.partner_ids, merged__in=actor.partner_ids)

    def has_merge_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(MAY_MERGE)

    # ------------------------------------------------------------------- pages

    @action(
        description=gettext_lazy("Likely duplicates"), url_path="duplicates", permissions=["merge"]
    )
    def duplicates(self, request: HttpRequest) -> HttpResponse:
        """Partners of one tax id, or of one name in other letters."""
        context = {
            **self.admin_site.each_context(request),
            "title": _("Likely duplicates"),
            "groups": find_alike(actor=actor_of(request)),
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/duplicates.html", context)

    @action(description=gettext_lazy("Merge two partners"), url_path="start", permissions=["merge"])
    def start(self, request: HttpRequest) -> HttpResponse:
        """Choose two partners, look at what would move, then merge."""
        is_post = request.method == "POST"
        form = MergeForm(
            request.POST if is_post else None, request=request, initial=self._read_start(request)
        )
        rehearsal = None
        if is_post and form.is_valid() and "change" not in request.POST:
            given = form.cleaned_data
            if "confirmed" in request.POST:
                answer = self._merge(request, given)
                if answer is not None:
                    return answer
            rehearsal = again(
                partial(
                    merging.rehearse, kept=given["kept"], merged=given["merged"], at=timezone.now()
                )
            )
        return self._show(request, form, rehearsal)

    def _read_start(self, request: HttpRequest) -> dict[str, str]:
        """A partner's page names the one that stays; the list of duplicates names both."""
        found = {}
        for name in ("kept", "merged"):
            pk = request.GET.get(name, "")
            if pk.isascii() and pk.isdecimal() and len(pk) < 19:
                partner = limit(Partner.objects.all(), request).filter(pk=int(pk)).first()
                found[name] = partner.erp_number if partner else ""
        return found

    def _merge(self, request: HttpRequest, given: dict[str, Any]) -> HttpResponse | None:
        try:
            made = again(
                partial(
                    merging.merge,
                    **given,
                    by=actor_of(request).person,
                    at=timezone.now(),
                )
            )
        except (merging.MergeNotPossible, PartnerMerged) as error:
            self.message_user(request, str(error), messages.ERROR)
            return None
        sentence = _("%(merged)s is now part of %(kept)s.") % {
            "merged": made.merged,
            "kept": made.kept,
        }
        self.message_user(request, sentence, messages.SUCCESS)
        self.log_change(request, made, sentence)
        return HttpResponseRedirect(reverse("admin:partners_partnermerge_change", args=[made.pk]))

    def _show(
        self, request: HttpRequest, form: MergeForm, rehearsal: merging.Rehearsal | None
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": _("Merge two partners"),
            "form": form,
            "rehearsal": rehearsal,
            "moves": [
                (
                    say_balance(each.label, each.member),
                    say_amount(each.amount, each.unit, language()),
                )
                for each in (rehearsal.moves if rehearsal else ())
            ],
            "totals": [
                (
                    each.label,
                    say_amount(each.before, each.unit, language()),
                    say_amount(each.after, each.unit, language()),
                )
                for each in (rehearsal.totals if rehearsal else ())
            ],
            "back": reverse("admin:partners_partnermerge_changelist"),
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/merge.html", context)

    # ----------------------------------------------------------------- undoing

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[Any]:
        """What was undone is undone once."""
        made = self.get_object(request, str(object_id))
        if made is None or made.undone_at is not None:
            return []
        detail: list[Any] = super().get_actions_detail(request, object_id)
        return detail

    @action(description=gettext_lazy("Undo"), url_path="undo", permissions=["merge"])
    def undo(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.confirm_one(request, object_id, undoing())

    # ----------------------------------------------------------------- columns

    @display(description=gettext_lazy("merged at"), ordering="merged_at")
    def when(self, made: PartnerMerge) -> str:
        return say_time(made.merged_at)

    @display(description=gettext_lazy("state"))
    def state(self, made: PartnerMerge) -> str:
        if made.undone_at is None:
            return _("Merged")
        return _("Undone on %(day)s") % {"day": say_time(made.undone_at)}

    @display(description=gettext_lazy("kept"))
    def kept_link(self, made: PartnerMerge) -> SafeString | str:
        return link_to(made.kept)

    @display(description=gettext_lazy("merged"))
    def merged_link(self, made: PartnerMerge) -> SafeString | str:
        return link_to(made.merged)

    @display(description=gettext_lazy("what moved"))
    def moved(self, made: PartnerMerge) -> SafeString | str:
        moved = Transfer.objects.filter(
            partner__in=(made.kept_id, made.merged_id), reference=str(made.public_id)
        ).select_related("debit_account__unit", "debit_account__member__person")
        lines = [
            (
                say_balance(
                    one.debit_account.get_kind_display(),
                    one.debit_account.member,
                ),
                say_amount(one.amount, one.debit_account.unit, language()),
            )
            for one in moved.order_by("pk")[:50]
        ]
        return format_html_join(SafeString("<br>"), "{}: {}", lines) or NOTHING

    @display(description=gettext_lazy("people who act for the kept one since"))
    def people(self, made: PartnerMerge) -> str:
        return str(len(made.changes.get("members", [])))


def undoing() -> Step:
    def perform(made: PartnerMerge, *, form: forms.Form, request: HttpRequest) -> str:
        merging.undo_merge(merge=made, by=actor_of(request).person, at=timezone.now())
        return _("%(merged)s is a company of its own again.") % {"merged": made.merged}

    return Step(
        title=_("Undo a merge"),
        sentence=_(
            "What was moved goes back with its expiry, and so do the people. It is possible while"
            " nothing of it has been used."
        ),
        button=_("Undo the merge"),
        perform=perform,
        refused=(merging.UndoNotPossible,),
        find_obstacle=lambda made: _("It was undone already.") if made.undone_at else "",
        describe=lambda made: f"{made.merged} → {made.kept}",
    )


def say_balance(label: str, member: Any) -> str:
    return f"{label}: {member.person.name}" if member is not None else label
