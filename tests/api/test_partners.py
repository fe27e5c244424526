import pytest
from rest_framework.test import APIClient

from partners.models import Member, Partner
from tests.api.conftest import make_member, make_partner, make_token, signed_in, with_key

PARTNERS = "/api/v1/partners"


class TestPartners:
    def test_are_listed_oldest_first(self, erp, partner, other_partner):
        answer = erp.get(PARTNERS)

        assert answer.status_code == 200
        assert [item["erp_number"] for item in answer.json()["items"]] == ["12346", "12347"]
        assert answer.json()["next_cursor"] is None

    @pytest.mark.parametrize("name", ["public_id", "erp_number"])
    def test_are_found_by_id_and_by_erp_number(self, erp, partner, name):
        reference = str(partner.public_id) if name == "public_id" else f"erp:{partner.erp_number}"

        answer = erp.get(f"{PARTNERS}/{reference}")

        assert answer.status_code == 200
        assert answer.json()["legal_name"] == "Acorn Stores"

    def test_key_of_a_partner_sees_only_that_partner(self, partner_erp, partner, other_partner):
        listed = partner_erp.get(PARTNERS)
        others = partner_erp.get(f"{PARTNERS}/{other_partner.public_id}")

        assert [item["id"] for item in listed.json()["items"]] == [str(partner.public_id)]
        assert others.status_code == 404

    def test_pages_go_through_all_rows_once(self, erp):
        for number in range(7):
            make_partner(str(number))
        seen, cursor = [], None
        while True:
            page = erp.get(PARTNERS, {"limit": 3} | ({"cursor": cursor} if cursor else {})).json()
            seen += [item["erp_number"] for item in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break

        assert seen == [str(number) for number in range(7)]

    def test_filters_by_status(self, erp, partner, other_partner):
        Partner.objects.filter(pk=partner.pk).update(status="paused")

        answer = erp.get(PARTNERS, {"status": "paused"})

        assert [item["erp_number"] for item in answer.json()["items"]] == ["12346"]


class TestMembers:
    def test_team_of_a_partner(self, erp, partner, alice, bob, charlie):
        answer = erp.get("/api/v1/members", {"partner": "erp:12346"})

        assert [item["name"] for item in answer.json()["items"]] == ["Alice", "Bob"]

    @pytest.mark.parametrize("count", [1, 10])
    def test_costs_the_same_queries_for_one_row_and_for_ten(
        self, erp, partner, count, django_assert_num_queries
    ):
        for number in range(count):
            make_member(partner, f"Member{number}", Member.Role.BUYER)

        # key, note of its use, members with partner and person
        with django_assert_num_queries(3):
            answer = erp.get("/api/v1/members")

        assert len(answer.json()["items"]) == count


class TestSession:
    def test_acts_as_the_signed_in_member(self, alice, other_partner):
        answer = signed_in(alice).get(PARTNERS)

        assert [item["erp_number"] for item in answer.json()["items"]] == ["12346"]

    def test_reading_needs_no_key(self, client: APIClient, db):
        answer = client.get(PARTNERS)

        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert answer.json()["code"] == "not_authenticated"


class TestLimits:
    def test_every_answer_says_what_is_left(self, erp, partner):
        answer = erp.get(PARTNERS)

        assert answer.headers["RateLimit-Limit"] == "600"
        assert answer.headers["RateLimit-Remaining"] == "599"

    def test_scope_decides(self, partner):
        token = make_token(scopes=["events:read"], partner=partner)

        answer = with_key(token).get(PARTNERS)

        assert answer.status_code == 403
        assert answer.json()["scope"] == "partners:read"
