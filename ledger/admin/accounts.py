"""The page of an account: what it holds, what can be spent, what is owed, what moved lately."""

from typing import Any

from django.contrib import admin
from django.db.models import F, Q, QuerySet, Sum
from django.http import FileResponse, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter

from ledger.admin.account_tabs import CorrectionTab, HoldTab, LotTab
from ledger.admin.adjusting import SPENT_FROM, adjust_account, adjust_chosen, forgive_debt
from ledger.admin.statement import read_latest, show_statement
from ledger.admin.wording import say, say_holder, say_net
from ledger.models import Account, Hold, Lot, Unit
from ledger.statements import balance_as_of
from partners.doors.admin import ReadOnlyAdmin, action, display
from partners.doors.showing import NOTHING, link_to, say_time

Kind = Account.Kind


@admin.register(Unit)
class UnitAdmin(ReadOnlyAdmin):
    list_display = ("code", "kind", "decimals", "currency")
    search_fields = ("=code",)
    ordering = ("code",)


class OwingFilter(admin.SimpleListFilter):
    title = gettext_lazy("debt")
    parameter_name = "owing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Owes something"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "yes":
            return queryset.filter(kind=Kind.DEBT, balance__gt=0)
        return queryset


@admin.register(Account)
class AccountAdmin(ReadOnlyAdmin):
    list_display = (
        "number",
        "shown_kind",
        "holder",
        "shown_balance",
        "shown_held",
        "listed_available",
        "latest",
    )
    list_display_links = ("number",)
    list_select_related = ("unit", "partner", "member__person")
    list_filter = (
        ("kind", ChoicesDropdownFilter),
        ("unit", RelatedDropdownFilter),
        OwingFilter,
    )
    search_fields = ("partner__legal_name", "=partner__erp_number", "member__person__name")
    search_help_text = gettext_lazy("Partner, ERP number or member")
    ordering = ("-pk",)
    inlines = (LotTab, HoldTab, CorrectionTab)
    actions = ("adjust_chosen",)
    actions_detail = ("statement", "adjust", "forgive")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "in_words",
                    ("shown_balance", "shown_held"),
                    ("shown_available", "owed"),
                    ("partner_link", "member_link"),
                    ("kind", "unit"),
                    "latest",
                )
            },
        ),
        (gettext_lazy("Latest movements"), {"fields": ("movements",)}),
    )
    readonly_fields = (
        "in_words",
        "shown_balance",
        "shown_held",
        "shown_available",
        "owed",
        "partner_link",
        "member_link",
        "latest",
        "movements",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        return rows.select_related("unit", "partner", "member__person")

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        """Debt has no lots, and the programme's side has neither lots nor holds."""
        if obj is None or obj.has_lots:
            return self.inlines
        return () if obj.is_house else (CorrectionTab,)

    # ---------------------------------------------------------------- actions

    def has_ask_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("ledger.add_correction"))

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[Any]:
        """Adjust what has a balance; forgive what is owed."""
        account = self.get_object(request, str(object_id))
        if account is None:
            return []
        offered = {"statement"}
        if account.kind in SPENT_FROM:
            offered.add("adjust")
        if account.kind == Kind.DEBT and account.balance:
            offered.add("forgive")
        detail: list[Any] = super().get_actions_detail(request, object_id)
        return [one for one in detail if one.path in offered]

    @action(description=gettext_lazy("Statement"), url_path="statement", permissions=["view"])
    def statement(self, request: HttpRequest, object_id: str) -> HttpResponse | FileResponse:
        return show_statement(self, request, object_id)

    @action(description=gettext_lazy("Adjust"), url_path="adjust", permissions=["ask"])
    def adjust(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return adjust_account(self, request, object_id)

    @action(description=gettext_lazy("Forgive debt"), url_path="forgive", permissions=["ask"])
    def forgive(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return forgive_debt(self, request, object_id)

    @action(description=gettext_lazy("Adjust the chosen accounts"), permissions=["ask"])
    def adjust_chosen(
        self, request: HttpRequest, queryset: QuerySet[Account]
    ) -> HttpResponse | None:
        return adjust_chosen(self, request, queryset)

    # ----------------------------------------------------------------- columns

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

    @display(description=gettext_lazy("not held"))
    def listed_available(self, account: Account) -> str:
        return say(account.available, account.unit) if account.kind in SPENT_FROM else NOTHING

    @display(description=gettext_lazy("can be spent now"))
    def shown_available(self, account: Account) -> str:
        if account.kind not in SPENT_FROM:
            return NOTHING
        return say(find_spendable(account), account.unit)

    @display(description=gettext_lazy("the company owes"))
    def owed(self, account: Account) -> SafeString | str:
        debt = find_debt(account)
        return link_to(debt, say(debt.balance, account.unit)) if debt else NOTHING

    @display(description=gettext_lazy("latest transfer"), ordering="last_posted_at")
    def latest(self, account: Account) -> str:
        return say_time(account.last_posted_at)

    @display(description=gettext_lazy("in words"))
    def in_words(self, account: Account) -> str:
        return describe(account)

    @display(description="")
    def movements(self, account: Account) -> SafeString:
        lines = read_latest(account, timezone.now())
        return render_to_string("admin/movements.html", {"lines": lines, "account": account})


def find_spendable(account: Account) -> int:
    """Return what is free now: neither held, nor past its expiry and about to leave."""
    free = Lot.objects.filter(account=account).spendable(timezone.now())
    total: int = free.aggregate(total=Sum(F("remaining") - F("held"), default=0))["total"]
    return total


def find_debt(account: Account) -> Account | None:
    """Return the debt account of the same partner and unit, if something is owed on it."""
    if account.partner_id is None or account.kind == Kind.DEBT:
        return None
    same = Q(partner_id=account.partner_id, unit_id=account.unit_id)
    return Account.objects.filter(same, kind=Kind.DEBT, balance__gt=0).first()


def describe(account: Account) -> str:
    """Say in words what the figures of this account mean."""
    if account.is_house:
        now = balance_as_of(account, timezone.now())
        return _(
            "The programme's own side. It stores no balance; its journal comes to %(net)s."
        ) % {"net": say_net(now, account.unit)}
    amount = say(account.balance, account.unit)
    if account.kind == Kind.DEBT:
        return describe_debt(account, amount)
    if account.kind == Kind.PENDING:
        return _(
            "Awards that wait: %(amount)s. They become available on the dates under Lots, "
            "or are cancelled."
        ) % {"amount": amount}
    if not account.held:
        return _("Nothing is held. What is past its expiry leaves with the next night.")
    holds = Hold.objects.filter(account=account).open().count()
    return ngettext(
        "%(held)s are held by %(count)d hold: they stay in the balance and cannot be spent.",
        "%(held)s are held by %(count)d holds: they stay in the balance and cannot be spent.",
        holds,
    ) % {"held": say(account.held, account.unit), "count": holds}


def describe_debt(account: Account, amount: str) -> str:
    if not account.balance:
        return _("%(owner)s owes nothing.") % {"owner": say_holder(account)}
    return _(
        "%(owner)s owes %(amount)s: what was bought was returned after its award had been spent. "
        "The next awards repay it first. Until then nothing is redeemed or shared from the pool."
    ) % {"owner": say_holder(account), "amount": amount}
