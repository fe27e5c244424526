"""Activities of unknown partners wait, are matched, and leak nothing to keys of one partner."""

import itertools
from datetime import UTC, datetime

import pytest

from partners.enrolling import enrol, name_partner
from partners.models import Activity, MatchingRule, ParkedDocument
from partners.rates import RateRow, store_rates
from rewards import inbox
from tests.api.conftest import Poster, make_token, with_key
from tests.api.provocations import LINE, make_order
from tests.rewards.cast import NOON, balance

pytestmark = [pytest.mark.django_db, pytest.mark.once("PostgreSQL")]


@pytest.fixture
def bound(earning_shop):
    return Poster(with_key(make_token(partner=earning_shop.partner)), itertools.count())


class TestReporting:
    def test_one_of_an_unknown_partner_waits_with_the_same_answer_each_time(
        self, erp, earning_shop
    ):
        order = make_order(partner="erp:Z9")

        first = erp.post("activities", order)
        again = erp.post("activities", order)
        other = erp.post("activities", {**order, "country": "France"})
        batch = erp.post("activities/batch", {"activities": [order, order]}).json()

        assert (first.status_code, again.status_code, other.status_code) == (202, 202, 409)
        assert first.json() == again.json()
        assert (
            first.json().items()
            >= {
                "status": "parked",
                "reason": "unknown_partner",
                "external_id": "536365",
                "partner_ref": "Z9",
                "partner": None,
            }.items()
        )
        assert other.json()["known_hash"]
        assert [item["status"] for item in batch["items"]] == ["parked", "parked"]
        assert {item["id"] for item in batch["items"]} == {first.json()["id"]}
        assert (ParkedDocument.objects.count(), Activity.objects.count()) == (1, 0)

    def test_is_taken_in_when_the_partner_appears_and_known_afterwards(self, erp, earning_shop):
        order = make_order(partner="erp:Z9")
        elsewhere = make_order(partner="ref:crm:77", external_id="2")
        own_number = make_order(partner="ref:erp:88", external_id="3")
        for each in (order, elsewhere, own_number):
            assert erp.post("activities", each).status_code == 202

        shop = enrol(erp_number="Z9", legal_name="New", by=None, at=NOON)
        name_partner(partner=shop, system="crm", number="77", by=None, at=NOON)
        name_partner(partner=shop, system="erp", number="88", by=None, at=NOON)
        again = [erp.post("activities", each) for each in (order, elsewhere, own_number)]

        assert not ParkedDocument.objects.waiting().exists()
        assert [answer.status_code for answer in again] == [200, 200, 200]
        assert Activity.objects.filter(partner=shop).count() == 3
        direct = make_order(partner="erp:Z9", external_id="4")
        assert erp.post("activities", direct).json()["awards"][0]["amount"] == 15

    def test_again_with_its_partner_is_taken_and_with_other_content_is_not(self, erp, earning_shop):
        order = make_order(partner="erp:Z9")
        dismissed = make_order(partner="erp:Z9", external_id="2")
        parked = [erp.post("activities", each).json()["id"] for each in (order, dismissed)]
        erp.post(f"inbox/{parked[1]}/dismiss", {"reason": "A test"})

        differs = erp.post("activities", make_order(country="France"))
        taken = [
            erp.post("activities", {**each, "partner": "erp:12346"}) for each in (order, dismissed)
        ]
        unknown_again = erp.post("activities", order)

        assert differs.status_code == 409
        assert [answer.status_code for answer in taken] == [201, 201]
        assert not ParkedDocument.objects.filter(matched_at=None).exists()
        assert not ParkedDocument.objects.exclude(dismissed_at=None).exists()
        assert (unknown_again.status_code, balance(earning_shop.pool)) == (200, 30)

    def test_goes_by_rules_too(self, erp, earning_shop):
        MatchingRule.objects.create(
            source="erp",
            field="partner_ref",
            condition="starts_with",
            value="north-",
            partner=earning_shop.partner,
            made_at=NOON,
        )

        answer = erp.post("activities", make_order(partner="erp:north-7"))

        assert answer.status_code == 201
        assert answer.json()["partner"] == str(earning_shop.partner.public_id)

    def test_without_a_rate_waits_for_it_whosever_key_it_is(self, erp, bound, earning_shop):
        order = make_order(currency="EUR")
        first, again = bound.post("activities", order), bound.post("activities", order)
        other = erp.post("activities", {**order, "country": "France"})
        whole = erp.post(
            "activities/batch",
            {"activities": [make_order(currency="EUR", external_id="2")], "all_or_nothing": True},
        )
        day = datetime(2026, 3, 2, tzinfo=UTC).date()
        store_rates([RateRow("EUR", "GBP", day, 200_000_000)], source="", by=None, at=NOON)
        inbox.retry_no_rate(["EUR"], at=NOON)

        assert (first.status_code, again.status_code, other.status_code) == (202, 202, 409)
        assert (first.json()["reason"], first.json()) == ("no_rate", again.json())
        assert first.json()["partner"] == str(earning_shop.partner.public_id)
        assert (
            whole.json()["errors"][0].items()
            >= {
                "pointer": "/activities/0",
                "code": "no_rate",
            }.items()
        )
        assert ParkedDocument.objects.count() == 1
        assert bound.post("activities", order).status_code == 200
        assert balance(earning_shop.pool) == 30

    def test_of_members_ids_and_whole_batches_are_refused_as_ever(self, erp, earning_shop):
        given = [
            make_order(partner="erp:Z9", member=str(earning_shop.bob.public_id)),
            make_order(partner="0197f3a0-0000-7000-8000-000000000000"),
        ]
        whole = {"activities": [make_order(), make_order(partner="erp:Z9", external_id="2")]}

        alone = [erp.post("activities", each).json() for each in given]
        batch = erp.post("activities/batch", {**whole, "all_or_nothing": True})

        assert {answer["errors"][0]["pointer"] for answer in alone} == {"/partner"}
        assert batch.status_code == 422
        assert batch.json()["errors"][0]["pointer"] == "/activities/1/partner"
        assert not ParkedDocument.objects.exists()
        assert not Activity.objects.exists()

    def test_costs_the_same_queries_however_many_wait(
        self, erp, earning_shop, django_assert_max_num_queries
    ):
        def count(start, size):
            items = [
                make_order(partner=f"erp:Z{number % 3}", external_id=str(number))
                for number in range(start, start + size)
            ]
            with django_assert_max_num_queries(60) as captured:
                answer = erp.post("activities/batch", {"activities": items})
            assert answer.json()["parked"] == size
            return len(captured)

        warm = count(0, 2)
        assert count(100, 20) <= warm


class TestTheInbox:
    def test_is_listed_matched_dismissed_and_brought_back(self, erp, earning_shop):
        ids = [
            erp.post("activities", make_order(partner="erp:Z9", external_id=str(number))).json()[
                "id"
            ]
            for number in range(3)
        ]
        matched = erp.post(f"inbox/{ids[0]}/match", {"partner": "erp:12346"})
        dismissed = erp.post(f"inbox/{ids[1]}/dismiss", {"reason": "A test of the till"})
        waiting = erp.get("inbox", {"state": "parked"}).json()["items"]
        back = erp.post(f"inbox/{ids[1]}/bring-back", {})

        assert (
            matched.json().items()
            >= {
                "status": "matched",
                "partner": str(earning_shop.partner.public_id),
            }.items()
        )
        assert balance(earning_shop.pool) == 15
        assert (dismissed.json()["status"], dismissed.json()["dismiss_reason"]) == (
            "dismissed",
            "A test of the till",
        )
        assert [each["id"] for each in waiting] == [ids[2]]
        assert (back.status_code, back.json()["status"]) == (200, "parked")
        assert erp.post(f"inbox/{ids[0]}/match", {"partner": "erp:12346"}).status_code == 409

    def test_is_nothing_to_a_key_of_one_partner(self, erp, bound, earning_shop):
        order = make_order(partner="erp:Z9", lines=[LINE, LINE])
        parked = erp.post("activities", order).json()["id"]

        unknown = bound.post("activities", order)
        others = bound.post("activities", {**order, "external_id": "never seen"})
        one = bound.get(f"inbox/{parked}")
        missing = bound.get("inbox/0197f3a0-0000-7000-8000-000000000000")
        match = bound.post(f"inbox/{parked}/match", {"partner": "erp:12346"})

        assert unknown.status_code == others.status_code == 400
        assert unknown.json()["errors"] == others.json()["errors"]
        assert bound.get("inbox").json()["items"] == []
        assert (one.status_code, match.status_code) == (404, 404)
        assert one.json()["detail"] == missing.json()["detail"]
        assert ParkedDocument.objects.waiting().count() == 1
