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
            "points_earned",
            "points_taken_back",
            "points_given_back",
            "tier_changed",
            "redemption_moved",
            "points_shared",
            "share_received",
            "share_undone",
            "wallet_returned",
            "claim_moved",
            "approver_named",
            "personal_earning_agreed",
            "personal_earning_withdrawn",
        )
