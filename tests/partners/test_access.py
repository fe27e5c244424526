"""The gate of the portal: who gets in, for which company, in which role and language."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from partners.models import Member, Partner, Person
from tests.rewards.cast import Shop, join, make_partner, make_programme, open_shop

pytestmark = pytest.mark.once("PostgreSQL")

HOME, CHOOSE = "/", "/company/"
ROLES = ("alice", "bob", "vera")


@pytest.fixture
def shop(db: None) -> Shop:
    return open_shop(points=500)


def enter(person: Person, **options: object) -> Client:
    client = Client(**options)
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def also_join(person: Person, partner: Partner, role: str = "head_buyer") -> Member:
    joined_at = person.memberships.get().joined_at
    return Member.objects.create(partner=partner, person=person, role=role, joined_at=joined_at)


class TestSigningIn:
    def test_a_stranger_is_led_to_sign_in_and_back(self, db, client):
        answer = client.get("/statement/?period=all")

        assert answer.status_code == 302
        address = urlsplit(answer["Location"])
        assert address.path == reverse("account_login")
        assert parse_qs(address.query)["next"] == ["/statement/?period=all"]

    def test_the_right_password_opens_home(self, shop, client):
        shop.alice.person.set_password("a long enough secret")
        shop.alice.person.save()

        answer = client.post(
            reverse("account_login"),
            {"login": shop.alice.person.email, "password": "a long enough secret"},
        )

        assert (answer.status_code, answer["Location"]) == (302, HOME)

    def test_a_wrong_password_keeps_the_address_and_says_so(self, shop, client):
        answer = client.post(
            reverse("account_login"), {"login": shop.alice.person.email, "password": "wrong"}
        )

        assert answer.status_code == 200
        page = answer.content.decode()
        assert 'role="alert"' in page
        assert f'value="{shop.alice.person.email}"' in page

    @pytest.mark.parametrize("evil", ["https://evil.example/", "//evil.example", "javascript:x"])
    def test_next_never_leads_to_another_site(self, shop, client, evil):
        shop.alice.person.set_password("a long enough secret")
        shop.alice.person.save()

        answer = client.post(
            reverse("account_login"),
            {
                "login": shop.alice.person.email,
                "password": "a long enough secret",
                "next": evil,
            },
        )

        assert "evil" not in answer.get("Location", "")
        assert "javascript" not in answer.get("Location", "")

    def test_nobody_signs_up(self, db, client):
        answer = client.get(reverse("account_signup"))

        assert b"People join by invitation" in answer.content


class TestCompany:
    def test_who_is_on_one_team_acts_for_it(self, shop):
        answer = enter(shop.alice.person).get(HOME)

        assert answer.status_code == 200
        assert answer.wsgi_request.member == shop.alice
        assert answer.wsgi_request.actor.partner_ids == {shop.partner.pk}

    def test_who_is_on_two_chooses_and_comes_back(self, shop):
        other = make_partner(shop.programme, "99001")
        second = also_join(shop.alice.person, other)
        client = enter(shop.alice.person)

        led = client.get("/statement/")
        page = client.get(led["Location"])
        chosen = client.post(
            CHOOSE, {"company": str(second.public_id), "next": page.context["next"]}
        )

        assert urlsplit(led["Location"]).path == CHOOSE
        assert {member.partner for member in page.context["memberships"]} == {shop.partner, other}
        assert (chosen.status_code, chosen["Location"]) == (302, "/statement/")
        assert client.get(HOME).wsgi_request.member == second

    def test_a_company_of_others_cannot_be_chosen(self, shop):
        stranger = join(make_partner(shop.programme, "99002"), "Charlie", "head_buyer")
        also_join(shop.alice.person, make_partner(shop.programme, "99003"))
        client = enter(shop.alice.person)

        client.post(CHOOSE, {"company": str(stranger.public_id)})

        assert client.get(HOME)["Location"].startswith(CHOOSE)

    @pytest.mark.parametrize("evil", ["https://evil.example/", "//evil.example"])
    def test_choosing_never_leads_to_another_site(self, shop, evil):
        answer = enter(shop.alice.person).post(
            CHOOSE, {"company": str(shop.alice.public_id), "next": evil}
        )

        assert answer["Location"] == HOME

    def test_who_is_on_no_team_is_told_what_to_do(self, db):
        make_programme()
        answer = enter(Person.objects.create(email="nobody@example.com", name="Nobody")).get(HOME)

        assert answer.status_code == 403
        assert b"Ask the head buyer" in answer.content

    def test_staff_without_a_team_are_led_to_their_own_place(self, db):
        dana = Person.objects.create(email="dana@example.com", name="Dana", is_staff=True)

        answer = enter(dana).get(HOME)

        assert (answer.status_code, answer["Location"]) == (302, reverse("admin:index"))


class TestLeaving:
    def test_a_member_who_left_is_out_at_once(self, shop):
        client = enter(shop.bob.person)
        assert client.get(HOME).status_code == 200

        Member.objects.filter(pk=shop.bob.pk).update(
            status=Member.Status.LEFT, left_at=shop.bob.joined_at
        )

        assert client.get(HOME).status_code == 403

    def test_a_deactivated_person_is_signed_out_at_once(self, shop):
        client = enter(shop.bob.person)
        assert client.get(HOME).status_code == 200

        Person.objects.filter(pk=shop.bob.person_id).update(is_active=False)

        assert client.get(HOME)["Location"].startswith(reverse("account_login"))

    @pytest.mark.parametrize(
        "gone", [{"status": Partner.Status.CLOSED}, {"merged_into": "another"}]
    )
    def test_a_company_that_is_gone_opens_nothing(self, shop, gone):
        if "merged_into" in gone:
            gone = {"merged_into": make_partner(shop.programme, "99004")}
        Partner.objects.filter(pk=shop.partner.pk).update(**gone)

        assert enter(shop.alice.person).get(HOME).status_code == 403


class TestRoles:
    @pytest.mark.parametrize("name", ["bob", "vera"])
    def test_only_the_head_buyer_may_share(self, shop, name):
        answer = enter(getattr(shop, name).person).get("/share/")

        assert answer.status_code == 403
        assert b"not open to your role" in answer.content

    @pytest.mark.parametrize("name", ROLES)
    def test_the_menu_shows_only_what_opens(self, shop, name):
        client = enter(getattr(shop, name).person)
        page = client.get(HOME)
        links = [item.url for group in page.context["groups"] for item in group]

        assert HOME in links
        assert ("/share/" in links) is (name == "alice")
        assert {client.get(link).status_code for link in links} == {200}

    def test_pages_are_kept_by_no_cache(self, shop):
        answer = enter(shop.alice.person).get(HOME)

        assert "no-store" in answer["Cache-Control"]


class TestLanguage:
    def test_a_new_device_speaks_the_person_s_own_language(self, shop):
        Person.objects.filter(pk=shop.alice.person_id).update(language="uk")

        answer = enter(shop.alice.person).get(HOME)

        assert '<html lang="uk">' in answer.content.decode()
        assert answer.cookies["django_language"].value == "uk"

    def test_what_is_chosen_stays_here_and_in_the_settings(self, shop):
        client = enter(shop.alice.person)

        answer = client.post("/language/", {"language": "pl", "next": "/statement/"})

        assert answer["Location"] == "/statement/"
        assert '<html lang="pl">' in client.get(HOME).content.decode()
        shop.alice.person.refresh_from_db()
        assert shop.alice.person.language == "pl"

    def test_an_unknown_language_changes_nothing(self, shop):
        client = enter(shop.alice.person)

        client.post("/language/", {"language": "xx"})

        assert '<html lang="en">' in client.get(HOME).content.decode()

    def test_looking_does_not_change_it(self, shop):
        assert enter(shop.alice.person).get("/language/?language=pl").status_code == 405


class TestRefusals:
    def test_a_stale_form_gets_a_friendly_page(self, shop):
        client = enter(shop.alice.person, enforce_csrf_checks=True)

        answer = client.post(CHOOSE, {"company": str(shop.alice.public_id)})

        assert answer.status_code == 403
        assert b"Nothing was changed" in answer.content

    def test_nothing_at_an_address_says_so(self, shop):
        answer = enter(shop.alice.person).get("/no-such-page/")

        assert answer.status_code == 404
        assert b"There is nothing at this address" in answer.content
