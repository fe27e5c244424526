"""Every address of the product. The portal is at the root, the rest has its own prefix."""

from django.contrib import admin
from django.urls import include, path, re_path

from config.api_v1 import Nowhere
from config.health import healthz, readyz
from metrics.admin import show_finance
from partners import views as partners_views
from rewards.admin import gifts, opening
from rewards.admin.programmes.all_campaigns import show_campaigns
from rewards.admin.uploading import choosing, runs

handler500 = "config.trouble.page_failed"

urlpatterns = [
    path("", include("metrics.urls")),
    path("", include("rewards.urls")),
    path("", include("ledger.urls")),
    path("", include("partners.urls")),
    path("language/", partners_views.choose_language, name="set-language"),
    path("accounts/", include("allauth.urls")),
    # Pages of the admin that belong to no model. Each says itself who may see it.
    path("admin/finance/", admin.site.admin_view(show_finance), name="finance"),
    path("admin/opening/", admin.site.admin_view(opening.prepare), name="opening"),
    path(
        "admin/opening/<str:token>/",
        admin.site.admin_view(opening.post_prepared),
        name="opening-post",
    ),
    path("admin/gifts/", admin.site.admin_view(gifts.show_gifts), name="gift-register"),
    path("admin/campaigns/", admin.site.admin_view(show_campaigns), name="campaigns"),
    path("admin/imports/", choosing.upload_within_limit, name="import-upload"),
    path("admin/imports/<int:number>/", admin.site.admin_view(runs.show_import), name="import"),
    path(
        "admin/imports/<int:number>/mapping/",
        admin.site.admin_view(choosing.choose_mapping),
        name="import-mapping",
    ),
    path(
        "admin/imports/<int:number>/rows.<str:form>",
        admin.site.admin_view(runs.download_rows),
        name="import-rows",
    ),
    path("admin/", admin.site.urls),
    path("api/v1/", include("config.api_v1")),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    # Another version, or none: answered as problem+json too.
    re_path(r"^api/", Nowhere.as_view(), name="no-such-api"),
]
