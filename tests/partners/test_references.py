"""Facts that name another one, whichever of the two arrives first."""

from datetime import UTC, datetime, timedelta

import pytest

from partners.intake import ActivityReport, record
from partners.models import Activity, Partner, WaitingReference
from partners.references import NotWaiting, resolve_of, stop_waiting

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATER = NOON + timedelta(days=1)


@pytest.fixture
def shop() -> Partner:
    return Partner.objects.create(erp_number="12346", legal_name="Corner Shop")


@pytest.fixture
def other() -> Partner:
    return Partner.objects.create(erp_number="12347", legal_name="Other Shop")


def fact(partner, kind, number, refers_to=None) -> ActivityReport:
    return ActivityReport(
        kind=kind,
        partner_id=partner.pk,
        source="erp",
        external_id=number,
        occurred_at=NOON,
        currency="GBP",
        amount_e4=10_000,
        refers_to=("erp", refers_to) if refers_to else None,
    )


def links() -> dict[str, str]:
    rows = Activity.objects.exclude(refers_to=None)
    return dict(rows.values_list("external_id", "refers_to__external_id"))


class TestReferences:
    @pytest.mark.parametrize("order_first", [True, False])
    @pytest.mark.parametrize("together", [True, False])
    def test_are_linked_in_any_order(self, shop, order_first, together):
        facts = [fact(shop, "order", "1"), fact(shop, "return", "2", "1")]
        facts = facts if order_first else facts[::-1]

        if together:
            record(facts, recorded_at=LATER)
        else:
            for each in facts:
                record([each], recorded_at=LATER)

        assert links() == {"2": "1"}
        assert not WaitingReference.objects.filter(found_at=None).exists()

    def test_a_chain_arrives_backwards(self, shop):
        for each in (
            fact(shop, "payment", "3", "2"),
            fact(shop, "invoice", "2", "1"),
            fact(shop, "order", "1"),
        ):
            record([each], recorded_at=LATER)

        assert links() == {"3": "2", "2": "1"}

    def test_another_company_and_another_kind_are_not_meant(self, shop, other):
        record([fact(other, "order", "1"), fact(shop, "order", "5")], recorded_at=LATER)
        record([fact(shop, "return", "2", "1"), fact(shop, "payment", "6", "5")], recorded_at=LATER)

        assert links() == {}
        assert WaitingReference.objects.count() == 2

    def test_merged_partners_are_one_company(self, shop, other):
        record([fact(other, "order", "1"), fact(shop, "return", "2", "1")], recorded_at=LATER)
        Partner.objects.filter(pk=other.pk).update(merged_into=shop)

        resolve_of([shop.pk, other.pk], at=LATER)

        assert links() == {"2": "1"}

    def test_who_gave_up_waits_no_more(self, shop):
        record([fact(shop, "return", "2", "1")], recorded_at=LATER)
        waiting = WaitingReference.objects.get()
        stop_waiting(waiting, by=None, at=LATER)

        record([fact(shop, "order", "1")], recorded_at=LATER)

        assert links() == {}
        with pytest.raises(NotWaiting):
            stop_waiting(waiting, by=None, at=LATER)

    def test_cost_the_same_queries_for_two_and_for_forty(self, shop, django_assert_max_num_queries):
        def count(start: int, pairs: int) -> int:
            early = [fact(shop, "return", f"r{n}", f"o{n}") for n in range(start, start + pairs)]
            record(early, recorded_at=LATER)
            facts = [fact(shop, "order", f"o{n}") for n in range(start, start + pairs)]
            facts += [fact(shop, "return", f"s{n}", f"o{n}") for n in range(start, start + pairs)]
            with django_assert_max_num_queries(20) as captured:
                record(facts, recorded_at=LATER)
            return len(captured)

        assert count(100, 40) == count(0, 2)
        assert len(links()) == 84
