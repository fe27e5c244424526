"""Every list and every page of the admin, for every model that is registered."""

import html
import re

import pytest
from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ledger.models import Transfer
from partners.doors.admin import BaseAdmin, ReadOnlyAdmin
from partners.models import (
    Activity,
    ApiKey,
    Invitation,
    OwnKind,
    ParkedDocument,
    Partner,
    PartnerMerge,
    Person,
    SellOutClaim,
    WaitingReference,
)
from rewards.models import Redemption
from tests.admin import world

# PostgreSQL is the one that minds what is asked; the longest two of the others run on SQLite.
pytestmark = [pytest.mark.django_db, pytest.mark.once("PostgreSQL")]

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
HISTORY = [model for model in MODELS if isinstance(admin.site._registry[model], ReadOnlyAdmin)]
NAMES = "{0._meta.label}".format


def page(model, name, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)


def count_queries(client, url):
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(url)
    assert answer.status_code == 200, url
    return len(queries)


def page_text(client, row):
    answer = client.get(page(type(row), "change", row.pk))
    return " ".join(answer.content.decode().split())


def first(model):
    return model.objects.order_by("pk").first()


@pytest.fixture
def one_of_each(root):
    return world.build()


def test_every_page_stands_on_our_base():
    assert [
        model for model in MODELS if not isinstance(admin.site._registry[model], BaseAdmin)
    ] == []


@pytest.mark.once("SQLite")
def test_a_list_and_a_page_cost_the_same_for_one_row_and_for_ten(client, one_of_each):
    """All models in one world: filling it is what takes the time."""
    urls = [
        url
        for model in MODELS
        for url in (page(model, "changelist"), page(model, "change", first(model).pk))
    ]

    # What the process remembers from the first page on is not counted with any of them.
    ContentType.objects.get_for_models(*MODELS)
    client.get(urls[0])

    with_one = {url: count_queries(client, url) for url in urls}
    world.grow(one_of_each, 9)

    assert {url: count_queries(client, url) for url in urls} == with_one


def test_pages_are_headed_by_words_and_not_by_keys(client, one_of_each):
    """Beside the tests of queries, since a name may cost one a row."""
    head, partner = one_of_each.member, one_of_each.partner
    merge = first(PartnerMerge)
    named = {
        head: f"{head.person.name}, Head buyer",
        merge: f"{merge.merged} → {partner}",
        first(SellOutClaim): f"#{first(SellOutClaim).pk} SKU-0-first",
        first(Invitation): first(Invitation).email,
        first(WaitingReference): "awaited-0-first (erp)",
        one_of_each.parked: "parked-0 (erp)",
        first(OwnKind): "Kind 0",
    }
    for row, name in named.items():
        title = re.search("<title>(.*?)</title>", page_text(client, row))[1]
        assert name in html.unescape(title)


BAD_QUESTIONS = [
    {"q": "'\"%_\\", "o": "999"},
    {"q": "\x00"},
    {"q": "x" * 5000, "p": "-1"},
    {"pk__in": "x"},
]
WORSE_QUESTIONS = [
    {"o": "-1.x"},
    {"p": "-1"},
    {"p": "x"},
    {"all": ""},
    {"no_such_field": "1"},
    {"_facets": "x", "e": "1"},
]
NO_ROWS = ["-1", "99999999999999999999", "x", "%00"]
BUSY = [Activity, Person, Redemption, Transfer]


@pytest.mark.usefixtures("one_of_each")
class TestBadQuestions:
    def test_are_answered_without_an_error_page(self, client):
        answers = {
            (model, number): client.get(page(model, "changelist"), query).status_code
            for model in MODELS
            for number, query in enumerate(BAD_QUESTIONS)
        }

        assert {
            place for place, status in answers.items() if status not in {200, 302, 400}
        } == set()

    @pytest.mark.parametrize("model", BUSY, ids=NAMES)
    def test_however_crafted(self, client, model):
        listing = page(model, "changelist")

        answers = [client.get(listing, query).status_code for query in WORSE_QUESTIONS]
        missing = [client.get(f"{listing}{pk}/change/").status_code for pk in NO_ROWS]

        assert set(answers) <= {200, 302, 400}
        assert set(missing) <= {302, 400, 404}

    @pytest.mark.parametrize(
        "query",
        [
            "partners/person/?password__startswith=a",
            "partners/partner/?account_manager__password__startswith=a",
            "partners/apikey/?secret_hash__startswith=a",
            "partners/member/?person__password__startswith=a",
        ],
    )
    def test_a_secret_is_not_told_letter_by_letter(self, client, query):
        assert client.get(f"/admin/{query}").status_code == 400

    @pytest.mark.parametrize(
        "query",
        [
            {"occurred_at_from": "tomorrow", "occurred_at_to": "9999-12-31"},
            {"occurred_at_from": "0001-01-01"},
            {"occurred_at_from": "2026-03-02", "occurred_at_to": "2026-03-02"},
        ],
        ids=str,
    )
    def test_days_that_are_none_filter_nothing(self, client, query):
        assert client.get("/admin/partners/activity/", query).status_code == 200

    @pytest.mark.parametrize(
        "query", ["s=", "s=a", "s=%00", "s=a&page=x", "s=a&extended=1&page=-1"]
    )
    def test_the_search_answers_anything(self, client, query):
        assert client.get(f"/admin/search/?{query}").status_code in {200, 400}

    def test_autocomplete_takes_a_nul_for_what_it_is(self, client):
        query = {
            "app_label": "partners",
            "model_name": "member",
            "field_name": "partner",
            "term": "\x00",
        }

        assert client.get("/admin/autocomplete/", query).status_code == 400


@pytest.mark.once("SQLite")
class TestHistory:
    @pytest.mark.usefixtures("one_of_each")
    def test_refuses_a_crafted_post(self, client):
        for model in HISTORY:
            row = first(model)
            before = model.objects.filter(pk=row.pk).values().get()

            answers = [
                client.post(page(model, "add"), {"amount": "1"}),
                client.post(page(model, "change", row.pk), {"amount": "1", "state": "x"}),
                client.post(page(model, "delete", row.pk), {"post": "yes"}),
            ]

            assert [answer.status_code for answer in answers] == [403, 403, 403], model
            assert model.objects.filter(pk=row.pk).values().get() == before, model

    @pytest.mark.usefixtures("one_of_each")
    def test_no_row_of_any_kind_is_deleted(self, client):
        for model in MODELS:
            row = first(model)
            chosen = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}

            client.post(page(model, "delete", row.pk), {"post": "yes"})
            client.post(page(model, "changelist"), chosen)

            assert model.objects.filter(pk=row.pk).exists(), model


class TestTheDoor:
    def test_is_the_sign_in_of_the_portal(self, client):
        answer = client.get("/admin/", follow=True)

        assert answer.redirect_chain[-1][0] == "/accounts/login/?next=%2Fadmin%2F"

    def test_is_closed_to_a_partner(self, client):
        client.force_login(world.make_member(world.make_partner("1"), "alice").person)

        assert client.get("/admin/", follow=True).status_code == 403
        assert client.get("/admin/partners/partner/", follow=True).status_code == 403


@pytest.mark.usefixtures("one_of_each")
@pytest.mark.parametrize("key", ["x", "\x00", "-1", "9" * 25, "<b>"])
def test_a_key_that_is_none_is_no_choice_of_a_picker(client, key):
    """What is refused is shown again, and then the picker looks its choice up."""
    given = {"partner": key, "account_manager": key, "tags": [key], "groups": [key], "scopes": "x"}
    pages = [
        *(page(model, "add") for model in (Partner, Invitation, ApiKey, Person)),
        *(page(model, "change", first(model).pk) for model in (Partner, Person)),
        f"{page(ParkedDocument, 'changelist')}{first(ParkedDocument).pk}/match/",
    ]
    for address in pages:
        assert client.post(address, given | {"preview": "1"}).status_code in {200, 422}, address
