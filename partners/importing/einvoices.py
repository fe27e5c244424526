"""
Read UBL 2.1 invoices and credit notes, as Peppol and others send them.

The document says all there is to say, so no mapping is needed but for its time zone. Elements are
known by their namespaces, whatever prefixes a sender likes; what is optional may be missing, and
attachments are not looked at. Amounts are net: tax is nobody's turnover.
"""

import json
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, TypeVar, cast

import defusedxml
from defusedxml.ElementTree import parse
from django.utils.translation import gettext as _

from partners.importing.files import FileNotOpened, FileNotReadable, NotATextTable
from partners.importing.mapping import Mapping
from partners.importing.rows import (
    DOCUMENT_LENGTH_MAX,
    ONE_E4,
    VALUE_SHOWN_MAX,
    FileRow,
    Problem,
    UnreadableRow,
)
from partners.importing.values import (
    ValueNotReadable,
    make_amount_reader,
    make_currency_reader,
    make_day_reader,
    make_name_reader,
    make_time_reader,
    show_amount,
)
from partners.importing.workbooks import XmlRefused

Value = TypeVar("Value")

FILE_BYTES_MAX = 64 << 20
LINES_MAX = 10_000
UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
NAMESPACES = {
    "cac": f"{UBL}CommonAggregateComponents-2",
    "cbc": f"{UBL}CommonBasicComponents-2",
}
INVOICE = f"{{{UBL}Invoice-2}}Invoice"
CREDIT_NOTE = f"{{{UBL}CreditNote-2}}CreditNote"
# Some senders write a credit note as an invoice of this type.
CREDIT_TYPES = frozenset({"381", "396", "532"})
KINDS = ("invoice", "return")
# By what the seller knows the customer, the surest first.
CUSTOMER = "cac:AccountingCustomerParty"
NAMES_OF_CUSTOMER = (
    f"{CUSTOMER}/cbc:SupplierAssignedAccountID",
    f"{CUSTOMER}/cac:Party/cac:PartyIdentification/cbc:ID",
    f"{CUSTOMER}/cac:Party/cbc:EndpointID",
    f"{CUSTOMER}/cac:Party/cac:PartyLegalEntity/cbc:CompanyID",
    f"{CUSTOMER}/cac:Party/cac:PartyTaxScheme/cbc:CompanyID",
    f"{CUSTOMER}/cbc:CustomerAssignedAccountID",
)
SKU = (
    "cac:Item/cac:SellersItemIdentification/cbc:ID",
    "cac:Item/cac:StandardItemIdentification/cbc:ID",
    "cac:Item/cac:BuyersItemIdentification/cbc:ID",
)


class NotAnEInvoice(FileNotReadable):
    """The XML is no invoice and no credit note of UBL."""

    code = "not_an_e_invoice"


class KindDiffers(FileNotReadable):
    """An e-invoice can be taken in as an invoice or a return, and as nothing else."""

    code = "kind_differs"


class _Refused(Exception):
    """One element makes the document unusable."""

    def __init__(self, element: str, message: str, value: str = "") -> None:
        super().__init__(message)
        self.problem = Problem(element, message, value[:VALUE_SHOWN_MAX])


class _Line(NamedTuple):
    sku: str
    description: str
    category: str
    quantity_e4: int
    amount_e4: int


@dataclass(frozen=True, slots=True)
class EInvoice:
    """
    One document: what may name its partner, and its rows, whose ``partner_ref`` is still empty.

    A document that cannot be used has one unreadable row that says why.
    """

    parties: tuple[str, ...]
    rows: list[FileRow] | list[UnreadableRow]

    def named(self, reference: str) -> Iterator[FileRow | UnreadableRow]:
        """Yield the rows with the partner that was found."""
        for row in self.rows:
            yield row._replace(partner_ref=reference) if isinstance(row, FileRow) else row


def is_xml(start: bytes) -> bool:
    """Say whether a file begins as XML does."""
    return start.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<")


def read_einvoice(
    path: Path, mapping: Mapping, *, kind: str = "invoice", shift_days: int = 0
) -> EInvoice:
    """
    Read one invoice or credit note.

    :raises FileNotReadable: If it is something else.
    """
    root = _parse(path)
    if kind not in KINDS:
        raise KindDiffers(
            _("An e-invoice is taken in as an invoice or a return, not as %(kind)s.")
            % {"kind": kind}
        )
    reader = _Reader(root, mapping, shift_days=shift_days)
    try:
        return EInvoice(reader.parties(), reader.rows())
    except _Refused as refused:
        number = _text(root, "cbc:ID")[:DOCUMENT_LENGTH_MAX]
        return EInvoice((), [UnreadableRow(1, number, refused.problem)])


def _parse(path: Path) -> ET.Element:
    try:
        if path.stat().st_size > FILE_BYTES_MAX:
            raise NotATextTable(_("This XML document is too large for an invoice."))
        root = cast(ET.Element, parse(path, forbid_dtd=True).getroot())
    except OSError as error:
        raise FileNotOpened(f"{path}: {error.strerror}") from error
    except defusedxml.DefusedXmlException as error:
        raise XmlRefused(_("The document declares types or entities of its own.")) from error
    except (ET.ParseError, ValueError, LookupError) as error:
        raise XmlRefused(_("The document is no XML that can be read.")) from error
    for candidate in (root, *root):
        # Peppol wraps the document in an envelope.
        if candidate.tag in {INVOICE, CREDIT_NOTE}:
            return candidate
    raise NotAnEInvoice(_("This is no invoice or credit note of UBL."))


def _text(element: ET.Element, path: str) -> str:
    return (element.findtext(path, "", NAMESPACES) or "").strip()


class _Reader:
    def __init__(self, root: ET.Element, mapping: Mapping, *, shift_days: int) -> None:
        self.root = root
        self.currency = _text(root, "cbc:DocumentCurrencyCode").upper()
        plain = Mapping(zone=mapping.zone)
        self.read_amount = make_amount_reader(plain)
        self.read_time = make_time_reader(plain, shift_days=shift_days)
        self.read_day = make_day_reader(plain, shift_days=shift_days)
        type_code = _text(root, "cbc:InvoiceTypeCode")
        self.is_credit = root.tag == CREDIT_NOTE or type_code in CREDIT_TYPES

    def parties(self) -> tuple[str, ...]:
        found = [
            (element.text or "").strip()
            for path in NAMES_OF_CUSTOMER
            for element in self.root.iterfind(path, NAMESPACES)
        ]
        return tuple(dict.fromkeys(name for name in found if 0 < len(name) <= 64))

    def rows(self) -> list[FileRow]:
        number = self._read("cbc:ID", make_name_reader(DOCUMENT_LENGTH_MAX, required=True))
        currency = self._read("cbc:DocumentCurrencyCode", make_currency_reader(""))
        occurred_at = self._read_time()
        due_on = self._read_due_on()
        attributes = "" if self.is_credit else json.dumps({"electronic": True})
        country = f"{CUSTOMER}/cac:Party/cac:PostalAddress/cac:Country/cbc:IdentificationCode"
        return [
            FileRow(
                number=place,
                document=number,
                partner_ref="",
                occurred_at=occurred_at,
                sku=line.sku,
                description=line.description,
                category=line.category,
                quantity_e4=line.quantity_e4,
                unit_price_e4=line.amount_e4,
                amount_e4=line.amount_e4,
                country=_text(self.root, country)[:64],
                currency=currency,
                due_on=due_on,
                paid_on="",
                kind="return" if self.is_credit else "invoice",
                refers_to=self._read_reference(),
                attributes=attributes,
            )
            for place, line in enumerate(self._lines(), start=1)
        ]

    # ---------------------------------------------------------------- the head

    def _read_time(self) -> int:
        day, hour = _text(self.root, "cbc:IssueDate"), _text(self.root, "cbc:IssueTime")
        return self._check("cbc:IssueDate", f"{day} {hour}".strip(), self.read_time)

    def _read_due_on(self) -> str:
        for path in ("cbc:DueDate", "cac:PaymentMeans/cbc:PaymentDueDate"):
            if day := self._read(path, self.read_day):
                return day
        return ""

    def _read_reference(self) -> str:
        billed = "cac:BillingReference/cac:InvoiceDocumentReference/cbc:ID"
        ordered = "cac:OrderReference/cbc:ID"
        read = make_name_reader(DOCUMENT_LENGTH_MAX)
        for path in (billed, ordered) if self.is_credit else (ordered,):
            # NA is what Peppol writes where there was no order.
            if (reference := self._read(path, read)) and reference.upper() != "NA":
                return reference
        return ""

    def _read(self, path: str, read: Callable[[str], Value]) -> Value:
        return self._check(path, _text(self.root, path), read)

    def _check(self, path: str, text: str, read: Callable[[str], Value]) -> Value:
        try:
            return read(text)
        except ValueNotReadable as error:
            raise _Refused(path, str(error), text) from error

    # --------------------------------------------------------------- the lines

    def _lines(self) -> list[_Line]:
        name = "cac:CreditNoteLine" if self.root.tag == CREDIT_NOTE else "cac:InvoiceLine"
        elements = self.root.findall(name, NAMESPACES)
        if len(elements) > LINES_MAX:
            raise _Refused(name, _("An e-invoice has at most 10,000 lines."))
        lines = [self._line(element) for element in elements]
        lines += self._charges()
        total_e4 = sum(line.amount_e4 for line in lines) - self._allowances_e4()
        self._check_total(total_e4)
        positive = [line for line in lines if line.amount_e4 >= 0]
        if total_e4 <= 0 or not positive:
            raise _Refused("cac:LegalMonetaryTotal", _("The net total is zero or less."))
        return spread(positive, total_e4)

    def _line(self, element: ET.Element) -> _Line:
        quantity = (
            "cbc:CreditedQuantity" if self.root.tag == CREDIT_NOTE else "cbc:InvoicedQuantity"
        )
        written = _text(element, quantity)
        quantity_e4 = abs(self._check(quantity, written, self.read_amount)) if written else ONE_E4
        sku = next(filter(None, (_text(element, path) for path in SKU)), "")
        name = _text(element, "cac:Item/cbc:Name") or _text(element, "cac:Item/cbc:Description")
        category = "cac:Item/cac:CommodityClassification/cbc:ItemClassificationCode"
        amount_e4 = self._amount(element, "cbc:LineExtensionAmount")
        # Written by some as below zero on a credit note; the kind says which way it counts.
        if self.root.tag == INVOICE and self.is_credit:
            amount_e4 = abs(amount_e4)
        return _Line(
            sku[:64], name[:255], _text(element, category)[:64], quantity_e4 or ONE_E4, amount_e4
        )

    def _charges(self) -> Iterator[_Line]:
        """Yield what was charged beside the lines, such as freight, as lines of their own."""
        for element in self._beside(is_charge=True):
            reason = _text(element, "cbc:AllowanceChargeReason")
            code = _text(element, "cbc:AllowanceChargeReasonCode") or "charge"
            amount_e4 = self._amount(element, "cbc:Amount")
            if amount_e4:
                yield _Line(code[:64], reason[:255], "charge", ONE_E4, amount_e4)

    def _allowances_e4(self) -> int:
        return sum(self._amount(each, "cbc:Amount") for each in self._beside(is_charge=False))

    def _beside(self, *, is_charge: bool) -> Iterator[ET.Element]:
        for element in self.root.iterfind("cac:AllowanceCharge", NAMESPACES):
            if (_text(element, "cbc:ChargeIndicator") in {"true", "1"}) == is_charge:
                yield element

    def _amount(self, element: ET.Element, path: str) -> int:
        found = element.find(path, NAMESPACES)
        if found is None:
            raise _Refused(path, _("This element is missing."))
        text = (found.text or "").strip()
        if found.get("currencyID", self.currency).upper() != self.currency:
            raise _Refused(path, _("This amount is in another currency than the document."), text)
        return self._check(path, text, self.read_amount)

    def _check_total(self, total_e4: int) -> None:
        path = "cac:LegalMonetaryTotal/cbc:TaxExclusiveAmount"
        if self.root.find(path, NAMESPACES) is None:
            return
        said_e4 = self._amount(self.root, path)
        if abs(said_e4) != abs(total_e4):
            raise _Refused(
                path,
                _("Lines, charges and allowances add up to %(sum)s.")
                % {"sum": show_amount(total_e4)},
                show_amount(said_e4),
            )


def spread(lines: Sequence[_Line], total_e4: int) -> list[_Line]:
    """
    Return the lines with amounts that sum to the total: what was allowed comes off each in turn.

    In proportion, by the largest remainder, so that nothing is lost; equal remainders go by place.
    """
    whole_e4 = sum(line.amount_e4 for line in lines)
    if whole_e4 == total_e4:
        return list(lines)
    shares = [divmod(line.amount_e4 * total_e4, whole_e4) for line in lines]
    left = total_e4 - sum(share for share, _rest in shares)
    by_rest = sorted(range(len(lines)), key=lambda place: (-shares[place][1], place))
    raised = set(by_rest[:left])
    return [
        line._replace(amount_e4=shares[place][0] + (place in raised))
        for place, line in enumerate(lines)
    ]
