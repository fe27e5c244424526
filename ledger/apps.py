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
            "points_expired",
            "points_matured",
            "points_reinstated",
            "pending_cancelled",
            "points_held",
            "hold_captured",
            "hold_released",
            "hold_lapsed",
            "balance_opened",
            "correction_asked",
            "correction_posted",
            "correction_declined",
            "correction_withdrawn",
        )
        post_migrate.connect(append_only.restore_after_migrating, sender=self)
        register(append_only.check_guards, Tags.database)
