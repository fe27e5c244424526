"""The head buyer sees every wallet; everybody else sees names, and their own."""

import pytest
from django.urls import reverse

from tests.rewards.cast import NOON, earn, join, make_partner
from tests.rewards.portal import open_shop_today, sign_in, words

pytestmark = pytest.mark.django_db

TEAM = reverse("rewards:team")


def wallets_on(page):
    return {member.person.name: held for member, held in page.context["rows"]}


class TestTeam:
    @pytest.fixture
    def shop(self):
        shop = open_shop_today(points=500)
        earn(shop.wallet(shop.bob), 120)
        earn(shop.wallet(shop.alice), 30)
        return shop

    def test_shows_the_head_buyer_every_wallet_and_their_sum(self, shop):
        page = sign_in(shop.alice).get(TEAM)

        assert wallets_on(page) == {"Alice": 30, "Bob": 120, "Vera": 0}
        assert "3 people. Wallets hold 150 points together." in words(page)

    @pytest.mark.parametrize(
        ("who", "wallets"),
        [
            ("bob", {"Alice": None, "Bob": 120, "Vera": None}),
            ("vera", {"Alice": None, "Bob": None, "Vera": 0}),
        ],
    )
    def test_shows_the_others_names_and_their_own_wallet(self, shop, who, wallets):
        page = sign_in(getattr(shop, who)).get(TEAM)

        assert wallets_on(page) == wallets
        assert "Share bonuses" not in words(page)

    def test_leaves_out_who_left_and_who_is_on_another_team(self, shop):
        join(shop.partner, "Gone", status="left", left_at=NOON)
        join(shop.partner, "Ivy", status="invited")
        join(make_partner(shop.programme, "99999"), "Charlie", "head_buyer")

        page = sign_in(shop.alice).get(TEAM)

        assert set(wallets_on(page)) == {"Alice", "Bob", "Vera", "Ivy"}
        assert "3 people, 1 open invitation." in words(page)

    def test_costs_the_same_queries_for_three_people_and_for_nine(
        self, shop, django_assert_num_queries
    ):
        client = sign_in(shop.alice)
        client.get(TEAM)

        # session, person, memberships, frame: standing and versions; members, wallets, their lots
        for more in (0, 6):
            for number in range(more):
                earn(shop.wallet(join(shop.partner, f"Extra{number}")), 10)
            with django_assert_num_queries(8):
                client.get(TEAM)
