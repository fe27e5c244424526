"""Who may read why something earned what it did, and ask what something would earn."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from partners.models import Activity, Member, Partner, Person
from partners.roles import Role
from rewards.merging import merge, undo_merge
from tests.api.conftest import make_token, open_earning_shop, signed_in, with_key
from tests.api.provocations import make_order
from tests.ledger.corrections import make_staff
from tests.rewards.cast import NOON, join, make_partner

pytestmark = [pytest.mark.django_db, pytest.mark.once("PostgreSQL")]

NAMED = {"sku": "MUG-1", "quantity": "1", "amount": "5.00"}
NOT_THEIRS = 404
NO_SCOPE = 403
SIGN_IN = 302
MAY_READ = ("view_award", "view_activity")


class World:
    """An order of the shop itself and one of its buyer; another partner, and staff for either."""

    def __init__(self) -> None:
        self.shop = open_earning_shop()
        self.other = make_partner(self.shop.programme, "99999")
        self.people: dict[str, Member] = {
            "head buyer": self.shop.alice,
            "buyer": self.shop.bob,
            "viewer": self.shop.vera,
            "other head buyer": join(self.other, "Charlie", "head_buyer"),
            "other buyer": join(self.other, "Cora"),
        }
        self.staff = {
            "auditor": make_staff(Role.AUDITOR, may=MAY_READ),
            "its account manager": self.manage(self.shop.partner),
            "other account manager": self.manage(self.other),
        }
        tokens = {
            "system": make_token(),
            "its key": make_token(partner=self.shop.partner),
            "other key": make_token(partner=self.other),
        }
        self.api: dict[str, Any] = {who: with_key(token) for who, token in tokens.items()}
        self.api |= {who: signed_in(member) for who, member in self.people.items()}
        self.api |= {"anonymous": Client(), "auditor": self.enter(self.staff["auditor"])}
        self.of_shop = self.order("1")
        self.of_bob = self.order("2", member=str(self.shop.bob.public_id))

    def manage(self, partner: Partner) -> Person:
        person = make_staff(Role.ACCOUNT_MANAGER, may=MAY_READ)
        Partner.objects.filter(pk=partner.pk).update(account_manager=person)
        return person

    def enter(self, person: Person) -> Client:
        client = Client()
        client.force_login(person)
        return client

    def order(self, number: str, **more: Any) -> Activity:
        answer = self.api["system"].post(
            "/api/v1/activities",
            make_order(external_id=number, **more),
            format="json",
            headers={"Idempotency-Key": number},
        )
        return Activity.objects.get(public_id=answer.json()["id"])

    def explanations(self) -> dict[str, int]:
        address = f"/api/v1/activities/{self.of_shop.public_id}/explanation"
        return {who: client.get(address).status_code for who, client in self.api.items()}

    def previews(self, reference: str = "erp:12346") -> dict[str, tuple[int, str]]:
        body = {"partner": reference, "currency": "GBP", "lines": [NAMED]}
        found = {}
        for who, client in self.api.items():
            # The CSRF token is another matter: a session must send one.
            client.handler.enforce_csrf_checks = False
            sent = {"format": "json"} if who not in {"anonymous", "auditor"} else JSON
            answer = client.post("/api/v1/preview", body, **sent)
            errors = answer.json().get("errors") or [{"code": ""}]
            found[who] = (answer.status_code, errors[0]["code"])
        return found

    def pages(self, activity: Activity) -> dict[str, int]:
        clients = {who: self.enter(member.person) for who, member in self.people.items()}
        clients["anonymous"] = Client()
        address = f"/earn/{activity.public_id}/"
        return {who: client.get(address).status_code for who, client in clients.items()}

    def seller_pages(self) -> dict[str, int]:
        clients = {who: self.enter(person) for who, person in self.staff.items()}
        clients["head buyer"] = self.enter(self.shop.alice.person)
        address = f"/admin/rewards/award/of-activity/{self.of_shop.pk}/"
        return {who: client.get(address).status_code for who, client in clients.items()}

    def seller_previews(self) -> dict[str, bool]:
        """Say whose form tells what the shop would earn; the others know no such partner."""
        asked = {
            "partner": self.shop.partner.pk,
            "programme": self.shop.programme.pk,
            "kind": "order",
            "amount": "5",
            "line-TOTAL_FORMS": "0",
            "line-INITIAL_FORMS": "0",
        }
        found = {}
        for who, person in self.staff.items():
            page = self.enter(person).get("/admin/rewards/award/preview/", asked)
            found[who] = bool(page.context.get("told"))
        return found


JSON = {"content_type": "application/json"}
EXPLAINED = {
    "system": 200,
    "its key": 200,
    "other key": NOT_THEIRS,
    "head buyer": 200,
    # A buyer reads of what is their own, in the portal.
    "buyer": NO_SCOPE,
    "viewer": 200,
    "other head buyer": NOT_THEIRS,
    "other buyer": NO_SCOPE,
    "anonymous": 401,
    # Staff have the admin; the API knows members and keys.
    "auditor": 403,
}


@pytest.fixture
def world() -> Any:
    with time_machine.travel(NOON, tick=False):
        yield World()


def test_an_explanation_is_for_the_company_and_the_seller_alone(world):
    assert world.explanations() == EXPLAINED
    assert world.pages(world.of_shop) == {
        "head buyer": 200,
        "buyer": NOT_THEIRS,
        "viewer": 200,
        "other head buyer": NOT_THEIRS,
        "other buyer": NOT_THEIRS,
        "anonymous": SIGN_IN,
    }
    assert world.pages(world.of_bob)["buyer"] == 200
    assert world.pages(world.of_bob)["other buyer"] == NOT_THEIRS
    assert world.seller_pages() == {
        "auditor": 200,
        "its account manager": 200,
        "other account manager": NOT_THEIRS,
        "head buyer": SIGN_IN,
    }


def test_a_preview_knows_only_the_partners_that_its_asker_sees(world):
    unknown = (400, "does_not_exist")
    assert world.previews() == {
        "system": (200, ""),
        "its key": (200, ""),
        "other key": unknown,
        "head buyer": (200, ""),
        "buyer": (NO_SCOPE, ""),
        "viewer": (200, ""),
        "other head buyer": unknown,
        "other buyer": (NO_SCOPE, ""),
        "anonymous": (401, ""),
        "auditor": (403, ""),
    }
    assert world.previews("erp:0")["head buyer"] == unknown
    assert world.seller_previews() == {
        "auditor": True,
        "its account manager": True,
        "other account manager": False,
    }


def test_after_a_merge_the_company_that_was_kept_reads_it_and_no_more_when_undone(world):
    made = merge(
        kept=world.other,
        merged=world.shop.partner,
        reason="One shop",
        by=None,
        at=NOON + timedelta(hours=1),
        request_key="1",
    )

    merged = world.explanations()
    assert (merged["other key"], merged["other head buyer"], merged["its key"]) == (200, 200, 200)
    assert world.pages(world.of_shop)["other head buyer"] == 200

    undo_merge(merge=made, by=None, at=NOON + timedelta(hours=2))

    assert world.explanations() == EXPLAINED
