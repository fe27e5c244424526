"""Rewards: their terms are checked by their kind, their codes are added once."""

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse

from rewards.models import Reward, RewardCode
from tests.rewards.cast import make_programme, offer

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("root"),
    pytest.mark.once("PostgreSQL"),
]

ADD = reverse("admin:rewards_reward_add")


@pytest.fixture
def programme():
    return make_programme()


def filled(programme, /, **given):
    return {
        "programme": programme.pk,
        "kind": "gift_certificate",
        "name": "Book certificate",
        "slug": "book",
        "summary": "Ten pounds for books",
        "description": "",
        "audience": "person",
        "price": "1000",
        "min_tier": "silver",
        "stock": "",
        "limit_per_partner": "",
        "is_active": "on",
        "offered_from_0": "2026-01-01",
        "offered_from_1": "00:00",
        "offered_until_0": "",
        "offered_until_1": "",
        "gift_certificate__amount": "10.00",
        "gift_certificate__shop": "The Book Shop",
        "gift_certificate__valid_days": "90",
        "new_codes": "",
        **given,
    }


class TestAReward:
    def test_is_added_with_the_terms_of_its_kind_and_its_codes(self, client, programme):
        codes = "BOOK-1\n\n BOOK-2 \nBOOK-1"

        answer = client.post(ADD, filled(programme, new_codes=codes))

        assert answer.status_code == 302
        reward = Reward.objects.get()
        assert reward.terms == {"amount": "10.00", "shop": "The Book Shop", "valid_days": 90}
        assert reward.min_tier == "silver"
        codes = RewardCode.objects.filter(reward=reward).order_by("code")
        assert [row.code for row in codes] == ["BOOK-1", "BOOK-2"]

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"gift_certificate__amount": "ten"}, "gift_certificate__amount"),
            ({"gift_certificate__valid_days": ""}, "gift_certificate__valid_days"),
            ({"gift_certificate__valid_days": "0"}, "gift_certificate__valid_days"),
            ({"kind": "teleportation"}, "kind"),
            ({"price": "0"}, "price"),
            ({"price": "-5"}, "price"),
            ({"price": "9" * 30}, "price"),
            ({"price": str(10**12 + 1)}, "price"),
            ({"min_tier": "platinum"}, "min_tier"),
            ({"new_codes": "x" * 65}, "new_codes"),
            ({"slug": "with space"}, "slug"),
            ({"programme": "987654"}, "programme"),
        ],
    )
    def test_says_what_is_wrong_beside_the_field(self, client, programme, given, field):
        answer = client.post(ADD, filled(programme, **given))

        assert answer.status_code == 422
        assert field in answer.context["adminform"].form.errors
        assert not Reward.objects.exists()

    def test_refuses_an_offer_that_ends_before_it_starts(self, client, programme):
        late = {"offered_until_0": "2025-12-31", "offered_until_1": "00:00"}

        answer = client.post(ADD, filled(programme, **late))

        errors = answer.context["adminform"].form.errors
        assert errors == {"offered_until": ["The last day is before the first."]}
        assert not Reward.objects.exists()

    def test_keeps_its_kind_and_programme_once_it_is_there(self, client, programme):
        reward = offer(programme)
        other = make_programme("other")
        url = reverse("admin:rewards_reward_change", args=[reward.pk])

        crafted = filled(other, kind="physical_gift", slug="new", min_tier="")
        client.post(url, crafted | {"invoice_credit__amount": "12.50"})

        was = (reward.programme_id, reward.kind, reward.slug)
        reward.refresh_from_db()
        assert (reward.programme_id, reward.kind, reward.slug) == was
        assert reward.terms == {"amount": "12.50"}

    def test_tells_how_many_codes_were_there_already(self, client, programme):
        client.post(ADD, filled(programme, new_codes="A\nB"))
        url = reverse("admin:rewards_reward_change", args=[Reward.objects.get().pk])

        answer = client.post(url, filled(programme, new_codes="B\nC"))

        told = [str(message) for message in get_messages(answer.wsgi_request)]
        assert "1 code added." in told
        assert "1 code was there already." in told
        assert RewardCode.objects.count() == 3
