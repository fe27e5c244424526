"""Our columns as the pages of an upload name them: which there are for a kind of file."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from partners.importing.companies import COLUMNS as COMPANY_COLUMNS
from partners.importing.guessing import PARTNERS
from partners.kinds import Ask, Kind, find_kind

LABELS: Mapping[str, Any] = MappingProxyType(
    {
        "order": _("Number of the document"),
        "occurred_at": _("Date"),
        "partner": _("Partner"),
        "sku": _("Article"),
        "description": _("Description"),
        "category": _("Category"),
        "quantity": _("Quantity"),
        "unit_price": _("Price of one"),
        "amount": _("Net amount"),
        "country": _("Country"),
        "currency": _("Currency"),
        "due_on": _("Due on"),
        "paid_on": _("Paid on"),
        "refers_to": _("Refers to document"),
        "erp_number": _("ERP number"),
        "legal_name": _("Legal name"),
        "tax_id": _("Tax number"),
        "language": _("Language"),
        "partner_since": _("Partner since"),
        "account_manager": _("Account manager (e-mail)"),
        "status": pgettext_lazy("column of a file", "Status"),
        "tags": _("Tags"),
        "number": _("Number in the source"),
    }
)


def columns_of(kind: str) -> dict[str, Any]:
    """
    Return the labels of our columns that a file of this kind may have, in their order.

    :raises UnknownKind: If there is no such kind.
    """
    if kind == PARTNERS:
        return {name: LABELS[name] for name in COMPANY_COLUMNS}
    found = find_kind(kind)
    names = ["order", "occurred_at", "partner", *_said_by(found), "country"]
    fields = {each.name: each.label for each in found.fields if each.name not in names}
    return {name: LABELS[name] for name in names} | fields


def _said_by(kind: Kind) -> list[str]:
    return [
        *(("sku", "description", "category", "quantity") if kind.has_lines else ()),
        *(("quantity",) if kind.has_quantity and not kind.has_lines else ()),
        *(("unit_price",) if kind.has_lines else ()),
        *(("amount", "currency") if kind.has_amount else ()),
        *(("due_on",) if kind.has_due_on else ()),
        *(("paid_on",) if kind.has_paid_on else ()),
        *(("refers_to",) if kind.may_refer_to else ()),
    ]


def may_mark_returns(kind: str) -> bool:
    """Files of orders hold credit notes too, where the source marks their numbers."""
    return kind in {"order", "return"}


def needs_amount(kind: str) -> bool:
    return kind != PARTNERS and find_kind(kind).amount is Ask.MUST
