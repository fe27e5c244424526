"""What a company reads about itself, and what its people read once it takes part no more."""

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from partners.models import Contract, Partner, Person
from tests.rewards.cast import make_partner, open_shop

pytestmark = [pytest.mark.django_db, pytest.mark.once("SQLite")]

PAGE = reverse("partners:company")


@pytest.fixture
def shop():
    return open_shop()


@pytest.fixture
def mona():
    return Person.objects.create(email="mona@seller.example", name="Mona", is_staff=True)


def enter(person):
    client = Client()
    client.force_login(person, "django.contrib.auth.backends.ModelBackend")
    return client


def test_a_member_reads_what_the_seller_has_written_down(shop, mona, django_assert_max_num_queries):
    part = make_partner(shop.programme, "99")
    Partner.objects.filter(pk=part.pk).update(merged_into=shop.partner)
    Partner.objects.filter(pk=shop.partner.pk).update(
        tax_id="PL525", account_manager=mona, partner_since=date(2020, 5, 1)
    )
    Contract.objects.create(
        partner=shop.partner, number="C-7", starts_on=date(2026, 1, 1), payment_days=30, note="Hm"
    )
    Contract.objects.create(
        partner=shop.partner,
        number="OLD",
        starts_on=date(2020, 1, 1),
        ends_on=date(2020, 12, 31),
    )
    client = enter(shop.bob.person)
    client.get(PAGE)
    with django_assert_max_num_queries(14):
        words = client.get(PAGE).content.decode()
    for seen in ("12346", "PL525", "mona@seller.example", "C-7", "30 days to pay", "Shop 99"):
        assert seen in words
    # Notes on contracts are the seller's.
    assert "Hm" not in words
    assert "OLD" not in words


def test_a_closed_company_says_so_and_names_whom_to_ask(shop, mona):
    Partner.objects.filter(pk=shop.partner.pk).update(status="closed", account_manager=mona)
    for address in (PAGE, reverse("partners:choose-company")):
        answer = enter(shop.alice.person).get(address)
        words = answer.content.decode()
        assert answer.status_code == 403
        assert "Your company does not take part any more" in words
        assert "mona@seller.example" in words


def test_who_is_on_no_team_is_told_another_thing(shop):
    nobody = Person.objects.create(email="nobody@example.com", name="Nobody")
    words = enter(nobody).get(PAGE).content.decode()
    assert "You are not on a team now" in words
