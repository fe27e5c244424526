"""The statement of an account for staff: any period, with the balance after each movement."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.admin.utils import unquote
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from ledger.admin.statement_files import give_file, list_files, make_address
from ledger.admin.wording import say, say_account, say_net, say_signed
from ledger.forms import EARLIEST_DAY, StatementForm
from ledger.models import Account
from ledger.referring import Line, refer
from ledger.statements import Movement, Statement, read_statement
from partners.doors.admin import BaseAdmin, actor_of
from partners.doors.showing import say_time

PAGE_SIZE = 50
LATEST = 10


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A movement as the page writes it; ``occurred`` where it happened on another day."""

    movement: Movement
    amount: str
    balance: str
    posted: str
    occurred: str
    about: str


def find_account(page: BaseAdmin, request: HttpRequest, object_id: str) -> Account:
    """
    Return an account that the person may see.

    :raises Http404: If there is none.
    """
    account = page.get_object(request, unquote(object_id))
    if not isinstance(account, Account):
        raise Http404
    return account


def show_statement(
    page: BaseAdmin, request: HttpRequest, object_id: str
) -> HttpResponse | FileResponse:
    """Show the movements of the days asked for, or give them as a file."""
    account = find_account(page, request, object_id)
    form = StatementForm(request.GET, accounts=())
    period, days = form.period_and_days(today=timezone.localdate())
    if "file" in request.GET and form.is_valid():
        file = give_file(page, request, account, days, from_beginning=period == "all")
        if file is not None:
            return file
    zone: Any = timezone.get_current_timezone()
    from_at, until_at = days.bounds(zone)
    asked = form.cleaned_data if form.is_valid() else {}
    statement = read_statement(
        account=account,
        from_at=from_at,
        until_at=until_at,
        after=asked.get("after"),
        before=None if asked.get("after") is not None else asked.get("before"),
        page_size=PAGE_SIZE,
    )
    unit = account.unit
    context = {
        **page.admin_site.each_context(request),
        "title": say_account(account),
        "opts": page.opts,
        "form": form,
        "period": period,
        "days": days,
        "starts_on": None if period == "all" else days.first,
        "account": account,
        "lines": [
            write(line, account) for line in refer(actor_of(request), statement.movements, zone)
        ],
        "opening": say_net(statement.opening, unit),
        "credited": say(statement.credited, unit),
        "debited": say(statement.debited, unit),
        "closing": say_net(statement.closing, unit),
        "pages": list_pages(statement, request),
        "files": list_files(account, request) if form.is_valid() else [],
        "back": reverse("admin:ledger_account_change", args=[account.pk]),
    }
    return TemplateResponse(request, "admin/statement.html", context)


def list_pages(statement: Statement, request: HttpRequest) -> list[tuple[str, str]]:
    pages = []
    if statement.previous_before is not None:
        pages.append((_("Earlier"), make_address(request, before=statement.previous_before)))
    if statement.next_after is not None:
        pages.append((_("Later"), make_address(request, after=statement.next_after)))
    return pages


def read_latest(account: Account, now: datetime) -> list[ShownLine]:
    """Return the last movements, newest first."""
    statement = read_statement(
        account=account,
        from_at=datetime(EARLIEST_DAY.year, 1, 1, tzinfo=now.tzinfo),
        until_at=now + timedelta(days=1),
        page_size=LATEST,
        newest_first=True,
    )
    zone: Any = timezone.get_current_timezone()
    return [write(Line(movement, None, zone), account) for movement in statement.movements]


def write(line: Line, account: Account) -> ShownLine:
    movement = line.movement
    text = line.reference.text if line.reference else ""
    return ShownLine(
        movement=movement,
        amount=say_signed(movement.amount, account.unit),
        balance=say_net(movement.balance, account.unit),
        posted=say_time(movement.posted_at),
        occurred=say_time(movement.occurred_at) if line.is_late else "",
        about=" ".join(filter(None, [text, line.detail])),
    )
