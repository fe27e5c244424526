"""Whatever arrives first: orders, returns that name one or none, cancellations, in two currencies."""

import dataclasses
import random
from datetime import UTC, date, datetime

import pytest
from django.db import transaction
from django.db.models import Sum

from ledger.auditing import audit
from partners.models import Activity, Partner, WaitingReference
from partners.rates import RateRow, store_rates
from partners.reports import ActivityReport, LineReport
from rewards import crediting
from rewards.giving_up import give_up
from rewards.models import Award, ClawBack, Standing
from tests.rewards.cast import make_partner
from tests.rewards.club import Club, open_club

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)
FACTS = 40
SEEDS = 3
ORDERS_OF_ARRIVAL = 3


@pytest.fixture
def club() -> Club:
    """Debt is booked, and silver, from fifty pounds on, earns double."""
    club = open_club(
        tiers={
            "silver": {"threshold": "50", "multiplier_percent": 200},
            "gold": {"threshold": "9999"},
        }
    )
    rate = RateRow("EUR", "GBP", date(2026, 3, 1), 80_000_000)
    store_rates([rate], source="bank", by=None, at=NOW)
    rate = RateRow("EUR", "GBP", date(2026, 3, 8), 75_000_000)
    store_rates([rate], source="bank", by=None, at=NOW)
    rate = RateRow("EUR", "GBP", date(2026, 3, 15), 90_000_000)
    store_rates([rate], source="bank", by=None, at=NOW)
    return club


def tell(chance: random.Random) -> list[dict]:
    """A history of one partner, without the partner: some references name what never comes."""
    facts = []
    for number in range(FACTS):
        kind = chance.choices(["order", "return", "cancellation"], [7, 4, 1])[0]
        sku = chance.choice(["mug", "jug", "pin"])
        lines = [
            LineReport(sku, chance.randint(1, 4) * 10_000, chance.randint(1, 60 * 10_000))
            for _line in range(chance.randint(1, 2))
        ]
        names = kind == "cancellation" or (kind == "return" and chance.random() < 0.6)
        facts.append(
            {
                "kind": kind,
                "source": "erp",
                "external_id": str(number),
                "occurred_at": datetime(2026, 3, chance.randint(1, 20), 10, tzinfo=UTC),
                "currency": chance.choice(["GBP", "GBP", "EUR"]) if kind != "cancellation" else "",
                "lines": lines if kind != "cancellation" else (),
                "refers_to": ("erp", str(chance.randint(0, FACTS + 2))) if names else None,
            }
        )
    return facts


def what_came_of(partner: Partner) -> dict:
    awards = Award.objects.filter(partner=partner)
    claw_backs = ClawBack.objects.filter(award__partner=partner)
    issued = awards.aggregate(total=Sum("amount"))["total"] or 0
    due = claw_backs.aggregate(total=Sum("due"))["total"] or 0
    by_order = {
        award.activity.external_id.split("-")[1]: award.amount
        - sum(row.due for row in claw_backs if row.award_id == award.pk)
        for award in awards.select_related("activity")
    }
    return {
        "issued less clawed back": issued - due,
        "due by order": {number: points for number, points in by_order.items() if points},
        "spend": Standing.objects.get(partner=partner).spend,
        "waiting": WaitingReference.objects.filter(
            activity__partner=partner, found_at=None
        ).count(),
    }


def take_in(partner: Partner, facts: list[dict], *, batches: list[int]) -> None:
    """Each partner has its own numbers: ``12346-7``."""
    prefix = partner.erp_number
    reports = [
        ActivityReport(
            **fact
            | {
                "partner_id": partner.pk,
                "external_id": f"{prefix}-{fact['external_id']}",
                "refers_to": fact["refers_to"] and ("erp", f"{prefix}-{fact['refers_to'][1]}"),
            }
        )
        for fact in facts
    ]
    while reports:
        size = batches.pop() if batches else len(reports)
        with transaction.atomic():
            taken = crediting.take_in(reports[:size], as_of=NOW, decide_tiers=False)
        assert len(taken.results) == len(reports[:size])
        reports = reports[size:]
    with transaction.atomic():
        Partner.objects.lock([partner.pk])
        crediting.settle_again([partner.pk], as_of=NOW)


class TestAnyOrderOfArrival:
    @pytest.mark.parametrize("seed", range(SEEDS))
    def test_gives_the_same_points(self, club, seed):
        chance = random.Random(seed)
        facts = tell(chance)
        outcomes = []
        for place in range(ORDERS_OF_ARRIVAL):
            partner = make_partner(club.programme, f"{seed}{place}", tier="")
            arriving = chance.sample(facts, len(facts)) if place else facts
            take_in(partner, arriving, batches=[chance.randint(1, 6) for _ in range(4 * place)])
            outcomes.append(what_came_of(partner))

        assert outcomes[1:] == outcomes[:-1]
        assert outcomes[0]["issued less clawed back"] > 0
        assert audit(as_of=NOW).ok


class TestAReturnThatWaits:
    def test_takes_back_once_its_order_comes_and_like_any_other_once_given_up(self, club):
        march = [datetime(2026, 3, day, 10, tzinfo=UTC) for day in range(1, 10)]
        club.take_in("A1", 10, at=march[1], told_at=NOW)
        for number, named in (("C1", "A2"), ("C2", "A3")):
            report = club.report(number, 4, at=march[3], kind="return")
            named_report = dataclasses.replace(report, refers_to=("erp", named))
            with transaction.atomic():
                crediting.take_in([named_report], as_of=NOW)
        assert club.balances() == {"pool": 10}

        club.take_in("A2", 20, at=march[2], told_at=NOW)
        assert club.balances() == {"pool": 26}

        waiting = WaitingReference.objects.get(found_at=None)
        with transaction.atomic():
            give_up(waiting, by=None, at=NOW)
        # It goes to the newest order with a mug left: ten of them were bought last, six are kept.
        assert club.balances() == {"pool": 22}
        assert Activity.objects.filter(refers_to=None, kind="return").count() == 1
