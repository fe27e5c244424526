from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PartnersConfig(AppConfig):
    name = "partners"
    verbose_name = _("Partners")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Its models exist only now; at the top of this module they would come too early.
        import_module("partners.events").register(
            "partner_enrolled",
            "partner_changed",
            "partner_merged",
            "merge_undone",
            "member_invited",
            "invitation_sent_again",
            "invitation_withdrawn",
            "member_joined",
            "member_changed",
            "member_left",
        )
