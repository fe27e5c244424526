"""People, with what reaches into every app: to export what is kept about them, and to erase it."""

from functools import partial
from typing import Any

from django import forms
from django.apps import apps
from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminTextInputWidget, UnfoldBooleanSwitchWidget

from partners.admin.people import PersonAdmin
from partners.doors.admin import ReadOnlyAdmin, Step, action, display
from partners.doors.admin_filters import DayRangeFilter
from partners.doors.showing import say_number, say_time, show_document
from partners.models import Erasure, Person
from rewards import erasing
from rewards.forms import EraseForm

MAY_ERASE = "partners.delete_person"


class EraseConfirmedForm(EraseForm):
    """Asks twice: to have read what follows, and to type whose data it is."""

    understood = forms.BooleanField(
        label=gettext_lazy("It cannot be undone, and backups are not restored for it"),
        widget=UnfoldBooleanSwitchWidget,
    )
    field_order = ("understood", "email")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].widget = UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"})


@admin.register(Person)
class ErasablePersonAdmin(PersonAdmin):
    actions_detail: tuple[str, ...] = (*PersonAdmin.actions_detail, "export", "erase")

    def has_erase_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm(MAY_ERASE))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody is made of what is left of somebody."""
        if obj is not None and Erasure.objects.filter(person=obj).exists():
            return False
        return super().has_change_permission(request, obj)

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[Any]:
        """Who was erased has nothing more to be done to."""
        person = self.get_object(request, str(object_id))
        if person is None or Erasure.objects.filter(person=person).exists():
            return []
        detail: list[Any] = super().get_actions_detail(request, object_id)
        return detail

    @action(description=gettext_lazy("Export what is kept"), permissions=["erase"])
    def export(self, request: HttpRequest, object_id: str) -> HttpResponse:
        person = self.get_object(request, object_id)
        if person is None:
            raise Http404
        answer = JsonResponse(
            erasing.export_person(person, at=timezone.now()),
            json_dumps_params={"ensure_ascii": False, "indent": 1},
        )
        name = f"person-{person.public_id}.json"
        answer["Content-Disposition"] = f'attachment; filename="{name}"'
        self.log_change(request, person, _("Exported what is kept about this person."))
        return answer

    @action(description=gettext_lazy("Erase"), permissions=["erase"])
    def erase(self, request: HttpRequest, object_id: str) -> HttpResponse:
        person = self.get_object(request, object_id)
        if person is None or not self.has_change_permission(request, person):
            raise Http404
        return self.confirm_one(
            request,
            object_id,
            Step(
                title=_("Erase this person"),
                sentence=say_what_follows(person, by=request.user),
                button=_("Erase for good"),
                perform=erase,
                refused=(erasing.NotErasable,),
                form_class=partial(EraseConfirmedForm, email=person.email),
                describe=lambda found: str(found.email),
            ),
        )


@admin.register(Erasure)
class ErasureAdmin(ReadOnlyAdmin):
    """The proof that somebody was erased, without a word about who it was."""

    list_display = ("number", "when", "asked_by", "touched")
    list_display_links = ("number",)
    list_select_related = ("asked_by",)
    list_filter = (("erased_at", DayRangeFilter),)
    search_fields = ("=person__public_id",)
    search_help_text = gettext_lazy("The id of the person")
    ordering = ("-erased_at", "-pk")
    fields = ("number", "when", "asked_by", "touched", "shown_rows")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("person", "asked_by")

    @display(description=gettext_lazy("person"))
    def number(self, erasure: Erasure) -> str:
        return str(erasure.person.public_id)

    @display(description=gettext_lazy("erased at"), ordering="erased_at")
    def when(self, erasure: Erasure) -> str:
        return say_time(erasure.erased_at)

    @display(description=gettext_lazy("rows"))
    def touched(self, erasure: Erasure) -> str:
        return say_number(sum(erasure.rows.values()))

    @display(description=gettext_lazy("by table"))
    def shown_rows(self, erasure: Erasure) -> SafeString | str:
        return show_document({say_table(label): count for label, count in erasure.rows.items()})


def say_table(label: str) -> str:
    """Name what was counted: a table, or something else that the erasing says."""
    try:
        model = apps.get_model(label)
    except (LookupError, ValueError):
        return label
    return capfirst(str(model._meta.verbose_name_plural))


def erase(person: Person, *, form: forms.Form, request: HttpRequest) -> str:
    by = request.user
    erasing.erase_person(person=person, by=by, at=timezone.now())  # type: ignore[arg-type]  # the admin lets nobody else in
    # The log of changes quotes this row: as it is now.
    person.refresh_from_db()
    return _("The person is erased.")


def say_what_follows(person: Person, *, by: Any) -> str:
    sentences = [
        _("Off every team, signed out everywhere, and no word of or about them is left."),
        _("Wallets go back to the pools. Amounts and dates stay and lead to nobody."),
    ]
    obstacles = erasing.look_for_obstacles(person, by=by)
    if obstacles:
        sentences = [_("First:"), *(obstacle.sentence for obstacle in obstacles)]
    return " ".join(sentences)
