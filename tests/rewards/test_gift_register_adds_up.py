"""The gift register adds up: by person and year it is what awards say, and what wallets hold."""

import random
from collections import Counter

import pytest
from django.db import transaction

from ledger.models import Account
from partners.models.scope import Actor
from rewards.gift_register import GiftKind, Question, read_register
from rewards.leaving import deactivate
from rewards.models import Award, Programme
from rewards.programmes.calendar import local_date
from tests.rewards.merging.world import join_up
from tests.rewards.test_own_parts import works_for
from tests.worked_examples.customer import enrol, rule
from tests.worked_examples.test_cordiant import acting, let_earn

pytestmark = pytest.mark.django_db

WORLDS = 2
WORLDS_LONG = 40
FACTS = 30
STAFF = Actor(partner_ids=None)
YEARS = (2026, 2027)
# The programme is in London: the last and the first minutes of a year are those of London.
DAYS = ("2026-03-10", "2026-07-20", "2026-12-31 23:59", "2027-01-01 00:00", "2027-02-10")

SETTINGS = {
    "unit_value": "0.01",
    "personal_earning": {"allowed": True, "yearly_cap": "3.00", "terms": {"en": "Yes."}},
}
RULES = [
    rule("order", {"kind": "per_money", "units": 1, "per": "1.00"}, code="own", to="member"),
    rule("training", {"kind": "fixed", "units": 15}, code="learning", to="member"),
]


def earned_by_awards(programme: Programme) -> Counter:
    """What awards say went to wallets, by person and year of the fact's local day."""
    found: Counter = Counter()
    rows = Award.objects.filter(version__programme=programme, personal__gt=0)
    for person_id, at, personal in rows.values_list(
        "activity__member__person", "activity__occurred_at", "personal"
    ):
        found[person_id, local_date(at, programme.time_zone).year] += personal
    return found


def read(programme: Programme) -> tuple[Counter, Counter]:
    """What the register says was earned, by person and year; and what they were given in all."""
    earned: Counter = Counter()
    in_all: Counter = Counter()
    for year in YEARS:
        question = Question.of_year(year, programme=programme, actor=STAFF)
        for row in read_register(question):
            if row.kind is GiftKind.EARNED:
                earned[row.member.person_id, year] += row.units
            in_all[row.member.person_id] += row.units if row.counts else -row.units
    return earned, +in_all


def wallets(programme: Programme) -> Counter:
    rows = Account.objects.filter(unit=programme.main_unit, kind=Account.Kind.WALLET)
    held: Counter = Counter()
    for person_id, balance in rows.values_list("member__person", "balance"):
        held[person_id] += balance
    return +held


def test_by_person_and_year_it_is_what_awards_gave_and_what_wallets_hold(request):
    is_long = request.config.getoption("long")
    for seed in range(WORLDS_LONG if is_long else WORLDS):
        chance = random.Random(seed)
        with transaction.atomic():
            shop = enrol("starter", settings=SETTINGS, rules=RULES)
            bob, dora = shop.hires("Bob"), shop.hires("Dora")
            olga = let_earn(shop, bob, on="2026-02-01")
            other, twice = works_for(shop, "99999", bob)
            team = [(shop, bob), (shop, dora), (other, twice)]
            for number in range(FACTS):
                where, who = chance.choice(team)
                told = {"on": chance.choice(DAYS), "told": "2027-03-01", "by": who}
                if chance.random() < 0.3:
                    where.reports("training", f"T{number}", course="Safe lifting", **told)
                    continue
                where.orders(f"A{number}", str(chance.randint(1, 90)), **told)
                if chance.random() < 0.3:
                    # What comes back is taken from the pool, or owed: a wallet is never touched.
                    back = {"on": "2027-02-20", "told": "2027-03-01", "of": f"A{number}"}
                    where.returns(f"R{number}", "1.00", **back)
            by_awards = earned_by_awards(shop.programme)
            assert read(shop.programme) == (by_awards, wallets(shop.programme))
            assert {year for _person, year in by_awards} == set(YEARS)
            assert {person for person, _year in by_awards} == {bob.person_id}
            assert max(by_awards.values()) == 300

            # What moves when companies become one is no gift; who leaves gives it back.
            join_up(shop.partner, other.partner, at=shop.moment("2027-03-02"))
            assert read(shop.programme) == (by_awards, wallets(shop.programme))
            deactivate(member=bob, by=acting(olga), at=shop.moment("2027-03-03"))

            assert read(shop.programme) == (by_awards, Counter())
            assert wallets(shop.programme) == Counter()
            transaction.set_rollback(True)
