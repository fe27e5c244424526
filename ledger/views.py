"""The statement of an account: on the screen, on paper, as a file."""

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from ledger.forms import Days, StatementForm
from ledger.models import Account
from ledger.statements import Movement, Statement, read_statement
from partners.access import PortalRequest, portal_page
from partners.doors.export import export_cell
from partners.models import Actor, Member

PAGE_SIZE = 50
COMPANY_ACCOUNTS = (
    (Account.Kind.POOL, gettext_lazy("Pool, available")),
    (Account.Kind.PENDING, gettext_lazy("Pool, pending")),
    (Account.Kind.DEBT, gettext_lazy("Owed after returns")),
)
OWN_WALLET = (Account.Kind.WALLET, gettext_lazy("Own wallet"))


@dataclass(frozen=True, slots=True)
class Reference:
    """What a movement refers to, in words. Upper floors know; ``settings`` names who tells."""

    text: str
    detail: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A movement with what it is about."""

    movement: Movement
    reference: Reference | None

    @property
    def is_late(self) -> bool:
        """Whether the ledger moved on another day than the thing happened."""
        posted = timezone.localdate(self.movement.posted_at)
        return posted != timezone.localdate(self.movement.occurred_at)


NameReferences = Callable[[Actor, Sequence[Movement]], Mapping[UUID, Reference]]


@require_safe
@portal_page()
def statement(request: PortalRequest) -> HttpResponse:
    """Show a page of movements between an opening and a closing balance."""
    accounts = _accounts_of(request)
    form = _read_form(request, accounts)
    account = _chosen_account(form, accounts)
    period, days = form.period_and_days(today=timezone.localdate())
    context = {"form": form, "days": days, "account": account, "period": period}
    if account is not None:
        page = _read(account, days, request, after=_after(form), page_size=PAGE_SIZE)
        context |= {
            "statement": page,
            "went_out": -page.debited,
            "lines": _lines(request.actor, page.movements),
            "next_url": _address(request, after=page.next_after) if page.next_after else "",
            "first_url": _address(request, after=None) if _after(form) else "",
            "query": request.GET.urlencode(),
        }
    status = 200 if form.is_valid() else 422
    return render(request, "ledger/statement.html", context, status=status)


@require_safe
@portal_page()
def statement_csv(request: PortalRequest) -> HttpResponse:
    """Give all movements of the period as a file that a spreadsheet opens safely."""
    accounts = _accounts_of(request)
    form = _read_form(request, accounts)
    if not form.is_valid():
        # A file of other days than those asked for would not say so; the page does.
        return redirect(f"{reverse('ledger:statement')}?{request.GET.urlencode()}")
    account = _chosen_account(form, accounts)
    _period, days = form.period_and_days(today=timezone.localdate())
    number = slugify(request.member.partner.erp_number) or "company"
    name = f"statement-{number}-{days.first:%Y%m%d}-{days.last:%Y%m%d}.csv"
    response = HttpResponse(
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
    # Without the mark, Excel reads UTF-8 as the machine's own code page.
    response.write("\ufeff")
    writer = csv.writer(response)
    head = [_("Posted"), _("Happened"), _("Kind"), _("Movement"), _("Amount"), _("Balance")]
    writer.writerow([export_cell(str(each)) for each in head])
    if account is not None:
        page = _read(account, days, request, after=None, page_size=None)
        writer.writerows(_rows(request, page))
    return response


def _accounts_of(request: PortalRequest) -> dict[str, Account]:
    """Return the accounts this member may read, by kind: a buyer only their own wallet."""
    found = Account.objects.for_actor(request.actor).filter(unit_id=request.frame.unit_id)
    own = {each.kind: each for each in found if each.member_id == request.member.pk}
    if request.member.role == Member.Role.BUYER:
        return own
    company = {each.kind: each for each in found if each.member_id is None}
    order = [kind for kind, _label in COMPANY_ACCOUNTS if kind in company]
    return {kind: company[kind] for kind in order} | own


def _read_form(request: HttpRequest, accounts: Mapping[str, Account]) -> StatementForm:
    labels = [pair for pair in (*COMPANY_ACCOUNTS, OWN_WALLET) if pair[0] in accounts]
    return StatementForm(request.GET, accounts=labels)


def _chosen_account(form: StatementForm, accounts: Mapping[str, Account]) -> Account | None:
    wanted = form.cleaned_data.get("account") if form.is_valid() else ""
    return accounts.get(wanted or "") or next(iter(accounts.values()), None)


def _after(form: StatementForm) -> int | None:
    return form.cleaned_data.get("after") if form.is_valid() else None


def _read(
    account: Account,
    days: Days,
    request: PortalRequest,
    *,
    after: int | None,
    page_size: int | None,
) -> Statement:
    from_at, until_at = days.bounds(request.frame.zone)
    return read_statement(
        account=account, from_at=from_at, until_at=until_at, after=after, page_size=page_size
    )


def _lines(actor: Actor, movements: Sequence[Movement]) -> list[Line]:
    name_references: NameReferences = import_string(settings.STATEMENT_REFERENCES)
    names = name_references(actor, movements)
    return [Line(each, names.get(each.transfer_id)) for each in movements]


def _rows(request: PortalRequest, page: Statement) -> Iterable[list[str]]:
    unit, zone = request.frame.unit, request.frame.zone
    for line in _lines(request.actor, page.movements):
        movement = line.movement
        yield [
            export_cell(cell)
            for cell in (
                movement.posted_at.astimezone(zone).isoformat(timespec="seconds"),
                movement.occurred_at.astimezone(zone).isoformat(timespec="seconds"),
                str(movement.label),
                line.reference.text if line.reference else "",
                unit.amount(movement.amount),
                unit.amount(movement.balance),
            )
        ]


def _address(request: HttpRequest, *, after: int | None) -> str:
    query = request.GET.copy()
    query.pop("after", None)
    if after is not None:
        query["after"] = str(after)
    return f"?{query.urlencode()}"
