"""The gift register and the consents behind it, for systems and for the head buyer."""

import pytest

from partners import keys
from partners.keys import Scope
from rewards import consenting
from rewards.models import EarningConsent
from tests.rewards.cast import NOON, earn, join, make_partner, open_shop
from tests.rewards.portal import sign_in
from tests.rewards.test_consenting import ALLOWED, acting
from tests.routes.world import with_key

pytestmark = [pytest.mark.django_db, pytest.mark.once("PostgreSQL")]

ROOT = "/api/v1"


@pytest.fixture
def shop():
    shop = open_shop(points=500, **ALLOWED)
    consenting.name_approver(
        partner=shop.partner, member=shop.alice, by=acting(shop.alice), at=NOON
    )
    consenting.agree(
        programme=shop.programme,
        member=shop.bob,
        by=acting(shop.alice),
        terms_version=3,
        language="en",
        at=NOON,
    )
    return shop


def caller(*scopes, partner=None):
    return with_key(keys.create_key(name="erp", scopes=scopes, partner=partner, created_at=NOON))


class TestConsents:
    def test_are_listed_and_withdrawn_once(self, shop):
        erp = caller(Scope.CONSENTS_READ, Scope.CONSENTS_WRITE)
        [listed] = erp.get(f"{ROOT}/consents?in_force=true").json()["items"]
        assert (listed["member"], listed["approver"]) == (
            str(shop.bob.public_id),
            str(shop.alice.public_id),
        )
        assert (listed["terms_version"], listed["withdrawn_at"]) == (3, None)
        assert "Bob" not in str(listed)

        ended = [
            erp.post(
                f"{ROOT}/consents/{shop.bob.public_id}/withdraw",
                {},
                content_type="application/json",
                headers={"Idempotency-Key": key},
            ).json()["withdrawn_at"]
            for key in ("a", "b")
        ]

        assert ended[0] == ended[1] is not None
        assert erp.get(f"{ROOT}/consents?in_force=true").json()["items"] == []
        assert not EarningConsent.objects.filter(withdrawn_at=None).exists()

    def test_a_key_cannot_give_one(self, shop):
        erp = caller(Scope.CONSENTS_READ, Scope.CONSENTS_WRITE)
        answer = erp.post(f"{ROOT}/consents", {}, content_type="application/json")
        assert answer.status_code == 405


class TestTheRegister:
    def test_pages_through_every_line_once(self, shop):
        for amount in (10, 20, 30):
            earn(shop.wallet(shop.bob), amount)
        erp = caller(Scope.GIFTS_READ)

        found, cursor = [], ""
        while cursor is not None:
            page = erp.get(f"{ROOT}/gift-register", {"limit": "2", **_after(cursor)}).json()
            found += page["items"]
            cursor = page["next_cursor"]

        assert [line["amount"] for line in found] == [10, 20, 30]
        assert found[0] | {"transfer": "", "occurred_at": ""} == {
            "transfer": "",
            "occurred_at": "",
            "kind": "earned",
            "programme": "club",
            "partner": str(shop.partner.public_id),
            "member": str(shop.bob.public_id),
            "amount": 10,
            "unit": "club-points",
            "value": "0.1000",
            "currency": "GBP",
            "counts": True,
            "about": "",
        }

    def test_everybody_sees_their_own_company_only(self, shop):
        earn(shop.wallet(shop.bob), 10)
        stranger = join(make_partner(shop.programme, "99999"), "Charlie", "head_buyer")

        assert len(sign_in(shop.alice).get(f"{ROOT}/gift-register").json()["items"]) == 1
        assert sign_in(stranger).get(f"{ROOT}/gift-register").json()["items"] == []
        limited = caller(Scope.GIFTS_READ, partner=stranger.partner)
        assert limited.get(f"{ROOT}/gift-register").json()["items"] == []
        assert sign_in(shop.bob).get(f"{ROOT}/gift-register").status_code == 403

    def test_costs_the_same_queries_for_one_line_and_for_nine(
        self, shop, django_assert_num_queries
    ):
        alice = sign_in(shop.alice)
        # session, person, membership; the programme; the lines, versions, reasons of shares: these
        # lines refer to no award, redemption or correction
        for more in (1, 8):
            for _time in range(more):
                earn(shop.wallet(shop.bob), 10)
            with django_assert_num_queries(7):
                alice.get(f"{ROOT}/gift-register")


def _after(cursor):
    return {"cursor": cursor} if cursor else {}
