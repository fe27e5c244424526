"""The statement of an account for staff: any period, with the balance after each movement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.admin.utils import unquote
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.module_loading import import_string

from ledger.admin.wording import TRANSFER_LABELS, say, say_account, say_signed
from ledger.forms import EARLIEST_DAY, StatementForm
from ledger.models import Account
from ledger.statements import Movement, read_statement
from partners.doors.admin import BaseAdmin, actor_of
from partners.doors.showing import say_time

PAGE_SIZE = 50
LATEST = 10


@dataclass(frozen=True, slots=True)
class Line:
    """A movement as the page writes it."""

    movement: Movement
    amount: str
    balance: str
    posted: str
    occurred: str
    about: str = ""

    @property
    def variant(self) -> str:
        return TRANSFER_LABELS.get(self.movement.kind, "")


def find_account(page: BaseAdmin, request: HttpRequest, object_id: str) -> Account:
    """
    Return an account that the person may see.

    :raises Http404: If there is none.
    """
    account = page.get_object(request, unquote(object_id))
    if not isinstance(account, Account):
        raise Http404
    return account


def show_statement(page: BaseAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    account = find_account(page, request, object_id)
    form = StatementForm(request.GET, accounts=())
    period, days = form.period_and_days(today=timezone.localdate())
    from_at, until_at = days.bounds(timezone.get_current_timezone())  # type: ignore[arg-type]  # the site's zones are of zoneinfo
    after = form.cleaned_data.get("after") if form.is_valid() else None
    statement = read_statement(
        account=account, from_at=from_at, until_at=until_at, after=after, page_size=PAGE_SIZE
    )
    unit = account.unit
    context = {
        **page.admin_site.each_context(request),
        "title": say_account(account),
        "opts": page.opts,
        "form": form,
        "period": period,
        "days": days,
        "starts_in": None if days.first == EARLIEST_DAY else days.first,
        "account": account,
        "lines": tell(statement.movements, account, request),
        "opening": say(statement.opening, unit),
        "credited": say(statement.credited, unit),
        "debited": say(statement.debited, unit),
        "closing": say(statement.closing, unit),
        "next_url": make_address(request, statement.next_after),
        "first_url": make_address(request, None) if after else "",
        "files": [],
        "back": reverse("admin:ledger_account_change", args=[account.pk]),
    }
    return TemplateResponse(request, "admin/statement.html", context)


def read_latest(account: Account, now: datetime) -> list[Line]:
    """Return the last movements, newest first."""
    statement = read_statement(
        account=account,
        from_at=datetime(EARLIEST_DAY.year, 1, 1, tzinfo=now.tzinfo),
        until_at=now + timedelta(days=1),
        page_size=LATEST,
        newest_first=True,
    )
    return [write(movement, account) for movement in statement.movements]


def tell(movements: Sequence[Movement], account: Account, request: HttpRequest) -> list[Line]:
    """Say what each movement is about; the upper floors know."""
    name_references: Any = import_string(settings.STATEMENT_REFERENCES)
    names = name_references(actor_of(request), movements)
    return [
        write(movement, account, names[movement.transfer_id].text)
        if movement.transfer_id in names
        else write(movement, account)
        for movement in movements
    ]


def write(movement: Movement, account: Account, about: str = "") -> Line:
    return Line(
        movement=movement,
        amount=say_signed(movement.amount, account.unit),
        balance=say(movement.balance, account.unit),
        posted=say_time(movement.posted_at),
        occurred=say_time(movement.occurred_at),
        about=about,
    )


def make_address(request: HttpRequest, after: int | None) -> str:
    query = request.GET.copy()
    query.pop("after", None)
    if after is not None:
        query["after"] = str(after)
    return f"?{query.urlencode()}" if after is not None or query else "?"
