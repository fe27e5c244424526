"""A window onto the books. Staff read here; only ``ledger.posting`` writes."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import (
    ChoicesDropdownFilter,
    FieldTextFilter,
    RelatedDropdownFilter,
)

from ledger.models import Account, Lot, LotUse, Transfer, Unit
from ledger.wording import say_amount
from partners.doors.admin import ReadOnlyAdmin, ReadOnlyInline, display, partner_tabs
from partners.doors.admin_filters import DayRangeFilter
from partners.doors.showing import NOTHING, language, link_to, link_to_list, say_time


def say(amount: int, unit: Unit) -> str:
    return say_amount(amount, unit, language())


class BalanceTab(ReadOnlyInline):
    """What a partner and its team hold, on the partner's page."""

    model = Account
    verbose_name_plural = gettext_lazy("Balances")
    fields = ("link", "holder", "shown_balance", "shown_held", "latest")
    readonly_fields = fields
    ordering = (
        "unit_id",
        "kind",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("unit", "member__person")

    @display(description=gettext_lazy("account"))
    def link(self, account: Account) -> SafeString | str:
        return link_to(account, account.get_kind_display())

    @display(description=gettext_lazy("of"))
    def holder(self, account: Account) -> str:
        return account.member.person.name if account.member else _("The company")

    @display(description=gettext_lazy("balance"))
    def shown_balance(self, account: Account) -> str:
        return say(account.balance, account.unit)

    @display(description=gettext_lazy("held"))
    def shown_held(self, account: Account) -> str:
        return say(account.held, account.unit) if account.held else NOTHING

    @display(description=gettext_lazy("latest transfer"))
    def latest(self, account: Account) -> str:
        return say_time(account.last_posted_at)


partner_tabs.append(BalanceTab)


@admin.register(Unit)
class UnitAdmin(ReadOnlyAdmin):
    list_display = ("code", "kind", "decimals", "currency")
    search_fields = ("=code",)
    ordering = ("code",)


class LotTab(ReadOnlyInline):
    model = Lot
    show_change_link = False
    verbose_name_plural = gettext_lazy("Lots")
    fields = ("number", "shown_remaining", "shown_amount", "earned", "expires", "origin_link")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        lots = super().get_queryset(request).select_related("account__unit", "origin")
        return lots.in_spending_order()

    @display(description=gettext_lazy("lot"))
    def number(self, lot: Lot) -> str:
        return f"#{lot.pk}"

    @display(description=gettext_lazy("remaining"))
    def shown_remaining(self, lot: Lot) -> str:
        return say(lot.remaining, lot.account.unit)

    @display(description=gettext_lazy("amount"))
    def shown_amount(self, lot: Lot) -> str:
        return say(lot.amount, lot.account.unit)

    @display(description=gettext_lazy("earned at"))
    def earned(self, lot: Lot) -> str:
        return say_time(lot.earned_at)

    @display(description=gettext_lazy("expires at"))
    def expires(self, lot: Lot) -> str:
        return say_time(lot.expires_at) if lot.expires_at else _("Never")

    @display(description=gettext_lazy("came from"))
    def origin_link(self, lot: Lot) -> SafeString | str:
        return link_to(lot.origin, f"#{lot.origin_id}")


@admin.register(Account)
class AccountAdmin(ReadOnlyAdmin):
    list_display = ("number", "shown_kind", "holder", "shown_balance", "shown_held", "latest")
    list_display_links = ("number",)
    list_select_related = ("unit", "partner", "member__person")
    list_filter = (("kind", ChoicesDropdownFilter), ("unit", RelatedDropdownFilter))
    search_fields = ("partner__legal_name", "=partner__erp_number", "member__person__name")
    search_help_text = gettext_lazy("Partner, ERP number or member")
    ordering = ("-pk",)
    inlines = (LotTab,)
    fields = (
        ("kind", "unit"),
        ("partner_link", "member_link"),
        ("shown_balance", "shown_held"),
        ("latest", "journal"),
    )
    readonly_fields = (
        "partner_link",
        "member_link",
        "shown_balance",
        "shown_held",
        "latest",
        "journal",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        return rows.select_related("unit", "partner", "member__person")

    @display(description=gettext_lazy("account"), ordering="pk")
    def number(self, account: Account) -> str:
        return f"#{account.pk}"

    @display(description=gettext_lazy("kind"), ordering="kind", label={"debt": "danger"})
    def shown_kind(self, account: Account) -> tuple[str, Any]:
        return account.kind, account.get_kind_display()

    @display(description=gettext_lazy("of"), ordering="partner__legal_name")
    def holder(self, account: Account) -> str:
        return say_holder(account)

    @display(description=gettext_lazy("partner"))
    def partner_link(self, account: Account) -> SafeString | str:
        return link_to(account.partner) if account.partner else _("The programme's own side")

    @display(description=gettext_lazy("member"))
    def member_link(self, account: Account) -> SafeString | str:
        return link_to(account.member, account.member.person.name) if account.member else NOTHING

    @display(description=gettext_lazy("balance"), ordering="balance")
    def shown_balance(self, account: Account) -> str:
        # House accounts store none: nothing may contend on them.
        return NOTHING if account.is_house else say(account.balance, account.unit)

    @display(description=gettext_lazy("held"))
    def shown_held(self, account: Account) -> str:
        return say(account.held, account.unit) if account.held else NOTHING

    @display(description=gettext_lazy("latest transfer"), ordering="last_posted_at")
    def latest(self, account: Account) -> str:
        return say_time(account.last_posted_at)

    @display(description=gettext_lazy("journal"))
    def journal(self, account: Account) -> SafeString:
        sides = (
            ("credit_account", _("What came in")),
            ("debit_account", _("What went out")),
        )
        links = (
            (link_to_list("ledger_transfer", f"{side}__id__exact={account.pk}", text),)
            for side, text in sides
        )
        return format_html_join(" · ", "{}", links)


def say_holder(account: Account) -> str:
    if account.member is not None:
        return f"{account.member.person.name}, {account.partner}"
    return str(account.partner) if account.partner is not None else _("The programme's own side")


class LotUseTab(ReadOnlyInline):
    model = LotUse
    show_change_link = False
    verbose_name_plural = gettext_lazy("Lots it took from")
    fields = ("number", "taken", "earned", "expires")
    readonly_fields = fields
    ordering = ("pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("lot__account__unit")

    @display(description=gettext_lazy("lot"))
    def number(self, use: LotUse) -> str:
        return f"#{use.lot_id}"

    @display(description=gettext_lazy("amount"))
    def taken(self, use: LotUse) -> str:
        return say(use.amount, use.lot.account.unit)

    @display(description=gettext_lazy("earned at"))
    def earned(self, use: LotUse) -> str:
        return say_time(use.lot.earned_at)

    @display(description=gettext_lazy("expires at"))
    def expires(self, use: LotUse) -> str:
        return say_time(use.lot.expires_at) if use.lot.expires_at else _("Never")


@admin.register(Transfer)
class TransferAdmin(ReadOnlyAdmin):
    """A correction is another transfer; nothing here is ever changed or deleted."""

    list_display = ("number", "posted", "shown_kind", "partner_name", "shown_amount", "way")
    list_display_links = ("number",)
    list_select_related = ("partner", "debit_account__unit", "credit_account")
    list_filter = (
        ("kind", ChoicesDropdownFilter),
        ("posted_at", DayRangeFilter),
        ("reference", FieldTextFilter),
    )
    search_fields = (
        "=idempotency_key",
        "=reference",
        "partner__legal_name",
        "=partner__erp_number",
    )
    search_help_text = gettext_lazy("Partner, ERP number, reference or key")
    ordering = ("-pk",)
    inlines = (LotUseTab,)
    fields = (
        ("kind", "shown_amount"),
        ("partner_link", "explain"),
        ("debit_link", "credit_link"),
        ("posted", "occurred"),
        ("reason_code", "reference"),
        ("reverses", "batch"),
        ("idempotency_key", "public_id"),
    )
    readonly_fields = (
        "shown_amount",
        "partner_link",
        "explain",
        "debit_link",
        "credit_link",
        "posted",
        "occurred",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return (
            super()
            .get_queryset(request)
            .select_related("partner", "debit_account__unit", "credit_account")
        )

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        of_account = {"debit_account__id__exact", "credit_account__id__exact"}
        return lookup in of_account or super().lookup_allowed(lookup, value, request)

    @display(description=gettext_lazy("transfer"), ordering="pk")
    def number(self, transfer: Transfer) -> str:
        return f"#{transfer.pk}"

    @display(
        description=gettext_lazy("kind"),
        ordering="kind",
        label={"claw_back": "warning", "expire": "warning", "incur_debt": "danger"},
    )
    def shown_kind(self, transfer: Transfer) -> tuple[str, Any]:
        return transfer.kind, transfer.get_kind_display()

    @display(description=gettext_lazy("amount"), ordering="amount")
    def shown_amount(self, transfer: Transfer) -> str:
        return say(transfer.amount, transfer.debit_account.unit)

    @display(description=gettext_lazy("from and to"))
    def way(self, transfer: Transfer) -> str:
        debit, credit = transfer.debit_account, transfer.credit_account
        return f"{debit.get_kind_display()} → {credit.get_kind_display()}"

    @display(description=gettext_lazy("posted at"), ordering="posted_at")
    def posted(self, transfer: Transfer) -> str:
        return say_time(transfer.posted_at)

    @display(description=gettext_lazy("occurred at"))
    def occurred(self, transfer: Transfer) -> str:
        return say_time(transfer.occurred_at)

    @display(description=gettext_lazy("partner"))
    def partner_link(self, transfer: Transfer) -> SafeString | str:
        return link_to(transfer.partner)

    @display(description=gettext_lazy("from"))
    def debit_link(self, transfer: Transfer) -> SafeString | str:
        return link_to(transfer.debit_account, say_account(transfer.debit_account))

    @display(description=gettext_lazy("to"))
    def credit_link(self, transfer: Transfer) -> SafeString | str:
        return link_to(transfer.credit_account, say_account(transfer.credit_account))

    @display(description=gettext_lazy("why"))
    def explain(self, transfer: Transfer) -> SafeString | str:
        """Link to the page on a higher floor that knows the cause."""
        if not transfer.reference:
            return NOTHING
        url = reverse("admin:rewards_explain", args=[transfer.pk])
        return format_html(
            '<a href="{}" class="text-primary-600 dark:text-primary-500">{}</a>', url, _("Explain")
        )


def say_account(account: Account) -> str:
    return f"{account.get_kind_display()} #{account.pk}"
