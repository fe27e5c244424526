"""Segments: lists of partners that rules and campaigns ask for, and who stands on them since when."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AutocompleteSelectMultiple
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, Model, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from partners.doors.admin import CHOSEN_MAX, BaseAdmin, ReadOnlyInline, action, display, limit
from partners.doors.admin_pickers import PickedManyField
from partners.doors.showing import NOTHING, link_to, say_day, say_number
from partners.models import Partner
from partners.retrying import again
from rewards.crediting import put_on_segment, take_off_segment
from rewards.models import Segment, SegmentPlace
from rewards.segments import AlreadyOn, NotOn

MAY_PLACE = "rewards.add_segmentplace"


class PlaceTab(ReadOnlyInline):
    model = SegmentPlace
    verbose_name_plural = gettext_lazy("Partners")
    fields = ("link", "number", "from_day", "to_day")
    readonly_fields = fields
    ordering = ("until", "partner__legal_name")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("partner")

    @display(description=gettext_lazy("partner"))
    def link(self, place: SegmentPlace) -> SafeString | str:
        return link_to(place.partner, place.partner.legal_name)

    @display(description=gettext_lazy("ERP number"))
    def number(self, place: SegmentPlace) -> str:
        return place.partner.erp_number

    @display(description=gettext_lazy("since"))
    def from_day(self, place: SegmentPlace) -> str:
        return say_day(place.since)

    @display(description=gettext_lazy("until"))
    def to_day(self, place: SegmentPlace) -> str:
        return say_day(place.until) if place.until else _("Still there")


class PlacesForm(forms.Form):
    """Which partners, found by name or by their numbers, and from which day."""

    partners = PickedManyField(
        label=gettext_lazy("Search"),
        queryset=Partner.objects.none(),
        required=False,
        error_messages=dict.fromkeys(
            ("invalid_choice", "invalid_pk_value"), gettext_lazy("Choose partners of the list.")
        ),
    )
    numbers = forms.CharField(
        label=gettext_lazy("ERP numbers"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
        help_text=gettext_lazy("One a line, or with commas between them. Paste a column."),
    )
    day = forms.DateField(
        label=gettext_lazy("From this day on"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text=gettext_lazy(
            "What was ordered from that day on is judged anew, also where it lies in the past."
        ),
    )

    def __init__(self, *args: Any, visible: QuerySet[Partner], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["partners"]
        field.queryset = visible
        field.widget = AutocompleteSelectMultiple(
            SegmentPlace._meta.get_field("partner"),
            admin.site,
            attrs={"data-theme": "admin-autocomplete", "class": "unfold-admin-autocomplete"},
            choices=field.choices,
        )

    def clean_numbers(self) -> list[str]:
        """Return the numbers that were typed, and those of the partners that were chosen."""
        chosen = self.cleaned_data.get("partners") or ()
        text = self.cleaned_data["numbers"].replace(",", "\n").replace(";", "\n")
        typed = [each.strip() for each in text.splitlines()]
        numbers = [each for each in (*(one.erp_number for one in chosen), *typed) if each]
        numbers = list(dict.fromkeys(numbers))
        if not numbers:
            raise forms.ValidationError(_("Choose a partner, or write a number."))
        if len(numbers) > CHOSEN_MAX:
            raise forms.ValidationError(
                _("Write at most %(count)d numbers at a time.") % {"count": CHOSEN_MAX}
            )
        return numbers


@dataclass(slots=True)
class Sorted:
    """What became of the numbers: who can be moved, who is where already, and who is nobody."""

    ready: list[Partner] = field(default_factory=list)
    not_needed: list[Partner] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Direction:
    """Putting on or taking off: its words, and what it does to one partner."""

    name: str
    title: Any
    button: Any
    already: Any
    day_label: Any
    day_hint: Any


PUTTING_ON = Direction(
    "add_partners",
    gettext_lazy("Add partners"),
    gettext_lazy("Add them"),
    gettext_lazy("Stand on it already"),
    gettext_lazy("From this day on"),
    gettext_lazy(
        "What was ordered from that day on is judged anew, also where it lies in the past."
    ),
)
TAKING_OFF = Direction(
    "remove_partners",
    gettext_lazy("Take partners off"),
    gettext_lazy("Take them off"),
    gettext_lazy("Do not stand on it"),
    gettext_lazy("From this day on they are off"),
    gettext_lazy("What was ordered before that day counts as it did."),
)


@admin.register(Segment)
class SegmentAdmin(BaseAdmin):
    list_display = ("name", "description", "code", "shown_count")
    search_fields = ("name", "=code", "description")
    ordering = ("name",)
    inlines = (PlaceTab,)
    actions_detail = ("add_partners", "remove_partners")
    fields = ("name", "code", "description")
    prepopulated_fields = {"code": ("name",)}  # noqa: RUF012  # Django's own declaration

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        visible = limit(Partner.objects.all(), request)
        today = timezone.localdate()
        there = (
            Q(places__since__lte=today)
            & (Q(places__until__isnull=True) | Q(places__until__gt=today))
            & Q(places__partner__in=visible)
        )
        return super().get_queryset(request).annotate(partners_now=Count("places", filter=there))

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        # Rules name it by its code.
        return ("code",) if obj else ()

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Any]:
        return {} if obj else dict(super().get_prepopulated_fields(request, obj))

    @display(description=gettext_lazy("partners now"), ordering="partners_now")
    def shown_count(self, segment: Any) -> str:
        return say_number(segment.partners_now) if segment.partners_now else NOTHING

    def has_place_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm(MAY_PLACE))

    @action(
        description=gettext_lazy("Add partners"), permissions=["place"], url_path="add-partners"
    )
    def add_partners(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return place_page(self, request, object_id, PUTTING_ON)

    @action(
        description=gettext_lazy("Take partners off"),
        permissions=["place"],
        url_path="remove-partners",
    )
    def remove_partners(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return place_page(self, request, object_id, TAKING_OFF)


def place_page(
    page: BaseAdmin, request: HttpRequest, object_id: str, direction: Direction
) -> HttpResponse:
    """Paste numbers, look at who they are, then do it. Nothing happens before."""
    if not request.user.has_perm(MAY_PLACE):
        raise PermissionDenied
    segment = page.get_object(request, object_id)
    if segment is None:
        raise Http404
    data = request.POST if request.method == "POST" else None
    visible = limit(Partner.objects.filter(merged_into__isnull=True), request)
    form = PlacesForm(data, initial={"day": timezone.localdate()}, visible=visible)
    form.fields["day"].label = direction.day_label
    form.fields["day"].help_text = direction.day_hint
    found = None
    if data is not None and form.is_valid() and "change" not in data:
        found = sort_numbers(visible, segment, form, direction)
        if "confirmed" in data and found.ready:
            count = place_all(segment, found.ready, form.cleaned_data["day"], direction)
            tell(page, request, segment, count, direction)
            return HttpResponseRedirect(reverse("admin:rewards_segment_change", args=[segment.pk]))
    context = {
        **page.admin_site.each_context(request),
        "title": f"{segment}: {direction.title}",
        "opts": page.opts,
        "segment": segment,
        "direction": direction,
        "form": form,
        "found": found,
        "show_errors": data is not None,
        "back": reverse("admin:rewards_segment_change", args=[segment.pk]),
    }
    is_refused = data is not None and found is None and "change" not in data
    status = 422 if is_refused else 200
    return TemplateResponse(request, "admin/programmes/places.html", context, status=status)


def sort_numbers(
    visible: QuerySet[Partner], segment: Segment, form: PlacesForm, direction: Direction
) -> Sorted:
    """Find whose the numbers are, and who stands there on the day already: two queries."""
    numbers, day = form.cleaned_data["numbers"], form.cleaned_data["day"]
    by_number = {each.erp_number: each for each in visible.filter(erp_number__in=numbers)}
    places = SegmentPlace.objects.filter(segment=segment, partner__in=by_number.values())
    there = set(
        places.filter(Q(until__isnull=True) | Q(until__gt=day)).values_list("partner", flat=True)
    )
    found = Sorted()
    for number in numbers:
        partner = by_number.get(number)
        if partner is None:
            found.unknown.append(number)
        elif (partner.pk in there) == (direction is TAKING_OFF):
            found.ready.append(partner)
        else:
            found.not_needed.append(partner)
    return found


def place_all(
    segment: Segment, partners: Iterable[Partner], day: date, direction: Direction
) -> int:
    """Move each partner on its own, and judge it anew; return how many were moved."""
    now = timezone.now()
    return sum(again(partial(_place, segment, each, day, now, direction)) for each in partners)


def _place(
    segment: Segment, partner: Partner, day: date, now: datetime, direction: Direction
) -> bool:
    try:
        with transaction.atomic():
            if direction is PUTTING_ON:
                put_on_segment(segment, partner, since=day, as_of=now)
            else:
                take_off_segment(segment, partner, until=day, as_of=now)
    except (AlreadyOn, NotOn):
        # A colleague was quicker.
        return False
    return True


def tell(
    page: BaseAdmin, request: HttpRequest, segment: Segment, count: int, direction: Direction
) -> None:
    words = (
        ngettext("%(count)d partner was added.", "%(count)d partners were added.", count)
        if direction is PUTTING_ON
        else ngettext(
            "%(count)d partner was taken off.", "%(count)d partners were taken off.", count
        )
    )
    sentence = words % {"count": count}
    page.message_user(request, sentence, messages.SUCCESS)
    page.log_change(request, segment, sentence)
