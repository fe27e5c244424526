"""
What every page of the admin shares. The theme is named here and nowhere else in the apps.

Rows of partners are limited to what the person may see, on lists, on single pages, in pickers and
in actions. Nothing can be deleted unless a page says so, and history cannot be edited at all.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.db.models import ForeignKey, ManyToManyField, Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminTextareaWidget

from partners.doors.admin_pickers import PickedField, PickedManyField
from partners.models import Actor, PartnerScopedQuerySet
from partners.retrying import again
from partners.roles import read_staff_actor

__all__ = [
    "BaseAdmin",
    "BaseTabularInline",
    "ReadOnlyAdmin",
    "ReadOnlyInline",
    "ReasonForm",
    "Step",
    "action",
    "actor_of",
    "display",
    "partner_tabs",
]

SECRET_FIELDS = frozenset({"password", "secret_hash", "content_hash", "code"})
CHOSEN_MAX = 200

# Inlines that higher floors add to the page of a partner, from their own admin module.
partner_tabs: list[type[TabularInline]] = []


def actor_of(request: HttpRequest) -> Actor:
    """Return what the signed-in person may see, read once a request."""
    if not hasattr(request, "staff_actor"):
        request.staff_actor = read_staff_actor(request.user)  # type: ignore[attr-defined, arg-type]  # kept on the request; the admin lets nobody else in
    return request.staff_actor  # type: ignore[attr-defined]  # see above


class Confirmed(Protocol):
    """What a confirmed step does to one object; it returns the sentence to show."""

    def __call__(self, obj: Any, /, *, form: forms.Form, request: HttpRequest) -> str: ...


def say_error(error: Exception, _row: Any) -> str:
    return str(error)


def say_nothing(_row: Any) -> str:
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """
    Something done to rows after a person confirmed it, and once: twice is refused or the same.

    Errors in ``refused`` are told as a message, in the words of ``say_refusal``; others are not
    hidden. ``find_obstacle`` says why it cannot be done to an object now, or nothing: then nobody
    is asked in vain.
    """

    title: str
    sentence: str
    button: str
    perform: Confirmed
    refused: tuple[type[Exception], ...] = ()
    form_class: Callable[[Any], forms.Form] = forms.Form
    describe: Callable[[Any], str] = str
    find_obstacle: Callable[[Any], str] = say_nothing
    say_refusal: Callable[[Exception, Any], str] = say_error


class ReasonForm(forms.Form):
    """Asks why. What is written stays beside the move in the history."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=200,
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=gettext_lazy("Kept in the history. The partner may read it."),
    )


class ScopedRows:
    """Limits rows and pickers to the partners that the person may see."""

    def get_queryset(self, request: HttpRequest) -> Any:
        return limit(super().get_queryset(request), request)  # type: ignore[misc]  # mixed into admin classes

    def formfield_for_foreignkey(
        self, db_field: ForeignKey, request: HttpRequest, **kwargs: Any
    ) -> Any:
        rows = kwargs.get("queryset", db_field.remote_field.model._default_manager.all())
        if isinstance(rows, PartnerScopedQuerySet):
            kwargs["queryset"] = limit(rows, request)
        kwargs.setdefault("form_class", PickedField)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]  # mixed in

    def formfield_for_manytomany(
        self, db_field: ManyToManyField, request: HttpRequest, **kwargs: Any
    ) -> Any:
        rows = kwargs.get("queryset", db_field.remote_field.model._default_manager.all())
        if isinstance(rows, PartnerScopedQuerySet):
            kwargs["queryset"] = limit(rows, request)
        kwargs.setdefault("form_class", PickedManyField)
        return super().formfield_for_manytomany(db_field, request, **kwargs)  # type: ignore[misc]  # mixed in


def limit(rows: QuerySet[Any], request: HttpRequest) -> QuerySet[Any]:
    return rows.for_actor(actor_of(request)) if isinstance(rows, PartnerScopedQuerySet) else rows


class BaseAdmin(ScopedRows, ModelAdmin):
    """The page of one model: constant in queries at any number of rows."""

    show_full_result_count = False
    list_per_page = 50
    list_max_show_all = 200
    list_filter_submit = True
    warn_unsaved_form = True
    empty_value_display = "–"

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Refuse to answer questions about secrets one letter at a time."""
        if SECRET_FIELDS & set(lookup.split("__")):
            return False
        return super().lookup_allowed(lookup, value, request)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return super().get_search_results(request, queryset, search_term.replace("\x00", ""))

    @display(description=gettext_lazy("partner"), ordering="partner__legal_name")
    def partner_name(self, row: Any) -> str:
        """The short form for lists; load the partner with the rows."""
        return str(row.partner.legal_name) if row.partner else self.empty_value_display

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        answer = super().changeform_view(request, object_id, form_url, extra_context)
        is_form = "adminform" in (getattr(answer, "context_data", None) or {})
        if request.method == "POST" and is_form:
            # A form that is shown again was refused.
            answer.status_code = 422
        return answer

    # ---------------------------------------------------------- confirmed steps

    def confirm_one(self, request: HttpRequest, object_id: str, step: Step) -> HttpResponse:
        """Ask before doing a step to one object. Nothing happens on GET."""
        obj = self.get_object(request, unquote(object_id))
        if obj is None:
            raise Http404
        form = step.form_class(request.POST if request.method == "POST" else None)
        back = reverse(self._page("change"), args=[obj.pk])
        if request.method != "POST" and (obstacle := step.find_obstacle(obj)):
            self.message_user(request, obstacle, messages.WARNING)
            return HttpResponseRedirect(back)
        if request.method != "POST" or not form.is_valid():
            return self._ask(request, step, form, [obj], back)
        self._perform_on([obj], step, form, request)
        return HttpResponseRedirect(back)

    def confirm_many(
        self, request: HttpRequest, chosen: QuerySet[Any], step: Step, *, action_name: str
    ) -> HttpResponse | None:
        """Ask the same for the rows chosen in a list; each is done on its own."""
        rows = list(chosen.order_by("pk")[: CHOSEN_MAX + 1])
        if len(rows) > CHOSEN_MAX:
            sentence = _("Choose at most %(count)d rows at a time.") % {"count": CHOSEN_MAX}
            self.message_user(request, sentence, messages.ERROR)
            return None
        confirmed = "confirmed" in request.POST
        form = step.form_class(request.POST if confirmed else None)
        if not confirmed or not form.is_valid():
            back = reverse(self._page("changelist"))
            return self._ask(request, step, form, rows, back, action_name)
        self._perform_on(rows, step, form, request)
        return None

    def _ask(
        self,
        request: HttpRequest,
        step: Step,
        form: forms.Form,
        rows: Sequence[Model],
        back: str,
        action_name: str = "",
    ) -> TemplateResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": step.title,
            "step": step,
            "form": form,
            "rows": [(row.pk, step.describe(row)) for row in rows],
            "back": back,
            "action_name": action_name,
            "opts": self.opts,
        }
        status = 422 if form.errors else 200
        return TemplateResponse(request, "admin/confirm.html", context, status=status)

    def _perform_on(
        self, rows: Sequence[Model], step: Step, form: forms.Form, request: HttpRequest
    ) -> None:
        for row in rows:
            try:
                sentence = again(partial(step.perform, row, form=form, request=request))
            except step.refused as error:
                what = step.describe(row).removesuffix(".")
                refusal = step.say_refusal(error, row)
                self.message_user(request, f"{what}: {refusal}", messages.ERROR)
            else:
                self.message_user(request, sentence, messages.SUCCESS)
                self.log_change(request, row, sentence)

    def _page(self, name: str) -> str:
        return f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_{name}"


class ReadOnlyAdmin(BaseAdmin):
    """A window: staff read here what only the domain writes."""

    warn_unsaved_form = False

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class BaseTabularInline(ScopedRows, TabularInline):
    extra = 0
    show_change_link = True
    tab = True

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ReadOnlyInline(BaseTabularInline):
    """The latest rows beside their owner, a page at a time."""

    per_page = 10
    can_delete = False
    # Each row says in its columns what it is; its name above them would say it twice.
    hide_title = True

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
