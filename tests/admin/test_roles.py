"""Who may see and do what in the admin."""

import pytest
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.urls import reverse

from config.roles import PERMISSIONS, load_roles
from partners.models import Partner
from partners.roles import Role, read_staff_actor
from rewards.models import Redemption
from tests.admin import world

pytestmark = [pytest.mark.django_db, pytest.mark.once("SQLite")]


@pytest.fixture
def two_partners():
    """The first is managed by nobody yet, the second belongs to somebody else."""
    return world.build("own"), world.build("other")


@pytest.fixture
def account_manager(employ, two_partners):
    person = employ(Role.ACCOUNT_MANAGER)
    Partner.objects.filter(pk=two_partners[0].partner.pk).update(account_manager=person)
    return person


class TestLoadRoles:
    def test_makes_a_group_for_every_role_and_changes_nothing_the_second_time(self):
        assert load_roles() == load_roles()
        assert set(PERMISSIONS) == set(Role)

    def test_takes_away_what_is_no_longer_in_the_table(self, employ):
        person = employ(Role.FINANCE)
        group = person.groups.get()
        group.permissions.add(*load_all_permissions("change_partner"))

        load_roles()

        assert not group.permissions.filter(codename="change_partner").exists()

    def test_says_what_it_did(self, capsys):
        call_command("load_roles")

        assert "Auditor" in capsys.readouterr().out


def load_all_permissions(codename):
    return Permission.objects.filter(codename=codename)


class TestWhatEachRoleSees:
    @pytest.mark.parametrize("role", sorted(Role))
    def test_the_overview_and_every_list_in_its_sidebar(self, client, employ, two_partners, role):
        employ(role)

        overview = client.get("/admin/")

        assert overview.status_code == 200
        links = [
            item["link"]
            for group in overview.context["sidebar_navigation"]
            for item in group["items"]
        ]
        assert len(links) > 3
        assert {client.get(link).status_code for link in links} == {200}

    @pytest.mark.parametrize("role", sorted(Role))
    def test_nobody_writes_the_ledger(self, client, employ, two_partners, role):
        employ(role)
        pool = two_partners[0].pool

        url = reverse("admin:ledger_account_change", args=[pool.pk])

        assert client.post(url, {"balance": "1000000"}).status_code == 403
        pool.refresh_from_db()
        assert pool.balance == 12

    @pytest.mark.parametrize("role", [Role.FINANCE, Role.AUDITOR, Role.ACCOUNT_MANAGER])
    @pytest.mark.parametrize("name", ["partner", "member"])
    def test_readers_change_nothing(self, client, employ, two_partners, role, name):
        employ(role)
        row = getattr(two_partners[0], name)

        url = reverse(f"admin:partners_{name}_change", args=[row.pk])

        assert client.post(url, {"legal_name": "Mine"}).status_code in {302, 403}
        assert not Partner.objects.filter(legal_name="Mine").exists()


LISTS = [
    ("partners_partner", "partner"),
    ("partners_activity", "activity"),
    ("ledger_account", "pool"),
    ("ledger_transfer", "transfer"),
    ("rewards_award", "award"),
    ("rewards_redemption", "redemption"),
    ("rewards_share", "share"),
    ("rewards_standing", "standing"),
]


class TestAccountManager:
    @pytest.mark.usefixtures("account_manager")
    @pytest.mark.parametrize(("name", "attribute"), LISTS)
    def test_sees_the_rows_of_own_partners_only(self, client, two_partners, name, attribute):
        own, other = (getattr(world, attribute) for world in two_partners)

        listed = client.get(reverse(f"admin:{name}_changelist")).context["cl"].queryset
        own_page = client.get(reverse(f"admin:{name}_change", args=[own.pk]))
        other_page = client.get(reverse(f"admin:{name}_change", args=[other.pk]))
        no_page = client.get(reverse(f"admin:{name}_change", args=[987654]))

        assert own in listed
        assert other not in listed
        assert own_page.status_code == 200
        # Another's row and no row at all look the same.
        assert (other_page.status_code, other_page.url) == (no_page.status_code, no_page.url)

    @pytest.mark.usefixtures("account_manager")
    def test_finds_own_partners_only(self, client, two_partners):
        found = client.get("/admin/search/?s=company&extended=1").content.decode()

        assert "Company own" in found
        assert "Company other" not in found

    @pytest.mark.usefixtures("account_manager")
    def test_is_not_told_why_a_transfer_of_others_was_posted(self, client, two_partners):
        own, other = (world.transfer.pk for world in two_partners)

        assert client.get(reverse("admin:rewards_explain", args=[own])).status_code == 302
        assert client.get(reverse("admin:rewards_explain", args=[other])).status_code == 404

    def test_sees_figures_of_own_partners_only(self, client, account_manager, two_partners):
        dashboard = client.get("/admin/").context["dashboard"]

        assert dashboard.cards[0].value == "1"

    def test_a_picker_offers_own_partners_only(self, client, account_manager, two_partners):
        own, other = (world.partner for world in two_partners)
        query = {"app_label": "partners", "model_name": "invitation", "field_name": "partner"}

        offered = client.get("/admin/autocomplete/", {**query, "term": "Company"}).json()
        crafted = client.post(
            reverse("admin:partners_invitation_add"),
            {"partner": other.pk, "email": "i@example.com", "name": "Ivy", "role": "buyer"},
        )

        assert [row["id"] for row in offered["results"]] == [str(own.pk)]
        assert crafted.status_code == 422
        assert crafted.context["adminform"].form.errors["partner"]

    def test_cannot_decide_about_others_even_if_allowed_to_decide(
        self, client, account_manager, two_partners
    ):
        account_manager.user_permissions.set(load_all_permissions("change_redemption"))
        other = two_partners[1].redemption
        chosen = {
            "action": "reject_chosen",
            "_selected_action": [other.pk],
            "confirmed": "1",
            "reason": "No",
        }

        client.post(reverse("admin:rewards_redemption_changelist"), chosen)
        single = client.post(f"/admin/rewards/redemption/{other.pk}/reject/", {"reason": "No"})

        other.refresh_from_db()
        assert other.state == Redemption.State.REQUESTED
        assert single.status_code == 404

    def test_without_any_role_sees_nothing(self, account_manager, two_partners):
        account_manager.groups.clear()
        Partner.objects.update(account_manager=None)

        assert read_staff_actor(account_manager).partner_ids == frozenset()
