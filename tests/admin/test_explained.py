"""The seller reads why something earned what it did, and what something would earn."""

import dataclasses

import pytest
import time_machine
from django.db import transaction

from ledger.models import Transfer
from partners.models import Activity
from partners.rates import RateRow, read_rate, store_rates
from rewards import crediting
from rewards.models import Award, CampaignBudget, Segment
from tests.rewards.cast import NOON, Shop, open_shop
from tests.rewards.club import Club
from tests.rewards.portal import words

pytestmark = [pytest.mark.django_db, pytest.mark.once("SQLite")]

PREVIEW = "/admin/rewards/award/preview/"
RULES = [
    {
        "code": "base",
        "names": {"en": "Base"},
        "trigger": "order",
        "effect": {"kind": "per_money", "units": 1, "per": "1.00"},
    },
    {
        "code": "vips",
        "names": {"en": "Regulars"},
        "trigger": "order",
        "when": {"kind": "segment", "in": ["vip"]},
        "effect": {"kind": "fixed", "units": 5},
    },
]


@pytest.fixture
def club(db: None) -> Shop:
    Segment.objects.create(code="vip", name="Very important")
    shop = open_shop()
    version = shop.programme.versions.get()
    version.definition = {**version.definition, "rules": RULES}
    version.save()
    return shop


@pytest.fixture
def order(club: Shop) -> Activity:
    report = Club(club.programme, club.partner).report("A-1", 50, at=NOON)
    with transaction.atomic():
        crediting.take_in([report], as_of=NOON)
    return Activity.objects.get()


class TestAnActivity:
    def test_says_what_each_rule_gave_and_why_the_others_did_not(self, client, dana, order):
        said = words(client.get(f"/admin/rewards/award/of-activity/{order.pk}/"))

        assert "Base : 50 points" in said
        assert "“Very important”. The partner was in no segment." in said

    def test_is_led_to_from_the_activity_and_stands_on_the_award(self, client, dana, order):
        activity = client.get(f"/admin/partners/activity/{order.pk}/change/").content.decode()
        award = client.get(f"/admin/rewards/award/{Award.objects.get().pk}/change/")

        assert f"/admin/rewards/award/of-activity/{order.pk}/" in activity
        assert "“Very important”. The partner was in no segment." in words(award)

    def test_in_another_currency_says_how_it_counts_also_where_its_awards_do_not(
        self, client, dana, club
    ):
        rows = [RateRow("USD", "GBP", NOON.date(), read_rate("0.8"))]
        store_rates(rows, source="bank", by=None, at=NOON)
        report = Club(club.programme, club.partner).report("A-1", 50, at=NOON)
        with transaction.atomic():
            crediting.take_in([dataclasses.replace(report, currency="USD")], as_of=NOON)
        page = f"/admin/rewards/award/of-activity/{Activity.objects.get().pk}/"
        told = "$50.00 at the rate 0.8 of 2 March 2026"

        once = words(client.get(page))
        for award in Award.objects.all():
            # As they were written before conversions were told.
            award.explanation["steps"] = award.explanation["steps"][1:]
            award.save()
        of_old = words(client.get(page))

        assert (once.count(told), of_old.count(f"{told}: £40.00")) == (1, 1)

    def test_that_earned_nothing_says_so(self, client, dana, club, order):
        partner = order.partner
        back = Club(club.programme, partner).report("C-1", 50, at=NOON, kind="return")
        with transaction.atomic():
            crediting.take_in([back], as_of=NOON)
        returned = Activity.objects.get(kind="return")

        said = words(client.get(f"/admin/rewards/award/of-activity/{returned.pk}/"))

        assert "Activities of this kind earn nothing." in said


class TestPreview:
    def ask(self, client, club: Shop, **given):
        rows = {"line-TOTAL_FORMS": "5", "line-INITIAL_FORMS": "0"}
        chosen = {"partner": club.partner.pk, "programme": club.programme.pk, "kind": "order"}
        return client.get(PREVIEW, chosen | rows | given)

    def test_shows_what_lines_would_earn_and_writes_nothing(self, client, dana, club):
        lines = {
            f"line-{row}-{name}": value
            for row, sku in enumerate(("mug", "cup"))
            for name, value in (("sku", sku), ("quantity", "1"), ("amount", "20.50"))
        }

        page = self.ask(client, club, **lines)

        assert page.context["told"]["total"] == "41\N{NO-BREAK SPACE}points"
        assert [other.rule for other in page.context["told"]["others"]] == ["Regulars"]
        assert not Activity.objects.exists()
        assert not Transfer.objects.exists()

    def test_takes_an_amount_without_lines(self, client, dana, club):
        assert self.ask(client, club, amount="30").context["told"]["total"].startswith("30")
        assert self.ask(client, club, kind="training").context["told"]["nothing"]

    def test_takes_another_currency_and_says_how_it_counts(self, client, dana, club):
        rows = [RateRow("USD", "GBP", NOON.date(), read_rate("0.8"))]
        store_rates(rows, source="bank", by=None, at=NOON)

        with time_machine.travel(NOON, tick=False):
            page = self.ask(client, club, amount="100", currency="usd")
            without = self.ask(client, club, amount="100", currency="PLN")
            nothing = self.ask(client, club, amount="0.9", currency="USD")

        assert page.context["told"]["total"].startswith("80")
        said = words(page)
        assert said.count("$100.00 at the rate 0.8 of 2 March 2026") == 1
        assert "There is no rate of PLN into GBP" in words(without)
        assert "$0.90 at the rate 0.8 of 2 March 2026: £0.72" in words(nothing)

    def test_says_what_is_left_of_a_budget_and_that_it_is_shared(self, client, dana, club):
        version = club.programme.versions.get()
        spring = {
            "code": "spring",
            "names": {"en": "Spring"},
            "starts_on": "2026-03-01",
            "ends_on": "2026-04-01",
            "budget": {"units": 8},
            "rules": [RULES[0] | {"code": "more", "effect": {"kind": "fixed", "units": 10}}],
        }
        version.definition = {**version.definition, "campaigns": [spring]}
        version.save()

        with time_machine.travel(NOON, tick=False):
            said = words(self.ask(client, club, amount="100"))

        assert "108 points" in said
        assert "The budget of Spring is used up: 2 points less" in said
        assert "shared by all partners" in said
        assert not CampaignBudget.objects.exists()

    def test_asks_a_payment_for_its_invoice(self, client, dana, club):
        unknown = self.ask(client, club, kind="payment", amount="5", pays="INV-0")
        missing = self.ask(client, club, kind="payment", amount="5")

        assert "There is no such activity." in words(unknown)
        assert missing.context["form"].errors.keys() == {"pays"}

    @pytest.mark.parametrize(
        "given",
        [
            {"partner": "0"},
            {},
            {"kind": "training", "amount": "5"},
            {"kind": "recycling"},
            {"amount": "5", "currency": "XXQ"},
            {
                "kind": "recycling",
                "quantity": "1",
                "line-0-sku": "x",
                "line-0-quantity": "1",
                "line-0-amount": "1",
            },
            {"amount": "9", "line-0-sku": "x", "line-0-quantity": "1", "line-0-amount": "1"},
            {"kind": "return"},
            {"amount": "-1"},
            {"line-0-sku": "mug"},
            {"line-0-sku": "mug", "line-0-quantity": "x", "line-0-amount": "1"},
        ],
    )
    def test_says_what_is_wrong(self, client, dana, club, given):
        page = self.ask(client, club, **given)

        assert page.status_code == 200
        assert not page.context.get("told")
