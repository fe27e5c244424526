"""A4 pages to write on from the top down: fonts, wrapped words, columns, a numbered foot."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import BinaryIO

import fontpkg_pt_sans
from reportlab.lib.colors import Color, HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

REGULAR, BOLD = "Statement", "Statement-Bold"
FONT_FILES = {REGULAR: "PT_Sans-Web-Regular.ttf", BOLD: "PT_Sans-Web-Bold.ttf"}
INK, GREY, LINE = HexColor("#16191d"), HexColor("#5a626c"), HexColor("#c9ced6")
WIDTH, HEIGHT = A4
LEFT, RIGHT = 18 * mm, WIDTH - 18 * mm
TOP, BOTTOM = HEIGHT - 18 * mm, 24 * mm
PAGES = "pages"


@cache
def load_fonts() -> None:
    """Read the fonts once a process. They have Latin, Polish, Ukrainian and Russian letters."""
    for name, file in FONT_FILES.items():
        pdfmetrics.registerFont(TTFont(name, str(fontpkg_pt_sans.ROOT / "files" / file)))


@dataclass(frozen=True, slots=True)
class Style:
    size: float = 9.5
    font: str = REGULAR
    ink: Color = INK

    @property
    def leading(self) -> float:
        return round(self.size * 1.34, 1)

    def width(self, text: str) -> float:
        return float(pdfmetrics.stringWidth(text, self.font, self.size))


BODY, STRONG = Style(), Style(font=BOLD)
SMALL = Style(8, ink=GREY)


@dataclass(frozen=True, slots=True)
class Column:
    """Where a column stands, from ``x`` for ``width`` points, and whether it is set right."""

    x: float
    width: float
    right: bool = False


def wrap(text: str, width: float, style: Style) -> list[str]:
    """Break words over lines; a word that is wider than a line is broken too."""
    lines: list[str] = []
    line = ""
    # No-break spaces hold a number and its word together, so only plain ones may break.
    for word in text.replace("\n", " ").replace("\t", " ").split(" "):
        tried = f"{line} {word}" if line else word
        if style.width(tried) <= width:
            line = tried
            continue
        if line:
            lines.append(line)
        *full, line = _break(word, width, style)
        lines += full
    return [*lines, line] if line else lines


def _break(word: str, width: float, style: Style) -> list[str]:
    pieces, rest = [], word
    while style.width(rest) > width:
        fits = max(1, _count_fitting(rest, width, style))
        pieces.append(rest[:fits])
        rest = rest[fits:]
    return [*pieces, rest]


def _count_fitting(word: str, width: float, style: Style) -> int:
    taken = 0.0
    for count, letter in enumerate(word):
        taken += style.width(letter)
        if taken > width:
            return count
    return len(word)


class Pages:
    """
    The pages of one document. ``y`` is where the next line goes.

    ``on_new_page`` is called at the top of every further page, to repeat the head of a table.
    """

    def __init__(
        self, file: BinaryIO, *, title: str, author: str, language: str, page_words: str, foot: str
    ) -> None:
        load_fonts()
        self.canvas = Canvas(file, pagesize=A4, pageCompression=1, lang=language)
        self.canvas.setTitle(title)
        self.canvas.setAuthor(author)
        self.canvas.setCreator("Tessera")
        self.page_words, self.foot = page_words, foot
        self.number = 1
        self.y = TOP
        self.on_new_page: Callable[[], None] | None = None

    # ------------------------------------------------------------------ words

    def put(
        self, text: str, column: Column, style: Style = BODY, *, y: float | None = None
    ) -> None:
        """Write one line of text, made smaller where it would leave its column."""
        size = style.size
        width = style.width(text)
        if width > column.width:
            size = max(4.0, size * column.width / width)
        at = self.y if y is None else y
        self.canvas.setFillColor(style.ink)
        self.canvas.setFont(style.font, size)
        if column.right:
            self.canvas.drawRightString(column.x + column.width, at - style.size, text)
        else:
            self.canvas.drawString(column.x, at - style.size, text)

    def put_block(self, text: str, column: Column, style: Style = BODY) -> float:
        """Write wrapped text from ``y`` down without moving it; return the height taken."""
        lines = wrap(text, column.width, style)
        for index, line in enumerate(lines):
            self.put(line, column, style, y=self.y - index * style.leading)
        return len(lines) * style.leading

    def paragraph(self, text: str, style: Style = BODY) -> None:
        """Write text over the whole width, line by line over as many pages as it needs."""
        column = Column(LEFT, RIGHT - LEFT)
        for line in wrap(text, column.width, style):
            self.need(style.leading)
            self.put(line, column, style)
            self.y -= style.leading

    def row(self, cells: Sequence[str], columns: Sequence[Column], style: Style = BODY) -> None:
        """Write one row with a hairline below; its first cell may wrap."""
        lines = wrap(cells[0], columns[0].width, style) or [""]
        height = len(lines) * style.leading + 5
        self.need(height)
        for index, line in enumerate(lines):
            self.put(line, columns[0], style, y=self.y - index * style.leading)
        for cell, column in zip(cells[1:], columns[1:], strict=True):
            self.put(cell, column, style)
        self.y -= height
        self.rule()

    def rule(self, ink: Color = LINE, width: float = 0.5) -> None:
        self.canvas.setStrokeColor(ink)
        self.canvas.setLineWidth(width)
        self.canvas.line(LEFT, self.y + 1.5, RIGHT, self.y + 1.5)

    # ------------------------------------------------------------------ pages

    def need(self, height: float) -> None:
        """Go to the next page if less room than this is left."""
        if self.y - height < BOTTOM:
            self._end_page()
            self.number += 1
            self.y = TOP
            if self.on_new_page is not None:
                self.on_new_page()

    def close(self) -> None:
        """Finish the last page and say on all of them how many there are."""
        self._end_page()
        self.canvas.beginForm(PAGES, 0, -4, 40, 12)
        self.canvas.setFillColor(SMALL.ink)
        self.canvas.setFont(SMALL.font, SMALL.size)
        self.canvas.drawString(0, 0, str(self.number))
        self.canvas.endForm()
        self.canvas.save()

    def _end_page(self) -> None:
        y = 15 * mm
        self.canvas.setStrokeColor(LINE)
        self.canvas.setLineWidth(0.5)
        self.canvas.line(LEFT, y + 14, RIGHT, y + 14)
        words = f"{self.page_words % {'page': self.number}} "
        self.put(words, Column(LEFT, 200), SMALL, y=y + SMALL.size)
        # How many there will be is known only at the end: a form that is filled in then.
        self.canvas.saveState()
        self.canvas.translate(LEFT + SMALL.width(words), y)
        self.canvas.doForm(PAGES)
        self.canvas.restoreState()
        foot = wrap(self.foot, RIGHT - LEFT - 120, SMALL)
        self.put(
            foot[0] if foot else "",
            Column(LEFT + 120, RIGHT - LEFT - 120, right=True),
            SMALL,
            y=y + SMALL.size,
        )
        self.canvas.showPage()
