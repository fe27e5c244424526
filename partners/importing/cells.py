"""What a cell of a workbook says, as text: numbers, days and texts as a person sees them."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Context, Decimal, InvalidOperation
from functools import lru_cache

CELLS_REMEMBERED = 65_536
# A spreadsheet keeps fifteen digits; what is behind them is noise of its binary numbers.
DIGITS = Context(prec=15)
PLAIN_NUMBER = re.compile(r"-?[0-9]{1,15}", re.ASCII)
ID_DIGITS_MAX = 15
BUILT_IN_DATES = frozenset(
    map(str, (*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))
)
QUOTED = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')
LEADING_ZEROS = re.compile(r"0{2,}")
EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - a day of a calendar, without a zone
EPOCH_1904 = datetime(1904, 1, 1)  # noqa: DTZ001 - the same

ReadCell = Callable[[str, str, str], str]


@dataclass(frozen=True, slots=True)
class CellReader:
    """Knows the number formats of a workbook, and where its shared texts are."""

    formats: list[str]
    from_1904: bool
    text_at: Callable[[int], str]
    _kinds: dict[str, str] = field(default_factory=dict)

    def make(self, decimal: str) -> ReadCell:
        """Return a function from what a cell holds, its type and its style, to text."""

        @lru_cache(maxsize=CELLS_REMEMBERED)
        def read_number(text: str, style: str) -> str:
            return self._read_number(text, style).replace(".", decimal)

        def read(text: str, kind: str, style: str) -> str:
            if kind == "s":
                return self.text_at(int(text)) if text.isdecimal() else ""
            if kind == "n" and text:
                return read_number(text, style)
            if kind == "b":
                return "TRUE" if text == "1" else "FALSE"
            return text

        return read

    def _read_number(self, text: str, style: str) -> str:
        code = self._find_format(style)
        if code == "date":
            return self._read_day(text)
        if PLAIN_NUMBER.fullmatch(text):
            # Somebody asked for 00123 to be shown; the file itself keeps 123.
            width = len(code) if LEADING_ZEROS.fullmatch(code) else 0
            return text.zfill(width)
        try:
            exact = Decimal(text)
        except InvalidOperation:
            return text
        if not exact.is_finite():
            return text
        rounded = DIGITS.plus(exact).normalize()
        if rounded.adjusted() >= ID_DIGITS_MAX:
            # More digits than it keeps: the last ones are lost, and readers must see that.
            return f"{rounded:E}"
        return f"{rounded:f}"

    def _find_format(self, style: str) -> str:
        known = self._kinds.get(style)
        if known is None:
            place = int(style) if style.isdecimal() else 0
            code = self.formats[place] if place < len(self.formats) else "0"
            known = "date" if is_date_format(code) else code
            self._kinds[style] = known
        return known

    def _read_day(self, text: str) -> str:
        try:
            days = Decimal(text)
            milliseconds = int((days * 86_400_000).to_integral_value())
            moment = (EPOCH_1904 if self.from_1904 else EPOCH) + timedelta(
                milliseconds=milliseconds
            )
        except (InvalidOperation, OverflowError, ValueError):
            return text
        has_time = milliseconds % 86_400_000
        return moment.isoformat(sep=" ") if has_time else moment.date().isoformat()


def is_date_format(code: str) -> bool:
    """Say whether a number format, or the number of a built-in one, shows days or times."""
    if code.isdecimal():
        return code in BUILT_IN_DATES
    first_part = QUOTED.sub("", code).split(";")[0].lower()
    return any(letter in first_part for letter in "ymdhs") and "general" not in first_part
