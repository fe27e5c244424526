"""The queue of what was taken: approve, hand over, reject. Each move is one call of the domain."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter

from ledger.wording import say_amount
from partners.doors.admin import (
    ReadOnlyAdmin,
    ReadOnlyInline,
    action,
    display,
)
from partners.doors.admin_filters import DayRangeFilter
from partners.doors.showing import NOTHING, Labels, language, link_to, say_time
from rewards.admin.moves import (
    approving,
    cancelling,
    find_moves,
    fulfilling,
    rejecting,
    shipping,
)
from rewards.catalogue.registry import kind_of
from rewards.models import Redemption, RedemptionMove

State = Redemption.State
STATE_LABELS = Labels(
    {
        "requested": "warning",
        "approved": "info",
        "fulfilled": "success",
        "rejected": "danger",
        "lapsed": "danger",
    }
)


class MoveTab(ReadOnlyInline):
    model = RedemptionMove
    verbose_name_plural = gettext_lazy("History")
    show_change_link = False
    fields = ("moved", "way", "by", "reason")
    readonly_fields = fields
    ordering = ("pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("by")

    @display(description=gettext_lazy("moved at"))
    def moved(self, move: RedemptionMove) -> str:
        return say_time(move.moved_at)

    @display(description=gettext_lazy("state"))
    def way(self, move: RedemptionMove) -> Any:
        return move.get_to_state_display()


@admin.register(Redemption)
class RedemptionAdmin(ReadOnlyAdmin):
    list_display = (
        "number",
        "shown_reward",
        "partner_name",
        "taker",
        "cost",
        "asked",
        "shown_state",
    )
    list_display_links = ("number",)
    list_select_related = ("partner", "member__person", "reward__programme__main_unit")
    list_filter = (
        ("state", ChoicesDropdownFilter),
        ("reward", RelatedDropdownFilter),
        ("requested_at", DayRangeFilter),
    )
    search_fields = (
        "reward__name",
        "partner__legal_name",
        "=partner__erp_number",
        "member__person__name",
    )
    search_help_text = gettext_lazy("Reward, partner, ERP number or person")
    ordering = ("-requested_at",)
    inlines = (MoveTab,)
    actions = ("approve_chosen", "fulfil_chosen", "reject_chosen")
    actions_detail = ("approve", "ship", "fulfil", "reject", "cancel")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("state", "cost"),
                    ("reward_link", "partner_link"),
                    ("taker", "asked"),
                )
            },
        ),
        (gettext_lazy("Delivery"), {"fields": ("given", "handed_over")}),
        (
            gettext_lazy("In the ledger"),
            {"fields": ("held", ("transfer_link", "refund_link"), "public_id")},
        ),
    )
    readonly_fields = (
        "cost",
        "reward_link",
        "partner_link",
        "taker",
        "asked",
        "given",
        "handed_over",
        "held",
        "transfer_link",
        "refund_link",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        return rows.select_related(
            "reward__programme__main_unit", "member__person", "partner", "account", "hold"
        )

    # ------------------------------------------------------------ who may what

    def has_decide_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("rewards.change_redemption"))

    def has_hand_over_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("rewards.add_redemptionmove"))

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[Any]:
        """Offer only the moves that are legal from where the redemption is now."""
        redemption = self.get_object(request, str(object_id))
        if redemption is None:
            return []
        legal = find_moves(redemption)
        offered = super().get_actions_detail(request, object_id)
        return [one for one in offered if one.path in legal]

    # ------------------------------------------------------------------- moves

    @action(description=gettext_lazy("Approve"), url_path="approve", permissions=["decide"])
    def approve(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.confirm_one(request, object_id, approving())

    @action(description=gettext_lazy("Mark as sent"), url_path="ship", permissions=["hand_over"])
    def ship(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.confirm_one(request, object_id, shipping())

    @action(
        description=gettext_lazy("Mark as delivered"),
        url_path="fulfil",
        permissions=["hand_over"],
    )
    def fulfil(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.confirm_one(request, object_id, fulfilling())

    @action(description=gettext_lazy("Reject"), url_path="reject", permissions=["decide"])
    def reject(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.confirm_one(request, object_id, rejecting())

    @action(description=gettext_lazy("Cancel"), url_path="cancel", permissions=["decide"])
    def cancel(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.confirm_one(request, object_id, cancelling())

    @action(description=gettext_lazy("Approve"), permissions=["decide"])
    def approve_chosen(self, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponse | None:
        return self.confirm_many(request, chosen, approving(), action_name="approve_chosen")

    @action(description=gettext_lazy("Mark as delivered"), permissions=["hand_over"])
    def fulfil_chosen(self, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponse | None:
        return self.confirm_many(request, chosen, fulfilling(), action_name="fulfil_chosen")

    @action(description=gettext_lazy("Reject"), permissions=["decide"])
    def reject_chosen(self, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponse | None:
        return self.confirm_many(request, chosen, rejecting(), action_name="reject_chosen")

    # ----------------------------------------------------------------- columns

    @display(description=gettext_lazy("redemption"), ordering="pk")
    def number(self, redemption: Redemption) -> str:
        return f"#{redemption.pk}"

    @display(description=gettext_lazy("reward"), ordering="reward__name")
    def shown_reward(self, redemption: Redemption) -> str:
        return redemption.reward.name

    @display(description=gettext_lazy("reward"))
    def reward_link(self, redemption: Redemption) -> SafeString | str:
        return link_to(redemption.reward)

    @display(description=gettext_lazy("partner"))
    def partner_link(self, redemption: Redemption) -> SafeString | str:
        return link_to(redemption.partner)

    @display(description=gettext_lazy("redeemed by"), ordering="member__person__name")
    def taker(self, redemption: Redemption) -> str:
        return redemption.member.person.name

    @display(description=gettext_lazy("price"), ordering="price")
    def cost(self, redemption: Redemption) -> str:
        unit = redemption.reward.programme.main_unit
        return say_amount(redemption.price, unit, language())

    @display(description=gettext_lazy("requested at"), ordering="requested_at")
    def asked(self, redemption: Redemption) -> str:
        return say_time(redemption.requested_at)

    @display(description=gettext_lazy("state"), ordering="state", label=STATE_LABELS)
    def shown_state(self, redemption: Redemption) -> tuple[str, Any]:
        return redemption.state, redemption.get_state_display()

    @display(description=gettext_lazy("details given"))
    def given(self, redemption: Redemption) -> SafeString | str:
        labels = {field.name: field.label for field in kind_of(redemption.reward.kind).details}
        rows = [(labels.get(name, name), value) for name, value in redemption.details.items()]
        return show_rows(rows)

    @display(description=gettext_lazy("delivery"))
    def handed_over(self, redemption: Redemption) -> SafeString | str:
        if redemption.state != State.FULFILLED and not redemption.delivery:
            return NOTHING
        facts = kind_of(redemption.reward.kind).describe_delivery(redemption)
        # A code belongs to whom it was given; staff see that there is one.
        return show_rows([(fact.label, "••••" if fact.is_secret else fact.value) for fact in facts])

    @display(description=gettext_lazy("reserved"))
    def held(self, redemption: Redemption) -> str:
        """Say what became of the price while somebody had to decide."""
        if redemption.hold is None:
            return NOTHING
        if redemption.reserved_until is not None:
            return _("Reserved until %(time)s") % {"time": say_time(redemption.reserved_until)}
        return f"{redemption.hold.get_state_display()}, {say_time(redemption.hold.ended_at)}"

    @display(description=gettext_lazy("transfer"))
    def transfer_link(self, redemption: Redemption) -> SafeString | str:
        if redemption.transfer is None:
            return NOTHING
        return link_to(redemption.transfer, f"#{redemption.transfer_id}")

    @display(description=gettext_lazy("refund"))
    def refund_link(self, redemption: Redemption) -> SafeString | str:
        if redemption.refund is None:
            return NOTHING
        return link_to(redemption.refund, f"#{redemption.refund_id}")


def show_rows(rows: list[tuple[Any, Any]]) -> SafeString | str:
    if not rows:
        return NOTHING
    return format_html(
        '<dl class="t-pairs">{}</dl>',
        format_html_join("", "<dt>{}</dt><dd>{}</dd>", rows),
    )
