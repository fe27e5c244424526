import pytest

from partners.events import EventDraft, UnknownEventKind, record
from partners.models import Event
from tests.factories import NOON, PartnerFactory

pytestmark = pytest.mark.django_db


def draft(partner, kind="points_earned", **payload):
    return EventDraft(partner_id=partner.pk, kind=kind, occurred_at=NOON, payload=payload)


class TestRecord:
    def test_numbers_the_events_of_each_partner_without_gaps(self):
        first, second = PartnerFactory.create_batch(2)

        record([draft(first), draft(second), draft(first)], recorded_at=NOON)
        record([draft(first)], recorded_at=NOON)

        sequences = Event.objects.order_by("pk").values_list("partner_id", "sequence")
        assert list(sequences) == [(first.pk, 1), (second.pk, 1), (first.pk, 2), (first.pk, 3)]

    def test_keeps_payload_and_times_as_given(self):
        record([draft(PartnerFactory(), amount=412, unit="points")], recorded_at=NOON)

        event = Event.objects.get()
        assert event.payload == {"amount": 412, "unit": "points"}
        assert (event.occurred_at, event.recorded_at) == (NOON, NOON)

    def test_refuses_a_kind_that_no_app_registered_and_stores_nothing(self):
        partner = PartnerFactory()

        with pytest.raises(UnknownEventKind, match="rained"):
            record([draft(partner), draft(partner, kind="rained")], recorded_at=NOON)

        assert not Event.objects.exists()

    @pytest.mark.parametrize("number", [1, 40])
    def test_costs_the_same_statements_for_one_and_for_many(
        self, number, django_assert_num_queries
    ):
        partners = PartnerFactory.create_batch(number)

        # move the sequences, insert
        with django_assert_num_queries(2):
            record([draft(partner) for partner in partners], recorded_at=NOON)
