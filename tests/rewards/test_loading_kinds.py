"""Files of every kind of activity: typed fields in columns, references, e-invoices, rates."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from partners.importing.files import FileNotReadable
from partners.importing.mapping import MappingInvalid, parse_mapping
from partners.models import Activity, OwnKind, ParkedDocument, Partner, WaitingReference
from partners.recognising import recognise
from rewards.loading import load_file
from rewards.programmes.presets import load_preset
from tests.factories import PartnerFactory
from tests.partners.importing.einvoices import EXTRAS, write_invoice

pytestmark = [pytest.mark.django_db, pytest.mark.once("SQLite")]

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def partner():
    load_preset("starter", as_of=datetime(2025, 1, 1, tzinfo=UTC))
    return PartnerFactory(erp_number="P1")


@pytest.fixture
def load(tmp_path):
    def load(kind, *lines, mapping=None, path=None):
        if path is None:
            path = tmp_path / f"{kind}.csv"
            path.write_text("\n".join(lines) + "\n")
        found = []
        report = load_file(
            path=path,
            kind=kind,
            source="erp",
            mapping=parse_mapping(mapping or {}),
            as_of=NOW,
            report_to=found.extend,
        ).as_dict()
        ends = ("rows_accepted", "rows_duplicate", "rows_parked", "rows_refused")
        assert sum(report[name] for name in ends) == report["rows"]
        return report, [(each.column, each.code) for each in found]

    return load


def facts(kind) -> list[Activity]:
    return list(Activity.objects.filter(kind=kind).order_by("external_id"))


class TestKinds:
    def test_an_invoice_that_is_paid_or_disputed_later_is_known_and_says_so(self, load):
        headers = "order,occurred_at,partner,amount,currency,due_on,paid_on,disputed,electronic"
        load("invoice", headers, "F1,2026-01-04,P1,30.60,GBP,2026-02-03,,,yes")
        report, told = load(
            "invoice",
            headers,
            "F1,2026-01-04,P1,30.60,GBP,2026-02-03,2026-02-01,,yes",
            "F2,2026-01-05,P1,10,GBP,2026-02-04,,так,no",
        )

        assert (told, report["rows_accepted"], report["rows_duplicate"]) == ([], 1, 1)
        first, second = facts("invoice")
        assert (first.due_on, first.paid_on) == (date(2026, 2, 3), None)
        assert (first.attributes, second.attributes) == (
            {"electronic": True},
            {"electronic": False},
        )
        (payment,), (dispute,) = facts("payment"), facts("dispute")
        assert (payment.refers_to, payment.amount) == (first, Decimal("30.60"))
        assert dispute.refers_to == second
        load("invoice", headers, "F2,2026-01-05,P1,10,GBP,2026-02-04,,no,no")
        assert [fact.attributes["state"] for fact in facts("dispute")] == ["opened", "closed"]
        report, told = load("invoice", headers, "F1,2026-01-04,P1,31,GBP,2026-02-03,,,yes")
        assert told == [("order", "conflict")]

    def test_a_payment_waits_for_its_invoice_and_a_return_names_its_order(self, load):
        load(
            "payment",
            "order,occurred_at,partner,amount,currency,refers_to,method",
            "Z1,2026-01-09,P1,30.60,GBP,F1,transfer",
        )
        assert WaitingReference.objects.get().external_id == "F1"
        load("invoice", "order,occurred_at,partner,amount,currency", "F1,2026-01-04,P1,30.60,GBP")
        assert facts("payment")[0].refers_to == facts("invoice")[0]

        load(
            "order",
            "order,occurred_at,partner,sku,quantity,unit_price,currency,delivery",
            "SO1,2026-01-04,P1,mug,2,10,GBP,4.50",
        )
        load(
            "return",
            "order,occurred_at,partner,sku,quantity,amount,currency,refers_to",
            "R1,2026-01-10,P1,mug,-1,-10,GBP,SO1",
        )
        (order,), (returned,) = facts("order"), facts("return")
        assert (order.attributes, returned.refers_to) == ({"delivery": "4.5"}, order)

    def test_an_order_whose_parts_are_more_than_all_of_it_is_refused_with_the_reason(self, load):
        header = "order,occurred_at,partner,sku,quantity,unit_price,currency,delivery,tax"
        report, told = load(
            "order",
            header,
            "SO1,2026-01-04,P1,mug,2,10,GBP,20,4",
            "SO2,2026-01-04,P1,mug,2,10,GBP,20.01,4",
            "SO3,2026-01-04,P1,mug,1,10,GBP,5,10.5",
            "SO3,2026-01-04,P1,jug,1,1,GBP,5,10.5",
            "SO4,2026-01-04,P1,mug,1,10,GBP,5,10.5",
        )

        assert [order.external_id for order in facts("order")] == ["SO1", "SO3"]
        assert told == [("delivery", "above_amount"), ("tax", "above_amount")]
        assert report["rows_refused"] == 2

    def test_kinds_without_money_have_fields_and_quantities_of_their_own(self, load):
        _report, told = load(
            "training",
            "order,occurred_at,partner,course,score,passed",
            "T1,2026-01-04,P1,Safe lifting,92,x",
            "T2,2026-01-04,P1,Safe lifting,101,yes",
            "T3,2026-01-04,P1,,50,no",
        )
        assert told == [("score", "unreadable"), ("course", "unreadable")]
        (training,) = facts("training")
        assert training.attributes == {"course": "Safe lifting", "score": 92, "passed": True}
        assert (training.amount, training.currency) == (0, "")

        load(
            "recycling", "order,occurred_at,partner,quantity,material", "C1,2026-01-04,P1,12,toner"
        )
        assert facts("recycling")[0].quantity == 12

    def test_own_kinds_and_attributes_that_nobody_declared_are_mapped_by_name(self, load):
        OwnKind.objects.create(
            code="audit", names={"en": "Audit"}, fields=[{"name": "grade", "is_required": True}]
        )
        columns = {"order": "Nr", "occurred_at": "Day", "partner": "Shop"}
        load(
            "audit",
            "Nr,Day,Shop,Grade",
            "A1,2026-01-04,P1,B",
            mapping={"columns": columns, "attributes": {"grade": "Grade"}},
        )
        assert facts("audit")[0].attributes == {"grade": "B"}

        _report, told = load(
            "invoice",
            "Nr,Day,Shop,Sum,Depot",
            "F1,2026-01-04,P1,5,West",
            mapping={
                "columns": columns | {"amount": "Sum"},
                "attributes": {"depot": "Depot"},
                "defaults": {"currency": "GBP"},
            },
        )
        assert told == [("Depot", "not_asked_for")]
        with pytest.raises(MappingInvalid, match="small letters"):
            parse_mapping({"attributes": {"Depot No": "Depot"}})

    @pytest.mark.parametrize(
        ("kind", "headers", "missing"),
        [
            ("invoice", "order,occurred_at,partner", "amount, currency"),
            ("payment", "order,occurred_at,partner,amount,currency", "refers_to"),
            ("recycling", "order,occurred_at,partner", "quantity"),
            ("training", "order,occurred_at,partner", "course"),
            ("order", "order,occurred_at,partner", "sku, quantity, unit_price, currency"),
        ],
    )
    def test_says_which_columns_a_kind_cannot_do_without(self, load, kind, headers, missing):
        with pytest.raises(FileNotReadable, match=f"Missing: {missing}"):
            load(kind, headers, "1,2026-01-04,P1")

    def test_refuses_what_has_not_happened_and_what_is_too_large(self, load):
        headers = "order,occurred_at,partner,amount,currency"
        report, told = load(
            "invoice",
            headers,
            "F1,2026-03-02T12:04:00+00:00,P1,5,GBP",
            "F2,2026-03-02T12:06:00+00:00,P1,5,GBP",
            "F3,2026-01-02,P1,1000000000,GBP",
            "F4,2026-01-02,P1,5,XQQ",
        )
        assert told == [
            ("occurred_at", "in_future"),
            ("", "too_large"),
            ("currency", "currency_not_known"),
        ]
        assert report["rows_accepted"] == 1


class TestEInvoices:
    def test_an_invoice_and_its_credit_note_come_in_and_wait_for_a_rate(self, load, tmp_path):
        path = write_invoice(tmp_path / "a.xml", extras=EXTRAS)
        report, told = load("invoice", path=path)

        # Euros come to nothing in pounds until somebody says what they are worth.
        assert told == [("currency", "no_rate")] * 2
        assert ParkedDocument.objects.get().reason == "no_rate"
        assert not Activity.objects.exists()

        pounds = tmp_path / "b.xml"
        pounds.write_text(path.read_text().replace("EUR", "GBP").replace("F-1", "F-2"))
        report, told = load("invoice", path=pounds)
        assert (told, report["activities"]["invoice"]) == ([], 1)
        (invoice,) = facts("invoice")
        assert (invoice.amount, invoice.attributes) == (Decimal(45), {"electronic": True})
        assert invoice.lines.count() == 2

        billed = (
            "<cac:BillingReference><cac:InvoiceDocumentReference><cbc:ID>F-2</cbc:ID>"
            "</cac:InvoiceDocumentReference></cac:BillingReference>"
        )
        write_invoice(pounds, kind="CreditNote", number="C-1", extras=billed)
        pounds.write_text(pounds.read_text().replace("EUR", "GBP"))
        load("invoice", path=pounds)
        (note,) = facts("return")
        assert note.refers_to == invoice
        assert load("invoice", path=pounds)[0]["rows_duplicate"] == 1

    def test_finds_the_partner_by_whatever_of_its_names_is_known(self, load, tmp_path, partner):
        Partner.objects.filter(pk=partner.pk).update(erp_number="5901234123457")
        path = write_invoice(tmp_path / "a.xml", partner="unheard of")
        path.write_text(path.read_text().replace("EUR", "GBP"))
        load("invoice", path=path)

        assert facts("invoice")[0].partner == partner
        assert recognise(source="erp", references=["unheard of"]).by_reference == {}

    def test_tells_the_element_that_makes_a_document_unusable(self, load, tmp_path):
        path = write_invoice(tmp_path / "a.xml", extras=EXTRAS)
        path.write_text(path.read_text().replace(">45.00<", ">46<"))

        _report, told = load("invoice", path=path)
        assert told == [("cac:LegalMonetaryTotal/cbc:TaxExclusiveAmount", "unreadable")]
