from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RewardsConfig(AppConfig):
    name = "rewards"
    verbose_name = _("Rewards")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Its models exist only now; at the top of this module they would come too early.
        import_module("partners.events").register(
            {
                "points_earned": _("Points earned"),
                "points_taken_back": _("Points taken back"),
                "points_given_back": _("Points given back"),
                "tier_changed": _("Tier changed"),
                "redemption_moved": _("Redemption moved on"),
                "points_shared": _("Points shared"),
                "share_received": _("Share received"),
                "share_undone": _("Share undone"),
                "wallet_returned": _("Wallet returned to the pool"),
                "claim_moved": _("Claim moved on"),
                "approver_named": _("Approver named"),
                "personal_earning_agreed": _("Personal earning agreed to"),
                "personal_earning_withdrawn": _("Consent to personal earning withdrawn"),
            }
        )
