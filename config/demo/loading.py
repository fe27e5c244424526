"""Fill an empty database with the demo, go on where a killed start stopped, and read its figures."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings
from django.db.models import QuerySet, Sum

from config.demo.cast import (
    MANAGER_EMAIL,
    NEIGHBOURS,
    PASSWORD,
    SIGN_INS,
    TEAM,
    Company,
    ask_to_join,
    assemble,
    companies_for,
    employ_staff,
    found,
)
from config.demo.feeds import cut_feeds
from config.demo.programme import PRESET, PURCHASE_RULE, found_programme, pick_for_campaign
from config.demo.reporting import report_all
from config.demo.story import Cast, Story, stock_catalogue
from config.nightly import closed_day, run_night
from config.roles import load_roles
from ledger.models import Account
from partners.importing.mapping import load_mapping
from partners.models import Activity, ImportRow, ImportRun, Member, Partner, Person
from rewards.loading import Progress, load_file
from rewards.models import Award, Programme
from rewards.programmes.calendar import local_date, local_midnight

DATA = Path(settings.BASE_DIR) / "data"
ORDERS_FILE = DATA / "online_retail_2010-12_2011-12.csv.gz"
MAPPING_FILE = DATA / "online_retail.toml"
SOURCE = "online-retail"
FIRST_REAL_DAY = date(2010, 12, 1)


@dataclass(frozen=True, slots=True)
class DemoFigures:
    """What the demo holds, read from the database. Units are minor units of the main unit."""

    partners: int
    orders: int
    returns: int
    rows: int
    rows_parked: int
    units_awarded: int
    units_awarded_by_campaign: int
    units_awarded_for_the_rest: int
    units_outstanding: int
    shifted_weeks: int
    sign_ins: list[dict[str, str]]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def is_loaded() -> bool:
    """Tell whether a demo stands in this database, from its first row to its last."""
    finished = ImportRun.objects.filter(
        source=SOURCE, file_name=ORDERS_FILE.name, status=ImportRun.Status.FINISHED
    )
    return finished.exists() and Person.objects.filter(email=MANAGER_EMAIL).exists()


def load_demo(
    *,
    clock: Callable[[], datetime],
    partners_max: int | None = None,
    progress: Progress | None = None,
    tell: Callable[[str], None] = lambda _text: None,
) -> None:
    """
    Load what is missing of the demo: first the story's companies month by month, then everybody.

    The shift is stored at the first load and kept. A start that was killed is simply repeated:
    facts are known, acts have happened.
    """
    now = clock()
    load_roles()
    manager = employ_staff()
    programme = Programme.objects.filter(code=PRESET).first() or found_programme(
        manager=manager, now=now
    )
    tell("A team orders, shares and redeems, month by month")
    _tell_story(programme, manager=manager, partners_max=partners_max, now=now)
    _load(ORDERS_FILE, programme, as_of=now, partners_max=partners_max, progress=progress)
    close_yesterday(clock=clock, tell=tell)


def _tell_story(
    programme: Programme, *, manager: Person, partners_max: int | None, now: datetime
) -> None:
    shift = timedelta(days=programme.shifted_days)
    opened_at = local_midnight(FIRST_REAL_DAY + shift, programme.time_zone)
    stock_catalogue(programme, offered_from=opened_at)
    companies = companies_for(partners_max)
    hero, neighbour = companies[0], companies[min(1, len(companies) - 1)]
    partners = [found(company, joined_at=opened_at) for company in companies]
    pick_for_campaign(partners, programme=programme)
    head_buyer, *team = assemble(partners[0], TEAM, joined_at=opened_at)
    cast = Cast(
        head_buyer=head_buyer,
        buyers=tuple(member for member in team if member.may_spend),
        neighbour=_neighbour(partners[1], opened_at) if len(partners) > 1 else head_buyer,
        manager=manager,
        address=_address(hero),
        neighbour_address=_address(neighbour),
    )
    story = Story(programme=programme, cast=cast)
    numbers = {company.number for company in companies}
    with TemporaryDirectory() as folder:
        for feed in cut_feeds(ORDERS_FILE, partner_numbers=numbers, folder=Path(folder)):
            as_of = min(local_midnight(feed.until + shift, programme.time_zone), now)
            story.play_until(feed.first_day + timedelta(days=1))
            _load(feed.path, programme, as_of=as_of)
            report_all(partners, buyers=cast.buyers, programme=programme, as_of=as_of)
    story.play_until(local_date(now - shift, programme.time_zone))
    ask_to_join(head_buyer, at=now)


def _neighbour(partner: Partner, opened_at: datetime) -> Member:
    charlie, *_books = assemble(partner, NEIGHBOURS, joined_at=opened_at)
    return charlie


def _address(company: Company) -> dict[str, str]:
    return {
        "recipient": company.name,
        "street": "Market Square 14",
        "postcode": "28014",
        "city": company.city,
        "country": company.country,
    }


def _load(
    path: Path,
    programme: Programme,
    *,
    as_of: datetime,
    partners_max: int | None = None,
    progress: Progress | None = None,
) -> None:
    load_file(
        path=path,
        kind=Activity.Kind.ORDER,
        source=SOURCE,
        mapping=load_mapping(MAPPING_FILE),
        as_of=as_of,
        shift_days=programme.shifted_days,
        post_when_occurred=True,
        partners_max=partners_max,
        progress=progress,
    )


def close_yesterday(
    *, clock: Callable[[], datetime], tell: Callable[[str], None] = lambda _text: None
) -> None:
    """Run the night for every live programme whose last local day is not closed yet."""
    for programme in Programme.objects.live().select_related("main_unit"):
        tell(f"Closing {closed_day(programme, clock()):%d %B %Y}")
        run_night(programme=programme, day=closed_day(programme, clock()), clock=clock)


def read_figures() -> DemoFigures:
    programme = Programme.objects.get(code=PRESET)
    awards = Award.objects.order_by()
    purchases = awards.filter(rule_code=PURCHASE_RULE)
    campaigns = awards.exclude(campaign_code="")
    rest = awards.filter(campaign_code="").exclude(rule_code=PURCHASE_RULE)
    runs = ImportRun.objects.filter(source=SOURCE, status=ImportRun.Status.FINISHED)
    run = runs.order_by("-pk").first()
    held = Account.objects.filter(kind__in=Account.KINDS_WITH_LOTS)
    return DemoFigures(
        partners=Partner.objects.count(),
        orders=Activity.objects.orders().count(),
        returns=Activity.objects.returns().count(),
        rows=run.report["rows"] if run else 0,
        rows_parked=ImportRow.objects.filter(outcome=ImportRow.Outcome.PARKED).count(),
        units_awarded=_sum(purchases, "amount"),
        units_awarded_by_campaign=_sum(campaigns, "amount"),
        units_awarded_for_the_rest=_sum(rest, "amount"),
        units_outstanding=_sum(held, "balance"),
        shifted_weeks=programme.shifted_days // 7,
        sign_ins=[
            {"role": str(role), "name": name, "email": email, "password": PASSWORD}
            for role, name, email in SIGN_INS
        ],
    )


def _sum(rows: QuerySet[Any], name: str) -> int:
    return rows.aggregate(total=Sum(name))["total"] or 0


class Stopwatch:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self._started = time.monotonic()

    @property
    def seconds(self) -> float:
        return round(time.monotonic() - self._started, 1)
