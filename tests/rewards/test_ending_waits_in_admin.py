"""The page of an award: what waits, and ending the wait with a reason."""

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.utils import timezone

from ledger.models import Transfer
from partners.models import Person
from tests.rewards.cast import join
from tests.rewards.club import open_club

pytestmark = [pytest.mark.django_db, pytest.mark.once("PostgreSQL")]


@pytest.fixture
def club():
    club = open_club(pending_days=14)
    club.take_in("A1", 30, at=timezone.now(), told_at=timezone.now())
    return club


@pytest.fixture
def root():
    return Person.objects.create_superuser(email="root@seller.example", password="x", name="Root")


@pytest.fixture
def client(root):
    client = Client()
    client.force_login(root)
    return client


# Between a number and its unit.
NARROW = "\N{NO-BREAK SPACE}"


def page(club, step="change"):
    return f"/admin/rewards/award/{club.award('A1').pk}/{step}/"


def said(answer):
    return [str(message).replace(NARROW, " ") for message in get_messages(answer.wsgi_request)]


class TestTheAward:
    def test_says_what_waits_and_offers_to_end_it(self, club, client):
        shown = client.get(page(club))

        paths = [action["path"].rstrip("/") for action in shown.context["actions_detail"]]
        assert "30 points, until" in shown.content.decode().replace(NARROW, " ")
        assert [path.split("/")[-1] for path in paths] == ["release", "cancel"]

    def test_offers_nothing_where_nothing_waits(self, club, client):
        client.post(page(club, "release"), {"reason": "goodwill"})

        assert client.get(page(club)).context["actions_detail"] == []

    def test_is_asked_about_first(self, club, client):
        asked = client.get(page(club, "release"))

        assert "Goodwill" in asked.content.decode()
        assert club.balances() == {"pending": 30}

    def test_is_released_with_a_reason(self, club, client):
        answer = client.post(page(club, "release"), {"reason": "goodwill"})

        assert said(answer) == ["30 points can be spent now."]
        assert club.balances() == {"pool": 30}
        assert Transfer.objects.get(kind="mature").reason_code == "goodwill"

    def test_is_cancelled_with_a_reason(self, club, client):
        answer = client.post(page(club, "cancel"), {"reason": "misuse"})

        assert said(answer) == ["30 points are taken back."]
        assert club.balances() == {}

    @pytest.mark.parametrize("reason", ["", "because", "goodwill"])
    def test_is_not_cancelled_for_a_reason_that_is_not_offered(self, club, client, reason):
        answer = client.post(page(club, "cancel"), {"reason": reason})

        assert answer.context["form"].errors["reason"]
        assert club.balances() == {"pending": 30}

    def test_is_not_decided_by_somebody_of_the_partners_team(self, club, client, root):
        bob = join(club.partner, "Bob")
        bob.person = root
        bob.save()

        answer = client.post(page(club, "release"), {"reason": "goodwill"})

        assert "Somebody else has to decide" in said(answer)[0]
        assert club.balances() == {"pending": 30}
