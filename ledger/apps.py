from importlib import import_module

from django.apps import AppConfig
from django.core.checks import Tags, register
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

from ledger import append_only


class LedgerConfig(AppConfig):
    name = "ledger"
    verbose_name = _("Ledger")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Its models exist only now; at the top of this module they would come too early.
        import_module("partners.events").register(
            {
                "points_expired": _("Points expired"),
                "points_matured": _("Points became available"),
                "points_reinstated": _("Points live again"),
                "pending_cancelled": _("Pending points cancelled"),
                "points_held": _("Points held"),
                "hold_captured": _("Held points spent"),
                "hold_released": _("Hold released"),
                "hold_lapsed": _("Hold lapsed"),
                "balance_opened": _("Opening balance posted"),
                "correction_asked": _("Correction asked for"),
                "correction_posted": _("Correction posted"),
                "correction_declined": _("Correction declined"),
                "correction_withdrawn": _("Correction withdrawn"),
            }
        )
        post_migrate.connect(append_only.restore_after_migrating, sender=self)
        register(append_only.check_guards, Tags.database)
