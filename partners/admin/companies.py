"""Partners, with their team, where they stand, what they hold and what they did last."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import SEARCH_VAR
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import (
    ChoicesDropdownFilter,
    DropdownFilter,
    FieldTextFilter,
    RelatedDropdownFilter,
)

from partners import enrolling
from partners.admin.editing import (
    ContractsTab,
    NumbersTab,
    PartnerForm,
    read_columns,
    read_tabs,
    say_what_was_put_together,
)
from partners.admin.editing_together import SEEN
from partners.doors.admin import (
    BaseAdmin,
    ReadOnlyInline,
    action,
    actor_of,
    display,
    partner_tabs,
)
from partners.doors.showing import Labels, link_to, link_to_list, say_day, say_money, say_time
from partners.models import Activity, Member, Partner, Tag

# Ordinary states are plain, so that exceptions are seen.
STATUS_LABELS = Labels({"paused": "warning", "closed": "danger"})


class TeamTab(ReadOnlyInline):
    model = Member
    fk_name = "partner"
    verbose_name_plural = _("Team")
    fields = ("person_link", "role", "job_title", "status", "joined")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).for_listing()

    @display(description=_("person"))
    def person_link(self, member: Member) -> SafeString | str:
        return link_to(member, member.person.name)

    @display(description=_("joined"))
    def joined(self, member: Member) -> str:
        return say_time(member.joined_at)


class ActivityTab(ReadOnlyInline):
    model = Activity
    verbose_name_plural = _("Activity")
    fields = ("link", "happened", "net_amount", "source")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).newest_first()

    @display(description=_("activity"))
    def link(self, activity: Activity) -> SafeString | str:
        return link_to(activity)

    @display(description=_("occurred at"))
    def happened(self, activity: Activity) -> str:
        return say_time(activity.occurred_at)

    @display(description=_("net amount"))
    def net_amount(self, activity: Activity) -> str:
        return say_money(activity.amount, activity.currency)


REFUSED = (enrolling.PartnerMerged, enrolling.NumberTaken)


class MergedFilter(DropdownFilter):
    """Partners that were merged are shown only to who asks or searches for them."""

    title = _("merged into another one")
    parameter_name = "merged"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Yes"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() != "yes" and request.GET.get(SEARCH_VAR):
            # A number that the ERP still writes has to lead somewhere.
            return queryset
        return queryset.filter(merged_into__isnull=self.value() != "yes")


@admin.register(Tag)
class TagAdmin(BaseAdmin):
    """Words that partners are found by. One that is used stays."""

    list_display = ("name",)
    search_fields = ("name",)


@admin.register(Partner)
class PartnerAdmin(BaseAdmin):
    form = PartnerForm
    list_display = ("named", "place", "account_manager", "since", "shown_status")
    list_display_links = ("named",)
    list_select_related = ("account_manager",)
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("account_manager", RelatedDropdownFilter),
        ("tags", RelatedDropdownFilter),
        ("country", FieldTextFilter),
        MergedFilter,
    )
    search_fields = ("legal_name", "=erp_number", "=tax_id", "=numbers__number")
    search_help_text = _("Name, tax id, ERP number or another number")
    ordering = ("legal_name",)
    autocomplete_fields = ("account_manager", "tags")
    readonly_fields = ("public_id", "see_also", "part_of")
    actions_detail = ("merge_into_it", "preview_earning")
    actions_list = ("find_duplicates",)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("legal_name", "erp_number"),
                    "status",
                    # The picker is wider than half a row.
                    "account_manager",
                    "tags",
                    "part_of",
                    SEEN,
                )
            },
        ),
        (
            _("Company"),
            {
                "fields": (
                    ("tax_id", "country"),
                    ("currency", "language"),
                    ("partner_since", "public_id"),
                )
            },
        ),
        (_("See also"), {"fields": ("see_also",)}),
    )
    # A new one has no id to tell and no history to lead to.
    add_fieldsets = (
        (
            None,
            {"fields": (("legal_name", "erp_number"), "status", "account_manager", "tags")},
        ),
        (
            _("Company"),
            {"fields": (("tax_id", "country"), ("currency", "language"), "partner_since")},
        ),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Leave out what only comes back with the form, where nothing does."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return fieldsets
        return [
            (title, {**options, "fields": [each for each in options["fields"] if each != SEEN]})
            for title, options in fieldsets
        ]

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        """Show the tabs on the page of a partner; a new one has nothing to show yet."""
        return [TeamTab, NumbersTab, ContractsTab, *partner_tabs, ActivityTab] if obj else []

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """What was merged is history: it is changed where it is now."""
        if isinstance(obj, Partner) and obj.merged_into_id is not None:
            return False
        return super().has_change_permission(request, obj)

    # ----------------------------------------------------------------- saving

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """
        Lock the partner before anything of it is read, so that nobody's edit is written over.

        Refusals that come only on writing are rare, and cost what was typed.
        """
        found = (
            self.get_object(request, object_id) if object_id and request.method == "POST" else None
        )
        try:
            with transaction.atomic():
                if found is not None:
                    Partner.objects.lock([found.pk])
                return super().changeform_view(request, object_id, form_url, extra_context)
        except REFUSED as error:
            self.message_user(request, str(error), messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())

    def save_model(self, request: HttpRequest, obj: Partner, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        """A new one is enrolled here, since the log needs its id; an edit waits for the tabs."""
        if change:
            return
        details = read_columns(form.cleaned_data)
        made = enrolling.enrol(
            erp_number=details.pop("erp_number"),
            legal_name=details.pop("legal_name"),
            details=details,
            by=actor_of(request).person,
            at=timezone.now(),
        )
        obj.pk, obj.public_id = made.pk, made.public_id

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        for formset in formsets:
            # The log reads them; what was edited stands in the event.
            formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []
        if not change:
            return
        enrolling.change(
            partner=form.instance,
            changes=read_columns(form.cleaned_data) | read_tabs(formsets),
            by=actor_of(request).person,
            at=timezone.now(),
        )
        if sentence := say_what_was_put_together(form, formsets):
            self.message_user(request, sentence, messages.INFO)

    # ---------------------------------------------------------------- merging

    @action(
        description=_("Merge a duplicate into it"),
        url_path="merge",
        permissions=["may_merge"],
    )
    def merge_into_it(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The page is one floor up, where balances are moved."""
        address = reverse("admin:partners_partnermerge_start")
        return HttpResponseRedirect(f"{address}?kept={object_id}")

    @action(description=_("What would it earn?"), url_path="preview", permissions=["view"])
    def preview_earning(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The page is one floor up, where rules are known."""
        address = reverse("admin:rewards_award_preview_earning")
        return HttpResponseRedirect(f"{address}?partner={object_id}")

    @action(description=_("Likely duplicates"), url_path="duplicates", permissions=["may_merge"])
    def find_duplicates(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:partners_partnermerge_duplicates"))

    def has_may_merge_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("partners.add_partnermerge")

    @display(description=_("part of"))
    def part_of(self, partner: Partner) -> SafeString | str:
        if partner.merged_into is None:
            return gettext("A company of its own")
        return link_to(partner.merged_into)

    @display(description=_("partner"), ordering="legal_name", header=True)
    def named(self, partner: Partner) -> tuple[str, str]:
        return partner.legal_name, partner.erp_number

    @display(description=_("country"), ordering="country")
    def place(self, partner: Partner) -> str:
        return partner.country

    @display(description=_("partner since"), ordering="partner_since")
    def since(self, partner: Partner) -> str:
        return say_day(partner.partner_since)

    @display(description=_("status"), ordering="status", label=STATUS_LABELS)
    def shown_status(self, partner: Partner) -> tuple[str, Any]:
        merged = partner.merged_into_id is not None
        return partner.status, _("Merged") if merged else partner.get_status_display()

    @display(description=_("history"))
    def see_also(self, partner: Partner) -> SafeString | str:
        lists = (
            ("partners_invitation", _("Invitations")),
            ("partners_activity", _("Activities")),
            ("ledger_transfer", _("Transfers")),
            ("rewards_award", _("Awards")),
            ("rewards_redemption", _("Redemptions")),
            ("partners_event", _("Events")),
        )
        links = [
            link_to_list(name, f"partner__id__exact={partner.pk}", str(text))
            for name, text in lists
        ]
        return SafeString(" · ".join(links))
