"""What every answer tells the browser beyond Django's own headers."""

from collections.abc import Callable

from csp.constants import UNSAFE_EVAL, UNSAFE_INLINE
from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import add_never_cache_headers

NO_DEVICES = ", ".join(
    f"{feature}=()"
    for feature in ("camera", "geolocation", "microphone", "payment", "usb", "browsing-topics")
)


class ContentPolicy(CSPMiddleware):
    """
    The strict policy of the settings, relaxed below the admin's prefix only.

    The admin theme evaluates expressions of its markup (Alpine) and writes inline styles.
    """

    def get_policy_parts(
        self,
        request: HttpRequest,
        response: HttpResponseBase,
        report_only: bool = False,  # noqa: FBT001, FBT002 - the signature is django-csp's
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        if request.path_info.startswith(settings.RELAXED_POLICY_PREFIX):
            parts.update = {
                "script-src": [UNSAFE_EVAL, UNSAFE_INLINE],
                "style-src": [UNSAFE_INLINE],
            }
        return parts


class PrivatePages:
    """Keeps the pages of whoever is signed in out of every cache and of the back button."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        signed_in = settings.SESSION_COOKIE_NAME in request.COOKIES
        if signed_in and not response.has_header("Cache-Control"):
            add_never_cache_headers(response)
        return response


class BrowserPermissions:
    """Asks the browser for no device at all."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", NO_DEVICES)
        return response
