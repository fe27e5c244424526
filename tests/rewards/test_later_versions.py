"""Whatever is published later, and whatever it looks at: what older versions gave stays as it is."""

import random
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import transaction

from ledger.models import Unit
from partners.models import Partner
from rewards import crediting
from rewards.models import Award, ClawBack, Programme, ProgrammeVersion
from rewards.programmes.definition import parse
from rewards.programmes.publishing import publish
from tests.rewards.cast import make_partner
from tests.rewards.dealings import (
    BY_POUND,
    GIVING_BACK,
    LEARNING,
    PAYING,
    TIERS,
    report,
    rule,
    tell,
)
from tests.worked_examples.customer import enrol
from tests.worked_examples.customer import rule as one_rule

pytestmark = pytest.mark.django_db

WORLDS = 8
WORLDS_LONG = 200
FACTS = 35
VERSIONS = 3
NOW = datetime(2027, 2, 15, 12, tzinfo=UTC)
LATER = datetime(2027, 3, 1, tzinfo=UTC)
COUNTRIES = ("GB", "PL")

FIXED = {"kind": "fixed", "units": 7}
CHOICES: list[dict[str, Any]] = [
    rule("points", "order", BY_POUND),
    rule("polish", "order", FIXED, when={"kind": "country", "in": ["PL"]}),
    rule("main", "order", FIXED, when={"kind": "supplier_share", "at_least_percent": 50}),
    rule("third", "order", FIXED, when={"kind": "order_count", "period": "month", "at_least": 3}),
    rule("goods", "order", BY_POUND, delivery=False),
    rule("pieces", "order", {"kind": "per_quantity", "units": 2, "per": "1"}),
    rule("by-tier", "order", BY_POUND, tier_multiplier=True),
    rule("full", "order", {"kind": "each_full", "units": 9, "per": "40", "period": "month"}),
    rule("wait", "order", BY_POUND, pending={"until": "paid", "lost_after_days": 10}),
    rule("web", "order", FIXED, when={"kind": "channel", "in": ["web"]}),
    rule("bill", "invoice", FIXED, when={"kind": "country", "in": ["GB"]}),
    rule("asked", "survey", FIXED),
    LEARNING,
    PAYING,
    GIVING_BACK,
]


def make_definition(chance: random.Random) -> dict[str, Any]:
    definition = {
        "settings": {
            "unit_names": {"en": {"one": "point", "other": "points"}},
            "unit_value": "1",
            "claw_back_policy": "allow_debt",
            "claw_back_basis": chance.choice(["by_line", "by_value"]),
            "points_payment_earns": chance.random() < 0.5,
        },
        "rules": chance.sample(CHOICES, chance.randint(1, 5)),
        "tiers": TIERS,
    }
    parse(definition)
    return definition


def open_programme(chance: random.Random) -> Programme:
    unit = Unit.objects.create(code="later", kind=Unit.Kind.POINTS)
    programme = Programme.objects.create(
        code="later",
        name="Later",
        seller_name="Hearth & Ribbon",
        currency="GBP",
        time_zone="Europe/London",
        status=Programme.Status.LIVE,
        main_unit=unit,
    )
    ProgrammeVersion.objects.create(
        programme=programme,
        number=1,
        definition=make_definition(chance),
        published_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    return programme


def tell_more(chance: random.Random) -> list[dict[str, Any]]:
    """Dealings that also say of a country, how they were paid, and what share of the need it is."""
    facts = tell(chance, FACTS)
    for fact in facts:
        if chance.random() < 0.4:
            fact["country"] = chance.choice(COUNTRIES)
        if fact["kind"] == "order" and chance.random() < 0.5:
            fact["attributes"] = {"paid_with_points": "1.50", "delivery": "0.70", "channel": "web"}
        if fact["kind"] == "training" and chance.random() < 0.5:
            share = str(chance.choice([20, 70]))
            fact |= {"kind": "survey", "attributes": {"supplier_share": share}}
    return facts


def given(partner: Partner) -> dict[str, Any]:
    awards = Award.objects.filter(partner=partner)
    return {
        "awards": sorted(
            awards.values_list(
                "activity__external_id", "version__number", "rule_code", "amount", "revision"
            )
        ),
        "steps": {award.pk: award.explanation for award in awards},
        "taken": sorted(
            ClawBack.objects.filter(award__in=awards).values_list(
                "award__activity__external_id", "award__rule_code", "cause__external_id", "due"
            )
        ),
    }


def test_what_a_later_version_looks_at_changes_nothing_of_what_was_earned(request):
    is_long = request.config.getoption("long")
    for seed in range(WORLDS_LONG if is_long else WORLDS):
        chance = random.Random(seed)
        with transaction.atomic():
            programme = open_programme(chance)
            partner = make_partner(programme, "90", tier="")
            reports = [
                report(fact, partner_id=partner.pk, prefix="90") for fact in tell_more(chance)
            ]
            crediting.take_in(reports, as_of=NOW)
            before = given(partner)
            for _time in range(VERSIONS):
                later = ProgrammeVersion.objects.create(
                    programme=programme, definition=make_definition(chance)
                )
                publish(version=later, published_at=NOW, valid_from=LATER)
                crediting.settle_again([partner.pk], as_of=NOW)
                assert given(partner) == before, f"world {seed}"
            transaction.set_rollback(True)


def test_a_training_that_nobody_counts_says_where_its_partner_was():
    """Whether any version counts it or not: an order that states no country is of there."""
    polish = {"kind": "country", "in": ["PL"]}
    shop = enrol("starter", rules=[one_rule("order", BY_POUND, code="polish", when=polish)])
    tell_of = {"kind": "training", "source": "erp", "external_id": "T1", "currency": ""}
    occurred_at = shop.moment("2026-03-01")
    training = {**tell_of, "occurred_at": occurred_at, "refers_to": None, "country": "PL"}
    training |= {"attributes": {"course": "Safe lifting"}}
    told = report(training, partner_id=shop.partner.pk, prefix="12346")
    with transaction.atomic():
        crediting.take_in([told], as_of=occurred_at)

    shop.orders("A1", "100.00", on="2026-03-02")

    assert shop.earned("A1") == {"polish": "100"}
