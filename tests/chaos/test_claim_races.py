"""The same article and the same document, by two people at the same moment: one effect."""

from collections import Counter
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection

from ledger.auditing import audit
from partners.models import Activity, ClaimedSerial, ParkedDocument, SellOutClaim
from partners.retrying import again
from rewards import claiming, inbox
from rewards.models import Award
from tests.api.conftest import RULES
from tests.rewards.cast import NOON, join, make_partner, open_shop
from tests.rewards.claiming.world import FILED, file_one, make_staff
from tests.threads import run_at_once

pytestmark = [pytest.mark.chaos, pytest.mark.django_db]

PEOPLE = 6
LATER = NOON + timedelta(days=1)


def endings(outcomes):
    """What each got: its answer, or the code of its refusal."""
    return Counter(
        outcome.answer if outcome.error is None else getattr(outcome.error, "code", outcome.error)
        for outcome in outcomes
    )


def make_sellers(shop, count):
    return [
        join(make_partner(shop.programme, f"9{number}"), f"Seller{number}", "head_buyer")
        for number in range(count)
    ]


def claim_at_once(sellers):
    def claim(place):
        # Each names another article first, in another order: nobody waits for somebody for ever.
        serials = [f"OWN-{place}", "SHARED-2", "SHARED-1"][:: 1 if place % 2 else -1]
        file_one(sellers[place], *serials)
        return "filed"

    return endings(run_at_once(len(sellers), lambda place: again(partial(claim, place))))


class TestAnArticle:
    def test_is_claimed_once_however_many_ask(self):
        sellers = make_sellers(open_shop(), PEOPLE)

        assert claim_at_once(sellers) == {"filed": 1, "serials_taken": PEOPLE - 1}
        assert SellOutClaim.objects.count() == 1
        assert ClaimedSerial.objects.filter(serial__startswith="SHARED").count() == 2

    def test_control_without_the_constraint_it_is_claimed_by_all(self):
        sellers = make_sellers(open_shop(), PEOPLE)
        [constraint] = [
            each
            for each in ClaimedSerial._meta.constraints
            if each.name == "partners_claimedserial_stands_once"
        ]
        with connection.schema_editor() as editor:
            editor.remove_constraint(ClaimedSerial, constraint)

        assert claim_at_once(sellers) == {"filed": PEOPLE}
        assert ClaimedSerial.objects.filter(serial="SHARED-1").count() == PEOPLE

    def test_is_approved_once_whoever_presses_the_button(self):
        shop = open_shop()
        claim = file_one(shop.bob)
        staff = [make_staff(f"staff{number}") for number in range(PEOPLE)]

        def decide(place):
            if place % 2:
                claiming.approve(claim=claim, by=staff[place], at=FILED)
                return "approved"
            claiming.reject(claim=claim, by=staff[place], reason="proof_missing", note="", at=FILED)
            return "rejected"

        got = endings(run_at_once(PEOPLE, lambda place: again(partial(decide, place))))

        claim.refresh_from_db()
        assert got[claim.state] == 1
        assert got["illegal_claim_move"] == PEOPLE - 1
        assert Activity.objects.count() == (claim.state == "approved")


class TestADocument:
    def test_is_matched_once_whoever_says_whose_it_is(self):
        shop = open_shop()
        version = shop.programme.versions.get()
        version.definition = {**version.definition, "rules": RULES}
        version.save()
        partners = [shop.partner, make_partner(shop.programme, "12347")]
        content = {
            "occurred_at": NOON.isoformat(),
            "currency": "GBP",
            "lines": [["85123A", 10_000, 400_000, "", ""]],
        }
        document = ParkedDocument.objects.create(
            source="crm",
            external_id="7",
            kind="order",
            reason="unknown_partner",
            partner_ref="?",
            content=content,
            occurred_at=NOON,
            parked_at=NOON,
        )

        def match(place):
            [outcome] = inbox.match(
                documents=[document], partner=partners[place % 2], by=None, at=LATER
            ).outcomes
            return outcome.ending.value

        got = endings(run_at_once(PEOPLE, lambda place: again(partial(match, place))))

        assert got == {"taken": 1, "not_waiting": PEOPLE - 1}
        document.refresh_from_db()
        assert Activity.objects.get().partner == document.matched_partner
        assert Award.objects.get().amount == 40
        assert audit(as_of=LATER).ok
