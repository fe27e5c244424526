"""What a preview promises is what the same report earns a moment later."""

import dataclasses
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from ledger.models import Transfer
from partners.models import Activity, Actor, Member
from partners.rates import RateRow, read_rate, store_rates
from partners.reports import ActivityReport, LineReport
from rewards import consenting, crediting
from rewards.models import CampaignBudget, Programme
from rewards.supposing import NoRateThen, Promised, suppose, suppose_report
from tests.rewards.cast import NOON, Shop, open_shop

pytestmark = [pytest.mark.django_db, pytest.mark.once("PostgreSQL")]

PERSONAL = {
    "allowed": True,
    "yearly_cap": "0.09",
    "terms": {"en": "Points for trainings belong to whoever took them."},
    "terms_version": 1,
}


def rule(code: str, trigger: str = "order", units: int = 5, **more: Any) -> dict[str, Any]:
    effect = {"kind": "fixed", "units": units}
    return {"code": code, "names": {"en": code}, "trigger": trigger, "effect": effect, **more}


@pytest.fixture
def shop() -> Shop:
    """Points of a budget of 8, and points for persons up to 9 a year."""
    shop = open_shop(personal_earning=PERSONAL)
    spring = {
        "code": "spring",
        "names": {"en": "Spring"},
        "starts_on": "2026-03-01",
        "ends_on": "2026-04-01",
        "budget": {"units": 8},
        "rules": [rule("extra"), rule("own-extra", "training", units=2, to="member")],
    }
    rules = [
        rule("base", effect={"kind": "per_money", "units": 1, "per": "1.00"}),
        rule("own", "training", to="member"),
    ]
    versions = shop.programme.versions
    definition = versions.get().definition | {"rules": rules, "campaigns": [spring]}
    versions.update(definition=definition)
    store_rates(
        [RateRow("EUR", "GBP", NOON.date(), read_rate("0.85"))], source="bank", by=None, at=NOON
    )
    return shop


def agree(shop: Shop, member: Member) -> None:
    alice = Actor(
        partner_ids=frozenset([shop.partner.pk]), member=shop.alice, person=shop.alice.person
    )
    consenting.name_approver(partner=shop.partner, member=shop.alice, by=alice, at=NOON)
    consenting.agree(
        programme=shop.programme, member=member, by=alice, terms_version=1, language="en", at=NOON
    )


def order(shop: Shop, number: str, euros: int = 0, pounds: int = 0, **more: Any) -> ActivityReport:
    return ActivityReport(
        kind="order",
        partner_id=shop.partner.pk,
        source="erp",
        external_id=number,
        occurred_at=NOON + timedelta(minutes=int(number)),
        currency="EUR" if euros else "GBP",
        lines=[LineReport("mug", 10_000, (euros or pounds) * 10_000)],
        **more,
    )


def training(shop: Shop, number: str, member: Member) -> ActivityReport:
    plain = order(shop, number, pounds=1)
    attributes = {"course": "Safe lifting"}
    return dataclasses.replace(
        plain, kind="training", lines=[], currency="", member_id=member.pk, attributes=attributes
    )


def figures(promised: Promised) -> tuple[int, int, int, Any]:
    return promised.amount, promised.withheld, promised.personal, promised.explanation["steps"]


def check(shop: Shop, report: ActivityReport, as_of: Any) -> dict[str, tuple[int, int, int]]:
    """Compare what is promised with what is earned; nothing was written for the first."""
    before = Transfer.objects.count(), Activity.objects.count(), list(budgets())
    supposed = suppose(
        partner=shop.partner,
        programme=shop.programme,
        supposed=suppose_report(report),
        as_of=as_of,
    )
    assert supposed is not None
    assert before == (Transfer.objects.count(), Activity.objects.count(), list(budgets()))
    with transaction.atomic():
        taken = crediting.take_in([report], as_of=as_of)

    earned = {
        award.rule_code: (
            award.amount,
            award.withheld,
            award.personal,
            award.explanation["steps"],
        )
        for award in taken.awards
    }
    promised = {one.rule_code: figures(one) for one in supposed.promised}
    assert promised == earned
    return {code: each[:3] for code, each in promised.items()}


def budgets() -> Any:
    return CampaignBudget.objects.values_list("campaign_code", "given")


def test_a_preview_promises_what_is_earned_a_moment_later(shop):
    agree(shop, shop.bob)
    later = NOON + timedelta(hours=1)
    told = {"delivery": "10", "tax": "3"}

    plain = check(shop, order(shop, "1", pounds=20), later)
    foreign = check(shop, order(shop, "2", euros=100, attributes=told), later)
    used_up = check(shop, order(shop, "3", pounds=7), later)
    own = check(shop, training(shop, "4", shop.bob), later)
    capped = check(shop, training(shop, "5", shop.bob), later)
    not_agreed = check(shop, training(shop, "6", shop.vera), later)

    assert plain == {"base": (20, 0, 0), "extra": (5, 0, 0)}
    assert foreign == {"base": (85, 0, 0), "extra": (3, 2, 0)}
    assert used_up == {"base": (7, 0, 0), "extra": (0, 5, 0)}
    # What the budget has not given goes to nobody.
    assert own == {"own": (5, 0, 5), "own-extra": (0, 2, 0)}
    assert capped["own"] == (5, 0, 2)
    assert not_agreed["own"] == (5, 0, 0)


def test_a_currency_without_a_rate_is_told_with_the_day_it_lacks(shop):
    report = order(shop, "1", pounds=20)
    yen = suppose_report(dataclasses.replace(report, currency="JPY"))

    with pytest.raises(NoRateThen, match="no rate of JPY into GBP for 2 March 2026") as refused:
        suppose(partner=shop.partner, programme=shop.programme, supposed=yen, as_of=NOON)

    assert (refused.value.code, refused.value.wanted.day) == ("no_rate", NOON.date())
    assert Programme.objects.count() == 1
