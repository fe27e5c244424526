"""
Propose a mapping for a file nobody has described yet, by its headers and its first rows.

A proposal is for a person to look at. What two readings fit alike, such as 01/02/2026, is left out.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from partners.importing.mapping import COLUMNS, normalise_header
from partners.kinds import UnknownKind, find_kind

PARTNERS = "partners"
"""The kind of a file of companies; the others are kinds of activities."""

# What people write above their columns, in the languages of the product; spaces and signs are
# left out. The first that fits a header wins, and each header is given away once.
WORDS: Mapping[str, str] = MappingProxyType(
    {
        "order": (
            "order orderid ordernumber orderno orderref document documentno docno invoice invoiceno "
            "invoicenumber invoiceid number no externalid "
            "замовлення номерзамовлення документ номердокумента номер "
            "заказ номерзаказа zamówienie numerzamówienia nrzamówienia dokument numer faktura"
        ),
        "occurred_at": (
            "occurredat date orderdate invoicedate datetime documentdate createdat time timestamp "
            "issuedate дата датазамовлення датадокумента датазаказа data datazamówienia "
            "datawystawienia"
        ),
        "partner": (
            "partner partnerid customer customerid customerno customernumber customercode client "
            "clientid account accountno erpnumber buyer клієнт кодклієнта контрагент покупець "
            "партнер клиент кодклиента покупатель klient kontrahent nrklienta kodklienta nabywca"
        ),
        "sku": (
            "sku stockcode article articleno item itemno itemcode product productcode productid "
            "артикул код кодтовару кодтовара товар indeks symbol kodtowaru towar"
        ),
        "description": (
            "description name itemname productname title опис назва найменування описание название "
            "наименование opis nazwa nazwatowaru"
        ),
        "category": "category group productgroup категорія група категория группа kategoria grupa",
        "quantity": "quantity qty count pieces pcs кількість ксть кть колво количество ilość szt",
        "unit_price": (
            "unitprice price priceeach netprice ціна цена cena cenanetto cenajednostkowa"
        ),
        "amount": (
            "amount total sum net netamount linetotal value turnover сума разом сумма итого kwota "
            "wartość wartośćnetto suma razem"
        ),
        "country": "country countrycode країна страна kraj",
        "currency": "currency currencycode валюта waluta",
        "due_on": "dueon duedate paymentdue терміноплати срокплатежа terminpłatności termin",
        "paid_on": "paidon paiddate paymentdate датаоплати датаоплаты datazapłaty datapłatności",
        "refers_to": (
            "refersto originalorder originalinvoice originaldocument reference підставазамовлення "
            "основание dokumentkorygowany"
        ),
    }
)
COMPANY_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "erp_number": (
            "erpnumber erp number no code customer customerid customerno customernumber partner "
            "partnerid код кодклієнта номер контрагент кодклиента numer kod nrklienta kodklienta"
        ),
        "legal_name": (
            "legalname name company companyname customername назва найменування компанія название "
            "наименование компания nazwa firma nazwafirmy"
        ),
        "tax_id": "taxid vat vatid vatnumber tin єдрпоу ідентифікаційнийкод інн инн nip",
        "country": "country countrycode країна страна kraj",
        "currency": "currency currencycode валюта waluta",
        "language": "language lang мова язык język",
        "partner_since": "partnersince since customersince зкогоклієнт клієнтз датапочатку клиентс klientod",
        "account_manager": "accountmanager manager менеджер opiekun handlowiec",
        "status": "status стан статус",
        "tags": "tags tag labels мітки теги метки tagi etykiety",
    }
)
NUMBERS = ("quantity", "unit_price", "amount")
DAYS = ("occurred_at", "due_on", "paid_on", "partner_since")
COMMA = re.compile(r"-?[0-9]{1,3}(?:[ \u00a0\u202f.]?[0-9]{3})*,[0-9]{1,4}")
POINT = re.compile(r"-?[0-9]{1,3}(?:[ \u00a0\u202f,]?[0-9]{3})*\.[0-9]{1,4}")
YEAR_FIRST = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
TIMES = ("", " %H:%M", " %H:%M:%S")
READ_SHARE = 0.8
SIGNS = re.compile(r"[^\w]|_")


def guess_mapping(
    headers: Sequence[str], sample_rows: Iterable[Sequence[str]], kind: str
) -> dict[str, Any]:
    """
    Return the content of a mapping as a mapping file says it, as far as it can be told.

    :param kind: A kind of activity, or ``partners`` for a file of companies.
    """
    rows = [list(row) for row in sample_rows]
    places = _find_places(headers, _list_words(kind))
    columns = {name: headers[place] for name, place in places.items()}
    values = {
        name: [row[place].strip() for row in rows if place < len(row) and row[place].strip()]
        for name, place in places.items()
    }
    form: dict[str, Any] = {}
    numbers = [text for name in NUMBERS for text in values.get(name, [])]
    if separators := _guess_separators(numbers):
        form |= separators
    days = [text for name in DAYS for text in values.get(name, [])]
    if patterns := _guess_dates(days):
        form["dates"] = patterns
    content: dict[str, Any] = {"columns": columns}
    if form:
        content["format"] = form
    if kind in {"order", "return"} and _marks_returns(values.get("order", []), values):
        content["rules"] = {"return_prefix": "C"}
    return content


def _list_words(kind: str) -> dict[str, list[str]]:
    if kind == PARTNERS:
        return {name: words.split() for name, words in COMPANY_WORDS.items()}
    known = {name: words.split() for name, words in WORDS.items()}
    try:
        fields = find_kind(kind).fields
    except UnknownKind:
        fields = ()
    return known | {each.name: [_plain(each.name), _plain(str(each.label))] for each in fields}


def _plain(header: str) -> str:
    return SIGNS.sub("", normalise_header(header))


def _find_places(headers: Sequence[str], words: Mapping[str, list[str]]) -> dict[str, int]:
    plain = [_plain(header) for header in headers]
    found: dict[str, int] = {}
    # Our own names first: a file that uses them means them.
    for name in words:
        if plain.count(_plain(name)) == 1:
            found[name] = plain.index(_plain(name))
    for name, known in words.items():
        if name in found:
            continue
        for word in known:
            taken = set(found.values())
            places = [at for at, header in enumerate(plain) if header == word and at not in taken]
            # The same header twice says nothing.
            if len(places) == 1 and plain.count(word) == 1:
                found[name] = places[0]
                break
    order = {name: at for at, name in enumerate((*COLUMNS, *words))}
    return dict(sorted(found.items(), key=lambda each: order[each[0]]))


def _guess_separators(numbers: Sequence[str]) -> dict[str, str]:
    commas = [text for text in numbers if COMMA.fullmatch(text)]
    points = [text for text in numbers if POINT.fullmatch(text)]
    if commas and not points:
        return {"decimal": ",", "thousands": "."} if _any_has(commas, ".") else {"decimal": ","}
    if points and not commas and _any_has(points, ","):
        return {"thousands": ","}
    return {}


def _any_has(numbers: Iterable[str], sign: str) -> bool:
    return any(sign in text for text in numbers)


def _guess_dates(days: Sequence[str]) -> list[str]:
    """Return the patterns that read the days, if only one order of day and month does."""
    written = [text for text in days if not YEAR_FIRST.match(text)]
    if not written:
        return []
    orders = ["%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%Y/%m/%d", "%d.%m.%y"]
    read: dict[str, list[str]] = {}
    for order in orders:
        patterns = [order + time for time in TIMES]
        used = [next((p for p in patterns if _reads(text, p)), "") for text in written]
        read[order] = sorted(filter(None, used), key=patterns.index)
    most = max(len(used) for used in read.values())
    fitting = [used for used in read.values() if len(used) == most]
    # A few cells may hold anything; they are told when the file is judged.
    if most < READ_SHARE * len(written) or len(fitting) > 1:
        return []
    return list(dict.fromkeys(fitting[0]))


def _reads(text: str, pattern: str) -> bool:
    try:
        datetime.strptime(text, pattern)  # noqa: DTZ007 - only tried
    except ValueError:
        return False
    return True


def _marks_returns(numbers: Sequence[str], values: Mapping[str, Sequence[str]]) -> bool:
    """A leading C on some documents, and quantities below zero, mark credit notes."""
    marked = any(re.fullmatch(r"C[0-9]+", number) for number in numbers)
    return marked and any(text.startswith("-") for text in values.get("quantity", []))
