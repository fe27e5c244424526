"""Keys of integrators. The secret is on the page that follows making one, and nowhere else."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from partners import keys
from partners.doors.admin import BaseAdmin, Step, action, display
from partners.doors.showing import say_time
from partners.models import ApiKey


class ApiKeyForm(forms.ModelForm):
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("Scopes"),
        choices=[(scope.value, scope.value) for scope in keys.Scope],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=gettext_lazy("A key may do what is ticked here, and nothing else."),
    )

    class Meta:
        model = ApiKey
        fields = ("name", "partner", "expires_at", "scopes")

    def clean_expires_at(self) -> Any:
        expires_at = self.cleaned_data["expires_at"]
        if expires_at is not None and expires_at <= timezone.now():
            raise forms.ValidationError(_("Choose a time that is still to come."))
        return expires_at


@admin.register(ApiKey)
class ApiKeyAdmin(BaseAdmin):
    form = ApiKeyForm
    list_display = ("name", "prefix", "partner_name", "shown_state", "used", "expires")
    list_select_related = ("partner",)
    search_fields = ("name", "=prefix")
    ordering = ("-pk",)
    autocomplete_fields = ("partner",)
    actions_detail = ("revoke",)
    add_fieldsets = ((None, {"fields": (("name", "partner"), "expires_at", "scopes")}),)
    fields = (
        ("name", "prefix"),
        ("partner", "state_in_words"),
        ("created_at", "created_by"),
        ("used", "expires"),
        "shown_scopes",
    )
    readonly_fields = ("prefix", "state_in_words", "used", "expires", "shown_scopes")

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """A key is never edited: what it may do was agreed when it was made."""
        return False

    def has_revoke_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("partners.change_apikey"))

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:  # noqa: FBT001  # Django's signature
        made = keys.create_key(
            name=obj.name,
            scopes=form.cleaned_data["scopes"],
            partner=obj.partner,
            expires_at=obj.expires_at,
            created_at=timezone.now(),
            created_by=request.user,  # type: ignore[arg-type]  # the admin lets nobody else in
        )
        obj.pk, obj.prefix = made.key.pk, made.key.prefix
        form.token = made.token
        request.new_token = made.token  # type: ignore[attr-defined]  # shown by response_add

    def response_add(
        self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Answer with the secret itself, not with a redirect: no message or session stores it."""
        context = {
            **self.admin_site.each_context(request),
            "title": _("The key is made"),
            "opts": self.opts,
            "key": obj,
            "token": request.new_token,  # type: ignore[attr-defined]  # set by save_model
            "back": reverse("admin:partners_apikey_changelist"),
        }
        answer = TemplateResponse(request, "admin/api_key_made.html", context)
        add_never_cache_headers(answer)
        return answer

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
        label={"valid": "success", "expired": "warning", "revoked": "danger"},
    )
    def shown_state(self, key: ApiKey) -> tuple[str, str]:
        if key.revoked_at is not None:
            return "revoked", _("Revoked")
        if key.expires_at is not None and key.expires_at <= timezone.now():
            return "expired", _("Expired")
        return "valid", _("Valid")

    @display(description=gettext_lazy("state"))
    def state_in_words(self, key: ApiKey) -> str:
        return self.shown_state(key)[1]

    @display(description=gettext_lazy("last used at"), ordering="last_used_at")
    def used(self, key: ApiKey) -> str:
        return say_time(key.last_used_at)

    @display(description=gettext_lazy("expires at"), ordering="expires_at")
    def expires(self, key: ApiKey) -> str:
        return say_time(key.expires_at)

    @display(description=gettext_lazy("scopes"))
    def shown_scopes(self, key: ApiKey) -> str:
        return ", ".join(key.scopes)


def revoke_key(key: ApiKey, *, form: forms.Form, request: HttpRequest) -> str:
    keys.revoke(key=key, at=timezone.now())
    return _("The key %(name)s is revoked.") % {"name": key.name}
