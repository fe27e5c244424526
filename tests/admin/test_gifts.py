"""Personal earning in the admin: who was named, what was agreed, and what people were given."""

import uuid
from datetime import timedelta

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from partners.models import Partner
from partners.roles import Role
from rewards import consenting, sharing
from rewards.models import EarningConsent
from tests.rewards.cast import NOON, Shop, earn, join, make_partner, open_shop
from tests.rewards.test_consenting import ALLOWED, acting

pytestmark = [pytest.mark.django_db, pytest.mark.once("SQLite")]

GIFTS = "/admin/gifts/"


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(NOON + timedelta(days=10), tick=False):
        yield


@pytest.fixture
def shop() -> Shop:
    shop = open_shop(points=500, **ALLOWED)
    consenting.name_approver(
        partner=shop.partner, member=shop.alice, by=acting(shop.alice), at=NOON
    )
    return shop


@pytest.fixture
def consent(shop) -> EarningConsent:
    return consenting.agree(
        programme=shop.programme,
        member=shop.bob,
        by=acting(shop.alice),
        terms_version=3,
        language="en",
        at=NOON,
    )


def give(head, member, amount: int) -> None:
    sharing.share(
        head_buyer=head,
        programme=head.partner.standings.get().programme,
        amount=amount,
        method="equal",
        parts=[sharing.PartDraft(member_id=member.pk, amount=amount)],
        reason="=Thanks()",
        request_id=uuid.uuid4(),
        shared_at=NOON,
    )


@pytest.fixture
def two_companies(shop):
    """Bob of the Corner Shop was given 40, Dora of another company 50."""
    other = make_partner(shop.programme, "99999")
    charlie, dora = join(other, "Charlie", "head_buyer"), join(other, "Dora")
    earn(Shop(shop.programme, other, charlie, dora, dora).pool, 100)
    give(shop.alice, shop.bob, 40)
    give(charlie, dora, 50)
    return shop


def lines(answer):
    return {(line[2], str(line[3]), line[-1]) for line in answer.context["lines"]}


class TestTheRegister:
    def test_shows_a_year_of_all_partners_or_of_one(self, client, employ, two_companies):
        employ(Role.FINANCE)
        shared = "Shared by the company"

        assert lines(client.get(GIFTS)) == {("Bob", shared, "£0.40"), ("Dora", shared, "£0.50")}
        one = client.get(GIFTS, {"partner": "99999"})
        assert lines(one) == {("Dora", shared, "£0.50")}
        assert lines(client.get(GIFTS, {"year": "2025"})) == set()
        assert "There is no such partner." in client.get(GIFTS, {"partner": "1"}).content.decode()

    def test_an_account_manager_sees_own_partners_only_in_files_too(
        self, client, employ, two_companies
    ):
        person = employ(Role.ACCOUNT_MANAGER)
        Partner.objects.filter(pk=two_companies.partner.pk).update(account_manager=person)

        assert {line[0] for line in lines(client.get(GIFTS))} == {"Bob"}
        file = b"".join(client.get(GIFTS, {"file": "csv"}).streaming_content).decode()
        assert "Bob" in file
        assert "Dora" not in file
        # What a person wrote is never run by a spreadsheet.
        assert "'=Thanks()" in file

    def test_fulfilment_does_not_read_it(self, client, employ, two_companies):
        employ(Role.FULFILMENT)

        assert client.get(GIFTS).status_code == 403
        assert GIFTS not in client.get("/admin/").content.decode()

    def test_costs_the_same_queries_for_two_lines_and_for_twelve(
        self, client, employ, two_companies, django_assert_num_queries
    ):
        employ(Role.AUDITOR)
        client.get(GIFTS)

        for more in (0, 10):
            for _time in range(more):
                give(two_companies.alice, two_companies.bob, 5)
            with django_assert_num_queries(QUERIES):
                client.get(GIFTS)


# session, person, permissions (2) and roles (2); the first programme, the one asked for; the
# sidebar's counts (3); number of lines, the page, versions, four kinds of words; programmes to
# choose from (2)
QUERIES = 20


class TestConsents:
    def test_are_withdrawn_for_a_reason_that_is_kept(self, client, employ, consent):
        employ(Role.LOYALTY_MANAGER)
        url = reverse("admin:rewards_earningconsent_withdraw", args=[consent.pk])
        assert "the company’s pool" in client.get(url).content.decode()

        client.post(url, {"reason": "Asked by phone", "confirmed": "1"})

        consent.refresh_from_db()
        assert consent.withdrawn_at == NOON + timedelta(days=10)
        assert "Asked by phone" in LogEntry.objects.latest("pk").change_message

    def test_say_what_they_mean_by_the_terms_of_now(self, client, employ, consent, shop):
        employ(Role.AUDITOR)
        url = reverse("admin:rewards_earningconsent_change", args=[consent.pk])
        assert "What this person does earns for themselves." in client.get(url).content.decode()

        version = shop.programme.versions.get()
        version.definition["settings"]["personal_earning"]["terms_version"] = 4
        type(version).objects.filter(pk=version.pk).update(definition=version.definition)

        said = "By other terms than now: it earns for the company, until it is agreed anew."
        assert said in client.get(url).content.decode()

    def test_auditors_read_and_withdraw_nothing(self, client, employ, consent):
        employ(Role.AUDITOR)

        page = client.get(reverse("admin:rewards_earningconsent_change", args=[consent.pk]))
        url = reverse("admin:rewards_earningconsent_withdraw", args=[consent.pk])

        assert ALLOWED["personal_earning"]["terms"]["en"] in page.content.decode()
        assert client.post(url, {"reason": "x", "confirmed": "1"}).status_code == 403
        consent.refresh_from_db()
        assert consent.withdrawn_at is None

    def test_an_approver_is_named_on_the_company_s_word(self, client, employ, shop):
        person = employ(Role.LOYALTY_MANAGER)
        url = reverse("admin:partners_member_name_approver", args=[shop.vera.pk])

        client.post(url, {"reason": "Letter of 1 March", "confirmed": "1"})

        named = consenting.find_approver(shop.partner)
        assert (named.member, named.named_by) == (shop.vera, person)
