"""JSON read strictly: what two readers could understand differently is refused."""

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import IO, Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.parsers import BaseParser
from rest_framework.renderers import JSONRenderer

from partners.doors.problems import FieldProblem, Refusal, escape_pointer

DEPTH_MAX = 32
DIGITS_MAX = 19
NUMBER_LENGTH_MAX = 32
EXPONENT_MAX = 18
MISTAKES: Mapping[str, Any] = {
    "Expecting value": gettext_lazy("a value is missing"),
    "Expecting property name enclosed in double quotes": gettext_lazy(
        "a name in double quotes is missing"
    ),
    "Illegal trailing comma before end of object": gettext_lazy("there is a comma too many"),
    "Illegal trailing comma before end of array": gettext_lazy("there is a comma too many"),
    "Expecting ':' delimiter": gettext_lazy("a colon is missing"),
    "Expecting ',' delimiter": gettext_lazy("a comma is missing"),
    "Unterminated string starting at": gettext_lazy("a text has no end"),
    "Invalid control character at": gettext_lazy("a text contains a control character"),
    "Extra data": gettext_lazy("there is more after its end"),
}
"""What Python's reader says about a text that is no JSON, in words for people."""


class MalformedJSON(Refusal):
    """The body is not JSON in UTF-8."""


class DuplicateKey(Refusal):
    """An object names a field twice; readers disagree about which counts."""


class TooDeep(Refusal):
    """Objects and lists are nested deeper than any request needs."""


class UnsupportedText(Refusal):
    """A text holds a NUL or half of a surrogate pair: no database keeps these."""


class NumberOutOfRange(Refusal):
    """A number has more digits than anything here counts to."""


class BodyTooLarge(Refusal):
    """The body is larger than the limit."""


def parse_json(body: bytes) -> Any:
    """
    Return what the JSON text says: whole numbers as ``int``, others as ``Decimal``.

    :raises Refusal: By one of its kinds above, with a pointer where there is one.
    """
    try:
        text = body.decode("utf-8")
        value = json.loads(
            text,
            object_pairs_hook=_refuse_duplicates,
            parse_int=_read_whole,
            parse_float=_read_decimal,
            parse_constant=_refuse_constant,
        )
    except UnicodeDecodeError as error:
        raise MalformedJSON(_("The text is not UTF-8.")) from error
    except RecursionError as error:
        raise _too_deep() from error
    except json.JSONDecodeError as error:
        raise _malformed(error) from error
    _refuse_what_databases_cannot_keep(value)
    return value


def _malformed(error: json.JSONDecodeError) -> MalformedJSON:
    said = _("This is not JSON: %(mistake)s at line %(line)d, column %(column)d.")
    mistake = MISTAKES.get(error.msg, gettext_lazy("something cannot be read"))
    return MalformedJSON(said % {"mistake": mistake, "line": error.lineno, "column": error.colno})


def _too_deep() -> TooDeep:
    return TooDeep(_("Nest at most %(levels)d levels.") % {"levels": DEPTH_MAX})


def _refuse_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read: dict[str, Any] = {}
    for name, value in pairs:
        if name in read:
            said = _("The field “%(name)s” stands twice in one object.")
            raise DuplicateKey(said % {"name": name[:100]})
        read[name] = value
    return read


def _read_whole(digits: str) -> int:
    if len(digits.lstrip("-")) > DIGITS_MAX:
        said = _("Whole numbers have at most %(count)d digits.")
        raise NumberOutOfRange(said % {"count": DIGITS_MAX})
    return int(digits)


def _read_decimal(text: str) -> Decimal:
    number = Decimal(text) if len(text) <= NUMBER_LENGTH_MAX else None
    if number is None or abs(number.adjusted()) > EXPONENT_MAX:
        said = _("The number has too many digits or too large an exponent.")
        raise NumberOutOfRange(said)
    return number


def _refuse_constant(name: str) -> Any:
    raise MalformedJSON(_("%(word)s is not a JSON number.") % {"word": name})


def _refuse_what_databases_cannot_keep(value: Any) -> None:
    # A stack of its own: the body decides how deep this goes, not Python's recursion limit.
    waiting: list[tuple[str, int, Any]] = [("", 0, value)]
    while waiting:
        pointer, depth, current = waiting.pop()
        if depth > DEPTH_MAX:
            raise _too_deep()
        if isinstance(current, str):
            _refuse_unkeepable_text(current, pointer)
        elif isinstance(current, dict | list):
            waiting.extend(
                (place, depth + 1, inner) for place, inner in _list_inner(current, pointer)
            )


def _list_inner(value: dict[str, Any] | list[Any], pointer: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, list):
        yield from ((f"{pointer}/{position}", inner) for position, inner in enumerate(value))
        return
    for name, inner in value.items():
        _refuse_unkeepable_text(name, pointer)
        yield f"{pointer}/{escape_pointer(name)}", inner


def _refuse_unkeepable_text(text: str, pointer: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        said = _("A text contains half of a surrogate pair, which cannot be kept.")
        raise _unsupported(said, pointer) from error
    if "\x00" in text:
        said = _("A text contains a NUL character, which cannot be kept.")
        raise _unsupported(said, pointer)


def _unsupported(said: str, pointer: str) -> UnsupportedText:
    readable = pointer.encode("utf-8", "replace").decode("utf-8").replace("\x00", "?")
    where = FieldProblem(pointer=readable, code="unsupported_text", detail=said)
    return UnsupportedText(said, errors=[where])


class StrictJSONParser(BaseParser):
    media_type = "application/json"
    # What DRF's own machinery asks a JSON parser for.
    renderer_class = JSONRenderer

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        if not media_type:
            # DRF takes a body of no type for one of any type.
            raise UnsupportedMediaType("")
        request = (parser_context or {}).get("request")
        packed = request.headers.get("Content-Encoding", "") if request is not None else ""
        if packed.strip().lower() not in {"", "identity"}:
            # Nothing is unpacked here: what is small on the way may be large afterwards.
            raise UnsupportedMediaType(packed, _("Send the body as it is, without packing it."))
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(limit + 1)
        if len(body) > limit:
            said = _("The body may have at most %(bytes)s bytes. Send smaller batches.")
            raise BodyTooLarge(said % {"bytes": f"{limit:,}"})
        return parse_json(body)
