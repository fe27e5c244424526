"""A statement as a file for staff: the same papers that the partner gets."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.text import slugify
from django.utils.translation import gettext as _

from ledger.documents.files import FORMATS, write_file
from ledger.documents.paper import Paper, TooManyMovements, find_covering_seal
from ledger.expiry_schedule import read_expiry_schedule
from ledger.figures import read_figures
from ledger.forms import Days
from ledger.models import Account
from partners.access import Frame
from partners.doors.admin import BaseAdmin, actor_of
from partners.doors.showing import language, say_number
from partners.models import Member
from partners.wording import UnitWording

KINDS_THAT_EXPIRE = (Account.Kind.POOL, Account.Kind.WALLET)


def list_files(account: Account, request: HttpRequest) -> list[tuple[str, str]]:
    """Return the kinds of files and their addresses; the programme's side has no paper."""
    if account.is_house:
        return []
    names = {"pdf": "PDF", "xlsx": "XLSX", "csv": "CSV", "json": _("Verifiable copy")}
    return [(name, make_address(request, file=kind)) for kind, name in names.items()]


def make_address(request: HttpRequest, **place: Any) -> str:
    """Return the same statement from another place on, or as a file."""
    query = request.GET.copy()
    for name in ("after", "before", "file"):
        query.pop(name, None)
    query.update({name: str(value) for name, value in place.items()})
    return f"?{query.urlencode()}"


def give_file(
    page: BaseAdmin, request: HttpRequest, account: Account, days: Days, *, from_beginning: bool
) -> FileResponse | None:
    """
    Return all movements of the days as a file, or None where it would be too long.

    :raises Http404: If there is no such file, or the account is the programme's side.
    """
    kind = request.GET["file"]
    if kind not in FORMATS:
        raise Http404
    paper = take_paper(request, account, days, from_beginning=from_beginning)
    try:
        file = write_file(paper, kind)
    except TooManyMovements as error:
        sentence = _("%(movements)s movements; a file of this kind holds %(most)s.") % {
            "movements": say_number(error.movements),
            "most": say_number(error.movements_max),
        }
        page.message_user(request, sentence, messages.ERROR)
        return None
    return FileResponse(
        file,
        as_attachment=True,
        filename=f"{name_file(account, days)}.{kind}",
        content_type=FORMATS[kind].content_type,
    )


def take_paper(
    request: HttpRequest, account: Account, days: Days, *, from_beginning: bool
) -> Paper:
    now, partner = timezone.now(), account.partner
    if partner is None:
        raise Http404
    zone: Any = timezone.get_current_timezone()
    from_at, until_at = days.bounds(zone)
    figures = read_figures(account=account, from_at=from_at, until_at=until_at)
    frame = read_frame(account, now)
    schedule = None
    if account.kind in KINDS_THAT_EXPIRE:
        schedule = read_expiry_schedule(account=account, zone=zone, as_of=now)
    return Paper(
        seller=frame.seller,
        partner=partner.legal_name,
        number=partner.erp_number,
        holder=account.member.person.name if account.member else "",
        unit=frame.unit,
        language=language(),
        zone=zone,
        first=None if from_beginning else days.first,
        last=days.last,
        issued_at=now,
        figures=figures,
        schedule=schedule,
        seal=find_covering_seal(figures),
        actor=actor_of(request),
    )


def read_frame(account: Account, now: datetime) -> Frame:
    """Return the programme's words as the partner reads them; the upper floor knows them."""
    member = account.member or Member.objects.filter(partner=account.partner_id).first()
    if member is not None:
        frame: Frame = import_string(settings.PORTAL_FRAME)(member, now)
        if frame.unit_id == account.unit_id:
            return frame
    return Frame(unit=UnitWording(decimals=account.unit.decimals))


def name_file(account: Account, days: Days) -> str:
    number = slugify(account.partner.erp_number if account.partner else "") or "account"
    which = "" if account.kind == Account.Kind.POOL else f"{account.kind}-"
    return f"statement-{number}-{which}{days.first:%Y%m%d}-{days.last:%Y%m%d}"
