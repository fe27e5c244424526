"""The statement of an account: on the screen, on paper, as a file. And what expires when."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ledger.documents.files import FORMATS, write_file
from ledger.documents.paper import (
    ACCOUNT_NAMES,
    KINDS_THAT_EXPIRE,
    Paper,
    TooManyMovements,
    find_covering_seal,
)
from ledger.expiry_schedule import read_expiry_schedule, read_waiting
from ledger.figures import read_figures
from ledger.forms import Days, StatementForm
from ledger.models import Account, Hold
from ledger.referring import name_holds, refer
from ledger.statements import Statement, read_statement
from partners.access import PortalRequest, portal_page
from partners.models import Member
from partners.wording import format_number

PAGE_SIZE = 50
COMPANY_KINDS = (Account.Kind.POOL, Account.Kind.PENDING, Account.Kind.DEBT)


# --------------------------------------------------------------------- the pages


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
        page = _read_page(request, account, days, form)
        context |= {
            "statement": page,
            "went_out": -page.debited,
            "lines": refer(request.actor, page.movements, request.frame.zone),
            "next_url": _address(request, after=page.next_after),
            "previous_url": _address(request, before=page.previous_before),
            "files": _files(request) if form.is_valid() else [],
        }
    status = 200 if form.is_valid() else 422
    return render(request, "ledger/statement.html", context, status=status)


@require_safe
@portal_page()
def expiry(request: PortalRequest) -> HttpResponse:
    """Show all of a balance by the day on which it expires, what is reserved and what is pending."""
    accounts = _accounts_of(request)
    choices = [kind for kind in KINDS_THAT_EXPIRE if kind in accounts]
    wanted = request.GET.get("account", "")
    kind = wanted if wanted in choices else next(iter(choices), None)
    context: dict[str, Any] = {"account": accounts[kind] if kind else None}
    if kind is not None:
        now, zone = timezone.now(), request.frame.zone
        holds = list(Hold.objects.filter(account=accounts[kind]).open().order_by("placed_at", "pk"))
        names = name_holds(request.actor, holds)
        pending = accounts.get(Account.Kind.PENDING) if kind == Account.Kind.POOL else None
        waiting = read_waiting(account=pending, zone=zone) if pending else []
        context |= {
            "schedule": read_expiry_schedule(account=accounts[kind], zone=zone, as_of=now),
            "others": [(each, ACCOUNT_NAMES[each]) for each in choices if each != kind],
            "holds": [(hold, names.get(hold.public_id)) for hold in holds],
            "waiting": waiting,
            "waiting_total": sum(each.amount for each in waiting),
            "debt": accounts.get(Account.Kind.DEBT) if kind == Account.Kind.POOL else None,
        }
    return render(request, "ledger/expiry.html", context)


# --------------------------------------------------------------------- the files


@require_safe
@portal_page()
def statement_file(request: PortalRequest, kind: str) -> HttpResponseBase:
    """Give all movements of the period as a file to keep."""
    accounts = _accounts_of(request)
    form = _read_form(request, accounts)
    account = _chosen_account(form, accounts)
    page = f"{reverse('ledger:statement')}?{request.GET.urlencode()}"
    if account is None or not form.is_valid():
        # A file of other days than those asked for would not say so; the page does.
        return redirect(page)
    period, days = form.period_and_days(today=timezone.localdate())
    paper = _take_paper(request, account, days, from_beginning=period == "all")
    try:
        file = write_file(paper, kind)
    except TooManyMovements as error:
        messages.error(request, _say_too_many(error))
        return redirect(page)
    return FileResponse(
        file,
        as_attachment=True,
        filename=f"{_file_name(request.member, account, days)}.{kind}",
        content_type=FORMATS[kind].content_type,
    )


def _take_paper(
    request: PortalRequest, account: Account, days: Days, *, from_beginning: bool
) -> Paper:
    frame, member, now = request.frame, request.member, timezone.now()
    from_at, until_at = days.bounds(frame.zone)
    figures = read_figures(account=account, from_at=from_at, until_at=until_at)
    expires = account.kind in KINDS_THAT_EXPIRE
    return Paper(
        seller=frame.seller,
        partner=member.partner.legal_name,
        number=member.partner.erp_number,
        holder=request.user.name if account.member_id else "",
        unit=frame.unit,
        language=get_language() or "",
        zone=frame.zone,
        first=None if from_beginning else days.first,
        last=days.last,
        issued_at=now,
        figures=figures,
        schedule=read_expiry_schedule(account=account, zone=frame.zone, as_of=now)
        if expires
        else None,
        seal=find_covering_seal(figures),
        actor=request.actor,
    )


def _file_name(member: Member, account: Account, days: Days) -> str:
    number = slugify(member.partner.erp_number) or "company"
    which = "" if account.kind == Account.Kind.POOL else f"{account.kind}-"
    return f"statement-{number}-{which}{days.first:%Y%m%d}-{days.last:%Y%m%d}"


def _say_too_many(error: TooManyMovements) -> str:
    language = get_language() or ""
    return _(
        "These days have %(movements)s movements; a file of this kind holds %(most)s. "
        "Choose a shorter period, or take the CSV."
    ) % {
        "movements": format_number(error.movements, language),
        "most": format_number(error.movements_max, language),
    }


# ------------------------------------------------------------------ what is asked


def _accounts_of(request: PortalRequest) -> dict[str, Account]:
    """Return the accounts this member may read, by kind: a buyer only their own wallet."""
    found = Account.objects.for_actor(request.actor).filter(unit_id=request.frame.unit_id)
    found = found.select_related("unit", "partner", "member")
    own = {each.kind: each for each in found if each.member_id == request.member.pk}
    if request.member.role == Member.Role.BUYER:
        return own
    company = {each.kind: each for each in found if each.member_id is None}
    debt = company.get(Account.Kind.DEBT)
    if debt is not None and debt.last_posted_at is None:
        # Opened in case a return would need it. Nobody is told of a debt that never was.
        del company[Account.Kind.DEBT]
    return {kind: company[kind] for kind in COMPANY_KINDS if kind in company} | own


def _read_form(request: HttpRequest, accounts: Mapping[str, Account]) -> StatementForm:
    return StatementForm(request.GET, accounts=[(kind, ACCOUNT_NAMES[kind]) for kind in accounts])


def _chosen_account(form: StatementForm, accounts: Mapping[str, Account]) -> Account | None:
    wanted = form.cleaned_data.get("account") if form.is_valid() else ""
    return accounts.get(wanted or "") or next(iter(accounts.values()), None)


def _read_page(
    request: PortalRequest, account: Account, days: Days, form: StatementForm
) -> Statement:
    from_at, until_at = days.bounds(request.frame.zone)
    asked = form.cleaned_data if form.is_valid() else {}
    return read_statement(
        account=account,
        from_at=from_at,
        until_at=until_at,
        after=asked.get("after"),
        before=None if asked.get("after") is not None else asked.get("before"),
        page_size=PAGE_SIZE,
    )


def _address(request: HttpRequest, **place: int | None) -> str:
    """Return the address of another page of the same statement, or nothing without a place."""
    if None in place.values():
        return ""
    query = request.GET.copy()
    for name in ("after", "before"):
        query.pop(name, None)
    query.update({name: str(position) for name, position in place.items()})
    return f"?{query.urlencode()}"


def _files(request: HttpRequest) -> list[tuple[str, str]]:
    """Return the kinds of files of this statement and where they are."""
    query = request.GET.copy()
    for name in ("after", "before"):
        query.pop(name, None)
    names = {"pdf": "PDF", "xlsx": "XLSX", "csv": "CSV", "json": _("Verifiable copy")}
    return [
        (name, f"{reverse(f'ledger:statement-{kind}')}?{query.urlencode()}")
        for kind, name in names.items()
    ]
