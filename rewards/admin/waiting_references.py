"""Facts that wait for another one they name: a return its order, a payment its invoice."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import DropdownFilter, FieldTextFilter

from partners.doors.admin import ReadOnlyAdmin, Step, action, actor_of, display
from partners.doors.showing import Labels, link_to, say_time
from partners.models import WaitingReference
from partners.references import NotWaiting
from rewards.giving_up import give_up

STATES = (
    ("waiting", gettext_lazy("waiting")),
    ("found", gettext_lazy("found")),
    ("given_up", gettext_lazy("given up")),
)
CONDITIONS: dict[str, dict[str, bool]] = {
    "waiting": {"found_at__isnull": True, "given_up_at__isnull": True},
    "found": {"found_at__isnull": False},
    "given_up": {"given_up_at__isnull": False},
}
STATE_LABELS = Labels({"waiting": "warning", "found": "success"})


class StateFilter(DropdownFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(STATES)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        condition = CONDITIONS.get(self.value() or "")
        return queryset.filter(**condition) if condition else queryset


def giving_up() -> Step:
    def perform(waiting: WaitingReference, *, form: Any, request: HttpRequest) -> str:
        give_up(waiting, by=actor_of(request).person, at=timezone.now())
        return _("%(fact)s no longer waits.") % {"fact": waiting.activity.external_id}

    return Step(
        title=_("Stop waiting"),
        sentence=_(
            "A return is judged from now on as one that names no order: it takes back from the "
            "newest earlier orders. A cancellation takes nothing back. This cannot be undone."
        ),
        button=_("Stop waiting"),
        perform=perform,
        refused=(NotWaiting,),
        describe=describe,
    )


def describe(waiting: WaitingReference) -> str:
    """Say which fact waits for which number; load the activity and its partner with it."""
    activity = waiting.activity
    return f"{activity.partner.legal_name}, {activity}, {waiting.external_id}"


@admin.register(WaitingReference)
class WaitingReferenceAdmin(ReadOnlyAdmin):
    list_display = ("number", "kind", "partner", "awaited", "shown_state", "since")
    list_display_links = ("number",)
    list_filter = (StateFilter, ("source", FieldTextFilter))
    list_select_related = ("activity__partner",)
    search_fields = ("=external_id", "=activity__external_id", "activity__partner__legal_name")
    ordering = ("-pk",)
    fields = (
        ("activity_link", "partner_link"),
        ("source", "external_id"),
        ("shown_state", "since"),
        ("found", "given_up"),
        "given_up_by",
    )
    readonly_fields = (
        "activity_link",
        "partner_link",
        "shown_state",
        "since",
        "found",
        "given_up",
    )
    actions = ("stop_waiting_for",)
    actions_detail = ("stop_waiting",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("activity__partner", "given_up_by")

    def has_give_up_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("partners.change_waitingreference")

    @action(description=gettext_lazy("Stop waiting"), permissions=["give_up"])
    def stop_waiting_for(
        self, request: HttpRequest, queryset: QuerySet[Any]
    ) -> HttpResponse | None:
        return self.confirm_many(request, queryset, giving_up(), action_name="stop_waiting_for")

    @action(description=gettext_lazy("Stop waiting"), url_path="give-up", permissions=["give_up"])
    def stop_waiting(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.confirm_one(request, object_id, giving_up())

    @display(description=gettext_lazy("activity"), ordering="activity__external_id")
    def number(self, waiting: WaitingReference) -> str:
        return waiting.activity.external_id

    @display(description=gettext_lazy("kind"))
    def kind(self, waiting: WaitingReference) -> str:
        return waiting.activity.kind_name

    @display(description=gettext_lazy("partner"), ordering="activity__partner__legal_name")
    def partner(self, waiting: WaitingReference) -> str:
        return waiting.activity.partner.legal_name

    @display(description=gettext_lazy("waits for"), ordering="external_id")
    def awaited(self, waiting: WaitingReference) -> str:
        return f"{waiting.external_id} ({waiting.source})"

    @display(description=gettext_lazy("state"), label=STATE_LABELS)
    def shown_state(self, waiting: WaitingReference) -> tuple[str, Any]:
        code = state_of(waiting)
        return code, dict(STATES)[code]

    @display(description=gettext_lazy("since"), ordering="waits_since")
    def since(self, waiting: WaitingReference) -> str:
        return say_time(waiting.waits_since)

    @display(description=gettext_lazy("found"))
    def found(self, waiting: WaitingReference) -> str:
        return say_time(waiting.found_at)

    @display(description=gettext_lazy("given up"))
    def given_up(self, waiting: WaitingReference) -> str:
        return say_time(waiting.given_up_at)

    @display(description=gettext_lazy("activity"))
    def activity_link(self, waiting: WaitingReference) -> SafeString | str:
        return link_to(waiting.activity)

    @display(description=gettext_lazy("partner"))
    def partner_link(self, waiting: WaitingReference) -> SafeString | str:
        return link_to(waiting.activity.partner)


def state_of(waiting: WaitingReference) -> str:
    if waiting.found_at:
        return "found"
    return "given_up" if waiting.given_up_at else "waiting"
