"""Where the link of an invitation leads: for the new, the known, somebody else, and too late."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from config.settings.logs import hide_links
from partners import inviting
from partners.models import Actor, Invitation, Member, Partner, Person
from tests.rewards.cast import Shop, make_partner
from tests.rewards.portal import open_shop_today, sign_in, words

# What the page says is the same on both databases.
pytestmark = [pytest.mark.django_db, pytest.mark.once("SQLite")]

ADDRESS = "ivy@example.com"
SECRET = "a long enough secret"
FORM = {"name": "Ivy Lane", "password": SECRET, "password_again": SECRET}


@pytest.fixture
def shop() -> Shop:
    return open_shop_today(points=500)


class Link:
    """An invitation that was mailed, and the address in it."""

    def __init__(self, shop: Shop, at=None, **changes) -> None:
        offer = {"email": ADDRESS, "name": "Ivy", "role": "buyer", **changes}
        self.made = inviting.invite(
            partner=shop.partner,
            offer=inviting.Offer(**offer),
            by=Actor(person=shop.alice.person, member=shop.alice),
            at=at or timezone.now(),
            mail=None,
        )
        self.made.token_hash = inviting.hash_token("the-token")
        self.made.save()
        self.path = "/invitation/the-token/"


def enter(person: Person) -> Client:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


class TestSomebodyNew:
    def test_chooses_a_password_and_is_in(self, shop, client):
        link = Link(shop, language="uk")

        page = client.get(link.path)
        answer = client.post(link.path, FORM)
        home = client.get("/")

        assert '<html lang="uk">' in page.content.decode()
        assert "no-store" in page["Cache-Control"]
        assert (answer.status_code, answer["Location"]) == (302, "/")
        assert home.status_code == 200
        assert home.wsgi_request.member.role == "buyer"
        person = Person.objects.get(email=ADDRESS)
        assert (person.name, person.language) == ("Ivy Lane", "uk")
        assert person.check_password(SECRET)

    def test_pressed_twice_is_in_once(self, shop, client):
        link = Link(shop)

        answers = [client.post(link.path, FORM) for _time in range(2)]

        assert [(each.status_code, each["Location"]) for each in answers] == [(302, "/")] * 2
        assert Person.objects.filter(email=ADDRESS).count() == 1

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"password": "short", "password_again": "short"}, "password"),
            ({"password": "password1234", "password_again": "password1234"}, "password"),
            ({"password_again": "another long secret"}, "password_again"),
            ({"name": " "}, "name"),
            ({"name": "www.evil.example"}, "name"),
        ],
    )
    def test_is_told_what_is_wrong_at_the_field(self, shop, client, changes, field):
        answer = client.post(Link(shop).path, {**FORM, **changes})

        assert answer.status_code == 422
        assert list(answer.context["form"].errors) == [field]
        assert not Person.objects.filter(email=ADDRESS).exists()

    def test_looking_joins_nobody(self, shop, client):
        link = Link(shop)

        client.get(link.path)
        client.head(link.path)

        assert not Person.objects.filter(email=ADDRESS).exists()

    def test_who_was_entered_by_the_seller_but_never_came_chooses_a_password(self, shop, client):
        person = Person.objects.create(email=ADDRESS, name="Ivy")
        person.set_unusable_password()
        person.save()

        client.post(Link(shop).path, FORM)

        person.refresh_from_db()
        assert person.check_password(SECRET)
        assert person.memberships.get().status == "active"


class TestSomebodyKnown:
    @pytest.fixture
    def ivy(self) -> Person:
        return Person.objects.create_user(ADDRESS, SECRET, name="Ivy")

    def test_signs_in_first_and_comes_back(self, shop, ivy, client):
        link = Link(shop)

        page = client.get(link.path)
        tried = client.post(link.path, {**FORM, "password": "mine now, surely so"})

        assert f"/accounts/login/?next={link.path}" in page.content.decode()
        assert "password_again" not in page.content.decode()
        assert tried.status_code == 200
        ivy.refresh_from_db()
        assert ivy.check_password(SECRET)

    def test_joins_with_one_press_and_acts_for_the_new_company(self, shop, ivy):
        other = make_partner(shop.programme, "99")
        Member.objects.create(partner=other, person=ivy, joined_at=shop.alice.joined_at)
        link, client = Link(shop), enter(ivy)

        page = client.get(link.path)
        assert ivy.memberships.count() == 1
        client.post(link.path)

        assert "Join the team of Shop 12346" in words(page)
        assert client.get("/").wsgi_request.member.partner == shop.partner

    def test_who_left_comes_back_as_the_same_member(self, shop, client):
        Member.objects.filter(pk=shop.bob.pk).update(status="left", left_at=timezone.now())
        link = Link(shop, email=shop.bob.person.email)

        enter(shop.bob.person).post(link.path)

        assert Member.objects.get(pk=shop.bob.pk).status == "active"

    def test_whose_access_is_closed_is_told_so(self, shop, ivy, client):
        Person.objects.filter(pk=ivy.pk).update(is_active=False)

        answer = client.post(Link(shop).path, FORM)

        assert answer.status_code == 403
        assert "Your access is closed" in words(answer)
        assert not ivy.memberships.exists()


class TestSomebodyElse:
    def test_is_told_who_it_is_for_and_joins_nothing(self, shop):
        link, bob = Link(shop), sign_in(shop.bob)

        page, tried = bob.get(link.path), bob.post(link.path, FORM)

        for answer in (page, tried):
            assert "This invitation is for somebody else" in words(answer)
        assert not Member.objects.filter(invitations=link.made).exists()


class TestTheLog:
    def test_keeps_no_link_that_works(self, shop, client, capsys):
        link = Link(shop)

        client.get(link.path)
        client.get("/invitation/forged-token/")
        lines = hide_links(None, "", {"request": f"GET {link.path}", "code": 200, "path": "/team/"})

        assert lines == {"request": "GET /invitation/.../", "code": 200, "path": "/team/"}
        assert "-token" not in capsys.readouterr().err


class TestTooLate:
    @pytest.mark.parametrize(
        ("end", "said"),
        [
            ({"expires_at": timezone.now()}, "This link is too old"),
            ({"withdrawn_at": timezone.now()}, "This invitation was withdrawn"),
        ],
    )
    def test_says_why(self, shop, client, end, said):
        link = Link(shop)
        Invitation.objects.update(**end)

        for answer in (client.get(link.path), client.post(link.path, FORM)):
            assert answer.status_code == 410
            assert said in words(answer)
        assert not Person.objects.filter(email=ADDRESS).exists()

    def test_used_it_opens_nothing_for_the_next(self, shop, client):
        link = Link(shop)
        client.post(link.path, FORM)

        answer = Client().post(link.path, {**FORM, "name": "Eve"})

        assert answer.status_code == 410
        assert "This invitation was accepted" in words(answer)

    def test_a_closed_company_takes_nobody(self, shop, client):
        link = Link(shop)
        Partner.objects.filter(pk=shop.partner.pk).update(status="closed")

        assert client.post(link.path, FORM).status_code == 410

    def test_a_forged_one_says_nothing(self, shop, client):
        Link(shop)

        answer = client.get("/invitation/another-token/")

        assert answer.status_code == 404
        assert "This link does not work" in words(answer)
        assert "Shop 12346" not in words(answer)

    def test_an_old_day_s_link_still_works_on_its_last(self, shop, client):
        link = Link(shop, at=timezone.now() - timedelta(days=6, hours=23))

        assert client.post(link.path, FORM).status_code == 302
