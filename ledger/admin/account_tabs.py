"""What stands under tabs: lots, holds and corrections of an account, balances of a partner."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.admin.wording import (
    CORRECTION_LABELS,
    HOLD_LABELS,
    say,
    say_asker,
    say_expiry,
)
from ledger.models import Account, Correction, Hold, Lot, Transfer
from partners.doors.admin import ReadOnlyInline, display, partner_tabs
from partners.doors.showing import NOTHING, link_to, say_time


class BalanceTab(ReadOnlyInline):
    """What a partner and its team hold, on the partner's page."""

    model = Account
    verbose_name_plural = gettext_lazy("Balances")
    fields = ("link", "holder", "shown_balance", "shown_held", "shown_available", "latest")
    readonly_fields = fields
    ordering = ("unit_id", "kind")

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

    @display(description=gettext_lazy("available"))
    def shown_available(self, account: Account) -> str:
        spendable = account.kind in {Account.Kind.POOL, Account.Kind.WALLET}
        return say(account.available, account.unit) if spendable else NOTHING

    @display(description=gettext_lazy("latest transfer"))
    def latest(self, account: Account) -> str:
        return say_time(account.last_posted_at)


partner_tabs.append(BalanceTab)


class LotTab(ReadOnlyInline):
    model = Lot
    show_change_link = False
    hide_title = True
    verbose_name_plural = gettext_lazy("Lots")
    fields: tuple[str, ...] = (
        "link",
        "shown_remaining",
        "shown_held",
        "shown_amount",
        "earned",
        "matures",
        "expires",
        "origin_link",
    )
    readonly_fields: tuple[str, ...] = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        lots = super().get_queryset(request).select_related("account__unit")
        return lots.in_spending_order()

    @display(description=gettext_lazy("lot"))
    def link(self, lot: Lot) -> SafeString | str:
        return link_to(lot, f"#{lot.pk}")

    @display(description=gettext_lazy("remaining"))
    def shown_remaining(self, lot: Lot) -> str:
        return say(lot.remaining, lot.account.unit)

    @display(description=gettext_lazy("held"))
    def shown_held(self, lot: Lot) -> str:
        return say(lot.held, lot.account.unit) if lot.held else NOTHING

    @display(description=gettext_lazy("amount"))
    def shown_amount(self, lot: Lot) -> str:
        return say(lot.amount, lot.account.unit)

    @display(description=gettext_lazy("earned at"))
    def earned(self, lot: Lot) -> str:
        return say_time(lot.earned_at)

    @display(description=gettext_lazy("available from"))
    def matures(self, lot: Lot) -> str:
        return say_time(lot.matures_at)

    @display(description=gettext_lazy("expires at"))
    def expires(self, lot: Lot) -> str:
        return say_expiry(lot.expires_at)

    @display(description=gettext_lazy("came from"))
    def origin_link(self, lot: Lot) -> SafeString | str:
        return link_to(Transfer(pk=lot.origin_id), f"#{lot.origin_id}")


class HoldTab(ReadOnlyInline):
    model = Hold
    show_change_link = False
    hide_title = True
    verbose_name_plural = gettext_lazy("Holds")
    fields = ("link", "shown_state", "shown_amount", "placed", "lapses", "ended")
    readonly_fields = fields
    ordering = ("-pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("account__unit")

    @display(description=gettext_lazy("hold"))
    def link(self, hold: Hold) -> SafeString | str:
        return link_to(hold, f"#{hold.pk}")

    @display(description=gettext_lazy("state"), label=HOLD_LABELS)
    def shown_state(self, hold: Hold) -> Any:
        return hold.get_state_display()

    @display(description=gettext_lazy("amount"))
    def shown_amount(self, hold: Hold) -> str:
        return say(hold.amount, hold.account.unit)

    @display(description=gettext_lazy("placed at"))
    def placed(self, hold: Hold) -> str:
        return say_time(hold.placed_at)

    @display(description=gettext_lazy("lapses at"))
    def lapses(self, hold: Hold) -> str:
        return say_expiry(hold.lapses_at)

    @display(description=gettext_lazy("ended at"))
    def ended(self, hold: Hold) -> str:
        return say_time(hold.ended_at)


class CorrectionTab(ReadOnlyInline):
    model = Correction
    fk_name = "account"
    show_change_link = False
    hide_title = True
    verbose_name_plural = gettext_lazy("Corrections")
    fields = ("link", "shown_kind", "shown_amount", "reason", "shown_state", "asker", "asked")
    readonly_fields = fields
    ordering = ("-pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        return rows.select_related("account__unit", "reason", "requested_by", "requested_with")

    @display(description=gettext_lazy("correction"))
    def link(self, correction: Correction) -> SafeString | str:
        return link_to(correction, f"#{correction.pk}")

    @display(description=gettext_lazy("kind"))
    def shown_kind(self, correction: Correction) -> Any:
        return correction.get_kind_display()

    @display(description=gettext_lazy("amount"))
    def shown_amount(self, correction: Correction) -> str:
        return say(correction.amount, correction.account.unit)

    @display(description=gettext_lazy("state"), label=CORRECTION_LABELS)
    def shown_state(self, correction: Correction) -> Any:
        return correction.get_state_display()

    @display(description=gettext_lazy("asked for by"))
    def asker(self, correction: Correction) -> str:
        return say_asker(correction)

    @display(description=gettext_lazy("asked for at"))
    def asked(self, correction: Correction) -> str:
        return say_time(correction.requested_at)
