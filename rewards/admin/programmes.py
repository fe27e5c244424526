"""Programmes and their versions. A draft is edited; publishing freezes it."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.widgets import UnfoldAdminTextareaWidget

from partners.doors.admin import BaseAdmin, ReadOnlyInline, Step, action, display
from partners.doors.showing import NOTHING, Labels, link_to, say_time
from rewards.admin.definition_in_words import describe
from rewards.models import Programme, ProgrammeVersion
from rewards.programmes.definition import InvalidDefinition, parse
from rewards.programmes.publishing import (
    AlreadyPublished,
    StartsInThePast,
    draft_from_latest,
    publish,
)

STATUS_LABELS = Labels({"live": "success", "draft": "info", "closed": "danger"})


class VersionTab(ReadOnlyInline):
    model = ProgrammeVersion
    verbose_name_plural = gettext_lazy("Versions")
    fields = ("link", "published", "holds_from")
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
    actions_detail = ("edit_rules",)
    fieldsets = (
        (None, {"fields": (("name", "seller_name"), ("status", "code"))}),
        (
            gettext_lazy("Dates and money"),
            {"fields": (("starts_on", "ends_on"), ("currency", "time_zone"), "main_unit")},
        ),
        (gettext_lazy("Rules in force"), {"fields": ("rules",)}),
    )
    readonly_fields = ("code", "currency", "time_zone", "main_unit", "rules")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A programme begins as a preset, so that it begins with rules that work."""
        return False

    @action(description=gettext_lazy("Change the rules"), permissions=["edit_rules"])
    def edit_rules(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.confirm_one(
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

    def has_edit_rules_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("rewards.add_programmeversion"))

    @display(description=gettext_lazy("status"), ordering="status", label=STATUS_LABELS)
    def shown_status(self, programme: Programme) -> tuple[str, Any]:
        return programme.status, programme.get_status_display()

    @display(description="")
    def rules(self, programme: Programme) -> SafeString | str:
        now = timezone.now()
        version = programme.versions.in_force(now).first()
        return show_definition(version) if version else _("Nothing is published yet.")


def begin_draft(programme: Programme, *, form: forms.Form, request: HttpRequest) -> str:
    draft = draft_from_latest(programme=programme)
    return _("Draft %(number)d is ready to be edited, under Versions.") % {"number": draft.pk}


class VersionForm(forms.ModelForm):
    definition = forms.JSONField(
        label=gettext_lazy("Definition"),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 40, "class": "font-mono"}),
        help_text=gettext_lazy(
            "Settings, rules and tiers. What cannot be used is refused on saving."
        ),
    )

    class Meta:
        model = ProgrammeVersion
        fields = ("valid_from", "definition")

    def clean_definition(self) -> Any:
        document = self.cleaned_data["definition"]
        if not isinstance(document, dict):
            raise ValidationError(_("Write settings, rules and tiers between braces."))
        try:
            parse(document)
        except (InvalidDefinition, AttributeError, TypeError) as error:
            raise ValidationError(str(error)) from error
        return document


@admin.register(ProgrammeVersion)
class ProgrammeVersionAdmin(BaseAdmin):
    form = VersionForm
    list_display = ("named", "programme", "shown_state", "holds_from", "published")
    list_display_links = ("named",)
    list_select_related = ("programme",)
    list_filter = (("programme", RelatedDropdownFilter),)
    search_fields = ("programme__name", "=programme__code")
    ordering = ("-pk",)
    actions_detail = ("publish_draft",)
    readonly_fields = ("programme", "named", "holds_from", "published", "readable")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Drafts are made on the page of the programme, from the rules in force."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        is_frozen = isinstance(obj, ProgrammeVersion) and obj.number is not None
        return not is_frozen and super().has_change_permission(request, obj)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        what = (("programme", "named"), ("holds_from", "published"))
        if self.has_change_permission(request, obj):
            return (
                (None, {"fields": (("programme", "named"), "valid_from", "definition")}),
                (_("As it reads"), {"fields": ("readable",)}),
            )
        return ((None, {"fields": (*what, "readable")}),)

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[Any]:
        """What is published is not published again."""
        version = self.get_object(request, str(object_id))
        if version is None or version.number is not None:
            return []
        offered: list[Any] = super().get_actions_detail(request, object_id)
        return offered

    def has_publish_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("rewards.change_programmeversion"))

    @action(description=gettext_lazy("Publish"), permissions=["publish"])
    def publish_draft(self, request: HttpRequest, object_id: str) -> HttpResponse:
        version = self.get_object(request, object_id)
        if version is None:
            raise Http404
        if version.number is not None:
            sentence = _("Version %(number)d is published already.") % {"number": version.number}
            self.message_user(request, sentence, messages.ERROR)
            page = reverse("admin:rewards_programmeversion_change", args=[version.pk])
            return HttpResponseRedirect(page)
        return self.confirm_one(
            request,
            object_id,
            Step(
                title=_("Publish this draft"),
                sentence=_(
                    "It gets a number and never changes again. What happens from its start on is judged by it."
                ),
                button=_("Publish"),
                perform=publish_version,
                refused=(AlreadyPublished, StartsInThePast, InvalidDefinition),
            ),
        )

    @display(description=gettext_lazy("version"), ordering="number")
    def named(self, version: ProgrammeVersion) -> str:
        return say_version(version)

    @display(description=gettext_lazy("state"), label={"draft": "info", "published": "success"})
    def shown_state(self, version: ProgrammeVersion) -> tuple[str, str]:
        if version.number is None:
            return "draft", _("Draft")
        return "published", _("Version %(number)d") % {"number": version.number}

    @display(description=gettext_lazy("valid from"), ordering="valid_from")
    def holds_from(self, version: ProgrammeVersion) -> str:
        return say_start(version)

    @display(description=gettext_lazy("published at"), ordering="published_at")
    def published(self, version: ProgrammeVersion) -> str:
        return say_time(version.published_at)

    @display(description="")
    def readable(self, version: ProgrammeVersion) -> SafeString | str:
        return show_definition(version)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("programme")


def publish_version(version: ProgrammeVersion, *, form: forms.Form, request: HttpRequest) -> str:
    with transaction.atomic():
        published = publish(version=version, published_at=timezone.now())
    return _("Version %(number)d is published.") % {"number": published.number}


def say_version(version: ProgrammeVersion) -> str:
    if version.number is None:
        return _("Draft %(number)d") % {"number": version.pk}
    return _("Version %(number)d") % {"number": version.number}


def say_start(version: ProgrammeVersion) -> str:
    if version.valid_from is not None:
        return say_time(version.valid_from)
    return NOTHING if version.number is None else _("The beginning")


def show_definition(version: ProgrammeVersion) -> SafeString | str:
    """Draw what a version says in words: rules as sentences, tiers and settings as tables."""
    try:
        definition = parse(version.definition)
    except InvalidDefinition as error:
        return str(error)
    return render_to_string(
        "admin/definition.html", describe(definition, version.programme.currency)
    )
