"""A statement on paper: A4, for the file of an accountant."""

from collections.abc import Sequence
from typing import BinaryIO

from django.utils.translation import gettext as _

from ledger.documents.pages import (
    BODY,
    BOLD,
    GREY,
    INK,
    LEFT,
    RIGHT,
    SMALL,
    STRONG,
    Column,
    Pages,
    Style,
    wrap,
)
from ledger.documents.paper import Paper, write_day
from ledger.expiry_schedule import ExpirySchedule
from ledger.referring import Line
from partners.templatetags.portal import format_day

TITLE, FIGURE = Style(22, BOLD), Style(15, BOLD)
LABEL, HEADING = Style(8, ink=GREY), Style(12, BOLD)
HALF = (RIGHT - LEFT) / 2
DATES_SHOWN = 12

DATE = Column(LEFT, 60)
ABOUT = Column(LEFT + 62, 196)
KIND = Column(LEFT + 264, 82)
AMOUNT = Column(LEFT + 348, 68, right=True)
BALANCE = Column(LEFT + 420, RIGHT - LEFT - 420, right=True)
MOVEMENT = (DATE, ABOUT, KIND, AMOUNT, BALANCE)

NAME = Column(LEFT, 190)
NUMBERS = tuple(Column(LEFT + 190 + 76 * place, 74, right=True) for place in range(4))


def write_pdf(paper: Paper, file: BinaryIO) -> None:
    """
    Write the statement page by page.

    :raises TooManyMovements: If the period has more movements than paper should hold.
    """
    paper.check_length("pdf")
    pages = Pages(
        file,
        title=f"{_('Statement')}, {paper.partner}, {paper.period}",
        author=paper.seller,
        language=paper.language,
        # Translators: the number of pages follows, as in "Page 3 of 12".
        page_words=_("Page %(page)s of"),
        foot=" · ".join(filter(None, (paper.number, paper.account_name, paper.period))),
    )
    _write_head(paper, pages)
    _write_figures(paper, pages)
    _write_movements(paper, pages)
    _write_totals(paper, pages)
    if paper.schedule is not None and paper.schedule.total:
        _write_schedule(paper, paper.schedule, pages)
    if paper.seal_note:
        pages.need(40)
        pages.y -= 16
        pages.paragraph(paper.seal_note, SMALL)
    pages.close()


# -------------------------------------------------------------------------- head


def _write_head(paper: Paper, pages: Pages) -> None:
    issued = _("Issued on %(day)s") % {"day": write_day(paper.local(paper.issued_at).date())}
    left, right = Column(LEFT, HALF + 60), Column(LEFT + HALF + 70, HALF - 70, right=True)
    pages.put(issued, right, SMALL)
    pages.y -= pages.put_block(paper.seller, left, STRONG) + 14
    pages.put(_("Statement"), Column(LEFT, RIGHT - LEFT), TITLE)
    pages.y -= TITLE.leading + 8
    pairs = [
        (_("Partner"), paper.partner),
        (_("Period"), paper.period),
        (_("Partner number"), paper.number),
        (_("Account"), ", ".join(filter(None, (paper.account_name, paper.holder)))),
        (_("Unit"), paper.unit_word),
        (_("Days"), _("Local time of %(zone)s") % {"zone": paper.zone}),
    ]
    for first, second in zip(pairs[::2], pairs[1::2], strict=True):
        height = max(_write_pair(pages, first, LEFT), _write_pair(pages, second, LEFT + HALF + 8))
        pages.y -= height + 6
    pages.y -= 4


def _write_pair(pages: Pages, pair: tuple[str, str], x: float) -> float:
    label, value = pair
    column = Column(x, HALF - 12)
    pages.put(label, column, LABEL)
    pages.y -= LABEL.leading
    height = pages.put_block(value or "–", column, BODY)
    pages.y += LABEL.leading
    return height + LABEL.leading


def _write_figures(paper: Paper, pages: Pages) -> None:
    figures = paper.figures
    pages.rule(INK, 0.8)
    pages.y -= 6
    quarter = (RIGHT - LEFT) / 4
    for place, (label, amount, signed) in enumerate(
        (
            (_("Opening balance"), figures.opening, False),
            (_("In"), figures.credited, True),
            (_("Out"), -figures.debited, True),
            (_("Closing balance"), figures.closing, False),
        )
    ):
        column = Column(LEFT + place * quarter, quarter - 8)
        pages.put(label, column, LABEL)
        pages.put(
            paper.number_of(amount, signed=signed), column, FIGURE, y=pages.y - LABEL.leading - 1
        )
    pages.y -= LABEL.leading + FIGURE.leading + 8
    pages.rule(INK, 0.8)
    pages.y -= 12


# --------------------------------------------------------------------- movements


def _write_movements(paper: Paper, pages: Pages) -> None:
    balance = paper.figures.opening
    first = "" if paper.first is None else format_day(paper.first, "short_dated")

    def carry_on() -> None:
        _write_column_heads(pages)
        _write_end(pages, "", _("Brought forward"), paper.number_of(balance), SMALL)

    _write_column_heads(pages)
    _write_end(pages, first, _("Opening balance"), paper.number_of(balance), STRONG)
    pages.on_new_page = carry_on
    for chunk in paper.lines():
        for line in chunk:
            _write_line(paper, pages, line)
            balance = line.movement.balance
    pages.need(BODY.leading + 5)
    last = format_day(paper.last, "short_dated")
    _write_end(pages, last, _("Closing balance"), paper.number_of(paper.figures.closing), STRONG)
    pages.on_new_page = None


def _write_column_heads(pages: Pages) -> None:
    heads = (_("Date"), _("Movement"), _("Kind"), _("Amount"), _("Balance"))
    for head, column in zip(heads, MOVEMENT, strict=True):
        pages.put(head, column, LABEL)
    pages.y -= LABEL.leading + 4
    pages.rule(INK, 0.8)


def _write_end(pages: Pages, day: str, words: str, balance: str, style: Style) -> None:
    """Write a line without an amount: a balance on its own."""
    pages.y -= 2
    pages.put(day, DATE, style)
    pages.put(words, ABOUT, style)
    pages.put(balance, BALANCE, style)
    pages.y -= style.leading + 4
    pages.rule()


def _write_line(paper: Paper, pages: Pages, line: Line) -> None:
    movement = line.movement
    about = [(text, BODY) for text in wrap(line.text, ABOUT.width, BODY)]
    about += [(text, SMALL) for text in wrap(line.detail, ABOUT.width, SMALL)]
    if line.is_late:
        happened = format_day(paper.local(movement.occurred_at).date(), "long")
        late = _("happened on %(happened)s") % {"happened": happened}
        about += [(text, SMALL) for text in wrap(late, ABOUT.width, SMALL)]
    kinds = wrap(movement.label, KIND.width, SMALL)
    height = max(sum(style.leading for _text, style in about), len(kinds) * SMALL.leading) + 6
    pages.need(height)
    pages.y -= 2
    posted = paper.local(movement.posted_at).date()
    pages.put(format_day(posted, "short_dated"), DATE)
    y = pages.y
    for text, style in about:
        pages.put(text, ABOUT, style, y=y)
        y -= style.leading
    for index, text in enumerate(kinds):
        pages.put(text, KIND, SMALL, y=pages.y - 1.5 - index * SMALL.leading)
    pages.put(paper.number_of(movement.amount, signed=True), AMOUNT)
    pages.put(paper.number_of(movement.balance), BALANCE)
    pages.y -= height - 2
    pages.rule()


# -------------------------------------------------------------------- after them


def _write_heading(pages: Pages, words: str, rows: int) -> None:
    """Write a heading that does not stand alone at the foot of a page."""
    pages.need(HEADING.leading + 40 + min(rows, 20) * (BODY.leading + 7))
    pages.y -= 22
    pages.put(words, Column(LEFT, RIGHT - LEFT), HEADING)
    pages.y -= HEADING.leading + 4


def _write_heads(pages: Pages, heads: Sequence[str], columns: Sequence[Column]) -> None:
    for head, column in zip(heads, columns, strict=True):
        pages.put(head, column, LABEL)
    pages.y -= LABEL.leading + 4
    pages.rule(INK, 0.8)
    pages.y -= 2


def _write_totals(paper: Paper, pages: Pages) -> None:
    figures = paper.figures
    if not figures.by_kind:
        return
    _write_heading(pages, _("What it adds up to"), len(figures.by_kind) + 1)
    columns = (NAME, *NUMBERS)
    _write_heads(pages, ("", _("Movements"), _("In"), _("Out"), _("Together")), columns)
    rows = [(each.label, each.movements, each.credited, each.debited) for each in figures.by_kind]
    total = (_("All movements"), figures.movements, figures.credited, figures.debited)
    for label, count, credited, debited in (*rows, total):
        cells = (
            label,
            str(count),
            paper.number_of(credited, signed=True) if credited else "",
            paper.number_of(-debited, signed=True) if debited else "",
            paper.number_of(credited - debited, signed=True),
        )
        pages.row(cells, columns, STRONG if label == total[0] else BODY)
        pages.y -= 2


def _write_schedule(paper: Paper, schedule: ExpirySchedule, pages: Pages) -> None:
    days = [day for month in schedule.months for day in month.days]
    shown, later = days[:DATES_SHOWN], days[DATES_SHOWN:]
    rows = [(write_day(day.last_day), day.free, day.held) for day in shown if day.last_day]
    if schedule.overdue.amount:
        overdue = schedule.overdue
        rows.insert(0, (_("Past its last day"), overdue.free, overdue.held))
    if later:
        words = _("Later, on %(days)s days") % {"days": len(later)}
        rows.append((words, sum(day.free for day in later), sum(day.held for day in later)))
    if schedule.never.amount:
        rows.append((_("Never expires"), schedule.never.free, schedule.never.held))
    day = write_day(paper.local(paper.issued_at).date())
    _write_heading(pages, _("What expires when, as of %(day)s") % {"day": day}, len(rows))
    columns = (NAME, *NUMBERS[:2])
    _write_heads(pages, (_("Can be used until"), _("Free"), _("Reserved")), columns)
    for label, free, held in rows:
        cells = (label, paper.number_of(free), paper.number_of(held) if held else "")
        pages.row(cells, columns)
        pages.y -= 2
