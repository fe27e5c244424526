"""What a person sees when a page fails: a busy database is no fault of ours, and passes."""

import sys
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.defaults import server_error

from partners.repeating import busy_page
from partners.retrying import is_busy

logger = structlog.get_logger(__name__)


class BusyPages:
    """
    Answers 503 and when to come back, where a page failed because the database was busy or gone.

    The last of the middleware, so that it is the first to hear. The API answers for itself.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not is_busy(error):
            return None
        logger.warning("page_busy", path=request.path, error=repr(error))
        return busy_page(request)


def page_failed(request: HttpRequest) -> HttpResponse:
    """The last resort: sessions, for one, are read and written around every view."""
    return busy_page(request) if is_busy(sys.exc_info()[1]) else server_error(request)
