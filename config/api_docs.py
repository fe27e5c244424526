"""The API's documentation, served from here alone: no other host is asked for anything."""

from pathlib import Path
from typing import Any

from csp.constants import SELF, UNSAFE_INLINE
from csp.decorators import csp_update
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from config.api_errors import TABLE

OPENAPI_FILE: Path = settings.BASE_DIR / "openapi.yaml"


class OpenApiFile(APIView):
    """The committed OpenAPI document, for whoever has a key or is signed in."""

    schema = None
    permission_classes = (IsAuthenticated,)

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response | HttpResponse:
        return HttpResponse(OPENAPI_FILE.read_bytes(), content_type="application/yaml")


@require_safe
@login_required
def swagger(request: HttpRequest) -> HttpResponse:
    """Try the API out, as the member who is signed in or with a key."""
    return render(request, "api/swagger.html")


@require_safe
@login_required
# It makes its style sheets while it runs, and works in a thread of its own.
@csp_update({"style-src": [UNSAFE_INLINE], "worker-src": [SELF, "blob:"]})
def redoc(request: HttpRequest) -> HttpResponse:
    """Read the API from top to bottom."""
    return render(request, "api/redoc.html")


@require_safe
@login_required
def problems(request: HttpRequest) -> HttpResponse:
    """Every code that an error may carry."""
    rows = {answer.code: answer for answer in TABLE.values()}
    listed = sorted(rows.values(), key=lambda answer: (answer.status, answer.code))
    return render(request, "api/problems.html", {"answers": listed})
