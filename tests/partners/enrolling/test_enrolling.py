"""How a partner comes in and is edited, whatever the door."""

from datetime import UTC, date, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from partners.enrolling import (
    ContractTerms,
    NumberTaken,
    PartnerMerged,
    PartnerRow,
    StaleRevision,
    UnknownField,
    change,
    enrol,
    enrol_many,
    name_partner,
)
from partners.models import Event, MatchingRule, Partner, PartnerNumber, Tag
from partners.recognising import recognise

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
APPEARED: list[list[int]] = []


def note_who_appeared(partner_ids, *, at):
    assert at == NOON
    APPEARED.append(partner_ids)


@pytest.fixture(autouse=True)
def appeared(settings):
    settings.AFTER_PARTNER_APPEARS = f"{__name__}.note_who_appeared"
    APPEARED.clear()
    return APPEARED


def enrol_oak(**details):
    return enrol(erp_number="1001", legal_name="Oak", details=details, by=None, at=NOON)


def edit(partner, revision=None, **changes):
    return change(partner=partner, changes=changes, revision=revision, by=None, at=NOON)


def read_events(partner):
    events = Event.objects.filter(partner=partner).order_by("sequence")
    return [(event.kind, event.payload) for event in events]


class TestEnrolling:
    def test_a_partner_comes_in_with_all_that_is_known(self, appeared):
        terms = ContractTerms(number="C-7", starts_on=date(2026, 1, 1), payment_days=30)
        oak = enrol_oak(
            country="PL", tags=["north", "fair"], numbers=[("shop", "77")], contracts=[terms]
        )
        assert (oak.country, oak.currency, oak.revision) == ("PL", "GBP", 1)
        assert sorted(oak.tags.values_list("name", flat=True)) == ["fair", "north"]
        assert oak.numbers.get().number == "77"
        assert oak.contracts.get().payment_days == 30
        assert read_events(oak) == [("partner_enrolled", {})]
        assert appeared == [[oak.pk]]

    def test_a_known_erp_number_is_refused(self):
        oak = enrol_oak()
        with pytest.raises(NumberTaken) as refused:
            enrol_oak()
        assert (refused.value.system, refused.value.partner_id) == ("", oak.pk)
        assert Partner.objects.count() == 1

    def test_what_does_not_exist_is_refused(self):
        with pytest.raises(UnknownField, match="event_sequence"):
            enrol_oak(event_sequence=9)


class TestEditing:
    def test_the_event_says_which_fields_and_nothing_of_what_stands_in_them(self):
        oak = edit(enrol_oak(), legal_name="Oak Ltd", tax_id="PL5", tags=["north"], country="")
        assert (oak.legal_name, oak.revision) == ("Oak Ltd", 2)
        assert read_events(oak)[-1] == (
            "partner_changed",
            {"fields": ["legal_name", "tax_id", "tags"]},
        )

    def test_what_stays_as_it_was_is_no_edit(self, appeared):
        oak = enrol_oak(tags=["north"], numbers=[("shop", "77")])
        same = edit(oak, legal_name="Oak", tags=["north"], numbers=[("shop", "77")], contracts=[])
        assert same.revision == 1
        assert len(read_events(oak)) == len(appeared) == 1

    def test_a_stale_edit_is_noticed(self):
        oak = enrol_oak()
        edit(oak, revision=1, country="PL")
        with pytest.raises(StaleRevision):
            edit(oak, revision=1, country="UA")
        oak.refresh_from_db()
        assert oak.country == "PL"

    def test_numbers_and_contracts_are_replaced_as_a_whole(self, appeared):
        oak = enrol_oak(numbers=[("shop", "77"), ("crm", "5")])
        old = ContractTerms(number="A", starts_on=date(2025, 1, 1), ends_on=date(2025, 12, 31))
        new = ContractTerms(number="B", starts_on=date(2026, 1, 1))
        edit(oak, contracts=[old])
        edit(oak, contracts=[new], numbers=[("crm", "5"), ("shop", "78")])
        assert [row.number for row in oak.contracts.all()] == ["B"]
        assert sorted(oak.numbers.values_list("system", "number")) == [("crm", "5"), ("shop", "78")]
        # A new number is how documents that wait are recognised.
        assert appeared == [[oak.pk], [oak.pk]]

    def test_a_number_is_one_partners(self):
        enrol_oak(numbers=[("shop", "77")])
        elm = enrol(erp_number="1002", legal_name="Elm", by=None, at=NOON)
        for refused_edit in (
            lambda: edit(elm, numbers=[("shop", "77")]),
            lambda: edit(elm, erp_number="1001"),
            lambda: name_partner(partner=elm, system="shop", number="77", by=None, at=NOON),
        ):
            with pytest.raises(NumberTaken):
                refused_edit()
        assert name_partner(partner=elm, system="crm", number="77", by=None, at=NOON).pk
        elm.refresh_from_db()
        assert elm.revision == 2

    def test_a_merged_partner_names_the_one_that_was_kept(self):
        oak, elm = enrol_oak(), enrol(erp_number="1002", legal_name="Elm", by=None, at=NOON)
        Partner.objects.filter(pk=elm.pk).update(merged_into=oak)
        with pytest.raises(PartnerMerged, match=r"Oak \(1001\)"):
            edit(elm, country="PL")


class TestManyAtOnce:
    def test_each_row_says_what_became_of_it(self, appeared):
        oak = enrol_oak(country="PL", tags=["north"])
        kept = enrol(erp_number="1003", legal_name="Ash", by=None, at=NOON)
        gone = enrol(erp_number="1004", legal_name="Ash 2", by=None, at=NOON)
        Partner.objects.filter(pk=gone.pk).update(merged_into=kept)
        name_partner(partner=kept, system="shop", number="9", by=None, at=NOON)
        appeared.clear()
        rows = [
            PartnerRow(erp_number="1001", values={"country": "UA"}, tags=["north", "new"]),
            PartnerRow(erp_number="1002", values={"legal_name": "Elm"}, numbers=[("shop", "7")]),
            PartnerRow(erp_number="1003", values={"legal_name": "Ash"}, tags=[]),
            PartnerRow(erp_number="1004", values={"legal_name": "Ash"}),
            PartnerRow(erp_number="1005", values={"legal_name": "Fir"}, numbers=[("shop", "9")]),
            PartnerRow(erp_number="1006", values={"country": "PL"}),
            PartnerRow(erp_number="1007", values={"legal_name": "Yew"}, numbers=[("shop", "7")]),
        ]
        judged = enrol_many(rows, by=None, at=NOON, dry_run=True)
        assert Partner.objects.count() == 3
        answers = enrol_many(rows, by=None, at=NOON)
        assert [(each.outcome, each.code, each.about) for each in answers] == [
            ("changed", "", ""),
            ("created", "", ""),
            ("same", "", ""),
            ("refused", "partner_merged", "1003"),
            ("refused", "number_taken", "9"),
            ("refused", "name_missing", "1006"),
            ("refused", "number_taken", "7"),
        ]
        assert [(each.outcome, each.changes) for each in judged] == [
            (each.outcome, each.changes) for each in answers
        ]
        assert answers[0].changes == {
            "country": ("PL", "UA"),
            "tags": (["north"], ["new", "north"]),
        }
        oak.refresh_from_db()
        elm = Partner.objects.get(erp_number="1002")
        assert (oak.country, oak.revision, oak.tags.count()) == ("UA", 2, 2)
        assert answers[1].partner_id == elm.pk
        assert appeared == [[elm.pk]]
        assert read_events(oak)[-1] == ("partner_changed", {"fields": ["country", "tags"]})
        again = enrol_many(rows[:2], by=None, at=NOON)
        assert [each.outcome for each in again] == ["same", "same"]

    def test_the_number_of_statements_does_not_grow(self):
        def count(first, many):
            rows = [
                PartnerRow(
                    erp_number=str(first + place),
                    values={"legal_name": f"Shop {place}", "country": "PL"},
                    tags=["north"],
                    numbers=[("shop", str(first + place))],
                )
                for place in range(many)
            ]
            counts = []
            for values in ({}, {"country": "UA"}):
                edited = [
                    PartnerRow(
                        erp_number=row.erp_number,
                        values={**row.values, **values},
                        tags=row.tags,
                        numbers=row.numbers,
                    )
                    for row in rows
                ]
                with CaptureQueriesContext(connection) as queries:
                    enrol_many(edited, by=None, at=NOON)
                counts.append(len(queries))
            return counts

        Tag.objects.create(name="north")
        assert count(1, 2) == count(10_000, 60)


class TestRecognising:
    def test_the_erp_number_goes_before_the_source_before_rules(self):
        oak = enrol_oak(numbers=[("shop", "77"), ("shop", "1001")])
        elm = enrol(
            erp_number="1002",
            legal_name="Elm",
            details={"numbers": [("crm", "77"), ("shop", "1002")]},
            by=None,
            at=NOON,
        )

        def rule(condition, value, partner, **more):
            fields = {"source": "", "field": "partner_ref", **more}
            return MatchingRule.objects.create(
                condition=condition, value=value, partner=partner, made_at=NOON, **fields
            )

        rule("equals", "77", elm)
        rule("starts_with", "EU-", oak)
        rule("starts_with", "EU-PL-", elm)
        rule("equals", "EU-PL-1", oak)
        rule("equals", "EU-PL-2", elm, source="crm")
        rule("starts_with", "US-", elm, is_active=False)
        rule("starts_with", "INV", elm, field="external_id")
        found = recognise(
            source="shop",
            references=["1001", "1002", "77", "EU-5", "EU-PL-9", "EU-PL-1", "US-1", ""],
            numbers=["INV-1", "EU-5"],
        )
        assert found.by_reference == {
            "1001": oak.pk,
            "1002": elm.pk,
            "77": oak.pk,
            "EU-5": oak.pk,
            "EU-PL-9": elm.pk,
            "EU-PL-1": oak.pk,
        }
        assert found.by_number == {"INV-1": elm.pk}
        assert found.find("", "INV-1") == elm.pk
        assert found.find("nobody", "1") is None

    def test_a_batch_costs_three_queries(self, django_assert_num_queries):
        PartnerNumber.objects.create(partner=enrol_oak(), system="shop", number="7")
        with django_assert_num_queries(3):
            assert recognise(source="shop", references=["7", *map(str, range(900))])
