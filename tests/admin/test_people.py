"""People and teams: nobody types a password for another, nobody gives themselves a role."""

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from partners.models import Person
from partners.roles import Role
from tests.admin.world import make_member, make_partner

pytestmark = [pytest.mark.django_db, pytest.mark.once("PostgreSQL")]

ADD = reverse("admin:partners_person_add")
NEW = {"name": "Olena", "email": "Olena@Example.com", "language": "uk", "is_active": "on"}


def page(person):
    return reverse("admin:partners_person_change", args=[person.pk])


@pytest.mark.usefixtures("root")
class TestAddingAPerson:
    def test_needs_no_password_and_allows_no_sign_in_yet(self, client):
        client.post(ADD, NEW)

        person = Person.objects.get(email="olena@example.com")
        assert not person.has_usable_password()

    def test_asks_for_no_password(self, client):
        assert 'name="password' not in client.get(ADD).content.decode()

    def test_refuses_an_address_that_is_taken_in_other_letters(self, client):
        client.post(ADD, NEW)

        answer = client.post(ADD, NEW | {"email": "OLENA@example.com"})

        assert answer.status_code == 422
        assert "email" in answer.context["adminform"].form.errors

    def test_sends_a_link_to_their_own_address_after_asking(self, client, mailoutbox):
        client.post(ADD, NEW)
        person = Person.objects.get(email="olena@example.com")
        link = f"/admin/partners/person/{person.pk}/send_link/"

        client.get(link)
        assert mailoutbox == []
        client.post(link)

        [mail] = mailoutbox
        assert mail.to == ["olena@example.com"]
        assert "/accounts/password/reset/key/" in mail.body


class TestALoyaltyManager:
    @pytest.fixture(autouse=True)
    def manager(self, employ):
        return employ(Role.LOYALTY_MANAGER)

    def test_adds_people_but_gives_no_roles(self, client):
        group = Group.objects.get(name=Role.ADMINISTRATOR.value)

        client.post(ADD, NEW | {"is_staff": "on", "is_superuser": "on", "groups": [group.pk]})

        person = Person.objects.get(email="olena@example.com")
        assert (person.is_staff, person.is_superuser) == (False, False)
        assert not person.groups.exists()

    def test_does_not_raise_themselves(self, client, manager):
        answer = client.post(page(manager), NEW | {"is_superuser": "on"})

        manager.refresh_from_db()
        assert answer.status_code == 403
        assert not manager.is_superuser

    def test_does_not_change_colleagues(self, client):
        colleague = Person.objects.create(email="c@example.com", name="Colleague", is_staff=True)

        assert client.post(page(colleague), NEW).status_code == 403
        assert client.post(f"/admin/partners/person/{colleague.pk}/send_link/").status_code == 302

    def test_does_not_change_an_address(self, client):
        person = make_member(make_partner("1"), "Olena").person

        client.post(page(person), NEW | {"email": "mine@example.com"})

        person.refresh_from_db()
        assert person.email == "olena@example.com"


class TestAnAdministrator:
    def test_gives_roles_but_makes_no_superuser(self, client, employ):
        employ(Role.ADMINISTRATOR)
        finance = Group.objects.get(name=Role.FINANCE.value)

        client.post(ADD, NEW | {"is_staff": "on", "is_superuser": "on", "groups": [finance.pk]})

        person = Person.objects.get(email="olena@example.com")
        assert (person.is_staff, person.is_superuser) == (True, False)
        assert list(person.groups.all()) == [finance]

    def test_does_not_touch_a_superuser(self, client, employ):
        employ(Role.ADMINISTRATOR)
        root = Person.objects.create_superuser("r@example.com", name="Root")

        assert client.post(page(root), NEW).status_code == 403


@pytest.mark.usefixtures("root")
class TestShuttingOut:
    """Taking away somebody's sign-in is no way around the last head buyer."""

    @pytest.mark.parametrize(("heads", "is_active"), [(1, True), (2, False)])
    def test_the_only_head_buyer_of_a_company_stays(self, client, heads, is_active):
        partner = make_partner("1")
        members = [make_member(partner, f"Head{number}", "head_buyer") for number in range(heads)]
        person = members[0].person

        answer = client.post(page(person), {"name": person.name, "language": "en"})

        person.refresh_from_db()
        assert person.is_active is is_active
        assert (answer.status_code == 422) is is_active
