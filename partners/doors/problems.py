"""How a refusal looks: problem+json (RFC 9457) with a stable code and a pointer per field."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from django.utils.translation import gettext_lazy
from rest_framework.exceptions import ErrorDetail
from rest_framework.response import Response

CONTENT_TYPE = "application/problem+json"
PLAIN_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}", re.ASCII)
WHOLE_OBJECT_KEYS = ("non_field_errors", "__all__")


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldProblem:
    """What is wrong with one place of the request."""

    code: str
    detail: str
    pointer: str | None = None
    parameter: str | None = None
    header: str | None = None

    def as_data(self) -> dict[str, str]:
        places = {"pointer": self.pointer, "parameter": self.parameter, "header": self.header}
        named = {name: place for name, place in places.items() if place is not None}
        return {**named, "code": self.code, "detail": self.detail}


class Refusal(Exception):
    """A door refuses a request. Subclasses are named for why; the status is not decided here."""

    def __init__(
        self, detail: str, *, errors: Sequence[FieldProblem] = (), retry_after: int | None = None
    ) -> None:
        super().__init__(detail)
        self.errors = tuple(errors)
        self.retry_after = retry_after


NOTHING_HERE = gettext_lazy("There is nothing here by that address.")


class NotFoundHere(Refusal):
    """Nothing by that id is there, or it belongs to somebody else: the answer is the same."""

    def __init__(self) -> None:
        super().__init__(str(NOTHING_HERE))


def request_id() -> str:
    """Return the id under which the log knows this request, or an empty text outside of one."""
    known = str(structlog.contextvars.get_contextvars().get("request_id", ""))
    return known if PLAIN_REQUEST_ID.fullmatch(known) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemBody:
    status: int
    code: str
    title: str
    detail: str
    errors: Sequence[FieldProblem] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)

    def as_data(self) -> dict[str, Any]:
        body: dict[str, Any] = {
            "type": f"/api/v1/docs/problems#{self.code}",
            "title": self.title,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            "request_id": request_id(),
        }
        if self.errors:
            body["errors"] = [error.as_data() for error in self.errors]
        return {**body, **self.facts}


def problem(body: ProblemBody, *, headers: Mapping[str, str] | None = None) -> Response:
    return Response(
        body.as_data(), status=body.status, content_type=CONTENT_TYPE, headers=dict(headers or {})
    )


def escape_pointer(name: object) -> str:
    """Write one step of a JSON pointer (RFC 6901)."""
    return str(name).replace("~", "~0").replace("/", "~1")


def flatten(detail: Any, pointer: str = "") -> Iterator[FieldProblem]:
    """Turn a serializer's nested errors into one row per place."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            whole = name in WHOLE_OBJECT_KEYS
            yield from flatten(inner, pointer if whole else f"{pointer}/{escape_pointer(name)}")
    elif isinstance(detail, list | tuple):
        for position, inner in enumerate(detail):
            nested = isinstance(inner, Mapping | list | tuple)
            yield from flatten(inner, f"{pointer}/{position}" if nested else pointer)
    else:
        code = (detail.code if isinstance(detail, ErrorDetail) else None) or "invalid"
        yield FieldProblem(pointer=pointer, code=code, detail=str(detail))
