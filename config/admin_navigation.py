"""The sidebar of the admin: what each person finds in it."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from ledger.models import Correction
from metrics.admin import may_see_finance
from partners.doors.admin import actor_of
from partners.doors.showing import say_number
from partners.models import SellOutClaim
from rewards.admin.gifts import may_see_gifts
from rewards.admin.opening import may_prepare
from rewards.admin.programmes.all_campaigns import may_see_campaigns
from rewards.admin.uploading.rights import may_import
from rewards.models import Redemption

# Pages that belong to no model, and who may see them.
PAGES: dict[str, Callable[[HttpRequest], bool]] = {
    "finance": may_see_finance,
    "opening": may_prepare,
    "import-upload": may_import,
    "campaigns": may_see_campaigns,
    "gift-register": may_see_gifts,
}
# Group, then its lists: model or page, icon, words. A list is shown to who may see its rows.
SIDEBAR: tuple[tuple[Any, tuple[tuple[str, str, Any], ...]], ...] = (
    (
        _("Partners"),
        (
            ("partners.partner", "storefront", _("Partners")),
            ("partners.member", "groups", _("Members")),
            ("partners.invitation", "mail", _("Invitations")),
            ("partners.person", "person", _("People")),
            ("partners.partnermerge", "merge", _("Merges")),
            ("partners.activity", "receipt_long", _("Activities")),
            ("partners.waitingreference", "hourglass_empty", _("Waiting references")),
        ),
    ),
    (
        _("Rewards"),
        (
            ("rewards.redemption", "approval_delegation", _("Redemptions")),
            ("partners.selloutclaim", "sell", _("Sell-out claims")),
            ("rewards.reward", "redeem", _("Catalogue")),
            ("rewards.programme", "loyalty", _("Programmes")),
            ("campaigns", "campaign", _("Campaigns")),
            ("rewards.segment", "group_work", _("Segments")),
            ("rewards.share", "share", _("Shares")),
            ("gift-register", "featured_seasonal_and_gifts", _("Gift register")),
            ("rewards.earningconsent", "how_to_reg", _("Consents to personal earning")),
            ("rewards.earningapprover", "assignment_ind", _("Approvers")),
            ("rewards.entitlement", "verified", _("Entitlements")),
        ),
    ),
    (
        _("Ledger"),
        (
            ("ledger.account", "account_balance_wallet", _("Accounts")),
            ("ledger.transfer", "swap_horiz", _("Transfers")),
            ("ledger.correction", "rule_settings", _("Corrections")),
            ("ledger.hold", "lock_clock", _("Holds")),
            ("ledger.lot", "layers", _("Lots")),
            ("rewards.award", "add_circle", _("Awards")),
            ("rewards.clawback", "undo", _("Claw-backs")),
            ("ledger.seal", "verified_user", _("Seals")),
        ),
    ),
    (
        _("Books"),
        (
            ("finance", "account_balance", _("Liability and postings")),
            ("opening", "move_to_inbox", _("Opening balances")),
            ("ledger.correctionreason", "list_alt", _("Reasons of corrections")),
            ("ledger.correctionlimit", "speed", _("Limits of corrections")),
            ("ledger.accountcode", "tag", _("Account codes")),
            ("ledger.unit", "straighten", _("Units")),
        ),
    ),
    (
        _("Insight"),
        (
            ("rewards.standing", "leaderboard", _("Standings")),
            ("rewards.tierchange", "trending_up", _("Tier changes")),
            ("partners.event", "history", _("Events")),
        ),
    ),
    (
        _("Integration"),
        (
            ("import-upload", "upload_file", _("Upload a file")),
            ("partners.importrun", "history_edu", _("Imports")),
            ("partners.ownkind", "category", _("Own kinds of activity")),
            ("partners.exchangerate", "currency_exchange", _("Exchange rates")),
            ("partners.parkeddocument", "inbox", _("Inbox")),
            ("partners.matchingrule", "rule", _("Matching rules")),
            ("partners.apikey", "key", _("API keys")),
        ),
    ),
    (
        _("System"),
        (
            ("partners.jobrun", "nightlight", _("Nightly steps")),
            ("rewards.programmeversion", "rule", _("Programme versions")),
            ("auth.group", "badge", _("Roles")),
            ("admin.logentry", "policy", _("Log of changes")),
            ("partners.erasure", "person_remove", _("Erasures")),
        ),
    ),
)
PAGE_OF_A_VERSION = re.compile(r"/admin/rewards/programmeversion/\d+/")


def list_navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the sidebar: groups of lists that the person may see, none of them empty."""
    overview = {
        "title": _("Overview"),
        "icon": "space_dashboard",
        "link": reverse("admin:index"),
        "active": request.path == reverse("admin:index"),
    }
    groups = [
        {"title": title, "separator": True, "items": list(list_items(request, lists))}
        for title, lists in SIDEBAR
    ]
    return [{"items": [overview]}, *(group for group in groups if group["items"])]


def list_items(
    request: HttpRequest, lists: tuple[tuple[str, str, Any], ...]
) -> Iterator[dict[str, Any]]:
    for model, icon, title in lists:
        link = find_link(request, model)
        if link is None:
            continue
        item = {
            "title": title,
            "icon": icon,
            "link": link,
            "active": is_open(request.path, model, link),
        }
        waiting = BADGES[model](request) if model in BADGES else 0
        if waiting:
            item |= {"badge": say_number(waiting), "badge_variant": "primary"}
        yield item


def is_open(path: str, model: str, link: str) -> bool:
    """Whether a page belongs to a list. The rule editor is a part of the programmes."""
    if model == "rewards.programme":
        return path.startswith(link) or bool(PAGE_OF_A_VERSION.match(path))
    if model == "rewards.programmeversion" and PAGE_OF_A_VERSION.match(path):
        return False
    return path.startswith(link)


def find_link(request: HttpRequest, name: str) -> str | None:
    """Return where a list or page is, or nothing if the person may not see it."""
    if name in PAGES:
        return reverse(name) if PAGES[name](request) else None
    app_label, model_name = name.split(".")
    if not request.user.has_perm(f"{app_label}.view_{model_name}"):
        return None
    return reverse(f"admin:{app_label}_{model_name}_changelist")


def count_requests(request: HttpRequest) -> int:
    """Return how many redemptions wait for approval, for the badge in the sidebar."""
    waiting = Redemption.objects.for_actor(actor_of(request))
    return waiting.filter(state=Redemption.State.REQUESTED).count()


def count_corrections(request: HttpRequest) -> int:
    """Return how many corrections wait for a second person."""
    return Correction.objects.for_actor(actor_of(request)).waiting().count()


def count_claims(request: HttpRequest) -> int:
    """Return how many claims and appeals wait for a decision."""
    return SellOutClaim.objects.for_actor(actor_of(request)).to_review().count()


BADGES: dict[str, Callable[[HttpRequest], int]] = {
    "rewards.redemption": count_requests,
    "ledger.correction": count_corrections,
    "partners.selloutclaim": count_claims,
}
