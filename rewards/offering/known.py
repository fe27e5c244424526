"""What can be said of a condition, as it is written, before there is any activity."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

Row = Mapping[str, Any]


def settle(when: Row | None, *, segments: Collection[str]) -> Row | bool:
    """
    Return whether a condition holds by the lists a partner stands on, or what of it is open still.

    A partner can do nothing about lists, and what the seller calls them is its own business: who
    stands on the right ones reads of the rest only.
    """
    if not when:
        return True
    match when:
        case {"all": parts}:
            return _join("all", _settle_each(parts, segments), ends_with=False)
        case {"any": parts}:
            return _join("any", _settle_each(parts, segments), ends_with=True)
        case {"not": inner}:
            rest = settle(inner, segments=segments)
            return not rest if isinstance(rest, bool) else {"not": rest}
        case {"kind": "segment", "in": codes}:
            return any(code in segments for code in codes)
    return when


def _settle_each(parts: Iterable[Row], segments: Collection[str]) -> list[Row | bool]:
    return [settle(each, segments=segments) for each in parts]


def _join(word: str, parts: list[Row | bool], *, ends_with: bool) -> Row | bool:
    """One part that is so decides alone; what is the other way round says nothing."""
    if ends_with in parts:
        return ends_with
    rest = [each for each in parts if not isinstance(each, bool)]
    if not rest:
        return not ends_with
    return rest[0] if len(rest) == 1 else {word: rest}
