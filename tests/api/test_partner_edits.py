"""Partners enrolled, edited, named by other numbers and merged through the API."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from partners.enrolling import name_partner
from partners.models import Contract, Event, Partner, PartnerMerge, Person, Tag
from tests.api.conftest import make_token, signed_in, with_key
from tests.rewards.cast import NOON, balance, earn, join, make_partner

pytestmark = pytest.mark.once("PostgreSQL")

OAK = {"erp_number": "2001", "legal_name": "Oak"}


@pytest.fixture
def manager(db):
    return Person.objects.create(email="mona@seller.example", name="Mona", is_staff=True)


def patch(poster, reference, body, match='"1"'):
    headers = {} if match is None else {"If-Match": match}
    return poster.client.patch(
        f"/api/v1/partners/{reference}", body, format="json", headers=headers
    )


class TestEnrolling:
    def test_with_all_that_is_known(self, erp, shop, manager):
        given = {
            **OAK,
            "tax_id": "PL525",
            "country": "PL",
            "currency": "PLN",
            "language": "pl",
            "partner_since": "2020-05-01",
            "account_manager": "Mona@seller.example",
            "tags": ["north", "fair"],
            "numbers": [{"system": "shop", "number": "77"}],
            "contracts": [{"number": "C-7", "starts_on": "2026-01-01", "payment_days": 30}],
        }
        answer = erp.post("partners", given)
        assert answer.status_code == 201, answer.json()
        body = answer.json()
        seen = {name: body[name] for name in given.keys() - {"account_manager", "tags"}}
        terms = [{"number": "C-7", "starts_on": "2026-01-01", "ends_on": None, "payment_days": 30}]
        expected = given | {"contracts": terms}
        assert seen == {name: expected[name] for name in seen}
        assert (body["account_manager"], body["tags"]) == (
            "mona@seller.example",
            ["fair", "north"],
        )
        assert body["merged_into"] is None
        assert Event.objects.filter(kind="partner_enrolled").count() == 1
        for reference in (body["id"], "erp:2001", "ref:shop:77"):
            assert erp.get(f"partners/{reference}").json() == body

    @pytest.mark.parametrize(
        ("given", "pointer"),
        [
            ({"legal_name": "Oak"}, "/erp_number"),
            ({**OAK, "currency": "pounds"}, "/currency"),
            ({**OAK, "currency": "ZZZ"}, "/currency"),
            ({**OAK, "language": "de"}, "/language"),
            ({**OAK, "partner_since": "2020-05"}, "/partner_since"),
            ({**OAK, "account_manager": "nobody@seller.example"}, "/account_manager"),
            ({**OAK, "numbers": [{"system": "a:b", "number": "1"}]}, "/numbers/0/system"),
            ({**OAK, "numbers": [{"system": "a", "number": "1"}] * 2}, "/numbers"),
            (
                {
                    **OAK,
                    "contracts": [
                        {"number": "C", "starts_on": "2026-02-01", "ends_on": "2026-01-31"}
                    ],
                },
                "/contracts/0/ends_on",
            ),
            ({**OAK, "colour": "red"}, "/colour"),
        ],
    )
    def test_says_what_does_not_fit(self, erp, shop, given, pointer):
        answer = erp.post("partners", given)
        assert answer.status_code == 400
        assert pointer in [error.get("pointer") for error in answer.json()["errors"]]
        assert Partner.objects.count() == 1

    def test_a_key_of_one_partner_enrols_nobody(self, partner_erp):
        assert partner_erp.post("partners", OAK).status_code == 403


class TestEditing:
    def test_says_of_which_version_it_is(self, erp, shop):
        read = erp.get("partners/erp:12346")
        assert read.headers["ETag"].startswith('"1.')
        first = patch(erp, "erp:12346", {"country": "PL", "tags": ["north"]})
        assert (first.status_code, first.headers["ETag"]) == (200, '"2"')
        assert (first.json()["country"], first.json()["tags"]) == ("PL", ["north"])
        stale = patch(erp, "erp:12346", {"country": "UA"})
        assert (stale.status_code, stale.json()["code"]) == (412, "precondition_failed")
        without = patch(erp, "erp:12346", {"country": "UA"}, match=None)
        assert (without.status_code, without.json()["code"]) == (428, "precondition_required")
        assert patch(erp, "erp:12346", {"partner_since": None}, match="*").status_code == 200

    def test_tags_are_the_sellers(self, erp, partner_erp, shop):
        shop.partner.tags.add(Tag.objects.create(name="slow payer"))
        assert erp.get("partners/erp:12346").json()["tags"] == ["slow payer"]
        assert partner_erp.get("partners/erp:12346").json()["tags"] is None
        assert signed_in(shop.alice).get("/api/v1/partners").json()["items"][0]["tags"] is None
        assert partner_erp.get("partners", {"tag": "slow payer"}).json()["items"] == []


class TestFilters:
    def test_by_what_partners_have(self, erp, shop, charlie, manager):
        oak = shop.partner
        oak.tags.add(Tag.objects.create(name="north"))
        oak.tax_id, oak.account_manager = "PL5", manager
        oak.save()
        name_partner(partner=oak, system="shop", number="77", by=None, at=NOON)
        for query in (
            {"tag": "north"},
            {"tax_id": "PL5"},
            {"account_manager": "MONA@seller.example"},
            {"ref": "shop:77"},
        ):
            items = erp.get("partners", query).json()["items"]
            assert [item["erp_number"] for item in items] == ["12346"], query
        assert erp.get("partners", {"ref": "77"}).json()["items"] == []
        assert len(erp.get("partners", {"merged": "false"}).json()["items"]) == 2

    def test_the_list_costs_the_same_however_many(self, erp, shop):
        def count():
            with CaptureQueriesContext(connection) as queries:
                assert erp.get("partners").status_code == 200
            return len(queries)

        count()
        few = count()
        for number in range(8):
            more = make_partner(shop.programme, str(number))
            more.tags.add(Tag.objects.get_or_create(name=f"tag {number}")[0])
            name_partner(partner=more, system="crm", number=str(number), by=None, at=NOON)
            Contract.objects.create(partner=more, number="C", starts_on=NOON.date())
        assert count() == few


class TestMerging:
    def test_moves_what_there_is_and_back(self, erp, shop, charlie):
        other = charlie.partner
        pool = shop.pool
        earn(pool, 100)
        from_pool = earn(_pool_of(shop, other), 40)
        answer = erp.post(
            "partners/erp:12346/merge", {"merged": "erp:12347", "reason": "The same shop"}
        )
        assert answer.status_code == 200, answer.json()
        body = answer.json()
        assert body["moved"] == [{"unit": shop.unit.code, "account": "pool", "amount": 40}]
        assert balance(pool) == 640
        assert erp.get("partners/erp:12347").json()["merged_into"] == str(shop.partner.public_id)
        standings = erp.get("standings").json()["items"]
        assert [item["partner"] for item in standings] == [str(shop.partner.public_id)]
        # Whoever was on the team of the other acts for the one company, and sees all of it.
        session = signed_in(charlie)
        assert len(session.get("/api/v1/partners").json()["items"]) == 2
        moved = session.get("/api/v1/transfers", {"partner": "erp:12347"}).json()["items"]
        assert str(from_pool.public_id) in [item["id"] for item in moved]

        undone = erp.post("partners/erp:12346/undo-merge", {"merged": "erp:12347"})
        assert undone.status_code == 200, undone.json()
        assert undone.json()["undone_at"]
        assert balance(_pool_of(shop, other)) == 40
        assert len(signed_in(charlie).get("/api/v1/partners").json()["items"]) == 1

    def test_takes_effect_once_per_key(self, erp, shop, charlie):
        body = {"merged": "erp:12347", "reason": "The same shop"}
        first = erp.post("partners/erp:12346/merge", body, key="m-1")
        second = erp.post("partners/erp:12346/merge", body, key="m-1")
        assert first.json() == second.json()
        assert PartnerMerge.objects.count() == 1

    def test_names_only_whom_the_key_may_see(self, partner_erp, shop, charlie):
        body = {"merged": "erp:12347", "reason": "The same shop"}
        answer = partner_erp.post("partners/erp:12346/merge", body)
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["pointer"] == "/merged"
        not_merged = partner_erp.post("partners/erp:12346/undo-merge", {"merged": "erp:12346"})
        assert not_merged.json()["errors"][0]["code"] == "not_merged"

    def test_a_key_of_the_merged_one_acts_for_the_company(self, erp, shop, charlie):
        theirs = with_key(make_token(partner=charlie.partner))
        join(charlie.partner, "Dora")
        erp.post("partners/erp:12346/merge", {"merged": "erp:12347", "reason": "The same"})
        seen = theirs.get("/api/v1/partners").json()["items"]
        assert [item["erp_number"] for item in seen] == ["12346", "12347"]
        assert theirs.get("/api/v1/members").status_code == 200


def _pool_of(shop, partner):
    return shop.unit.accounts.get_or_create(kind="pool", partner=partner)[0]
