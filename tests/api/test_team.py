"""Teams through the API: edits of a version, leaving, handing over, invitations."""

import json
import re

import pytest

from ledger.models import Transfer
from partners.models import Invitation, Member
from tests.api.conftest import Poster, make_token, signed_in, with_key
from tests.rewards.cast import balance, earn

# What the doors answer is the same on both databases.
pytestmark = pytest.mark.once("PostgreSQL")

IVY = {"email": "Ivy@example.com", "name": "Ivy Lane", "role": "buyer", "job_title": "Glass"}


def patch(client, member, body, **headers):
    return client.patch(
        f"/api/v1/members/{member.public_id}",
        data=json.dumps(body),
        content_type="application/json",
        headers=headers,
    )


class TestEditing:
    def test_names_the_version_and_gets_the_next(self, erp, shop):
        read = erp.get(f"members/{shop.bob.public_id}")

        edited = patch(erp.client, shop.bob, {"role": "viewer"}, **{"If-Match": read["ETag"]})
        stale = patch(erp.client, shop.bob, {"role": "buyer"}, **{"If-Match": read["ETag"]})

        assert (edited.status_code, edited.json()["role"]) == (200, "viewer")
        assert edited["ETag"] != read["ETag"]
        assert stale.status_code == 412
        assert Member.objects.get(pk=shop.bob.pk).role == "viewer"

    @pytest.mark.parametrize(
        "body", [{"role": "king"}, {"status": "left"}, {"job_title": 7}, {"job_title": "x" * 101}]
    )
    def test_refuses_what_is_no_edit(self, erp, shop, body):
        answer = patch(erp.client, shop.bob, body, **{"If-Match": "*"})

        assert answer.status_code == 400

    def test_is_the_head_buyers_in_a_session(self, shop, charlie):
        for member, status in ((shop.alice, 200), (shop.bob, 403), (charlie, 404)):
            client = signed_in(member)
            client.handler.enforce_csrf_checks = False

            answer = patch(client, shop.bob, {"job_title": member.role}, **{"If-Match": "*"})

            assert answer.status_code == status, member


class TestLeaving:
    def test_says_what_went_back_and_says_it_again(self, erp, shop):
        earn(shop.wallet(shop.bob), 42)
        path = f"members/{shop.bob.public_id}/deactivate"

        first = erp.post(path, {})
        again = erp.post(path, {})

        assert first.status_code == 200
        assert first.json()["returned"] == [{"unit": shop.unit.code, "amount": 42}]
        assert again.json() == first.json()
        assert balance(shop.pool) == 542
        assert Transfer.objects.filter(kind="leave").count() == 1
        assert first.json()["member"]["status"] == "left"

    def test_ends_the_session_of_the_member_at_once(self, erp, shop):
        client = signed_in(shop.bob)
        assert client.get("/api/v1/partners").status_code == 200

        erp.post(f"members/{shop.bob.public_id}/deactivate", {})

        assert client.get("/api/v1/partners").status_code == 403


class TestHandingOver:
    def test_changes_both(self, erp, shop):
        answer = erp.post(
            f"members/{shop.alice.public_id}/hand-over",
            {"to": str(shop.bob.public_id), "becomes": "viewer"},
        )

        assert answer.json()["member"]["role"] == "viewer"
        assert answer.json()["head_buyer"]["name"] == "Bob"

    def test_stays_on_the_team(self, erp, shop, charlie):
        answer = erp.post(
            f"members/{shop.alice.public_id}/hand-over", {"to": str(charlie.public_id)}
        )

        assert answer.json()["errors"][0]["code"] == "does_not_exist"


class TestInvitations:
    def invite(self, erp, **changes):
        return erp.post("invitations", {**IVY, "partner": "erp:12346", **changes})

    def test_mail_the_link_and_never_show_it(
        self, erp, shop, mailoutbox, django_capture_on_commit_callbacks
    ):
        with django_capture_on_commit_callbacks(execute=True):
            answer = self.invite(erp, language="pl")

        assert answer.status_code == 201
        made = answer.json()
        assert (made["email"], made["state"], made["sent_times"]) == ("ivy@example.com", "open", 1)
        [mail] = mailoutbox
        [token] = set(re.findall(r"http://testserver/invitation/([\w-]{43})/", mail.body))
        assert token not in answer.content.decode()

    def test_with_the_same_key_sends_one_mail(
        self, erp, shop, mailoutbox, django_capture_on_commit_callbacks
    ):
        with django_capture_on_commit_callbacks(execute=True):
            for _time in range(2):
                erp.post("invitations", {**IVY, "partner": "erp:12346"}, key="same")

        assert len(mailoutbox) == 1

    def test_are_listed_by_state_and_withdrawn(self, erp, shop):
        made = self.invite(erp).json()
        erp.post(f"invitations/{made['id']}/resend", {})

        withdrawn = erp.post(f"invitations/{made['id']}/withdraw", {})

        assert withdrawn.json()["state"] == "withdrawn"
        by_state = {
            state: len(erp.get("invitations", {"state": state}).json()["items"])
            for state in ("open", "withdrawn", "accepted", "expired")
        }
        assert by_state == {"open": 0, "withdrawn": 1, "accepted": 0, "expired": 0}

    def test_of_a_session_are_for_its_own_company(self, shop, charlie):
        client = signed_in(shop.alice)
        client.handler.enforce_csrf_checks = False

        own = client.post(
            "/api/v1/invitations", IVY, format="json", headers={"Idempotency-Key": "1"}
        )
        other = client.post(
            "/api/v1/invitations",
            {**IVY, "partner": str(charlie.partner.public_id)},
            format="json",
            headers={"Idempotency-Key": "2"},
        )

        assert own.json()["partner"] == str(shop.partner.public_id)
        assert other.json()["errors"][0]["code"] == "does_not_exist"

    def test_need_the_scope(self, shop):
        reader = Poster(with_key(make_token(scopes=["members:read"])), iter("ab"))

        answer = self.invite(reader)

        assert (answer.status_code, answer.json()["scope"]) == (403, "members:write")
        assert not Invitation.objects.exists()

    @pytest.mark.parametrize("more", [0, 5])
    def test_cost_the_same_queries_however_many(self, erp, shop, more, django_assert_num_queries):
        for number in range(1 + more):
            self.invite(erp, email=f"ivy{number}@example.com")

        # key, invitations with partner, member and inviter
        with django_assert_num_queries(2):
            answer = erp.get("invitations")

        assert len(answer.json()["items"]) == 1 + more
