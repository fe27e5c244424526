"""Making and revoking the keys of integrators."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from partners import keys
from partners.models import ApiKey
from partners.roles import Role

pytestmark = pytest.mark.django_db

ADD = reverse("admin:partners_apikey_add")
ASKED = {
    "name": "ERP",
    "partner": "",
    "scopes": ["partners:read"],
    "expires_at_0": "",
    "expires_at_1": "",
}


@pytest.mark.usefixtures("root")
class TestMakingAKey:
    def test_shows_the_secret_on_the_answer_and_nowhere_else(self, client):
        answer = client.post(ADD, ASKED)

        token = answer.context["token"]
        key = keys.verify(token=token, at=timezone.now())
        assert key.scopes == ["partners:read"]
        assert token in answer.content.decode()
        assert "no-store" in answer["Cache-Control"]

        page = reverse("admin:partners_apikey_change", args=[key.pk])
        for later in (client.get(page), client.get(reverse("admin:partners_apikey_changelist"))):
            assert token.split("_")[-1] not in later.content.decode()

    def test_remembers_who_made_it(self, client, root):
        client.post(ADD, ASKED)

        assert ApiKey.objects.get().created_by == root

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"scopes": []}, "scopes"),
            ({"scopes": ["everything"]}, "scopes"),
            ({"name": ""}, "name"),
            ({"expires_at_0": "2020-01-01", "expires_at_1": "00:00"}, "expires_at"),
            ({"partner": "987654"}, "partner"),
        ],
    )
    def test_says_what_is_wrong_beside_the_field(self, client, change, field):
        answer = client.post(ADD, ASKED | change)

        assert answer.status_code == 200
        assert field in answer.context["adminform"].form.errors
        assert not ApiKey.objects.exists()


class TestAKey:
    @pytest.fixture
    def made(self):
        return keys.create_key(
            name="ERP", scopes=["partners:read"], created_at=timezone.now() - timedelta(days=1)
        )

    @pytest.mark.usefixtures("root")
    def test_is_revoked_after_asking(self, client, made):
        page = f"/admin/partners/apikey/{made.key.pk}/revoke/"

        client.get(page)
        keys.verify(token=made.token, at=timezone.now())
        client.post(page)

        with pytest.raises(keys.KeyRevoked):
            keys.verify(token=made.token, at=timezone.now())

    @pytest.mark.usefixtures("root")
    def test_is_never_edited(self, client, made):
        page = reverse("admin:partners_apikey_change", args=[made.key.pk])

        assert client.post(page, ASKED | {"scopes": ["events:read"]}).status_code == 403

    def test_is_seen_but_not_revoked_by_an_auditor(self, client, employ, made):
        employ(Role.AUDITOR)

        assert client.get(reverse("admin:partners_apikey_changelist")).status_code == 200
        assert client.post(f"/admin/partners/apikey/{made.key.pk}/revoke/").status_code == 403
