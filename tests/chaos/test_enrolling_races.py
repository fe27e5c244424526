"""Two files, or two people, bring the same partners at once: each is enrolled once, nobody breaks off."""

import pytest

from partners.enrolling import NumberTaken, PartnerRow, enrol, enrol_many
from partners.models import Event, Partner, PartnerNumber
from partners.retrying import in_transaction
from tests.rewards.cast import NOON
from tests.threads import run_at_once

pytestmark = [pytest.mark.chaos, pytest.mark.django_db]

WORKERS = 4
PARTNERS = 30


def test_one_number_is_one_partner():
    def go(place: int) -> int:
        def work() -> Partner:
            # Half of them share the ERP number, the others a number of another system.
            number = "777" if place % 2 else f"80{place}"
            details = {} if place % 2 else {"numbers": [("shop", "X1")]}
            return enrol(erp_number=number, legal_name="Elm", details=details, by=None, at=NOON)

        return in_transaction(work).pk

    outcomes = run_at_once(2 * WORKERS, go)

    refused = [each.error for each in outcomes if each.error is not None]
    assert {type(error) for error in refused} == {NumberTaken}
    assert len(refused) == 2 * WORKERS - 2
    assert Partner.objects.count() == 2


def test_the_same_file_at_once_enrols_each_partner_once():
    rows = [
        PartnerRow(
            erp_number=f"9{place}",
            values={"legal_name": f"Shop {place}"},
            numbers=[("shop", f"S{place}")],
            tags=["north"],
        )
        for place in range(PARTNERS)
    ]

    def go(place: int) -> set[str]:
        mine = rows[::-1] if place % 2 else rows
        answers = in_transaction(lambda: enrol_many(mine, by=None, at=NOON))
        return {str(answer.outcome) for answer in answers}

    outcomes = run_at_once(WORKERS, go)

    assert [each.error for each in outcomes if each.error] == []
    told = sorted(outcome for each in outcomes for outcome in each.answer)
    assert told == ["created", *["same"] * (WORKERS - 1)]
    assert Event.objects.filter(kind="partner_enrolled").count() == PARTNERS
    assert PartnerNumber.objects.count() == Partner.objects.count() == PARTNERS
