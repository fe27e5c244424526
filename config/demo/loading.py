"""Fill an empty database with the demo, go on where a killed start stopped, and read its figures."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Sum

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
from config.demo.story import Cast, Story, stock_catalogue
from config.nightly import closed_day, run_night
from config.roles import load_roles
from ledger.models import Account
from partners.importing.mapping import load_mapping
from partners.models import Activity, ImportRow, ImportRun, Member, Partner, Person
from rewards.loading import Progress, load_file
from rewards.models import Award, Programme, ProgrammeVersion
from rewards.programmes.calendar import local_date, local_midnight
from rewards.programmes.presets import load_preset

DATA = Path(settings.BASE_DIR) / "data"
ORDERS_FILE = DATA / "online_retail_2010-12_2011-12.csv.gz"
MAPPING_FILE = DATA / "online_retail.toml"
SOURCE = "online-retail"
FIRST_REAL_DAY = date(2010, 12, 1)
LAST_REAL_DAY = date(2011, 12, 9)
PRESET = "starter"
PURCHASE_RULE = "points-on-purchases"
CAMPAIGN_DAYS = 33
CAMPAIGN: dict[str, Any] = {
    "code": "season-campaign",
    "names": {
        "en": "Season campaign",
        "uk": "Сезонна кампанія",
        "pl": "Kampania sezonowa",
        "ru": "Сезонная кампания",
    },
    "trigger": "order",
    "effect": {"kind": "per_money", "units": 2, "per": "1.00"},
    "expiry_days": 45,
}


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
    units_outstanding: int
    shifted_weeks: int
    sign_ins: list[dict[str, str]]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def shift_for(today: date) -> int:
    """
    Return by how many days to move the real orders, so that the last is on last week's Friday.

    Whole weeks, so that every day of the week stays what it was.
    """
    monday = today - timedelta(days=today.weekday())
    return (monday - timedelta(days=3) - LAST_REAL_DAY).days


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
    programme = Programme.objects.filter(code=PRESET).first() or _found_programme(now)
    load_roles()
    tell("A team orders, shares and redeems, month by month")
    _tell_story(programme, partners_max=partners_max, now=now)
    _load(ORDERS_FILE, programme, as_of=now, partners_max=partners_max, progress=progress)
    close_yesterday(clock=clock, tell=tell)


def _tell_story(programme: Programme, *, partners_max: int | None, now: datetime) -> None:
    shift = timedelta(days=programme.shifted_days)
    opened_at = local_midnight(FIRST_REAL_DAY + shift, programme.time_zone)
    stock_catalogue(programme, offered_from=opened_at)
    hero, neighbour = companies_for(partners_max)
    companies = (hero, neighbour) if partners_max != 1 else (hero,)
    head_buyer, *team = assemble(found(hero, joined_at=opened_at), TEAM, joined_at=opened_at)
    cast = Cast(
        head_buyer=head_buyer,
        buyers=tuple(member for member in team if member.may_spend),
        neighbour=_neighbour(neighbour, head_buyer, companies, opened_at),
        manager=employ_staff(),
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
    story.play_until(local_date(now - shift, programme.time_zone))
    ask_to_join(head_buyer, at=now)


def _neighbour(
    company: Company, head_buyer: Member, companies: tuple[Company, ...], opened_at: datetime
) -> Member:
    if company not in companies:
        return head_buyer
    charlie, *_books = assemble(
        found(company, joined_at=opened_at), NEIGHBOURS, joined_at=opened_at
    )
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
    awarded = dict(Award.objects.values_list("rule_code").annotate(total=Sum("amount")))
    runs = ImportRun.objects.filter(source=SOURCE, status=ImportRun.Status.FINISHED)
    run = runs.order_by("-pk").first()
    held = Account.objects.filter(kind__in=Account.KINDS_WITH_LOTS)
    return DemoFigures(
        partners=Partner.objects.count(),
        orders=Activity.objects.orders().count(),
        returns=Activity.objects.returns().count(),
        rows=run.report["rows"] if run else 0,
        rows_parked=ImportRow.objects.filter(outcome=ImportRow.Outcome.PARKED).count(),
        units_awarded=awarded.get(PURCHASE_RULE, 0),
        units_awarded_by_campaign=awarded.get(CAMPAIGN["code"], 0),
        units_outstanding=held.aggregate(total=Sum("balance"))["total"] or 0,
        shifted_weeks=programme.shifted_days // 7,
        sign_ins=[
            {"role": str(role), "name": name, "email": email, "password": PASSWORD}
            for role, name, email in SIGN_INS
        ],
    )


@transaction.atomic
def _found_programme(now: datetime) -> Programme:
    programme = load_preset(PRESET, as_of=now)
    programme.shifted_days = shift_for(local_date(now, programme.time_zone))
    programme.save(update_fields=["shifted_days"])
    _publish_campaign(programme, now)
    return programme


def _publish_campaign(programme: Programme, now: datetime) -> None:
    """A second version with a campaign of short validity, so that some points expire soon."""
    after_last_day = LAST_REAL_DAY + timedelta(days=programme.shifted_days + 1)
    starts_on = after_last_day - timedelta(days=CAMPAIGN_DAYS)
    first = programme.versions.published().get()
    window = {"starts_on": starts_on.isoformat(), "ends_on": after_last_day.isoformat()}
    definition = first.definition | {"rules": [*first.definition["rules"], CAMPAIGN | window]}
    ProgrammeVersion.objects.create(
        programme=programme,
        number=2,
        definition=definition,
        valid_from=local_midnight(starts_on, programme.time_zone),
        published_at=now,
    )


class Stopwatch:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self._started = time.monotonic()

    @property
    def seconds(self) -> float:
        return round(time.monotonic() - self._started, 1)
