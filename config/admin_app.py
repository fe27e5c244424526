from django.contrib.admin.apps import AdminConfig


class SellerAdminConfig(AdminConfig):
    """Django's admin with our own site as the default one."""

    default_site = "config.admin_site.SellerSite"
