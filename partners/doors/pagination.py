"""Pages by cursor: constant work at any depth, and no row twice while others are written."""

import zlib
from datetime import datetime
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any, ClassVar

from django.core import signing
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Q
from drf_spectacular.utils import OpenApiParameter
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from partners.doors.filtering import InvalidParameter
from partners.doors.problems import FieldProblem, Refusal

if TYPE_CHECKING:
    # These classes are named in the settings, which rest_framework.views reads while loading.
    from rest_framework.views import APIView

PAGE_SIZE = 50
PAGE_SIZE_MAX = 200
SALT = "partners.doors.pagination"


PAGE_PARAMETERS = (
    OpenApiParameter(
        "limit",
        {"type": "integer", "minimum": 1, "maximum": PAGE_SIZE_MAX, "default": PAGE_SIZE},
        description="How many items a page holds at most.",
    ),
    OpenApiParameter(
        "cursor",
        {"type": "string"},
        description="The `next_cursor` of the previous page, with the same filters.",
    ),
)


class InvalidCursor(Refusal):
    """The cursor was not given out for this list, these filters and this caller."""


class CursorSerializer:
    """Writes the values a cursor holds; moments come back as they were."""

    def dumps(self, value: Any) -> bytes:
        return DjangoJSONEncoder(separators=(",", ":")).encode(value).encode("latin-1")

    def loads(self, data: bytes) -> Any:
        return signing.JSONSerializer().loads(data)


def write_cursor(values: list[Any], *, binding: str) -> str:
    """Sign where a page ended; ``binding`` names the list, its filters and the caller."""
    return signing.dumps(values, salt=binding, serializer=CursorSerializer, compress=True)


def read_cursor(cursor: str, *, binding: str) -> list[Any]:
    """
    Return what ``write_cursor`` wrote for the same list, filters and caller.

    :raises InvalidCursor: If it was changed or belongs elsewhere.
    """
    try:
        values = signing.loads(cursor, salt=binding, serializer=CursorSerializer)
    except (signing.BadSignature, ValueError, zlib.error) as error:
        raise InvalidCursor(
            "Send the cursor as the previous page of this list gave it, with the same filters.",
            errors=[
                FieldProblem(
                    parameter="cursor", code="invalid_cursor", detail="Not a cursor of this list."
                )
            ],
        ) from error
    return [_revive(value) for value in values]


def _revive(value: Any) -> Any:
    is_moment = isinstance(value, str) and len(value) >= len("2026-03-02T00:00:00Z")
    return datetime.fromisoformat(value) if is_moment and value[10] == "T" else value


def read_page_size(request: Request) -> int:
    """
    Return how many items a page may hold.

    :raises InvalidParameter: If ``limit`` is not a plain number within the bounds.
    """
    text = request.query_params.get("limit", str(PAGE_SIZE))
    plain = text.isascii() and text.isdecimal() and len(text) <= len(str(PAGE_SIZE_MAX))
    if not plain or not 1 <= int(text) <= PAGE_SIZE_MAX:
        said = f"Send a whole number from 1 to {PAGE_SIZE_MAX}."
        error = FieldProblem(parameter="limit", code="invalid_parameter", detail=said)
        raise InvalidParameter("A parameter cannot be understood.", errors=[error])
    return int(text)


class CursorPage(BasePagination):
    """
    ``{"items": [...], "next_cursor": "..." | null}``.

    The view names a total ``page_order`` such as ``("-occurred_at", "-pk")`` of columns that are
    never empty. The cursor is signed and bound to the list, its filters and the caller: a changed
    one, or somebody else's, is refused.
    """

    size_parameter: ClassVar = "limit"
    cursor_parameter: ClassVar = "cursor"
    parameters: ClassVar = (size_parameter, cursor_parameter)
    always_continues: ClassVar = False

    def paginate_queryset(
        self, queryset: Any, request: Request, view: "APIView | None" = None
    ) -> list[Any]:
        self.order: tuple[str, ...] = getattr(view, "page_order", ("-pk",))
        self.binding = self._bind(request, view)
        size = read_page_size(request)
        self.given = request.query_params.get(self.cursor_parameter)
        ordered = queryset.order_by(*self.order)
        if self.given is not None:
            ordered = ordered.filter(self._after(read_cursor(self.given, binding=self.binding)))
        rows = list(ordered[: size + 1])
        self.has_more = len(rows) > size
        self.rows = rows[:size]
        return self.rows

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"items": data, "next_cursor": self._next_cursor()})

    def _bind(self, request: Request, view: "APIView | None") -> str:
        filters = sorted(
            (name, value)
            for name, value in request.query_params.items()
            if name not in self.parameters
        )
        caller = getattr(view, "caller", "")
        return f"{SALT}:{caller}:{request.path}:{filters}:{self.order}"

    def _next_cursor(self) -> str | None:
        if not self.rows:
            return self.given if self.always_continues else None
        if not self.has_more and not self.always_continues:
            return None
        last = self.rows[-1]
        values = [getattr(last, name.lstrip("-")) for name in self.order]
        return write_cursor(values, binding=self.binding)

    def _after(self, values: list[Any]) -> Q:
        """Rows behind the given one: equal in the first columns, further in the next."""
        steps: list[Q] = []
        equal = Q()
        for name, value in zip(self.order, values, strict=True):
            column = name.lstrip("-")
            comparison = "lt" if name.startswith("-") else "gt"
            steps.append(equal & Q(**{f"{column}__{comparison}": value}))
            equal &= Q(**{column: value})
        return reduce(or_, steps)

    def get_schema_operation_parameters(self, view: "APIView") -> list[dict[str, Any]]:
        return [
            {
                "name": parameter.name,
                "in": "query",
                "description": parameter.description,
                "schema": parameter.type,
            }
            for parameter in PAGE_PARAMETERS
        ]

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return {
            "type": "object",
            "required": ["items", "next_cursor"],
            "properties": {
                "items": {
                    "type": "array",
                    "items": schema.get("items", schema),
                },
                "next_cursor": {"type": ["string", "null"]},
            },
        }


class FeedPage(CursorPage):
    """A page of a feed that goes on: the cursor at its end waits for what comes next."""

    always_continues: ClassVar = True
