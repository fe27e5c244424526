"""E-invoices as OASIS structures them, in the dialects that senders like."""

CAC = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
CBC = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
UBL = "urn:oasis:names:specification:ubl:schema:xsd"

LINE = """
<cac:{kind}Line><cbc:ID>{place}</cbc:ID><cbc:{quantity} unitCode="C62">{count}</cbc:{quantity}>
<cbc:LineExtensionAmount currencyID="EUR">{amount}</cbc:LineExtensionAmount>
<cac:Item><cbc:Description>long words</cbc:Description><cbc:Name>{name}</cbc:Name>
<cac:SellersItemIdentification><cbc:ID>{name}</cbc:ID></cac:SellersItemIdentification>
<cac:ClassifiedTaxCategory><cbc:ID>S</cbc:ID><cbc:Percent>25</cbc:Percent>
</cac:ClassifiedTaxCategory></cac:Item>
<cac:Price><cbc:PriceAmount currencyID="EUR">9</cbc:PriceAmount></cac:Price></cac:{kind}Line>
"""
CUSTOMER = """
<cac:AccountingCustomerParty><cac:Party><cbc:EndpointID schemeID="0088">{endpoint}</cbc:EndpointID>
<cac:PartyIdentification><cbc:ID>{partner}</cbc:ID></cac:PartyIdentification>
<cac:PostalAddress><cac:Country><cbc:IdentificationCode>PL</cbc:IdentificationCode></cac:Country>
</cac:PostalAddress></cac:Party></cac:AccountingCustomerParty>
"""
EXTRAS = """
<cac:AllowanceCharge><cbc:ChargeIndicator>false</cbc:ChargeIndicator>
<cbc:AllowanceChargeReason>Loyal</cbc:AllowanceChargeReason>
<cbc:Amount currencyID="EUR">10</cbc:Amount></cac:AllowanceCharge>
<cac:AllowanceCharge><cbc:ChargeIndicator>true</cbc:ChargeIndicator>
<cbc:AllowanceChargeReasonCode>FC</cbc:AllowanceChargeReasonCode>
<cbc:AllowanceChargeReason>Freight</cbc:AllowanceChargeReason>
<cbc:Amount currencyID="EUR">5</cbc:Amount></cac:AllowanceCharge>
<cac:TaxTotal><cbc:TaxAmount currencyID="EUR">11.25</cbc:TaxAmount></cac:TaxTotal>
<cac:TaxTotal><cbc:TaxAmount currencyID="PLN">48.60</cbc:TaxAmount></cac:TaxTotal>
<cac:LegalMonetaryTotal><cbc:LineExtensionAmount currencyID="EUR">50</cbc:LineExtensionAmount>
<cbc:TaxExclusiveAmount currencyID="EUR">45.00</cbc:TaxExclusiveAmount>
<cbc:PayableAmount currencyID="EUR">56.25</cbc:PayableAmount></cac:LegalMonetaryTotal>
"""
ATTACHMENT = """
<cac:AdditionalDocumentReference><cbc:ID>pdf</cbc:ID><cac:Attachment>
<cbc:EmbeddedDocumentBinaryObject mimeCode="application/pdf" filename="../../x.pdf">JVBERi0xLjQ=
</cbc:EmbeddedDocumentBinaryObject></cac:Attachment></cac:AdditionalDocumentReference>
"""


def write_invoice(
    path, *, kind="Invoice", number="F-1", head="", lines=None, extras="", partner="P1"
):
    """Write an invoice, or a ``CreditNote``. Without extras only what must be there is there."""
    quantity = "CreditedQuantity" if kind == "CreditNote" else "InvoicedQuantity"
    told = [
        LINE.format(
            kind=kind, quantity=quantity, place=place, count=count, amount=amount, name=name
        )
        for place, (name, count, amount) in enumerate(lines or [("mug", 2, "50.00")], start=1)
    ]
    customer = CUSTOMER.format(partner=partner, endpoint="5901234123457") if partner else ""
    path.write_text(
        f'<?xml version="1.0" encoding="UTF-8"?><{kind} xmlns="{UBL}:{kind}-2" xmlns:cac="{CAC}" '
        f'xmlns:cbc="{CBC}"><cbc:ID>{number}</cbc:ID><cbc:IssueDate>2026-01-10</cbc:IssueDate>'
        f"{head}<cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>"
        f"{customer}{extras}{''.join(told)}</{kind}>"
    )
    return path
