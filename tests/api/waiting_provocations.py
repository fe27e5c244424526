"""How each code about the inbox and about claims is provoked."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone

from partners.models import ParkedDocument, SellOutClaim
from rewards import inbox
from tests.api.conftest import Poster, make_token, with_key
from tests.api.provocations import World, breaks_with, make_order

# A sale can be claimed for a year.
SOLD_ON = (timezone.now() - timedelta(days=3)).date().isoformat()


def park(world: World, **changes: Any) -> str:
    answer = world.erp.post("activities", make_order(partner="erp:0", **changes))
    assert answer.status_code == 202, answer.json()
    return f"inbox/{answer.json()['id']}"


def waits_no_more(world: World) -> Any:
    document = park(world)
    world.erp.post(f"{document}/dismiss", {"reason": "A test"})
    return world.erp.post(f"{document}/match", {"partner": "erp:12346"})


def cannot_be_taken(world: World) -> Any:
    """Somebody reported other content under the number past the inbox."""
    world.erp.post("activities", make_order())
    row = ParkedDocument.objects.get(
        public_id=park(world, external_id="2", country="France").split("/")[1]
    )
    ParkedDocument.objects.filter(pk=row.pk).update(external_id=make_order()["external_id"])
    return world.erp.post(f"inbox/{row.public_id}/match", {"partner": "erp:12346"})


def file_claim(world: World, **changes: Any) -> Any:
    body = {
        "member": str(world.shop.bob.public_id),
        "sku": "DRILL-18V",
        "serials": ["SN-1"],
        "sold_on": SOLD_ON,
        "document": "INV-77",
        **changes,
    }
    return world.erp.post("claims", body)


def claimed(world: World) -> str:
    return f"claims/{file_claim(world).json()['id']}"


def twice(world: World) -> Any:
    file_claim(world)
    return file_claim(world, serials=["SN-9", "sn-1"])


def withdrawn_twice(world: World) -> Any:
    claim = claimed(world)
    world.erp.post(f"{claim}/withdraw", {})
    return world.erp.post(f"{claim}/withdraw", {})


def own_claim(world: World) -> Any:
    token = make_token(partner=world.shop.partner)
    partner_s = Poster(with_key(token), world.erp.numbers)
    return partner_s.post(f"{claimed(world)}/approve", {})


def appeal_without_a_person(world: World) -> Any:
    claim = claimed(world)
    SellOutClaim.objects.update(state=SellOutClaim.State.APPEALED)
    return world.erp.post(f"{claim}/approve", {})


PROVOCATIONS: dict[str, Callable[[World], Any]] = {
    "waits_no_more": waits_no_more,
    "not_dismissed": lambda world: world.erp.post(f"{park(world)}/bring-back", {}),
    "cannot_be_taken": cannot_be_taken,
    # Systems with a key match here; the admin knows people.
    "own_company": breaks_with(inbox.OwnCompany("You are on the team.")),
    "serials_taken": twice,
    "illegal_claim_move": withdrawn_twice,
    "own_claim": own_claim,
    "same_person_decides": appeal_without_a_person,
}
