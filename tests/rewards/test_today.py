"""How a partner stands today is read off what is on file, and is what judging everything says."""

import random
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from partners.intake import ActivityReport, LineReport
from rewards import crediting
from rewards.earning.capping import cap_key
from rewards.hearing import hear
from rewards.models import ProgrammeVersion, Segment, SegmentPlace
from rewards.offering import Today, read_today
from tests.rewards.cast import NOON, Shop, open_shop

pytestmark = pytest.mark.once("SQLite")

NOW = NOON + timedelta(hours=1)
PERIODS = ("day", "week", "month", "quarter", "year", "lifetime")


def caps(**limit: Any) -> list[dict[str, Any]]:
    return [{"per": "partner", "period": period, **limit} for period in PERIODS]


def rule(code: str, effect: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"code": code, "names": {"en": code}, "trigger": "order", "effect": effect, **more}


RULES = [
    rule("money", {"kind": "per_money", "units": 1, "per": "1.00"}, caps=caps(units=900)),
    rule("often", {"kind": "fixed", "units": 5}, caps=caps(times=6)),
    rule("pieces", {"kind": "per_quantity", "units": 3, "per": "2"}, caps=caps(quantity="700")),
]
CAMPAIGN = {
    "code": "spring",
    "names": {"en": "Spring"},
    "starts_on": "2026-01-01",
    "ends_on": "2026-04-01",
    "audience": {
        "all": [
            {"kind": "tier", "at_least": "silver"},
            {"not": {"kind": "segment", "in": ["closed"]}},
            {"kind": "country", "in": ["France", "Spain"]},
            {"kind": "supplier_share", "at_least_percent": 10},
        ]
    },
    "budget": {"units": 700},
    "caps": [*caps(units=400), *caps(times=5)],
    "rules": [rule("more", {"kind": "percent", "percent": "30.00"})],
}


@pytest.fixture
def club(db: None) -> Shop:
    """Two versions: the second limits what the first did not."""
    shop = open_shop()
    first = shop.programme.versions.get()
    free = [{key: value for key, value in RULES[1].items() if key != "caps"}, RULES[0]]
    first.definition = {**first.definition, "rules": free}
    first.save()
    ProgrammeVersion.objects.create(
        programme=shop.programme,
        number=2,
        definition={**first.definition, "rules": RULES, "campaigns": [CAMPAIGN]},
        valid_from=NOON - timedelta(days=45),
        published_at=NOON - timedelta(days=50),
    )
    closed = Segment.objects.create(code="closed", name="Closed")
    SegmentPlace.objects.create(segment=closed, partner=shop.partner, since=date(2026, 2, 20))
    return shop


def make_history(club: Shop, chance: random.Random, count: int) -> list[ActivityReport]:
    reports = []
    for number in range(count):
        pounds, pieces = chance.randrange(20, 400), chance.randrange(1, 60)
        report = ActivityReport(
            kind=chance.choice(["order", "order", "order", "return", "survey"]),
            partner_id=club.partner.pk,
            source="erp",
            external_id=str(number),
            occurred_at=NOON - timedelta(hours=chance.choice([1, 5, 30, 200, 900, 1_800])),
            currency="GBP",
            country=chance.choice(["", "France", "Spain"]),
            lines=[LineReport("mug", pieces * 10_000, pounds * 10_000)],
        )
        if report.kind == "survey":
            share = {"survey": "s", "supplier_share": chance.randrange(100)}
            report = ActivityReport(
                kind="survey",
                partner_id=club.partner.pk,
                source="erp",
                external_id=str(number),
                occurred_at=report.occurred_at,
                currency="",
                attributes=share,
            )
        reports.append(report)
    return reports


def tell(reports: list[ActivityReport]) -> None:
    with transaction.atomic():
        crediting.take_in(reports, as_of=NOON)


def look(club: Shop) -> Today:
    return read_today(club.partner.pk, programme=club.programme, as_of=NOW)


@pytest.mark.parametrize("seed", range(3))
def test_it_is_what_judging_the_whole_history_says(club, seed):
    reports = make_history(club, random.Random(seed), 45)
    for place in range(0, len(reports), 9):
        tell(reports[place : place + 9])

    today = look(club)

    hearing = hear(
        [club.partner.pk], programme=club.programme, as_of=NOW, suppose=lambda _facts: today.nothing
    )
    judgement = hearing.judgements[club.partner.pk]
    [judged] = judgement.judged
    asked = ("tier", "segments", "country", "supplier_share_percent")
    assert {name: getattr(today.situation, name) for name in asked} == {
        name: getattr(judged.situation, name) for name in asked
    }
    limits = {
        (owner, each.code, cap.measure, cap.period): cap_key((owner, each.code), cap, today.nothing)
        for owner, all_of in (
            ("rule", today.definition.all_rules),
            ("campaign", today.definition.campaigns),
        )
        for each in all_of
        for cap in each.caps
    }
    read = {limit: today.usage.read(key) for limit, key in limits.items()}
    assert read == {limit: judgement.usage.read(key) for limit, key in limits.items()}
    assert any(read.values())


def test_it_costs_the_same_queries_however_long_the_history_is(club):
    history = make_history(club, random.Random(7), 60)
    in_order = sorted(history, key=lambda each: (each.occurred_at, each.kind, each.external_id))
    costs = []
    for place in range(0, 60, 30):
        # In order of time, so that nothing is made smaller by what comes later.
        tell(in_order[place : place + 30])
        with CaptureQueriesContext(connection) as queries:
            look(club)
        costs.append(len(queries))

    assert costs[0] == costs[1] <= 24
