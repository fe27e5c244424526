"""Programmes in the admin: their versions at a glance, opening, closing, and new ones."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from partners.doors.admin import BaseAdmin, ReadOnlyInline, Step, action, display
from partners.doors.showing import Labels, link_to, say_time
from rewards.admin.programmes import creating_pages
from rewards.admin.programmes.cards import make_cards
from rewards.admin.programmes.frame import address, read_names, say_version, speaker_of
from rewards.admin.programmes.version import say_start
from rewards.models import Programme, ProgrammeVersion
from rewards.programmes.opening import (
    NotADraft,
    NothingPublished,
    NotLive,
    close_programme,
    open_programme,
)
from rewards.programmes.publishing import draft_from_latest

STATUS_LABELS = Labels({"live": "success", "draft": "info", "closed": "danger"})
RULES_AT_A_GLANCE = 8
MAY_DRAFT = "rewards.add_programmeversion"
MAY_CREATE = "rewards.add_programme"
MAY_OPEN = "rewards.change_programme"


class VersionTab(ReadOnlyInline):
    model = ProgrammeVersion
    verbose_name_plural = gettext_lazy("Versions")
    fields = ("link", "published", "holds_from", "note")
    readonly_fields = fields
    ordering = ("-number",)

    @display(description=gettext_lazy("version"))
    def link(self, version: ProgrammeVersion) -> SafeString | str:
        return link_to(version, say_version(version))

    @display(description=gettext_lazy("published at"))
    def published(self, version: ProgrammeVersion) -> str:
        return say_time(version.published_at)

    @display(description=gettext_lazy("valid from"))
    def holds_from(self, version: ProgrammeVersion) -> str:
        return say_start(version)


@admin.register(Programme)
class ProgrammeAdmin(BaseAdmin):
    list_display = ("name", "seller_name", "currency", "time_zone", "shown_status")
    list_filter = (("status", ChoicesDropdownFilter),)
    search_fields = ("name", "=code")
    ordering = ("name",)
    inlines = (VersionTab,)
    actions_list = ("new_programme",)
    actions_detail = ("edit_rules", "open_it", "close_it")
    fieldsets = (
        (gettext_lazy("Rules"), {"fields": ("rules",)}),
        (None, {"fields": (("name", "seller_name"), ("named_status", "code"))}),
        (
            gettext_lazy("Dates and money"),
            {"fields": (("starts_on", "ends_on"), ("currency", "time_zone"), "main_unit")},
        ),
    )
    readonly_fields = ("code", "named_status", "currency", "time_zone", "main_unit", "rules")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A programme begins as a preset, so that it begins with rules that work."""
        return False

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "ends_on":
            kwargs["help_text"] = _("The first day after it. Empty: no end.")
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("new/", wrap(self.presets), name="rewards_programme_presets"),
            path("new/<slug:preset>/", wrap(self.create), name="rewards_programme_create"),
            *super().get_urls(),
        ]

    # ------------------------------------------------------------------ new ones

    @action(description=gettext_lazy("New programme"), permissions=["create"], url_path="start")
    def new_programme(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:rewards_programme_presets"))

    def has_create_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(MAY_CREATE))

    def presets(self, request: HttpRequest) -> HttpResponse:
        self._require(request, MAY_CREATE)
        return creating_pages.list_presets(self, request)

    def create(self, request: HttpRequest, preset: str) -> HttpResponse:
        self._require(request, MAY_CREATE)
        return creating_pages.create_page(self, request, preset)

    def _require(self, request: HttpRequest, permission: str) -> None:
        if not request.user.has_perm(permission):
            raise PermissionDenied

    # ------------------------------------------------------------------- one of them

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[Any]:
        """Only what can be done is offered: a draft is opened, what is live is closed."""
        programme = self.get_object(request, str(object_id))
        offered: list[Any] = super().get_actions_detail(request, object_id)
        status = programme.status if programme else ""
        unfit = {
            "open_it": status != Programme.Status.DRAFT,
            "close_it": status != Programme.Status.LIVE,
            "edit_rules": status == Programme.Status.CLOSED,
        }
        return [each for each in offered if not is_unfit(each, unfit)]

    @action(description=gettext_lazy("Change the rules"), permissions=["edit_rules"])
    def edit_rules(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Go on with the draft; where there is none, ask before one is made."""
        programme = self.get_object(request, object_id)
        draft = programme and programme.versions.filter(number=None).first()
        if draft:
            return HttpResponseRedirect(address("change", draft))
        answer = self.confirm_one(
            request,
            object_id,
            Step(
                title=_("Change the rules"),
                sentence=_(
                    "A draft is made of the rules in force. Nothing changes until you publish it."
                ),
                button=_("Make a draft"),
                perform=begin_draft,
            ),
        )
        if request.method == "POST" and programme:
            draft = programme.versions.filter(number=None).first()
            if draft:
                return HttpResponseRedirect(address("change", draft))
        return answer

    def has_edit_rules_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm(MAY_DRAFT))

    @action(description=gettext_lazy("Open the programme"), permissions=["open"], url_path="open")
    def open_it(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.confirm_one(
            request,
            object_id,
            Step(
                title=_("Open the programme"),
                sentence=_(
                    "Partners earn from now on, by the rules that are published. The code, the currency and the time zone stay as they are."
                ),
                button=_("Open"),
                perform=open_one,
                refused=(NotADraft, NothingPublished),
            ),
        )

    @action(description=gettext_lazy("Close the programme"), permissions=["open"], url_path="close")
    def close_it(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.confirm_one(
            request,
            object_id,
            Step(
                title=_("Close the programme"),
                sentence=_(
                    "Nobody earns in it any more, and it cannot be opened again. What partners hold stays theirs until it expires."
                ),
                button=_("Close the programme"),
                perform=close_one,
                refused=(NotLive,),
            ),
        )

    def has_open_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm(MAY_OPEN))

    @display(description=gettext_lazy("status"), ordering="status", label=STATUS_LABELS)
    def shown_status(self, programme: Programme) -> tuple[str, Any]:
        return programme.status, programme.get_status_display()

    @display(description=gettext_lazy("status"))
    def named_status(self, programme: Programme) -> str:
        return str(programme.get_status_display())

    @display(description="")
    def rules(self, programme: Programme) -> SafeString | str:
        """Draw the versions that matter: the one in force, those to come, and the draft."""
        return render_to_string("admin/programmes/_versions.html", show_versions(programme))


def is_unfit(offered: Any, unfit: dict[str, bool]) -> bool:
    name = str(getattr(offered, "action_name", "") or getattr(offered, "path", ""))
    return any(is_so and wanted in name for wanted, is_so in unfit.items())


def show_versions(programme: Programme) -> dict[str, Any]:
    now = timezone.now()
    versions = list(programme.versions.select_related("published_by").order_by("-number"))
    published = [each for each in versions if each.number is not None]
    started = [each for each in published if each.valid_from is None or each.valid_from <= now]
    live = started[0] if started else None
    names = read_names()
    cards, more = [], 0
    if live:
        speaker = speaker_of(live.definition, programme, names)
        rules = live.definition.get("rules", [])
        cards = make_cards(rules[:RULES_AT_A_GLANCE], speaker, ())
        more = len(rules) - len(cards)
    return {
        "live": (say_version(live), address("change", live), say_start(live)) if live else None,
        "campaigns": len(live.definition.get("campaigns", [])) if live else 0,
        "campaigns_link": address("campaigns", live) if live else "",
        "scheduled": list(list_scheduled(published, now)),
        "draft": next(
            ((address("change", each), each.edits) for each in versions if each.number is None),
            None,
        ),
        "cards": cards,
        "more": more,
    }


def list_scheduled(published: list[ProgrammeVersion], now: Any) -> Iterator[tuple[str, str, str]]:
    for version in published:
        if version.valid_from is not None and version.valid_from > now:
            yield say_version(version), address("change", version), say_start(version)


def begin_draft(programme: Programme, *, form: forms.Form, request: HttpRequest) -> str:
    with transaction.atomic():
        draft_from_latest(programme=programme)
    return _("This is the draft. Change what you like: nothing counts until you publish it.")


def open_one(programme: Programme, *, form: forms.Form, request: HttpRequest) -> str:
    with transaction.atomic():
        open_programme(programme=programme)
    return _("The programme is open.")


def close_one(programme: Programme, *, form: forms.Form, request: HttpRequest) -> str:
    with transaction.atomic():
        close_programme(programme=programme)
    return _("The programme is closed.")
