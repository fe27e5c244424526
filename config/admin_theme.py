"""How the admin looks. Settings take ``UNFOLD`` from here, so nothing here may need a model."""

from typing import Any

from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _

# The portal's accent, #0b6270, is step 600; its neutrals have no tint.
ACCENT = {
    "50": "oklch(97.6% .008 208)",
    "100": "oklch(95.1% .014 206)",
    "200": "oklch(90% .034 206)",
    "300": "oklch(83.4% .068 206.5)",
    "400": "oklch(76.8% .083 207.4)",
    "500": "oklch(69% .084 208)",
    "600": "#0b6270",
    "700": "#084a55",
    "800": "oklch(33% .055 212)",
    "900": "oklch(28% .045 212)",
    "950": "oklch(21% .035 212)",
}
NEUTRAL = {
    "50": "oklch(98.2% 0 0)",
    "100": "oklch(96% 0 0)",
    "200": "oklch(92% 0 0)",
    "300": "oklch(86% 0 0)",
    "400": "oklch(68% 0 0)",
    "500": "oklch(51% 0 0)",
    "600": "oklch(42% 0 0)",
    "700": "oklch(34% 0 0)",
    "800": "oklch(27% 0 0)",
    "900": "oklch(20% 0 0)",
    "950": "oklch(15% 0 0)",
}

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Tessera",
    "SITE_HEADER": "Tessera",
    "SITE_SUBHEADER": _("Loyalty for partners"),
    "SITE_URL": "/",
    "SITE_SYMBOL": "join_inner",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("img/favicon.svg")}
    ],
    "SHOW_BACK_BUTTON": True,
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "8px",
    "COLORS": {"base": NEUTRAL, "primary": ACCENT},
    "STYLES": [lambda request: static("css/admin.css")],
    "DASHBOARD_CALLBACK": "metrics.dashboard.add_dashboard",
    "COMMAND": {"search_callback": "config.admin_search.find_rows"},
    "SIDEBAR": {
        "show_search": True,
        "command_search": True,
        "navigation": "config.admin_navigation.list_navigation",
    },
}
