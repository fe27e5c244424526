import pytest

from partners.models import Partner
from tests.api.conftest import make_token, signed_in, with_key
from tests.rewards.cast import join, make_partner

pytestmark = pytest.mark.once("PostgreSQL")

PARTNERS = "/api/v1/partners"


class TestPartners:
    def test_are_listed_oldest_first(self, erp, shop, charlie):
        answer = erp.get("partners")

        assert answer.status_code == 200
        assert [item["erp_number"] for item in answer.json()["items"]] == ["12346", "12347"]
        assert answer.json()["next_cursor"] is None

    @pytest.mark.parametrize("by", ["id", "erp number"])
    def test_are_found_by_id_and_by_erp_number(self, erp, shop, by):
        reference = str(shop.partner.public_id) if by == "id" else "erp:12346"

        answer = erp.get(f"partners/{reference}")

        assert answer.status_code == 200
        assert answer.json()["legal_name"] == "Shop 12346"

    def test_key_of_a_partner_sees_only_that_partner(self, partner_erp, shop, charlie):
        listed = partner_erp.get("partners")
        others = partner_erp.get(f"partners/{charlie.partner.public_id}")

        assert [item["id"] for item in listed.json()["items"]] == [str(shop.partner.public_id)]
        assert others.status_code == 404

    def test_pages_go_through_all_rows_once(self, erp, shop):
        for number in range(6):
            make_partner(shop.programme, str(number))
        seen, cursor = [], None
        while True:
            page = erp.get("partners", {"limit": 3} | ({"cursor": cursor} if cursor else {}))
            seen += [item["erp_number"] for item in page.json()["items"]]
            cursor = page.json()["next_cursor"]
            if cursor is None:
                break

        assert seen == ["12346", *(str(number) for number in range(6))]

    def test_filters_by_status(self, erp, shop, charlie):
        Partner.objects.filter(pk=shop.partner.pk).update(status="paused")

        answer = erp.get("partners", {"status": "paused"})

        assert [item["erp_number"] for item in answer.json()["items"]] == ["12346"]


class TestMembers:
    def test_team_of_a_partner(self, erp, shop, charlie):
        answer = erp.get("members", {"partner": "erp:12346"})

        assert [item["name"] for item in answer.json()["items"]] == ["Alice", "Bob", "Vera"]

    @pytest.mark.parametrize("more", [0, 10])
    def test_costs_the_same_queries_however_many(self, erp, shop, more, django_assert_num_queries):
        for number in range(more):
            join(shop.partner, f"Member{number}")

        # key, note of its use in a savepoint of its own, members with partner and person
        with django_assert_num_queries(5):
            answer = erp.get("members")

        assert len(answer.json()["items"]) == 3 + more


class TestSession:
    def test_acts_as_the_signed_in_member(self, shop, charlie):
        answer = signed_in(shop.alice).get(PARTNERS)

        assert [item["erp_number"] for item in answer.json()["items"]] == ["12346"]

    def test_nobody_is_asked_for_a_key(self, client, db):
        answer = client.get(PARTNERS)

        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"


class TestLimits:
    def test_every_answer_says_what_is_left(self, erp, shop):
        answer = erp.get("partners")

        assert answer.headers["RateLimit-Limit"] == "600"
        assert answer.headers["RateLimit-Remaining"] == "599"

    def test_scope_decides(self, shop):
        token = make_token(scopes=["events:read"], partner=shop.partner)

        answer = with_key(token).get(PARTNERS)

        assert answer.status_code == 403
        assert answer.json()["scope"] == "partners:read"
