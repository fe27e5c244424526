"""The kinds that are built in, as a page for integrators: written out of the registry."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from partners.kinds.fields import FieldType
from partners.kinds.kind import Ask, Kind
from partners.kinds.registry import KINDS

BASICS = {"partner": "erp:12346", "source": "erp", "occurred_at": "2026-03-02T09:30:00Z"}
ASKED = {Ask.MAY: "optional", Ask.MUST: "required"}
TYPES = {
    FieldType.TEXT: "text",
    FieldType.WHOLE: "whole number",
    FieldType.NUMBER: "decimal text",
    FieldType.DAY: "day, `2026-03-02`",
    FieldType.YES_NO: "`true` or `false`",
}


def example_of(kind: Kind) -> dict[str, Any]:
    """Return a report of a kind as it is sent to the API."""
    return {"kind": kind.code, **BASICS, **kind.example}


def describe_kinds() -> str:
    """Return the part of the page that follows from the kinds themselves, in Markdown."""
    return "\n".join(line for kind in KINDS.values() for line in _describe(kind)).rstrip() + "\n"


def _describe(kind: Kind) -> Iterator[str]:
    yield f"## {kind.name}: `{kind.code}`"
    yield ""
    yield str(kind.description)
    yield ""
    rows = [*_basics(kind), *_fields(kind)]
    if rows:
        yield "| field | | |"
        yield "|---|---|---|"
        yield from (f"| `{name}` | {asked} | {told} |" for name, asked, told in rows)
        yield ""
    if kind.is_open:
        yield "It takes further attributes of your own: texts, whole numbers, true or false."
        yield ""
    yield "```json"
    yield json.dumps(_plain(example_of(kind)), indent=2)
    yield "```"
    yield ""


def _basics(kind: Kind) -> Iterator[tuple[str, str, str]]:
    if kind.lines is not Ask.NO:
        # The API asks for lines where a file may have totals alone.
        asked = "required" if kind.code in {"order", "return"} else ASKED[kind.lines]
        yield (
            "lines",
            asked,
            "`sku`, `quantity`, `amount`, and if you like `description`, `category`",
        )
    if kind.amount is not Ask.NO:
        told = "net; without it, the sum of the lines" if kind.has_lines else "net"
        yield "amount", ASKED[kind.amount], f"{told}; with `currency`"
    if kind.quantity is not Ask.NO:
        yield "quantity", ASKED[kind.quantity], "decimal text"
    if kind.may_refer_to:
        kinds = "any activity" if len(kind.may_refer_to) > 2 else _named(kind.may_refer_to)
        yield "refers_to", "required" if kind.must_refer else "optional", kinds
    if kind.has_due_on:
        yield "due_on", "optional", TYPES[FieldType.DAY]
    if kind.has_paid_on:
        yield "paid_on", "optional", TYPES[FieldType.DAY]


def _named(kinds: tuple[str, ...]) -> str:
    return " or ".join(f"an {kind}" if kind[0] in "aeio" else f"a {kind}" for kind in kinds)


def _fields(kind: Kind) -> Iterator[tuple[str, str, str]]:
    for field in kind.fields:
        told = TYPES.get(field.type, "")
        if field.type is FieldType.CHOICE:
            told = " or ".join(f"`{code}`" for code, _name in field.choices)
        if field.type is FieldType.WHOLE:
            told += f" from {field.least} to {field.most}"
        if field.is_money:
            told += ", in `currency`, at most the net amount"
        asked = "required" if field.is_required else "optional"
        yield f"attributes.{field.name}", asked, f"{told}. {field.hint}" if field.hint else told


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list | tuple) else value
