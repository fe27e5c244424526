"""Files of others, handed out so that no browser takes them for a page of ours."""

from django.http import HttpResponse
from django.utils.http import content_disposition_header


def hand_out(content: bytes, *, name: str, content_type: str) -> HttpResponse:
    """Return a file to be saved, never shown: whatever is in it runs nothing under our address."""
    answer = HttpResponse(content, content_type=content_type)
    answer["Content-Disposition"] = content_disposition_header(True, name)  # noqa: FBT003 - it is one
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "private, no-store"
    return answer
