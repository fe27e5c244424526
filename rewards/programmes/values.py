"""Single values of a definition as it is stored: each is read, or refused with its place."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from partners.models.amounts import AmountTooPrecise, to_ten_thousandths

LANGUAGES = ("en", "uk", "pl", "ru")

Names = Mapping[str, str]


class InvalidDefinition(ValueError):
    """The definition cannot be used; ``path`` says where, the message says why."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}")
        self.path = path


def read_code(row: Mapping[str, Any], path: str) -> str:
    code = row.get("code")
    if not isinstance(code, str) or not code:
        raise InvalidDefinition(f"{path}.code", "a code is needed")
    return code


def read_day(row: Mapping[str, Any], field: str, path: str) -> date | None:
    if row.get(field) is None:
        return None
    try:
        return date.fromisoformat(row[field])
    except (TypeError, ValueError) as error:
        raise InvalidDefinition(f"{path}.{field}", "must be a day such as 2026-03-31") from error


def read_choice(value: Any, choices: tuple[str, ...], path: str) -> str:
    if value not in choices:
        raise InvalidDefinition(path, f"must be one of {', '.join(choices)}")
    return str(value)


def read_whole(value: Any, at_least: int, at_most: int, path: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not at_least <= value <= at_most:
        raise InvalidDefinition(path, f"must be a whole number from {at_least} to {at_most}")
    return value


def read_yes_or_no(value: Any, path: str) -> bool:
    if not isinstance(value, bool):
        raise InvalidDefinition(path, "must be true or false")
    return value


def read_money(value: Any, path: str) -> Decimal:
    try:
        amount = Decimal(str(value))
        to_ten_thousandths(amount)
    except (InvalidOperation, AmountTooPrecise, ValueError, OverflowError) as error:
        raise InvalidDefinition(path, "must be an amount with at most four decimals") from error
    if amount < 0:
        raise InvalidDefinition(path, "must not be negative")
    return amount


def refuse_unknown(row: Mapping[str, Any], known: set[str], path: str) -> None:
    if unknown := sorted(set(row) - known):
        raise InvalidDefinition(path, f"unknown: {', '.join(unknown)}")


def refuse_repeated(codes: list[str], path: str) -> None:
    if len(set(codes)) != len(codes):
        raise InvalidDefinition(path, "codes must differ")


def read_names(row: Mapping[str, Any], path: str) -> Names:
    names = row.get("names", {})
    if not names.get("en"):
        raise InvalidDefinition(f"{path}.names", "an English name is needed")
    refuse_unknown(names, set(LANGUAGES), f"{path}.names")
    return names
