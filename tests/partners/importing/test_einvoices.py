"""UBL invoices and credit notes: what counts of them, and what makes one unusable."""

import pytest

from partners.importing.einvoices import KindDiffers, NotAnEInvoice, read_einvoice
from partners.importing.mapping import Mapping
from partners.importing.rows import UnreadableRow
from partners.importing.values import to_moment
from partners.importing.workbooks import XmlRefused
from tests.partners.importing.einvoices import ATTACHMENT, EXTRAS, write_invoice

pytestmark = pytest.mark.once("SQLite")

BILLED = (
    "<cac:OrderReference><cbc:ID>SO-1</cbc:ID></cac:OrderReference><cac:BillingReference>"
    "<cac:InvoiceDocumentReference><cbc:ID>F-0</cbc:ID></cac:InvoiceDocumentReference>"
    "</cac:BillingReference>"
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "invoice.xml"


def read(path, **options):
    return read_einvoice(path, Mapping(), **options)


class TestReadEInvoice:
    def test_reads_the_least_that_an_invoice_says(self, path):
        invoice = read(write_invoice(path))
        (row,) = invoice.rows

        assert invoice.parties == ("P1", "5901234123457")
        assert (row.document, row.kind, row.currency, row.country) == (
            "F-1",
            "invoice",
            "EUR",
            "PL",
        )
        assert (row.sku, row.quantity_e4, row.amount_e4) == ("mug", 20_000, 500_000)
        assert f"{to_moment(row.occurred_at):%Y-%m-%d %H:%M}" == "2026-01-10 00:00"
        assert (row.due_on, row.refers_to, row.attributes) == ("", "", '{"electronic": true}')

    def test_nets_allowances_and_charges_and_leaves_taxes_and_attachments_out(self, path):
        head = "<cbc:IssueTime>09:30:00</cbc:IssueTime><cbc:DueDate>2026-02-09</cbc:DueDate>"
        lines = [("mug", 2, "30.00"), ("cup", 1, "20.00")]
        write_invoice(path, head=head, lines=lines, extras=BILLED + ATTACHMENT + EXTRAS)
        rows = read(path).rows

        # 50 + 5 of freight - 10: what was allowed comes off each in proportion, to the last cent.
        assert [(row.sku, row.amount_e4) for row in rows] == [
            ("mug", 245_455),
            ("cup", 163_636),
            ("FC", 40_909),
        ]
        assert sum(row.amount_e4 for row in rows) == 450_000
        assert {(row.due_on, row.refers_to) for row in rows} == {("2026-02-09", "SO-1")}
        assert f"{to_moment(rows[0].occurred_at):%H:%M}" == "09:30"

    def test_takes_the_due_day_of_the_means_of_payment(self, path):
        means = (
            "<cac:PaymentMeans><cbc:PaymentMeansCode>30</cbc:PaymentMeansCode>"
            "<cbc:PaymentDueDate>2026-02-01</cbc:PaymentDueDate></cac:PaymentMeans>"
        )
        assert read(write_invoice(path, extras=means)).rows[0].due_on == "2026-02-01"

    @pytest.mark.parametrize("kind", ["CreditNote", "Invoice"])
    def test_reads_credit_notes_in_both_ways_of_writing_them(self, path, kind):
        is_note = kind == "CreditNote"
        head = "" if is_note else "<cbc:InvoiceTypeCode>381</cbc:InvoiceTypeCode>"
        amount = "50" if is_note else "-50"
        write_invoice(path, kind=kind, head=head, lines=[("mug", 2, amount)], extras=BILLED)
        (row,) = read(path).rows

        assert (row.kind, row.refers_to, row.amount_e4) == ("return", "F-0", 500_000)
        assert row.attributes == ""

    def test_knows_elements_by_their_namespace_whatever_the_prefix_or_envelope(self, path):
        write_invoice(path, extras=EXTRAS)
        expected = read(path)
        text = path.read_text()
        text = text.replace("cbc:", "a:").replace("xmlns:cbc", "xmlns:a")
        text = text.replace("cac:", "ns2:").replace("xmlns:cac", "xmlns:ns2")
        text = text.replace("<Invoice xmlns=", "<u:Invoice xmlns:u=")
        text = text.replace("</Invoice>", "</u:Invoice>")
        body = text.partition("?>")[2]
        path.write_text(f"<S:Envelope xmlns:S='urn:sbd'><S:Header/>{body}</S:Envelope>")

        assert read(path) == expected

    @pytest.mark.parametrize(
        ("changed", "to", "element", "sentence"),
        [
            ("<cbc:ID>F-1</cbc:ID>", "", "cbc:ID", "empty"),
            ("2026-01-10", "10.01.2026", "cbc:IssueDate", "date"),
            (">EUR<", ">euro<", "cbc:DocumentCurrencyCode", "currency"),
            ('currencyID="EUR">50', 'currencyID="USD">50', "cbc:LineExtensionAmount", "another"),
            (">50.00<", ">5E+01<", "cbc:LineExtensionAmount", "shortened"),
            (">50.00<", ">49.99<", "cac:LegalMonetaryTotal/cbc:TaxExclusiveAmount", "44.99"),
            (">50.00<", ">-50.00<", "cac:LegalMonetaryTotal/cbc:TaxExclusiveAmount", "-55"),
        ],
    )
    def test_refuses_a_document_by_the_element_that_is_wrong(
        self, path, changed, to, element, sentence
    ):
        write_invoice(path, extras=EXTRAS)
        path.write_text(path.read_text().replace(changed, to))
        (row,) = read(path).rows

        assert isinstance(row, UnreadableRow)
        assert row.problem.column == element
        assert sentence in row.problem.message

    def test_refuses_a_document_without_lines(self, path):
        write_invoice(path)
        text = path.read_text()
        start, end = text.index("<cac:InvoiceLine>"), text.index("</Invoice>")
        path.write_text(text[:start] + text[end:])

        assert "zero or less" in read(path).rows[0].problem.message

    @pytest.mark.parametrize(
        ("content", "error"),
        [
            ("<orders/>", NotAnEInvoice),
            ("<Invoice>", XmlRefused),
            ('<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>', XmlRefused),
            ('<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>', XmlRefused),
            ('<?xml version="1.0" encoding="klingon"?><x/>', XmlRefused),
        ],
    )
    def test_refuses_what_is_no_invoice(self, path, content, error):
        path.write_text(content)

        with pytest.raises(error):
            read(path)

    def test_is_an_invoice_or_a_return_and_nothing_else(self, path):
        with pytest.raises(KindDiffers, match="not as order"):
            read(write_invoice(path), kind="order")
