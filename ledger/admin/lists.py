"""Managed lists: reasons of corrections, limits per role, codes of the seller's books."""

import hashlib
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.widgets import UnfoldAdminSelectWidget

from ledger.admin.wording import say
from ledger.correcting import say_reason
from ledger.models import AccountCode, CorrectionLimit, CorrectionReason
from partners.doors.admin import BaseAdmin, display
from partners.roles import Role

ROLES = [*Role.choices, (CorrectionLimit.INTEGRATOR, gettext_lazy("API keys"))]


class FreshForm(forms.ModelForm):
    """Refuses to overwrite what somebody else saved while this page was open."""

    as_read = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stored = self.name_content() if self.instance.pk else ""
        self.fields["as_read"].initial = self.stored

    def name_content(self) -> str:
        row = self.instance
        content = [str(getattr(row, field.attname)) for field in row._meta.concrete_fields]
        return hashlib.sha256("\n".join(content).encode()).hexdigest()

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        as_read = cleaned.get("as_read")
        if self.stored and as_read and as_read != self.stored:
            raise ValidationError(
                _("Somebody else has changed this meanwhile. Open the page again to see it.")
            )
        return cleaned


class ReasonForm(FreshForm):
    class Meta:
        model = CorrectionReason
        fields = ("name", "code", "for_reversals", "for_adjustments", "is_active")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not (cleaned.get("for_reversals") or cleaned.get("for_adjustments")):
            raise ValidationError(_("Choose what the reason is for."))
        return cleaned


@admin.register(CorrectionReason)
class ReasonAdmin(BaseAdmin):
    """The code stands in the journal: it never changes, and no reason is ever deleted."""

    form = ReasonForm
    list_display = ("shown_name", "code", "for_reversals", "for_adjustments", "is_active")
    list_filter = ("is_active",)
    search_fields = ("name", "=code")
    ordering = ("name", "pk")
    fieldsets = (
        (None, {"fields": ("as_read", "name", "code")}),
        (gettext_lazy("Where it is offered"), {"fields": ("for_reversals", "for_adjustments")}),
        (
            None,
            {
                "fields": ("is_active",),
                "description": gettext_lazy(
                    "A reason that is no longer in use stays in the history and is not offered."
                ),
            },
        ),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("code",) if obj else ()

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Any]:
        return {} if obj else {"code": ("name",)}

    @display(description=gettext_lazy("name"), ordering="name")
    def shown_name(self, reason: CorrectionReason) -> str:
        return say_reason(reason)


class LimitForm(FreshForm):
    class Meta:
        model = CorrectionLimit
        fields = ("role", "unit", "per_correction", "per_day")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "role" in self.fields:
            self.fields["role"] = forms.ChoiceField(
                label=_("Role"), choices=ROLES, widget=UnfoldAdminSelectWidget()
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        once, day = cleaned.get("per_correction"), cleaned.get("per_day")
        if once is not None and day is not None and day < once:
            raise ValidationError(
                {"per_day": _("Less in 24 hours than at once would never be reached.")}
            )
        return cleaned


@admin.register(CorrectionLimit)
class LimitAdmin(BaseAdmin):
    """How much somebody may correct alone. Zero means that a second person always decides."""

    form = LimitForm
    list_display = ("shown_role", "unit", "shown_once", "shown_day")
    list_display_links = ("shown_role",)
    list_select_related = ("unit",)
    list_filter = (("unit", RelatedDropdownFilter),)
    ordering = ("unit__code", "role")
    fields = ("as_read", ("role", "unit"), ("per_correction", "per_day"))
    # Only administrators may edit; everybody else reads the page.

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if self.has_change_permission(request, obj):
            return self.fields
        return (("role", "unit"), ("shown_once", "shown_day"))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        readable = ("shown_role", "shown_once", "shown_day")
        return (*readable, "role", "unit") if obj else readable

    @display(description=gettext_lazy("role"), ordering="role")
    def shown_role(self, limit: CorrectionLimit) -> Any:
        return dict(ROLES).get(limit.role, limit.role)

    @display(description=gettext_lazy("at most at once"), ordering="per_correction")
    def shown_once(self, limit: CorrectionLimit) -> str:
        return say(limit.per_correction, limit.unit)

    @display(description=gettext_lazy("at most in 24 hours"), ordering="per_day")
    def shown_day(self, limit: CorrectionLimit) -> str:
        return say(limit.per_day, limit.unit)


class CodeForm(FreshForm):
    class Meta:
        model = AccountCode
        fields = ("account_kind", "unit", "code", "name")


@admin.register(AccountCode)
class AccountCodeAdmin(BaseAdmin):
    """What each kind of account is called in the seller's books, for the postings export."""

    form = CodeForm
    list_display = ("shown_kind", "shown_unit", "code", "name")
    list_display_links = ("shown_kind",)
    list_select_related = ("unit",)
    list_filter = (
        ("account_kind", ChoicesDropdownFilter),
        ("unit", RelatedDropdownFilter),
    )
    search_fields = ("=code", "name")
    ordering = ("account_kind", "unit__code")
    fieldsets = ((None, {"fields": ("as_read", ("account_kind", "unit"), ("code", "name"))}),)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("account_kind", "unit") if obj else ()

    @display(description=gettext_lazy("kind of account"), ordering="account_kind")
    def shown_kind(self, code: AccountCode) -> Any:
        return code.get_account_kind_display()

    @display(description=gettext_lazy("unit"), ordering="unit__code")
    def shown_unit(self, code: AccountCode) -> str:
        return str(code.unit) if code.unit else _("All units without a code of their own")
