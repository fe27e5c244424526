"""A proposal for a mapping: what headers and first rows say, and nothing that two readings fit."""

import pytest

from partners.importing.guessing import guess_mapping
from partners.importing.mapping import parse_mapping


class TestGuessMapping:
    def test_recognises_the_real_file(self):
        headers = [
            *("InvoiceNo", "StockCode", "Description", "Quantity"),
            *("InvoiceDate", "UnitPrice", "CustomerID", "Country"),
        ]
        rows = [
            ["536365", "85123A", "LANTERN", "6", "2010-12-01 08:26:00", "2.55", "17850", "UK"],
            ["C536379", "D", "Discount", "-1", "2010-12-01 09:41:00", "27.5", "14527", "UK"],
        ]
        content = guess_mapping(headers, rows, "order")

        assert content == {
            "columns": {
                "order": "InvoiceNo",
                "occurred_at": "InvoiceDate",
                "partner": "CustomerID",
                "sku": "StockCode",
                "description": "Description",
                "quantity": "Quantity",
                "unit_price": "UnitPrice",
                "country": "Country",
            },
            "rules": {"return_prefix": "C"},
        }
        parse_mapping(content)

    @pytest.mark.parametrize(
        ("headers", "kind", "columns"),
        [
            (
                ["Номер замовлення", "Дата", "Код клієнта", "Артикул", "К-сть", "Ціна"],
                "order",
                ["order", "occurred_at", "partner", "sku", "quantity", "unit_price"],
            ),
            (
                ["Nr zamówienia", "Data", "Kontrahent", "Indeks", "Ilość", "Kwota"],
                "order",
                ["order", "occurred_at", "partner", "sku", "quantity", "amount"],
            ),
            (["Invoice", "Date", "Client", "Total", "disputed"], "invoice", None),
            (["no", "Date", "Client", "Course", "Score"], "training", None),
            (["Код", "Назва", "ЄДРПОУ"], "partners", ["erp_number", "legal_name", "tax_id"]),
        ],
    )
    def test_knows_the_words_of_its_languages_and_of_the_kind(self, headers, kind, columns):
        found = guess_mapping(headers, [], kind)["columns"]

        assert set(found.values()) == set(headers)
        assert columns is None or list(found) == columns

    @pytest.mark.parametrize(
        ("written", "form"),
        [
            (("1 234,50", "31.12.2026"), {"decimal": ",", "dates": ["%d.%m.%Y"]}),
            (("1.234,50", "2026-12-31"), {"decimal": ",", "thousands": "."}),
            (("1,234.50", "12/31/2026"), {"thousands": ",", "dates": ["%m/%d/%Y"]}),
            # Day or month first: nobody can tell.
            (("1234.50", "01/02/2026"), {}),
        ],
    )
    def test_reads_values_in_one_way_or_not_at_all(self, written, form):
        amount, day = written
        content = guess_mapping(["order", "date", "amount"], [["1", day, amount]], "invoice")

        assert content.get("format", {}) == form
        parse_mapping(content)

    def test_gives_no_header_away_that_stands_twice(self):
        assert guess_mapping(["sku", "sku", "date"], [], "order") == {
            "columns": {"occurred_at": "date"}
        }
