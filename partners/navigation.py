"""The menu of the portal. It shows pages that exist and that the role of the member may open."""

from dataclasses import dataclass
from functools import cache

from django.urls import NoReverseMatch, resolve, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# Name of the URL, icon, label. Upper apps are named, not imported.
GROUPS: tuple[tuple[tuple[str, str, str | Promise], ...], ...] = (
    (
        ("metrics:home", "home", _("Home")),
        ("rewards:ways-to-earn", "star", _("Ways to earn")),
        ("rewards:share", "share", _("Share bonuses")),
        ("rewards:catalogue", "gift", _("Catalogue")),
        ("rewards:redemptions", "bag", _("Redemptions")),
        ("rewards:claims", "shield", _("Sell-out claims")),
        ("ledger:statement", "list", _("Statement")),
    ),
    (
        ("rewards:team", "team", _("Team")),
        ("rewards:shares", "back", _("Earlier shares")),
        ("partners:company", "info", _("Your company")),
    ),
)


@dataclass(frozen=True, slots=True)
class MenuItem:
    url: str
    icon: str
    label: str | Promise
    is_current: bool


def menu_for(*, role: str, path: str) -> list[list[MenuItem]]:
    """Return the groups of items for a member in ``role`` who is looking at ``path``."""
    groups = []
    for group in GROUPS:
        items = [
            MenuItem(url, icon, label, _leads_to(url, path))
            for name, icon, label in group
            for url, roles in [_page(name)]
            if url and role in roles
        ]
        if items:
            groups.append(items)
    return groups


@cache
def _page(name: str) -> tuple[str, frozenset[str]]:
    # Pages come with later parts of the product; what is not in the URLs is not in the menu.
    try:
        url = reverse(name)
    except NoReverseMatch:
        return "", frozenset()
    return url, getattr(resolve(url).func, "portal_roles", frozenset())


def _leads_to(url: str, path: str) -> bool:
    return path == url if url == "/" else path.startswith(url)
