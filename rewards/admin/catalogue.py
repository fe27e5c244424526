"""The catalogue: rewards with the terms of their kind, and the codes that were uploaded."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin import (
    BooleanRadioFilter,
    ChoicesDropdownFilter,
    RelatedDropdownFilter,
)

from ledger.wording import say_amount
from partners.doors.admin import BaseAdmin, display
from partners.doors.showing import NOTHING, language, say_number
from rewards.admin.reward_form import RewardForm, find_terms_fields
from rewards.catalogue.codes import add_to_pool
from rewards.catalogue.registry import UnknownKind, every_kind, kind_of
from rewards.models import Reward


class KindFilter(admin.SimpleListFilter):
    title = gettext_lazy("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(kind.code, kind.name) for kind in every_kind()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(Reward)
class RewardAdmin(BaseAdmin):
    form = RewardForm
    list_display = (
        "named",
        "shown_kind",
        "shown_price",
        "audience",
        "shown_stock",
        "taken",
        "is_active",
    )
    list_display_links = ("named",)
    list_select_related = ("programme__main_unit",)
    list_filter = (
        KindFilter,
        ("audience", ChoicesDropdownFilter),
        ("is_active", BooleanRadioFilter),
        ("programme", RelatedDropdownFilter),
    )
    search_fields = ("name", "=slug", "summary")
    ordering = (
        "programme_id",
        "price",
        "name",
    )
    prepopulated_fields = {"slug": ("name",)}  # noqa: RUF012  # Django's own declaration
    conditional_fields = {  # noqa: RUF012  # the theme's own declaration
        name: f"typeof kind == 'undefined' || kind == '{kind.code}'"
        for kind in every_kind()
        for name in find_terms_fields(kind)
    }
    model_fields = (
        "programme",
        "kind",
        "name",
        "slug",
        "summary",
        "description",
        "audience",
        "price",
        "min_tier",
        "stock",
        "limit_per_partner",
        "approval_required",
        "is_active",
        "offered_from",
        "offered_until",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        free = Count("codes", filter=Q(codes__redemption__isnull=True), distinct=True)
        return (
            super()
            .get_queryset(request)
            .annotate(free_codes=free, times_taken=Count("redemptions", distinct=True))
        )

    def get_form(
        self,
        request: HttpRequest,
        obj: Any = None,
        change: bool = False,  # noqa: FBT001, FBT002  # Django's signature
        **kwargs: Any,
    ) -> Any:
        # The terms of the kinds are no columns: the form adds their fields itself.
        fixed = set(self.get_readonly_fields(request, obj))
        if obj is not None:
            fixed.add("kind")
        kwargs["fields"] = [name for name in self.model_fields if name not in fixed]
        return super().get_form(request, obj, change, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        if obj is None:
            return ()
        # What was taken of it names the programme and the kind.
        return ("programme", "shown_kind", "slug", "shown_stock", "taken")

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Any]:
        return {} if obj else dict(super().get_prepopulated_fields(request, obj))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        kinds = [kind_of(obj.kind)] if obj else every_kind()
        terms = [name for kind in kinds for name in find_terms_fields(kind)]
        if obj is None or not self.has_change_permission(request, obj):
            terms = terms if obj is None else []
        what = ("shown_kind", "slug") if obj else ("kind", "slug")
        return (
            (None, {"fields": ("programme", what, "name", "summary", "description")}),
            (_("What it gives"), {"fields": terms or ("shown_terms",)}),
            (
                _("Who, for how much, how often"),
                {
                    "fields": (
                        ("price", "audience"),
                        ("min_tier", "limit_per_partner"),
                        ("stock", "approval_required"),
                        *((("taken", "shown_stock"),) if obj else ()),
                    )
                },
            ),
            (_("When"), {"fields": ("offered_from", "offered_until", "is_active")}),
        )

    def save_model(self, request: HttpRequest, obj: Reward, form: Any, change: bool) -> None:  # noqa: FBT001  # Django's signature
        super().save_model(request, obj, form, change)
        codes = form.cleaned_data.get("new_codes") or []
        if codes:
            added = add_to_pool(obj, codes)
            sentence = ngettext("%(count)d code added.", "%(count)d codes added.", added)
            self.message_user(request, sentence % {"count": added}, messages.SUCCESS)
            if known := len(codes) - added:
                sentence = ngettext(
                    "%(count)d code was there already.",
                    "%(count)d codes were there already.",
                    known,
                )
                self.message_user(request, sentence % {"count": known}, messages.WARNING)

    @display(description=gettext_lazy("reward"), ordering="name", header=True)
    def named(self, reward: Reward) -> tuple[str, str]:
        return reward.name, reward.summary

    @display(description=gettext_lazy("kind"), ordering="kind")
    def shown_kind(self, reward: Reward) -> Any:
        try:
            return kind_of(reward.kind).name
        except UnknownKind:
            return reward.kind

    @display(description=gettext_lazy("terms of the kind"))
    def shown_terms(self, reward: Reward) -> str:
        facts = kind_of(reward.kind).describe(reward) if reward.pk else []
        return "; ".join(f"{fact.label}: {fact.value}" for fact in facts) or NOTHING

    @display(description=gettext_lazy("price"), ordering="price")
    def shown_price(self, reward: Reward) -> str:
        return say_amount(reward.price, reward.programme.main_unit, language())

    @display(description=gettext_lazy("left"), ordering="stock")
    def shown_stock(self, reward: Any) -> str:
        if kind_of(reward.kind).has_code_pool:
            left = ngettext("%(count)d code", "%(count)d codes", reward.free_codes)
            return left % {"count": reward.free_codes}
        return _("No limit") if reward.stock is None else say_number(reward.stock)

    @display(description=gettext_lazy("taken"), ordering="times_taken")
    def taken(self, reward: Any) -> str:
        return say_number(reward.times_taken)
