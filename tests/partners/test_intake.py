"""Facts are stored once, as they were reported, whatever the order of their lines."""

import dataclasses
import random
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from partners.intake import MANY, ActivityConflict, ActivityReport, LineReport, Recorded, record
from partners.models import Activity, ActivityLine, Partner
from tests.threads import run_at_once

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATER = datetime(2026, 3, 3, 9, tzinfo=UTC)
MUGS = LineReport(sku="MUG", quantity_e4=120_000, amount_e4=300_000, description="Mug")
BOWL = LineReport(sku="BOWL", quantity_e4=10_000, amount_e4=18_750)


@pytest.fixture
def partner() -> Partner:
    return Partner.objects.create(erp_number="12346", legal_name="Corner Shop")


def report_order(partner: Partner, **changes) -> ActivityReport:
    report = ActivityReport(
        kind="order",
        partner_id=partner.pk,
        source="erp",
        external_id="536365",
        occurred_at=NOON,
        currency="GBP",
        lines=(MUGS, BOWL),
    )
    return dataclasses.replace(report, **changes)


def record_one(report: ActivityReport) -> Recorded | ActivityConflict:
    (answer,) = record([report], recorded_at=LATER)
    return answer


class TestRecord:
    def test_stores_the_fact_with_its_lines_and_their_sum(self, partner):
        answer = record_one(report_order(partner, country="United Kingdom"))

        stored = Activity.objects.get()
        assert answer == Recorded(stored, is_new=True)
        assert (stored.partner, stored.kind, stored.currency) == (partner, "order", "GBP")
        assert (stored.source, stored.external_id) == ("erp", "536365")
        assert (stored.occurred_at, stored.recorded_at) == (NOON, LATER)
        assert (stored.amount, stored.country) == (Decimal("31.875"), "United Kingdom")
        lines = stored.lines.order_by("position").values_list("sku", "quantity", "amount")
        assert list(lines) == [
            ("BOWL", Decimal(1), Decimal("1.875")),
            ("MUG", Decimal(12), Decimal(30)),
        ]

    def test_keeps_identical_lines_apart(self, partner):
        record_one(report_order(partner, lines=(MUGS, MUGS)))

        assert Activity.objects.get().amount == 60
        assert ActivityLine.objects.count() == 2

    def test_answers_with_the_known_fact_when_it_is_reported_again(self, partner):
        first = record_one(report_order(partner))

        second = record_one(report_order(partner, lines=(BOWL, MUGS)))

        assert second == Recorded(first.activity, is_new=False)
        assert ActivityLine.objects.count() == 2

    @pytest.mark.parametrize(
        "changes",
        [
            pytest.param({"lines": (MUGS,)}, id="a line is missing"),
            pytest.param({"lines": (MUGS, BOWL, BOWL)}, id="a line is repeated"),
            pytest.param({"occurred_at": LATER}, id="another time"),
            pytest.param({"kind": "return"}, id="another kind"),
            pytest.param({"currency": "EUR"}, id="another currency"),
            pytest.param({"amount_e4": 1}, id="another amount"),
            pytest.param({"country": "France"}, id="another country"),
            pytest.param({"due_on": NOON.date()}, id="a due date"),
            pytest.param({"attributes": {"paper": True}}, id="an attribute"),
        ],
    )
    def test_reports_a_conflict_and_lets_the_first_report_stand(self, partner, changes):
        first = record_one(report_order(partner))

        answer = record_one(report_order(partner, **changes))

        assert isinstance(answer, ActivityConflict)
        assert (answer.source, answer.external_id) == ("erp", "536365")
        assert answer.known_hash == first.activity.content_hash != answer.given_hash
        assert Activity.objects.get().amount == Decimal("31.875")
        assert ActivityLine.objects.count() == 2

    def test_tells_the_same_number_of_two_sources_apart(self, partner):
        record_one(report_order(partner))

        answer = record_one(report_order(partner, source="shop", lines=(BOWL,)))

        assert answer.is_new
        assert Activity.objects.count() == 2

    def test_takes_a_fact_once_that_stands_twice_in_a_batch(self, partner):
        same, other = report_order(partner), report_order(partner, lines=(BOWL,))

        first, second, third = record([same, same, other], recorded_at=LATER)

        assert (first.is_new, second.is_new) == (True, False)
        assert isinstance(third, ActivityConflict)
        assert Activity.objects.count() == 1

    def test_stores_the_good_facts_of_a_batch_with_a_conflict_in_it(self, partner):
        record_one(report_order(partner))
        batch = [
            report_order(partner, external_id="1"),
            report_order(partner, lines=(BOWL,)),
            report_order(partner, external_id="2"),
        ]

        answers = record(batch, recorded_at=LATER)

        assert [type(answer) for answer in answers] == [Recorded, ActivityConflict, Recorded]
        assert set(Activity.objects.values_list("external_id", flat=True)) == {"536365", "1", "2"}

    def test_compares_by_the_hash_of_the_door_where_it_gives_one(self, partner):
        record_one(report_order(partner, content_hash="a" * 64))

        same = record_one(report_order(partner, lines=(BOWL,), content_hash="a" * 64))
        other = record_one(report_order(partner, content_hash="b" * 64))

        assert isinstance(same, Recorded)
        assert isinstance(other, ActivityConflict)

    def test_refuses_loudly_what_the_database_refuses(self, partner):
        with pytest.raises(DatabaseError):
            record_one(report_order(partner, amount_e4=-1))

    def test_costs_the_same_queries_for_two_facts_and_for_fifty(
        self, partner, django_assert_max_num_queries
    ):
        few = [report_order(partner, external_id=f"few {n}") for n in range(2)]
        many = [report_order(partner, external_id=f"many {n}") for n in range(50)]

        # what is known, activities, which of them are ours, lines (COPY is not counted), who waits
        for batch in (few, many):
            with django_assert_max_num_queries(5):
                record(batch, recorded_at=LATER)

    @pytest.mark.parametrize("seed", range(5))
    def test_stores_the_same_lines_for_any_order_of_arrival(self, partner, seed):
        lines = [LineReport(f"SKU {n % 3}", 10_000 * (n % 4 + 1), n % 5) for n in range(12)]
        random.Random(seed).shuffle(lines)

        answer = record_one(report_order(partner, lines=lines))

        ordered = sorted(line[:3] for line in lines)
        stored = answer.activity.lines.order_by("position").values_list("sku", "quantity", "amount")
        assert [(sku, int(q * 10_000), int(a * 10_000)) for sku, q, a in stored] == ordered


@pytest.mark.transaction
class TestTheSameFactAtOnce:
    def test_is_stored_once_and_everybody_is_told_of_that_one(self, partner):
        def report_it(number: int) -> list[Recorded | ActivityConflict]:
            with transaction.atomic():
                # Some report other content under the same number.
                lines = (MUGS, BOWL) if number % 4 else (MUGS,)
                return record([report_order(partner, lines=lines)], recorded_at=LATER)

        outcomes = run_at_once(16, report_it)

        assert [outcome.error for outcome in outcomes] == [None] * 16
        answers = [outcome.answer[0] for outcome in outcomes]
        stored = Activity.objects.get()
        recorded = [answer for answer in answers if isinstance(answer, Recorded)]
        assert sum(answer.is_new for answer in recorded) == 1
        assert {answer.activity.pk for answer in recorded} == {stored.pk}
        assert len(recorded) in {4, 12}
        assert stored.lines.count() in {1, 2}

    def test_is_stored_once_among_many_others(self, partner):
        reports = [report_order(partner, external_id=str(number)) for number in range(MANY)]

        def report_all(_number: int) -> list[Recorded | ActivityConflict]:
            with transaction.atomic():
                return record(reports, recorded_at=LATER)

        outcomes = run_at_once(4, report_all)

        assert [outcome.error for outcome in outcomes] == [None] * 4
        assert sorted(sum(answer.is_new for answer in outcome.answer) for outcome in outcomes) == [
            0,
            0,
            0,
            MANY,
        ]
        assert Activity.objects.count() == MANY
        assert ActivityLine.objects.count() == 2 * MANY
