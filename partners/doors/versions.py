"""Two people edit the same thing: a version goes out as ``ETag`` and comes back as ``If-Match``."""

import hashlib
from typing import Any, Protocol

from django.utils.http import parse_etags
from django.utils.translation import gettext as _
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_304_NOT_MODIFIED

from partners.doors.problems import FieldProblem, Refusal

HEADER = "If-Match"
IF_NONE_MATCH = "If-None-Match"
WHATEVER = "*"
DIGEST_LENGTH = 16


class Counted(Protocol):
    """A row that counts its edits."""

    revision: int


class PreconditionRequired(Refusal):
    """An edit came without saying which version it is an edit of."""


class PreconditionFailed(Refusal):
    """The version that was edited is not the latest: somebody else was quicker."""


def etag_of(row: Counted) -> str:
    """Return the row's version as a strong entity tag, with its quotes."""
    return f'"{row.revision}"'


def tag(response: Response, row: Counted) -> Response:
    """Say in the answer which version it shows."""
    response.headers["ETag"] = etag_of(row)
    return response


def check_if_match(request: Request, row: Counted) -> int | None:
    """
    Return the revision that the request edits, or None where any will do (``If-Match: *``).

    The caller hands it to the domain, which compares again under the lock.

    :raises PreconditionRequired: If the header is missing.
    :raises PreconditionFailed: If it names another version than the row's.
    """
    given = request.headers.get(HEADER, "").strip()
    if not given:
        raise PreconditionRequired(
            _("Send the ETag of what you edited in an If-Match header."),
            errors=[FieldProblem(header=HEADER, code="required", detail=_("Required here."))],
        )
    if given == WHATEVER:
        return None
    # What a read showed is named behind the version; an edit is only about the version.
    named = {f'"{tag.strip(chr(34)).partition(".")[0]}"' for tag in parse_etags(given)}
    if etag_of(row) not in named:
        raise PreconditionFailed(
            _("Somebody changed this meanwhile. Read it again, then send your edit."),
            errors=[FieldProblem(header=HEADER, code="stale", detail=_("Not the latest version."))],
        )
    return row.revision


def answer_if_changed(request: Request, response: Any) -> Any:
    """
    Give one thing an ETag of what it says, and answer 304 to who has just that.

    The version of the row is kept in front of it, for ``If-Match``.
    """
    digest = hashlib.sha256(JSONRenderer().render(response.data)).hexdigest()[:DIGEST_LENGTH]
    version = response.headers.get("ETag", "").strip('"')
    etag = f'"{version}.{digest}"' if version else f'"{digest}"'
    response.headers["ETag"] = etag
    given = request.headers.get(IF_NONE_MATCH, "").strip()
    known = {tag.removeprefix("W/") for tag in parse_etags(given)}
    if given != WHATEVER and etag not in known:
        return response
    response.data, response.status_code = None, HTTP_304_NOT_MODIFIED
    return response
