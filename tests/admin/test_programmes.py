"""Changing the rules: a draft is edited, publishing freezes it."""

import json

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse

from rewards.models import ProgrammeVersion
from tests.rewards.cast import DEFINITION, make_programme

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("root"),
    pytest.mark.once("PostgreSQL"),
]


def page(version):
    return reverse("admin:rewards_programmeversion_change", args=[version.pk])


def publish(version):
    return f"/admin/rewards/programmeversion/{version.pk}/publish_draft/"


@pytest.fixture
def programme():
    return make_programme()


@pytest.fixture
def draft(client, programme):
    client.post(f"/admin/rewards/programme/{programme.pk}/edit_rules/")
    return programme.versions.get(number=None)


class TestADraft:
    def test_begins_as_the_rules_in_force(self, draft):
        assert draft.definition == DEFINITION

    def test_is_made_once(self, client, programme, draft):
        client.post(f"/admin/rewards/programme/{programme.pk}/edit_rules/")

        assert programme.versions.filter(number=None).count() == 1

    @pytest.mark.parametrize(
        "definition",
        [
            "not json",
            "[]",
            json.dumps(DEFINITION | {"rules": [{"code": "x"}]}),
            json.dumps(DEFINITION | {"tiers": list(reversed(DEFINITION["tiers"]))}),
            json.dumps(DEFINITION | {"surprise": 1}),
            json.dumps(DEFINITION | {"settings": 1}),
        ],
    )
    def test_says_why_it_cannot_be_used(self, client, draft, definition):
        answer = client.post(page(draft), {"definition": definition})

        assert answer.status_code == 200
        assert answer.context["adminform"].form.errors["definition"]

    def test_becomes_a_version_that_nobody_can_change(self, client, programme, draft):
        client.get(publish(draft))
        assert programme.versions.filter(number=2).count() == 0
        client.post(publish(draft))

        draft.refresh_from_db()
        assert draft.number == 2
        assert draft.valid_from == draft.published_at
        changed = client.post(page(draft), {"definition": json.dumps(DEFINITION)})
        assert changed.status_code == 403

    def test_is_not_published_twice(self, client, draft):
        client.post(publish(draft))

        answer = client.post(publish(draft))

        assert "published already" in str(list(get_messages(answer.wsgi_request))[-1])
        assert ProgrammeVersion.objects.filter(number__gte=3).count() == 0

    def test_does_not_hold_from_a_time_that_is_over(self, client, draft):
        client.post(
            page(draft),
            {
                "definition": json.dumps(DEFINITION),
                "valid_from_0": "2020-01-01",
                "valid_from_1": "00:00",
            },
        )

        answer = client.post(publish(draft))

        draft.refresh_from_db()
        assert draft.number is None
        assert "a time that is over" in str(list(get_messages(answer.wsgi_request))[-1])


def test_a_programme_shows_its_rules_in_words(client, programme):
    shown = client.get(reverse("admin:rewards_programme_change", args=[programme.pk]))

    text = shown.content.decode()
    assert "Silver" in text
    assert "£2,500.00" in text
