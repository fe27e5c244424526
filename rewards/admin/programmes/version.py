"""Versions in the admin: a list, and for each one the pages of the rule editor."""

from collections.abc import Callable
from functools import update_wrapper
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import RelatedDropdownFilter

from partners.doors.admin import BaseAdmin, Step, display
from partners.doors.showing import NOTHING, Labels, say_time
from rewards.admin.programmes import campaign_pages, deciding_pages, other_pages, rule_pages
from rewards.admin.programmes.frame import MAY_EDIT, address, say_version
from rewards.admin.programmes.trial_page import trial_page
from rewards.models import ProgrammeVersion

View = Callable[..., HttpResponse]


@admin.register(ProgrammeVersion)
class ProgrammeVersionAdmin(BaseAdmin):
    list_display = ("named", "programme", "shown_state", "holds_from", "published")
    list_display_links = ("named",)
    list_select_related = ("programme", "programme__main_unit", "published_by")
    list_filter = (("programme", RelatedDropdownFilter),)
    search_fields = ("programme__name", "=programme__code", "note")
    ordering = ("-pk",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Drafts are made on the page of the programme, from the rules in force."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        is_frozen = isinstance(obj, ProgrammeVersion) and obj.number is not None
        return not is_frozen and super().has_change_permission(request, obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        return rows.select_related("programme__main_unit", "published_by")

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The rules of a version are its first page, in place of a form of columns."""
        version = self.get_object(request, object_id)
        if version is None:
            return self._say_gone(request)
        if not self.has_view_permission(request, version):
            raise PermissionDenied
        return rule_pages.list_rules(self, request, version)

    def get_urls(self) -> list[URLPattern]:
        one = "<int:object_id>/"
        read: tuple[tuple[str, str, View], ...] = (
            (f"{one}campaigns/", "campaigns", campaign_pages.list_campaigns),
            (f"{one}campaigns/<str:code>/", "campaign", campaign_pages.show),
            (f"{one}tiers/", "tiers", other_pages.tiers),
            (f"{one}settings/", "settings", other_pages.settings),
            (f"{one}names/", "names", other_pages.names),
            (f"{one}document/", "document", other_pages.document),
            (f"{one}compare/", "compare", deciding_pages.compare_page),
            (f"{one}trial/", "trial", trial_page),
        )
        write: tuple[tuple[str, str, View], ...] = (
            (f"{one}rules/add/", "rule_add", rule_pages.add),
            (f"{one}rules/<str:code>/", "rule", rule_pages.change),
            (f"{one}campaigns/add/", "campaign_add", campaign_pages.add),
            (f"{one}campaigns/<str:code>/edit/", "campaign_edit", campaign_pages.change),
            (f"{one}discard/", "discard", deciding_pages.discard_page),
        )
        single: tuple[tuple[str, str, View], ...] = (
            (f"{one}rules/<str:code>/move/", "rule_move", rule_pages.move),
            (f"{one}rules/<str:code>/copy/", "rule_copy", rule_pages.copy),
            (f"{one}rules/<str:code>/remove/", "rule_remove", rule_pages.remove),
            (f"{one}put-back/", "put_back", rule_pages.put_back),
            (f"{one}campaigns/<str:code>/remove/", "campaign_remove", campaign_pages.remove),
            (f"{one}put-campaign-back/", "campaign_put_back", campaign_pages.put_back),
        )
        return [
            *(self._page_at(route, name, view, writes=True) for route, name, view in write),
            *(self._page_at(route, name, view) for route, name, view in read),
            *(self._button_at(route, name, view) for route, name, view in single),
            self._page_at(
                f"{one}publish_draft/", "publish_draft", deciding_pages.publish_page, may=MAY_EDIT
            ),
            path(f"{one}withdraw/", self._wrap(self.withdraw_page), name=self._name("withdraw")),
            *super().get_urls(),
        ]

    def withdraw_page(self, request: HttpRequest, object_id: int) -> HttpResponse:
        if not request.user.has_perm(MAY_EDIT):
            raise PermissionDenied
        return self.confirm_one(
            request,
            str(object_id),
            Step(
                title=_("Withdraw this version"),
                sentence=_(
                    "It has not begun. It becomes a draft again, and the version before it goes on."
                ),
                button=_("Withdraw"),
                perform=deciding_pages.withdraw_version,
                refused=deciding_pages.WITHDRAWING,
            ),
        )

    # ---------------------------------------------------------------- addresses

    def _name(self, name: str) -> str:
        return f"rewards_programmeversion_{name}"

    def _wrap(self, view: View) -> View:
        return update_wrapper(self.admin_site.admin_view(view), view)

    def _page_at(
        self, route: str, name: str, view: View, *, writes: bool = False, may: str = ""
    ) -> URLPattern:
        """A page of a version; one that ``writes`` is for drafts and for who may change them."""

        def answer(request: HttpRequest, object_id: int, **more: Any) -> HttpResponse:
            version = self.get_object(request, str(object_id))
            if version is None:
                return self._say_gone(request)
            needed = MAY_EDIT if writes else may
            if not self.has_view_permission(request, version) or (
                needed and not request.user.has_perm(needed)
            ):
                raise PermissionDenied
            # So does a form that was open while somebody published.
            sends = request.method == "POST" and not may
            if (writes or sends) and version.number is not None:
                self.message_user(request, _("What is published never changes."), "error")
                return HttpResponseRedirect(address("change", version))
            try:
                return view(self, request, version, **more)
            except Http404:
                if request.method != "POST":
                    raise
                sentence = _("It is not there any more: somebody changed the draft meanwhile.")
                self.message_user(request, sentence, "warning")
                return HttpResponseRedirect(address("change", version))

        return path(route, self._wrap(update_wrapper(answer, view)), name=self._name(name))

    def _say_gone(self, request: HttpRequest) -> HttpResponse:
        """A draft that is discarded in another window is no error page in this one."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        sentence = _("This draft is not there any more: it was discarded.")
        self.message_user(request, sentence, "warning")
        return HttpResponseRedirect(reverse("admin:rewards_programme_changelist"))

    def _button_at(self, route: str, name: str, view: View) -> URLPattern:
        """What is pressed, and never only looked at."""

        def answer(page: BaseAdmin, request: HttpRequest, *args: Any, **more: Any) -> HttpResponse:
            if request.method != "POST":
                return HttpResponseNotAllowed(["POST"])
            return view(page, request, *args, **more)

        return self._page_at(route, name, update_wrapper(answer, view), writes=True)

    # ------------------------------------------------------------------ columns

    @display(description=gettext_lazy("version"), ordering="number")
    def named(self, version: ProgrammeVersion) -> str:
        return say_version(version)

    @display(
        description=gettext_lazy("state"), label=Labels({"draft": "info", "published": "success"})
    )
    def shown_state(self, version: ProgrammeVersion) -> tuple[str, str]:
        if version.number is None:
            return "draft", _("Draft")
        return "published", _("Published")

    @display(description=gettext_lazy("valid from"), ordering="valid_from")
    def holds_from(self, version: ProgrammeVersion) -> str:
        return say_start(version)

    @display(description=gettext_lazy("published at"), ordering="published_at")
    def published(self, version: ProgrammeVersion) -> str:
        return say_time(version.published_at)


def say_start(version: ProgrammeVersion) -> str:
    if version.valid_from is not None:
        return say_time(version.valid_from)
    return NOTHING if version.number is None else _("The beginning")
