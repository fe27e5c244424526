"""Making and revoking the keys of integrators."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from config.roles import load_roles
from partners import keys
from partners.models import ApiKey
from partners.roles import Role
from tests.ledger.corrections import make_staff

pytestmark = [pytest.mark.django_db, pytest.mark.once("PostgreSQL")]

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

        assert answer.status_code == 422
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

    @pytest.mark.usefixtures("root")
    def test_is_replaced_and_the_new_one_shown_once(self, client, made):
        page = f"/admin/partners/apikey/{made.key.pk}/rotate/"

        asked = client.get(page)
        too_long = client.post(page, {"grace": "91"})
        answer = client.post(page, {"grace": "7"})
        again = client.post(page, {"grace": "7"})

        assert (asked.status_code, too_long.status_code) == (200, 422)
        assert "token" not in too_long.context
        new = keys.verify(token=answer.context["token"], at=timezone.now())
        assert new.rotated_from == made.key
        assert "no-store" in answer["Cache-Control"]
        assert again.status_code == 302
        # Both name each other.
        for key, other in ((made.key, new), (new, made.key)):
            shown = client.get(reverse("admin:partners_apikey_change", args=[key.pk]))
            assert other.prefix in shown.content.decode()

    def test_that_is_paused_stands_on_the_dashboard_and_is_let_go_on(self, client, made):
        ApiKey.objects.update(paused_at=timezone.now(), daily_units_max=5)
        client.force_login(make_staff(Role.LOYALTY_MANAGER))
        load_roles()

        overview = client.get("/admin/")
        listed = client.get("/admin/partners/apikey/?paused_at__isempty=0")
        refused = client.get(f"/admin/partners/apikey/{made.key.pk}/rotate/")
        client.post(f"/admin/partners/apikey/{made.key.pk}/resume/")

        assert "API key is paused" in overview.content.decode()
        assert made.key.prefix in listed.content.decode()
        # Whoever lets it go on does not get one of their own by it.
        assert refused.status_code == 403
        assert keys.verify(token=made.token, at=timezone.now())
