"""The page of a transfer, in words: what moved, out of which lots, what undoes it, what seals it."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter, FieldTextFilter

from ledger.admin.reinstating import reinstate_transfer
from ledger.admin.undoing import find_undoing, reverse_transfer
from ledger.admin.wording import (
    MEANINGS,
    TRANSFER_LABELS,
    link_account,
    say,
    say_account,
    say_asker,
    say_expiry,
    say_transfer,
)
from ledger.correcting import say_reason
from ledger.models import Correction, CorrectionReason, Lot, LotUse, Seal, Transfer
from partners.doors.admin import ReadOnlyAdmin, ReadOnlyInline, action, display
from partners.doors.admin_filters import DayRangeFilter
from partners.doors.showing import NOTHING, link_to, say_number, say_time

LINK = "text-primary-600 dark:text-primary-500"


class LotUseTab(ReadOnlyInline):
    model = LotUse
    show_change_link = False
    hide_title = True
    verbose_name_plural = gettext_lazy("Lots it took from")
    fields = ("link", "taken", "earned", "expires")
    readonly_fields = fields
    ordering = ("pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("lot__account__unit")

    @display(description=gettext_lazy("lot"))
    def link(self, use: LotUse) -> SafeString | str:
        return link_to(use.lot, f"#{use.lot_id}")

    @display(description=gettext_lazy("amount"))
    def taken(self, use: LotUse) -> str:
        return say(use.amount, use.lot.account.unit)

    @display(description=gettext_lazy("earned at"))
    def earned(self, use: LotUse) -> str:
        return say_time(use.lot.earned_at)

    @display(description=gettext_lazy("expires at"))
    def expires(self, use: LotUse) -> str:
        return say_expiry(use.lot.expires_at)


class OpenedLotTab(ReadOnlyInline):
    model = Lot
    fk_name = "opened_by"
    show_change_link = False
    hide_title = True
    verbose_name_plural = gettext_lazy("Lots it opened")
    fields = ("link", "shown_amount", "shown_remaining", "earned", "matures", "expires")
    readonly_fields = fields
    ordering = ("pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("account__unit")

    @display(description=gettext_lazy("lot"))
    def link(self, lot: Lot) -> SafeString | str:
        return link_to(lot, f"#{lot.pk}")

    @display(description=gettext_lazy("amount"))
    def shown_amount(self, lot: Lot) -> str:
        return say(lot.amount, lot.account.unit)

    @display(description=gettext_lazy("remaining"))
    def shown_remaining(self, lot: Lot) -> str:
        return say(lot.remaining, lot.account.unit)

    @display(description=gettext_lazy("earned at"))
    def earned(self, lot: Lot) -> str:
        return say_time(lot.earned_at)

    @display(description=gettext_lazy("available from"))
    def matures(self, lot: Lot) -> str:
        return say_time(lot.matures_at)

    @display(description=gettext_lazy("expires at"))
    def expires(self, lot: Lot) -> str:
        return say_expiry(lot.expires_at)


class ReversalTab(ReadOnlyInline):
    """What undid this transfer, whole or in part."""

    model = Transfer
    fk_name = "reverses"
    show_change_link = False
    hide_title = True
    verbose_name_plural = gettext_lazy("Reversed by")
    fields = ("link", "shown_kind", "shown_amount", "posted")
    readonly_fields = fields
    ordering = ("pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("debit_account__unit")

    @display(description=gettext_lazy("transfer"))
    def link(self, transfer: Transfer) -> SafeString | str:
        return link_to(transfer, f"#{transfer.pk}")

    @display(description=gettext_lazy("kind"))
    def shown_kind(self, transfer: Transfer) -> Any:
        return transfer.get_kind_display()

    @display(description=gettext_lazy("amount"))
    def shown_amount(self, transfer: Transfer) -> str:
        return say(transfer.amount, transfer.debit_account.unit)

    @display(description=gettext_lazy("posted at"))
    def posted(self, transfer: Transfer) -> str:
        return say_time(transfer.posted_at)


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
        "=reason_code",
        "partner__legal_name",
        "=partner__erp_number",
    )
    search_help_text = gettext_lazy("Partner, ERP number, reference, reason or key")
    ordering = ("-pk",)
    inlines = (LotUseTab, OpenedLotTab, ReversalTab)
    actions_detail = ("reverse", "reinstate")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "in_words",
                    ("kind", "shown_amount"),
                    ("debit_link", "credit_link"),
                    ("partner_link", "explain"),
                    ("posted", "occurred"),
                )
            },
        ),
        (
            gettext_lazy("Corrections"),
            {"fields": (("reverses_link", "left"), ("reason", "correction_link"))},
        ),
        (
            gettext_lazy("For the auditor"),
            {
                "fields": (
                    ("seal_link", "batch"),
                    ("reference", "public_id"),
                    "idempotency_key",
                )
            },
        ),
    )
    readonly_fields = (
        "in_words",
        "shown_amount",
        "partner_link",
        "explain",
        "debit_link",
        "credit_link",
        "posted",
        "occurred",
        "reverses_link",
        "left",
        "reason",
        "correction_link",
        "seal_link",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        sides = ("debit_account", "credit_account")
        owners = [f"{side}__{of}" for side in sides for of in ("partner", "member__person")]
        rows = super().get_queryset(request)
        page = request.resolver_match.url_name if request.resolver_match else ""
        if page == "ledger_transfer_changelist":
            return rows
        return rows.select_related("partner", "debit_account__unit", "correction", *owners)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        of_account = {"debit_account__id__exact", "credit_account__id__exact"}
        return lookup in of_account or super().lookup_allowed(lookup, value, request)

    # ---------------------------------------------------------------- actions

    def has_ask_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("ledger.add_correction"))

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[Any]:
        """Offer to undo what can be undone, as long as something is left of it."""
        transfer = self.get_object(request, str(object_id))
        if transfer is None:
            return []
        undoing = find_undoing(transfer)
        offered: list[Any] = super().get_actions_detail(request, object_id)
        return [one for one in offered if undoing.free and one.path == undoing.path]

    @action(description=gettext_lazy("Reverse"), url_path="reverse", permissions=["ask"])
    def reverse(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return reverse_transfer(self, request, object_id)

    @action(description=gettext_lazy("Reinstate"), url_path="reinstate", permissions=["ask"])
    def reinstate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return reinstate_transfer(self, request, object_id)

    # ----------------------------------------------------------------- columns

    @display(description=gettext_lazy("transfer"), ordering="pk")
    def number(self, transfer: Transfer) -> str:
        return f"#{transfer.pk}"

    @display(description=gettext_lazy("kind"), ordering="kind", label=TRANSFER_LABELS)
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

    @display(description=gettext_lazy("in words"))
    def in_words(self, transfer: Transfer) -> SafeString:
        """What moved between whom, then what this kind of transfer means."""
        moved = _("%(amount)s moved: %(debit)s → %(credit)s.") % {
            "amount": self.shown_amount(transfer),
            "debit": say_account(transfer.debit_account),
            "credit": say_account(transfer.credit_account),
        }
        return format_html("{}<br>{}", moved, MEANINGS[transfer.kind])

    @display(description=gettext_lazy("partner"))
    def partner_link(self, transfer: Transfer) -> SafeString | str:
        return link_to(transfer.partner)

    @display(description=gettext_lazy("gave"))
    def debit_link(self, transfer: Transfer) -> SafeString | str:
        return link_account(transfer.debit_account)

    @display(description=gettext_lazy("received"))
    def credit_link(self, transfer: Transfer) -> SafeString | str:
        return link_account(transfer.credit_account)

    @display(description=gettext_lazy("why"))
    def explain(self, transfer: Transfer) -> SafeString | str:
        """Link to the page on a higher floor that knows the cause."""
        correction = getattr(transfer, "correction", None)
        if correction is not None:
            return link_to(correction, str(correction))
        if not transfer.reference:
            return NOTHING
        url = reverse("admin:rewards_explain", args=[transfer.pk])
        return format_html('<a href="{}" class="{}">{}</a>', url, LINK, _("Explain"))

    @display(description=gettext_lazy("reverses"))
    def reverses_link(self, transfer: Transfer) -> SafeString | str:
        if transfer.reverses_id is None:
            return NOTHING
        reversed_one = Transfer.objects.select_related("debit_account__unit").get(
            pk=transfer.reverses_id
        )
        return link_to(reversed_one, say_transfer(reversed_one))

    @display(description=gettext_lazy("left to undo"))
    def left(self, transfer: Transfer) -> str:
        undoing, unit = find_undoing(transfer), transfer.debit_account.unit
        if undoing.instead:
            return undoing.instead
        if not undoing.waiting:
            return say(undoing.left, unit)
        return _("%(left)s, of which %(waiting)s are asked for") % {
            "left": say(undoing.left, unit),
            "waiting": say(undoing.waiting, unit),
        }

    @display(description=gettext_lazy("reason"))
    def reason(self, transfer: Transfer) -> str:
        if not transfer.reason_code:
            return NOTHING
        known = CorrectionReason.objects.filter(code=transfer.reason_code).first()
        return say_reason(known) if known else transfer.reason_code

    @display(description=gettext_lazy("correction"))
    def correction_link(self, transfer: Transfer) -> SafeString | str:
        """The correction it was posted for, and those that were asked for against it."""
        about = Correction.objects.filter(Q(transfer=transfer) | Q(corrects=transfer))
        rows = about.select_related("requested_by", "requested_with", "decided_by").order_by("pk")
        links = [(link_to(one, tell_correction(one)),) for one in rows]
        return format_html_join(SafeString("<br>"), "{}", links) if links else NOTHING

    @display(description=gettext_lazy("sealed by"))
    def seal_link(self, transfer: Transfer) -> SafeString | str:
        seal = Seal.objects.filter(
            first_transfer_id__lte=transfer.pk, last_transfer_id__gte=transfer.pk
        ).first()
        if seal is None:
            return _("Not sealed yet; the next night seals it.")
        text = _("Seal %(number)s of %(day)s") % {
            "number": say_number(seal.number),
            "day": say_time(seal.sealed_at),
        }
        return link_to(seal, text)


def tell_correction(correction: Correction) -> str:
    asked = _("#%(number)d, asked for by %(asker)s: %(state)s") % {
        "number": correction.pk,
        "asker": say_asker(correction),
        "state": correction.get_state_display(),
    }
    if correction.decided_by is None:
        return asked
    return _("%(asked)s, decided by %(name)s") % {
        "asked": asked,
        "name": correction.decided_by.name,
    }
