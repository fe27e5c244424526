"""What every answer tells the browser beyond Django's own headers."""

from collections.abc import Callable

from csp.constants import UNSAFE_EVAL, UNSAFE_INLINE
from django.conf import settings
from django.http import HttpRequest, HttpResponse

NOTHING_ALLOWED = ", ".join(
    f"{feature}=()"
    for feature in ("camera", "geolocation", "microphone", "payment", "usb", "browsing-topics")
)


class BrowserPermissions:
    """
    Asks the browser for no device, and relaxes the content policy where the admin theme needs it.

    The theme evaluates expressions of its markup (Alpine) and writes inline styles. That is
    allowed below its own prefix only; the portal and the API keep the strict policy.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", NOTHING_ALLOWED)
        if request.path_info.startswith(settings.RELAXED_POLICY_PREFIX):
            # The attribute that django-csp's own decorator sets; CSPMiddleware reads it next.
            response._csp_update = {  # type: ignore[attr-defined]  # django-csp's convention
                "script-src": [UNSAFE_EVAL, UNSAFE_INLINE],
                "style-src": [UNSAFE_INLINE],
            }
        return response
