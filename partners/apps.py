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
            {
                "partner_enrolled": _("Partner enrolled"),
                "partner_changed": _("Partner changed"),
                "partner_merged": _("Partner merged"),
                "merge_undone": _("Merge undone"),
                "member_invited": _("Member invited"),
                "invitation_sent_again": _("Invitation sent again"),
                "invitation_withdrawn": _("Invitation withdrawn"),
                "member_joined": _("Member joined"),
                "member_changed": _("Member changed"),
                "member_left": _("Member left"),
            }
        )
