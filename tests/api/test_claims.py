"""Claims through the API: filed, found by who may see them, decided by the seller."""

import base64

import pytest

from partners.models import Activity
from tests.api.conftest import signed_in
from tests.api.provocations import World
from tests.api.waiting_provocations import SOLD_ON, claimed, file_claim
from tests.rewards.claiming.world import PDF, draw_picture

pytestmark = [pytest.mark.django_db, pytest.mark.once("PostgreSQL")]


@pytest.fixture
def world(shop, erp):
    return World(shop, erp)


class TestClaims:
    def test_go_from_filing_to_the_activity(self, world, erp, partner_erp):
        made = file_claim(world, serials=[" sn-1", "SN-2"])
        address = f"claims/{made.json()['id']}"
        seen = partner_erp.get(address)
        approved = erp.post(f"{address}/approve", {"note": "Seen"})
        listed = erp.get("claims", {"state": "approved"}).json()["items"]

        assert made.status_code == 201
        assert made.json() == seen.json()
        assert (
            made.json().items()
            >= {
                "state": "pending",
                "serials": ["SN-1", "SN-2"],
                "sold_on": SOLD_ON,
                "activity": None,
                "partner": str(world.shop.partner.public_id),
            }.items()
        )
        fact = Activity.objects.get()
        assert approved.json()["activity"] == str(fact.public_id)
        assert [each["id"] for each in listed] == [made.json()["id"]]

    def test_are_rejected_with_a_reason_and_free_their_articles(self, world, erp):
        address = claimed(world)

        odd = erp.post(f"{address}/reject", {"reason": "mood"})
        rejected = erp.post(f"{address}/reject", {"reason": "proof_missing"})

        assert odd.json()["errors"][0]["pointer"] == "/reason"
        assert rejected.json()["state"] == "rejected"
        assert file_claim(world).status_code == 201

    @pytest.mark.parametrize(
        ("changes", "pointer", "code"),
        [
            ({"serials": ["SN1", "sn 1"]}, "/serials", "twice"),
            ({"serials": ["\u00a0"]}, "/serials", "blank"),
            ({"sold_on": "2126-01-01"}, "/sold_on", "sold_in_future"),
            ({"sold_on": "2016-01-01"}, "/sold_on", "sold_too_long_ago"),
            ({"proofs": []}, "/proofs", "unknown_field"),
        ],
    )
    def test_are_refused_with_a_pointer_to_the_field(self, world, changes, pointer, code):
        answer = file_claim(world, **changes)

        assert answer.status_code == 400
        [error] = answer.json()["errors"]
        assert (error["pointer"].split("/")[1], error["code"]) == (pointer[1:], code)

    def test_take_proofs_while_they_wait(self, world, erp, settings, tmp_path):
        settings.PRIVATE_ROOT = tmp_path
        address = claimed(world)
        body = {"name": "receipt.pdf", "content": base64.b64encode(PDF).decode()}

        added = erp.post(f"{address}/proofs", body)
        refused = [
            erp.post(f"{address}/proofs", body | {"content": content}).json()["errors"][0]
            for content in ("not base64", "aGVsbG8=", "")
        ]

        assert added.status_code == 201
        assert (added.json()["content_type"], added.json()["size"]) == ("application/pdf", len(PDF))
        assert erp.get(address).json()["proofs"] == [added.json()]
        assert [each["pointer"] for each in refused] == ["/content"] * 3
        assert [each["code"] for each in refused] == ["invalid", "unknown_type", "blank"]
        erp.post(f"{address}/reject", {"reason": "proof_unclear"})
        late = erp.post(
            f"{address}/proofs", body | {"content": base64.b64encode(draw_picture()).decode()}
        )
        assert late.json()["errors"][0]["code"] == "claim_decided"

    def test_of_others_are_not_there(self, world, charlie, erp):
        address = claimed(world)
        bob, vera = signed_in(world.shop.bob), signed_in(world.shop.vera)

        assert len(bob.get("/api/v1/claims").json()["items"]) == 1
        assert vera.get("/api/v1/claims").status_code == 403
        assert signed_in(charlie).get(f"/api/v1/{address}").status_code == 404
        viewer = file_claim(world, member=str(world.shop.vera.public_id), serials=["SN-5"])
        assert viewer.json()["errors"][0]["pointer"] == "/member"
        assert erp.get(address).json()["member"] == str(world.shop.bob.public_id)
