"""A page that the database broke off is made again; if that does not help, it says so."""

from collections.abc import Callable
from itertools import count

from django.contrib.messages.storage import default_storage
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from partners.retrying import again

RETRY_AFTER_SECONDS = 2
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


def make_page(
    request: HttpRequest, view: Callable[[], HttpResponseBase], *, takes_effect_once: bool
) -> HttpResponseBase:
    """
    Answer a request, from its beginning if the database broke it off.

    :param takes_effect_once: Whether each form carries a key, so that sending it twice is harmless.
    :raises StillBusy: If it does not go away.
    """
    attempts = count()

    def from_the_beginning() -> HttpResponseBase:
        if next(attempts):
            _begin_again(request)
        return view()

    is_safe = request.method in SAFE_METHODS
    return again(from_the_beginning, takes_effect_once=takes_effect_once or is_safe)


def busy_page(request: HttpRequest) -> HttpResponse:
    """Say that the page could not be had now, and that nothing is half done."""
    _begin_again(request)
    answer = render(request, "503.html", status=503)
    answer["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return answer


def _begin_again(request: HttpRequest) -> None:
    """Forget what the attempt had to say, which did not happen, and that it has read the files."""
    if hasattr(request, "_messages"):
        # What the middleware of messages does; there is no other way to take one back.
        request._messages = default_storage(request)  # noqa: SLF001 - see above
    if request.method == "POST":
        for _name, files in request.FILES.lists():
            for file in files:
                file.seek(0)
