"""Seals: the nightly digests that let anybody verify a copy of the books without us."""

from typing import Any

from django.contrib import admin
from django.db.models import Max
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.models import Seal, Transfer
from partners.doors.admin import ReadOnlyAdmin, display
from partners.doors.admin_filters import DayRangeFilter
from partners.doors.showing import NOTHING, link_to, say_day, say_number, say_time
from partners.models import JobRun

AUDIT_STEP = "audit"
DIGEST_SHOWN = 16


@admin.register(Seal)
class SealAdmin(ReadOnlyAdmin):
    list_display = (
        "shown_number",
        "sealed",
        "bounds",
        "shown_transfers",
        "shown_accounts",
        "short_digest",
    )
    list_display_links = ("shown_number",)
    list_filter = (("sealed_at", DayRangeFilter),)
    search_fields = ("=number", "=digest")
    search_help_text = gettext_lazy("Number or digest")
    ordering = ("-number",)
    list_before_template = "admin/seal_head.html"
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "in_words",
                    ("shown_number", "sealed"),
                    ("first_link", "last_link"),
                    ("shown_transfers", "shown_accounts"),
                    "digest",
                    "previous_link",
                    "root",
                )
            },
        ),
        (gettext_lazy("How to verify it"), {"fields": ("verifying",)}),
    )
    readonly_fields = (
        "in_words",
        "shown_number",
        "sealed",
        "first_link",
        "last_link",
        "shown_transfers",
        "shown_accounts",
        "previous_link",
        "verifying",
    )

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        context = {**(extra_context or {}), **read_head()}
        page: TemplateResponse = super().changelist_view(request, context)
        return page

    @display(description=gettext_lazy("seal"), ordering="number")
    def shown_number(self, seal: Seal) -> str:
        return say_number(seal.number)

    @display(description=gettext_lazy("sealed at"), ordering="sealed_at")
    def sealed(self, seal: Seal) -> str:
        return say_time(seal.sealed_at)

    @display(description=gettext_lazy("from and to transfer"))
    def bounds(self, seal: Seal) -> str:
        return f"#{seal.first_transfer_id} – #{seal.last_transfer_id}"

    @display(description=gettext_lazy("transfers"), ordering="transfers")
    def shown_transfers(self, seal: Seal) -> str:
        return say_number(seal.transfers)

    @display(description=gettext_lazy("accounts"), ordering="accounts")
    def shown_accounts(self, seal: Seal) -> str:
        return say_number(seal.accounts)

    @display(description=gettext_lazy("digest"))
    def short_digest(self, seal: Seal) -> str:
        return f"{seal.digest[:DIGEST_SHOWN]}…"

    @display(description=gettext_lazy("in words"))
    def in_words(self, seal: Seal) -> str:
        return _(
            "This seal covers the transfers from #%(first)d to #%(last)d. Whoever kept its digest "
            "can later prove that none of them was changed, added or left out."
        ) % {"first": seal.first_transfer_id, "last": seal.last_transfer_id}

    @display(description=gettext_lazy("first transfer"))
    def first_link(self, seal: Seal) -> SafeString | str:
        # A block begins where the one before ends; an id that was rolled back has no transfer.
        within = Transfer.objects.filter(pk__gte=seal.first_transfer_id)
        return link_transfer(within.order_by("pk").values_list("pk", flat=True)[:1].get())

    @display(description=gettext_lazy("last transfer"))
    def last_link(self, seal: Seal) -> SafeString | str:
        return link_transfer(seal.last_transfer_id)

    @display(description=gettext_lazy("digest before"))
    def previous_link(self, seal: Seal) -> SafeString | str:
        before = Seal.objects.filter(digest=seal.previous).first()
        return link_to(before, seal.previous) if before else seal.previous

    @display(description="")
    def verifying(self, seal: Seal) -> str:
        return _(
            "Keep the digest where this system cannot reach it: in a mail to the auditor, on "
            "paper, in a notary's file. To verify, export the journal with export_journal and run "
            "verify_ledger --file on any machine. Its report names the digest of each seal; "
            "they have to be the same as the ones you kept."
        )


def link_transfer(transfer_id: int) -> SafeString | str:
    return link_to(Transfer(pk=transfer_id), f"#{transfer_id}")


def read_head() -> dict[str, Any]:
    """Return the latest seal, what is not sealed yet, and what the latest audit said."""
    head = Seal.objects.order_by("-number").first()
    latest = Transfer.objects.aggregate(latest=Max("pk"))["latest"] or 0
    audit = JobRun.objects.filter(step=AUDIT_STEP).order_by("-local_date", "-pk").first()
    return {
        "head": head,
        "head_at": say_time(head.sealed_at) if head else NOTHING,
        "has_unsealed": latest > (head.last_transfer_id if head else 0),
        "audit": audit,
        "audit_day": say_day(audit.local_date) if audit else NOTHING,
    }
