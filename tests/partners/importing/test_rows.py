"""Rows are found by their headers; a bad row is told apart from a bad file."""

import pytest

from partners.importing.files import TextFile
from partners.importing.mapping import Mapping, parse_mapping
from partners.importing.rows import (
    FileEmpty,
    FileRow,
    HeadersDiffer,
    QuotingBroken,
    UnreadableRow,
    read_rows,
)
from partners.importing.tables import split_lines


def as_file(text: str) -> TextFile:
    return TextFile(iter(text.splitlines(keepends=True)), lambda: 0, len(text))


OURS = parse_mapping({"defaults": {"currency": "GBP", "timezone": "Europe/London"}})
HEADERS = "order,occurred_at,partner,sku,quantity,unit_price\n"
GOOD = "536365,2010-12-01 08:26:00,17850,85123A,6,2.55\n"


def read(text: str, mapping: Mapping = OURS, kind: str = "order"):
    return list(read_rows(split_lines(as_file(text), mapping), mapping, kind=kind))


class TestReadRows:
    def test_turns_a_line_into_our_words(self):
        (row,) = read(HEADERS + GOOD)

        assert row == FileRow(
            number=2,
            document="536365",
            partner_ref="17850",
            occurred_at=1_291_191_960_000_000,
            sku="85123A",
            description="",
            category="",
            quantity_e4=60_000,
            unit_price_e4=25_500,
            amount_e4=153_000,
            country="",
            currency="GBP",
            due_on="",
            paid_on="",
        )

    @pytest.mark.parametrize(
        "text",
        [
            pytest.param(HEADERS.replace(",", ";") + GOOD.replace(",", ";"), id="semicolons"),
            pytest.param(HEADERS.replace(",", "\t") + GOOD.replace(",", "\t"), id="tabs"),
            pytest.param((HEADERS + GOOD).replace("\n", "\r\n"), id="CRLF"),
            pytest.param((HEADERS + GOOD).replace("\n", "\r"), id="CR"),
            pytest.param(HEADERS.upper() + GOOD, id="capitals"),
            pytest.param(
                " Order , Occurred_At,partner,SKU,quantity, unit_price\n" + GOOD, id="spaces"
            ),
            pytest.param("note," + HEADERS + "free," + GOOD, id="a column of no interest"),
            pytest.param("\n\n" + HEADERS + "\n" + GOOD + "\n", id="blank lines"),
            pytest.param(HEADERS + GOOD.replace("85123A", '"85123A"'), id="quotes"),
        ],
    )
    def test_reads_the_same_however_it_is_written(self, text):
        (plain,) = read(HEADERS + GOOD)
        (row,) = read(text)

        assert row._replace(number=plain.number) == plain

    @pytest.mark.parametrize(
        ("changed", "to", "column", "sentence"),
        [
            pytest.param("85123A", "x" * 32_767, "sku", "longer than 64", id="a cell of 32k"),
            pytest.param("536365", "5.36E+05", "order", "shortened", id="a shortened number"),
            pytest.param("17850", "1.23E+15", "partner", "shortened", id="a shortened id"),
            pytest.param("85123A", "#N/A", "sku", "an error", id="an error of a spreadsheet"),
            pytest.param("85123A", "=A1", "sku", "formula", id="a formula"),
            pytest.param("2.55", "1E+05", "unit_price", "shortened", id="a shortened price"),
            pytest.param(
                "2010-12-01 08:26:00", "46000", "occurred_at", "keeps a day", id="a serial"
            ),
            pytest.param("2010-12-01 08:26:00", "01/02/2026", "occurred_at", "date", id="two ways"),
            pytest.param("2010-12-01 08:26:00", "2027-02-29", "occurred_at", "date", id="no day"),
        ],
    )
    def test_says_what_a_spreadsheet_made_of_a_cell(self, changed, to, column, sentence):
        (row,) = read(HEADERS + GOOD.replace(changed, to))

        assert isinstance(row, UnreadableRow)
        assert row.problem.column == column
        assert sentence in row.problem.message

    def test_finds_columns_in_any_order(self):
        (row,) = read(
            "quantity,unit_price,sku,partner,order,occurred_at\n6,2.55,85123A,17850,536365,2010-12-01\n"
        )

        assert (row.document, row.partner_ref, row.amount_e4) == ("536365", "17850", 153_000)

    def test_keeps_a_newline_inside_quotes_in_its_cell(self):
        header = HEADERS.replace("sku", "sku,description")
        (row,) = read(header + GOOD.replace("85123A", '85123A,"White\nlantern"'))

        assert row.description == "White\nlantern"

    def test_takes_the_amount_where_no_price_is_given(self):
        text = "order,occurred_at,partner,sku,quantity,amount\n1,2011-01-01,7,A,3,10.00\n"
        (row,) = read(text)

        assert (row.quantity_e4, row.amount_e4) == (30_000, 100_000)

    def test_asks_an_invoice_for_no_lines(self):
        text = "order,occurred_at,partner,amount,due_on,paid_on\n1,2011-01-01,7,10,2011-02-01,\n"
        (row,) = read(text, kind="invoice")

        assert (row.sku, row.quantity_e4, row.amount_e4) == ("", 10_000, 100_000)
        assert (row.due_on, row.paid_on) == ("2011-02-01", "")

    @pytest.mark.parametrize(
        ("line", "column", "value"),
        [
            (GOOD.replace("2.55", "two"), "unit_price", "two"),
            (GOOD.replace(",6,", ",,"), "quantity", ""),
            (GOOD.replace("2010-12-01", "2010-13-01"), "occurred_at", "2010-13-01 08:26:00"),
            (GOOD.replace("85123A", " "), "sku", " "),
            (GOOD.replace("17850", "1" * 65), "partner", "1" * 65),
            (GOOD.replace("6,2.55", "0.5,0.0001"), "unit_price", "0.0001"),
            (GOOD.replace(",6,", ",9999999999999,"), "quantity", "9999999999999"),
            (GOOD.replace("6,2.55", "999999999999,2.55"), "unit_price", "2.55"),
            (GOOD.strip() + ",more\n", "", ""),
            ("536365\n", "", ""),
        ],
    )
    def test_goes_on_after_a_row_that_cannot_be_read(self, line, column, value):
        before, bad, after = read(HEADERS + GOOD + line + GOOD)

        assert isinstance(bad, UnreadableRow)
        assert (bad.number, bad.document) == (3, "536365")
        assert (bad.problem.column, bad.problem.value) == (column, value)
        assert bad.problem.message
        assert (before.number, after.number) == (2, 4)

    def test_names_no_document_where_the_row_does_not(self):
        (bad,) = read(HEADERS + GOOD.replace("536365", ""))

        assert (bad.document, bad.problem.column) == ("", "order")

    @pytest.mark.parametrize("text", ["", "\n\n", HEADERS, HEADERS + "\n\n"])
    def test_refuses_a_file_without_rows(self, text):
        with pytest.raises(FileEmpty):
            read(text)

    @pytest.mark.parametrize(
        ("headers", "named"),
        [
            (HEADERS.replace("partner,", ""), "partner"),
            (HEADERS.replace("sku", "article"), "sku"),
            (HEADERS.replace("unit_price", "price"), "unit_price"),
            (HEADERS.replace("quantity", "order"), "twice"),
            ("Not a table at all\n", "order"),
        ],
    )
    def test_refuses_headers_that_do_not_fit(self, headers, named):
        with pytest.raises(HeadersDiffer, match=named):
            read(headers + GOOD)

    def test_refuses_a_file_without_a_column_that_the_mapping_names(self):
        columns = {name: name for name in HEADERS.strip().split(",")} | {"category": "Group"}
        mapping = parse_mapping({"columns": columns, "defaults": {"currency": "GBP"}})

        with pytest.raises(HeadersDiffer, match="Group"):
            read(HEADERS + GOOD, mapping)

    def test_needs_to_know_the_currency(self):
        with pytest.raises(HeadersDiffer, match="currency"):
            read(HEADERS + GOOD, Mapping())

    @pytest.mark.parametrize(
        "line",
        [
            pytest.param(GOOD.replace("85123A", '"85123A'), id="a quote that never ends"),
            pytest.param(GOOD.replace("85123A", '"85"123A'), id="a quote that ends too early"),
            pytest.param(GOOD.replace("85123A", '"' + "x" * 140_000 + '"'), id="a cell too long"),
        ],
    )
    def test_refuses_broken_quoting_with_its_line(self, line):
        with pytest.raises(QuotingBroken, match=r"Line [345]"):
            read(HEADERS + GOOD + line + GOOD)
