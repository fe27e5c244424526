"""Keys of integrators. The secret is on the page that follows making one, and nowhere else."""

from datetime import timedelta
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminIntegerFieldWidget,
)

from partners import keys, metering
from partners.doors.admin import BaseAdmin, Step, action, display
from partners.doors.showing import link_to, say_number, say_time
from partners.models import ApiKey

GRACE_DAYS = 7
STATES = {
    keys.State.VALID: gettext_lazy("Valid"),
    keys.State.PAUSED: gettext_lazy("Paused"),
    keys.State.EXPIRED: gettext_lazy("Expired"),
    keys.State.REVOKED: gettext_lazy("Revoked"),
}
ENDED = {keys.State.EXPIRED, keys.State.REVOKED}


class ApiKeyForm(forms.ModelForm):
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("Scopes"),
        choices=[(scope.value, scope.value) for scope in keys.Scope],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=gettext_lazy("A key may do what is ticked here, and nothing else."),
    )

    class Meta:
        model = ApiKey
        fields = ("name", "partner", "expires_at", "daily_units_max", "scopes")
        help_texts: ClassVar = {
            "daily_units_max": gettext_lazy(
                "What this key may bring out in a day, counted in the smallest part of each unit:"
                " whole points, pence. Empty: no limit."
            )
        }

    def clean_expires_at(self) -> Any:
        expires_at = self.cleaned_data["expires_at"]
        if expires_at is not None and expires_at <= timezone.now():
            raise forms.ValidationError(_("Choose a time that is still to come."))
        return expires_at


class RotateForm(forms.Form):
    grace = forms.IntegerField(
        label=gettext_lazy("Days of grace"),
        initial=GRACE_DAYS,
        min_value=0,
        max_value=keys.GRACE_DAYS_MAX,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=gettext_lazy("So long the old key goes on beside the new one."),
    )


@admin.register(ApiKey)
class ApiKeyAdmin(BaseAdmin):
    form = ApiKeyForm
    list_display = ("name", "prefix", "partner_name", "shown_state", "used", "expires")
    list_select_related = ("partner",)
    list_filter = (("paused_at", admin.EmptyFieldListFilter),)
    search_fields = ("name", "=prefix")
    ordering = ("-pk",)
    autocomplete_fields = ("partner",)
    actions_detail = ("rotate", "resume", "revoke")
    add_fieldsets = (
        (
            None,
            # A day and a time are wider than half a row.
            {"fields": (("name", "partner"), "expires_at", "daily_units_max", "scopes")},
        ),
    )
    fields = (
        ("name", "prefix"),
        ("partner", "state_in_words"),
        ("created_at", "created_by"),
        ("used", "expires"),
        ("daily_units_max", "spent_today"),
        ("replaces", "replaced_by"),
        "shown_scopes",
    )
    readonly_fields = (
        "prefix",
        "state_in_words",
        "used",
        "expires",
        "spent_today",
        "replaces",
        "replaced_by",
        "shown_scopes",
    )

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """A key is never edited: what it may do was agreed when it was made."""
        return False

    def has_revoke_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("partners.change_apikey"))

    has_resume_permission = has_revoke_permission

    def has_rotate_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever rotates a key holds the new one: that is making one."""
        return self.has_add_permission(request)

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[Any]:
        """Offer what can be done to this key now."""
        key = self.get_object(request, str(object_id))
        offered = set() if key is None else find_acts(key)
        detail: list[Any] = super().get_actions_detail(request, object_id)
        return [each for each in detail if each.action_name.rpartition("_")[2] in offered]

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:  # noqa: FBT001  # Django's signature
        made = keys.create_key(
            name=obj.name,
            scopes=form.cleaned_data["scopes"],
            partner=obj.partner,
            expires_at=obj.expires_at,
            daily_units_max=obj.daily_units_max,
            created_at=timezone.now(),
            created_by=request.user,  # type: ignore[arg-type]  # the admin lets nobody else in
        )
        obj.pk, obj.prefix = made.key.pk, made.key.prefix
        form.token = made.token
        request.new_token = made.token  # type: ignore[attr-defined]  # shown by response_add

    def response_add(
        self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None
    ) -> HttpResponse:
        return self.show_token(request, obj, request.new_token)  # type: ignore[attr-defined]  # set by save_model

    def show_token(self, request: HttpRequest, key: ApiKey, token: str) -> HttpResponse:
        """Answer with the secret itself, not with a redirect: no message or session stores it."""
        context = {
            **self.admin_site.each_context(request),
            "title": _("The key is made"),
            "opts": self.opts,
            "key": key,
            "token": token,
            "back": reverse("admin:partners_apikey_changelist"),
        }
        answer = TemplateResponse(request, "admin/api_key_made.html", context)
        add_never_cache_headers(answer)
        return answer

    @action(description=gettext_lazy("Replace"), permissions=["rotate"])
    def rotate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Unlike other steps it answers with a page: what was made is shown once."""
        key = self.get_object(request, object_id)
        if key is None:
            raise Http404
        form = RotateForm(request.POST if request.method == "POST" else None)
        back = reverse("admin:partners_apikey_change", args=[key.pk])
        if request.method != "POST" or not form.is_valid():
            return self._ask(request, ask_to_replace(), form, [key], back)
        try:
            made = keys.rotate(
                key=key,
                grace=timedelta(days=form.cleaned_data["grace"]),
                at=timezone.now(),
                created_by=request.user,  # type: ignore[arg-type]  # the admin lets nobody else in
            )
        except keys.NotReplaceable as error:
            self.message_user(request, str(error), messages.ERROR)
            return HttpResponseRedirect(back)
        self.log_change(request, key, _("Replaced by %(key)s.") % {"key": made.key})
        return self.show_token(request, made.key, made.token)

    @action(description=gettext_lazy("Let go on"), permissions=["resume"])
    def resume(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.confirm_one(
            request,
            object_id,
            Step(
                title=_("Let this key go on"),
                sentence=_("It may bring out its points of a day once more today."),
                button=_("Let go on"),
                perform=resume_key,
            ),
        )

    @action(description=gettext_lazy("Revoke"), permissions=["revoke"])
    def revoke(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.confirm_one(
            request,
            object_id,
            Step(
                title=_("Revoke this key"),
                sentence=_("Whoever uses it is refused from now on. This cannot be undone."),
                button=_("Revoke"),
                perform=revoke_key,
            ),
        )

    @display(
        description=gettext_lazy("state"),
        label={
            "valid": "success",
            "paused": "warning",
            "expired": "warning",
            "revoked": "danger",
        },
    )
    def shown_state(self, key: ApiKey) -> tuple[str, Any]:
        state = keys.state_of(key, at=timezone.now())
        return state.value, STATES[state]

    @display(description=gettext_lazy("state"))
    def state_in_words(self, key: ApiKey) -> Any:
        return self.shown_state(key)[1]

    @display(description=gettext_lazy("brought out today"))
    def spent_today(self, key: ApiKey) -> str:
        if key.daily_units_max is None:
            return self.empty_value_display
        return say_number(metering.read_spent(key, at=timezone.now()))

    @display(description=gettext_lazy("replaces"))
    def replaces(self, key: ApiKey) -> Any:
        return link_to(key.rotated_from) if key.rotated_from else self.empty_value_display

    @display(description=gettext_lazy("replaced by"))
    def replaced_by(self, key: ApiKey) -> Any:
        other = ApiKey.objects.filter(rotated_from=key).first()
        return link_to(other) if other else self.empty_value_display

    @display(description=gettext_lazy("last used at"), ordering="last_used_at")
    def used(self, key: ApiKey) -> str:
        return say_time(key.last_used_at)

    @display(description=gettext_lazy("expires at"), ordering="expires_at")
    def expires(self, key: ApiKey) -> str:
        return say_time(key.expires_at)

    @display(description=gettext_lazy("scopes"))
    def shown_scopes(self, key: ApiKey) -> str:
        return ", ".join(key.scopes)


def ask_to_replace() -> Step:
    """Return how replacing is asked for; the key is made where its secret can be shown."""
    return Step(
        title=_("Replace this key"),
        sentence=_(
            "A new key may do the same. The old one goes on for the days of grace, then it ends."
        ),
        button=_("Make the new key"),
        perform=lambda key, *, form, request: "",
    )


def find_acts(key: ApiKey) -> set[str]:
    state = keys.state_of(key, at=timezone.now())
    acts = set() if state in ENDED else {"rotate", "revoke"}
    return acts | {"resume"} if state == keys.State.PAUSED else acts


def resume_key(key: ApiKey, *, form: forms.Form, request: HttpRequest) -> str:
    metering.resume(key=key, at=timezone.now())
    return _("The key %(name)s goes on.") % {"name": key.name}


def revoke_key(key: ApiKey, *, form: forms.Form, request: HttpRequest) -> str:
    keys.revoke(key=key, at=timezone.now())
    return _("The key %(name)s is revoked.") % {"name": key.name}
