"""Two people edit the same thing: a version goes out as ``ETag`` and comes back as ``If-Match``."""

from typing import Protocol

from django.utils.http import parse_etags
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from partners.doors.problems import FieldProblem, Refusal

HEADER = "If-Match"
WHATEVER = "*"


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
    if etag_of(row) not in parse_etags(given):
        raise PreconditionFailed(
            _("Somebody changed this meanwhile. Read it again, then send your edit."),
            errors=[FieldProblem(header=HEADER, code="stale", detail=_("Not the latest version."))],
        )
    return row.revision
