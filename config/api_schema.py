"""The whole OpenAPI document: what every operation shares is written here, once."""

from typing import Any

from django.conf import settings

from config.api_errors import CODES, TABLE

PROBLEM = "Problem"
FIELD_PROBLEM = "FieldProblem"
READING = (400, 401, 403, 404, 406, 429, 500, 503)
WRITING = (*READING, 409, 413, 415, 422)
# An edit says of which version it is one.
EDITING = (*WRITING, 412, 428)
STATUSES = {"get": READING, "patch": EDITING}
CONCEPTS = settings.BASE_DIR / "docs" / "api.md"

FIELD_PROBLEM_SCHEMA = {
    "type": "object",
    "description": "What is wrong with one place of the request.",
    "required": ["code", "detail"],
    "properties": {
        "pointer": {"type": "string", "description": "JSON pointer into the body."},
        "parameter": {"type": "string", "description": "Name of a query parameter."},
        "header": {"type": "string", "description": "Name of a header."},
        "code": {"type": "string"},
        "detail": {"type": "string"},
    },
}


def describe_problem() -> dict[str, Any]:
    return {
        "type": "object",
        "description": "RFC 9457. Some codes add the numbers they are about.",
        "required": ["type", "title", "status", "code", "detail", "request_id"],
        "properties": {
            "type": {"type": "string", "format": "uri-reference"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "code": {"type": "string", "enum": CODES},
            "detail": {"type": "string"},
            "request_id": {"type": "string", "description": "Tell it to us when you ask."},
            "errors": {
                "type": "array",
                "items": {"$ref": f"#/components/schemas/{FIELD_PROBLEM}"},
            },
        },
        "additionalProperties": True,
    }


def describe_responses() -> dict[str, Any]:
    """Return one shared response for each status, which names the codes it may carry."""
    codes: dict[int, set[str]] = {}
    for answer in TABLE.values():
        codes.setdefault(answer.status, set()).add(answer.code)
    return {
        f"Problem{status}": {
            "description": "One of: " + ", ".join(f"`{code}`" for code in sorted(found)),
            "content": {
                "application/problem+json": {"schema": {"$ref": f"#/components/schemas/{PROBLEM}"}}
            },
        }
        for status, found in sorted(codes.items())
    }


def complete(
    result: dict[str, Any],
    generator: Any,
    request: Any,
    public: bool,  # noqa: FBT001 - drf-spectacular's hook
) -> dict[str, Any]:
    """Add the concepts, the problems and their codes to what was read off the doors."""
    result["info"]["description"] = CONCEPTS.read_text(encoding="utf-8")
    components = result.setdefault("components", {})
    components.setdefault("schemas", {})[PROBLEM] = describe_problem()
    components["schemas"][FIELD_PROBLEM] = FIELD_PROBLEM_SCHEMA
    components["responses"] = describe_responses()
    for operations in result["paths"].values():
        for method, operation in operations.items():
            for status in STATUSES.get(method, WRITING):
                problem = {"$ref": f"#/components/responses/Problem{status}"}
                operation["responses"].setdefault(str(status), problem)
    return result
