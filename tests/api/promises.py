"""
What v1 has promised, as one line each: operations, their parameters, fields and choices.

Inside v1 things are only added. ``python -m tests.api.promises`` writes down what was added since.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
OPENAPI_FILE = ROOT / "openapi.yaml"
PROMISED_FILE = Path(__file__).with_name("promised.txt")
METHODS = ("get", "post", "patch", "put", "delete")


def read_promises(document: dict[str, Any]) -> set[str]:
    """Return what whoever programmed against the document relies on."""
    return {
        promise
        for path, operations in document["paths"].items()
        for method in METHODS
        if method in operations
        for promise in _of_operation(f"{method.upper()} {path}", operations[method], document)
    }


def read_demands(document: dict[str, Any]) -> set[str]:
    """Return what callers have to send: nothing is added to this for an operation that exists."""
    return {promise for promise in read_promises(document) if " must send " in promise}


def _of_operation(name: str, operation: dict[str, Any], document: dict[str, Any]) -> Iterator[str]:
    yield name
    for parameter in operation.get("parameters", []):
        word = "must send" if parameter.get("required") else "may send"
        yield f"{name} {word} {parameter['in']} {parameter['name']}"
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    for place, schema, required in _walk(body.get("schema", {}), document):
        yield f"{name} {'must send' if required else 'may send'} {place}: {_say(schema)}"
    for status, answer in operation["responses"].items():
        if status.startswith("2"):
            yield f"{name} answers {status}"
            content = answer.get("content", {}).get("application/json", {})
            for place, schema, _required in _walk(content.get("schema", {}), document):
                yield f"{name} answers {status} {place}: {_say(schema)}"


def _walk(
    schema: dict[str, Any], document: dict[str, Any], place: str = "", depth: int = 0
) -> Iterator[tuple[str, dict[str, Any], bool]]:
    schema = _resolve(schema, document)
    if schema.get("type") == "array":
        yield from _walk(schema.get("items", {}), document, f"{place}/*", depth)
    if depth > 5:
        return
    for name, inner in schema.get("properties", {}).items():
        below = f"{place}/{name}"
        yield below, _resolve(inner, document), name in schema.get("required", [])
        yield from _walk(inner, document, below, depth + 1)


def _resolve(schema: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        return _resolve(
            document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]], document
        )
    if len(schema.get("allOf", [])) == 1:
        return _resolve(schema["allOf"][0], document)
    return schema


def _say(schema: dict[str, Any]) -> str:
    kind = schema.get("type", "any")
    return "|".join(kind) if isinstance(kind, list) else str(kind)


def load(path: Path = OPENAPI_FILE) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return document


if __name__ == "__main__":
    PROMISED_FILE.write_text("\n".join(sorted(read_promises(load()))) + "\n", encoding="utf-8")
