"""The seller's admin as a whole: how one gets in, and what no page of it accepts."""

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from allauth.account.decorators import secure_admin_login
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.sites import UnfoldAdminSite

from partners.repeating import make_page
from rewards.models import Programme

SEARCH_LENGTH_MAX = 100


class SellerSite(UnfoldAdminSite):  # type: ignore[misc]  # the theme is typed in parts
    """Django's admin in the theme, behind the product's own sign-in."""

    site_title = _("Tessera")
    site_header = _("Tessera")
    index_title = _("Overview")

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        # The only way in is the sign-in of the portal, with its second factor and its limits.
        guarded = secure_admin_login(super().login)  # type: ignore[no-untyped-call]  # allauth's
        answer: HttpResponse = guarded(request, extra_context)
        return answer

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Callable[..., Any]:  # noqa: FBT001, FBT002  # Django's signature
        guarded = super().admin_view(view, cacheable)

        def refuse_nul(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            # PostgreSQL has no NUL in text; a filter that carries one would be an error page.
            if "\x00" in request.path or any("\x00" in text for text in said(request)):
                return HttpResponseBadRequest(_("The address contains a character we cannot read."))
            # Not every form here has a key; the steps that have one are done again by themselves.
            return make_page(
                request, lambda: written(request, *args, **kwargs), takes_effect_once=False
            )

        def written(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            with timezone.override(find_zone()):
                answer = guarded(request, *args, **kwargs)
                # A page is written after its view; here, so that its times are local too.
                return answer.render() if isinstance(answer, TemplateResponse) else answer

        return refuse_nul

    def search(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        query = request.GET.copy()
        query["s"] = query.get("s", "")[:SEARCH_LENGTH_MAX]
        # Its pages are counted without a check, and a few rows of each kind need none.
        query.pop("page", None)
        request.GET = query  # type: ignore[assignment]  # a copy that may be changed
        found: TemplateResponse = super().search(request, extra_context)
        return found


def find_zone() -> ZoneInfo | None:
    """Return the zone in which partners read their days, where all programmes share one."""
    zones = Programme.objects.order_by().values_list("time_zone", flat=True).distinct()[:2]
    return ZoneInfo(zones[0]) if len(zones) == 1 else None


def said(request: HttpRequest) -> list[str]:
    """Return every name and value of the query."""
    return [text for name, values in request.GET.lists() for text in (name, *values)]
