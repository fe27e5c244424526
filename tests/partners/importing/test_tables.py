"""One table out of whatever people send, and a clear word where it is none."""

import gzip
import zipfile
from datetime import date, datetime

import pytest

from partners.importing import files, workbooks
from partners.importing.files import (
    ArchiveDamaged,
    ArchiveTooLarge,
    FileNotReadable,
    NotATextTable,
    TooManyColumns,
)
from partners.importing.mapping import parse_mapping
from partners.importing.tables import FileEmpty, SheetNotClear, open_table
from partners.importing.workbooks import MergedCells, XmlRefused
from tests.partners.importing.workbooks import write_parts, write_workbook

HEADERS = ["order", "sku", "quantity"]


def read(path, content=None):
    with open_table(path, parse_mapping(content or {})) as table:
        return table.headers, [cells for _number, cells in table.rows]


def row(*cells: str) -> str:
    return f"<row>{''.join(cells)}</row>"


def text(value: str) -> str:
    return f'<c t="inlineStr"><is><t>{value}</t></is></c>'


FIRST = row(*(text(header) for header in HEADERS))


class TestText:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1251"])
    @pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
    def test_finds_out_encoding_and_separator(self, tmp_path, encoding, delimiter):
        path = tmp_path / "orders.csv"
        lines = [HEADERS, ["1", "Блакитна чашка", "2"]]
        content = "\r\n".join(delimiter.join(line) for line in lines).encode(encoding)
        path.write_bytes(content)

        assert read(path) == (HEADERS, [["1", "Блакитна чашка", "2"]])
        path.write_bytes(gzip.compress(content))
        assert read(path) == (HEADERS, [["1", "Блакитна чашка", "2"]])

    @pytest.mark.parametrize(
        ("words", "encoding"),
        [
            ("Zażółć gęślą jaźń, Łódź", "cp1250"),
            ("Černý příliš žluťoučký kůň", "cp1250"),
            ("Їжак і ґанок у Києві № 5", "cp1251"),
            ("São Paulo, coração", "cp1252"),
        ],
    )
    def test_tells_encodings_apart_by_the_words_they_make(self, tmp_path, words, encoding):
        path = tmp_path / "orders.csv"
        path.write_bytes(f"order;sku\n1;{words}\n".encode(encoding))

        assert read(path)[1] == [["1", words]]

    def test_numbers_rows_as_a_spreadsheet_does_and_leaves_blank_ones_out(self, tmp_path):
        path = tmp_path / "orders.csv"
        path.write_text("order,sku\n1,a\n\n,\n2,b\n")
        with open_table(path) as table:
            assert list(table.rows) == [(2, ["1", "a"]), (5, ["2", "b"])]

    def test_refuses_ten_thousand_columns(self, tmp_path):
        path = tmp_path / "orders.csv"
        path.write_text(",".join(f"c{n}" for n in range(10_000)) + "\n1\n")

        with pytest.raises(TooManyColumns, match="10000 columns"):
            read(path)

    def test_refuses_what_unpacks_without_end(self, tmp_path, monkeypatch):
        monkeypatch.setattr(files, "UNPACKED_FREELY_BYTES", 1 << 20)
        path = tmp_path / "orders.csv.gz"
        path.write_bytes(gzip.compress(b"order,sku\n" + b"\n" * (8 << 20)))

        with pytest.raises(ArchiveTooLarge, match="far too large"):
            read(path)

    def test_refuses_a_document_that_is_no_table(self, tmp_path):
        path = tmp_path / "orders.xml"
        path.write_text("<?xml version='1.0'?><orders/>")

        with pytest.raises(NotATextTable, match="XML"):
            read(path)


class TestWorkbooks:
    def test_reads_cells_as_a_person_sees_them(self, tmp_path):
        path = write_workbook(
            tmp_path / "orders.bin",
            {
                "Orders": [
                    HEADERS,
                    [536365, "Кухоль", 2.55],
                    [datetime(2011, 1, 4, 10, 30), date(2011, 1, 5), -1_234.5],  # noqa: DTZ001
                    [None, None, None],
                    ["a\nb", True, "  x "],
                    [0.1 + 0.2, 1e-3, 12],
                    [1.23e15, 4_006_381_333_931, None],
                ]
            },
        )

        assert read(path)[1] == [
            ["536365", "Кухоль", "2.55"],
            ["2011-01-04 10:30:00", "2011-01-05", "-1234.5"],
            ["a\nb", "TRUE", "  x "],
            ["0.3", "0.001", "12"],
            ["1.23E+15", "4006381333931", ""],
        ]
        # Numbers come written as the mapping reads them.
        assert read(path, {"format": {"decimal": ","}})[1][0][2] == "2,55"

    def test_keeps_leading_zeros_that_are_shown_and_days_that_count_from_1904(self, tmp_path):
        styles = (
            f'<styleSheet xmlns="{workbooks_main()}"><numFmts><numFmt numFmtId="164" '
            'formatCode="00000"/><numFmt numFmtId="165" formatCode="[$-419]dd/mm/yyyy;@"/>'
            '</numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="165"/>'
            "</cellXfs></styleSheet>"
        )
        cells = row('<c s="1"><v>123</v></c>', '<c s="2"><v>46000</v></c>', "<c><v>46000</v></c>")
        path = write_parts(
            tmp_path / "a.xlsx", f"<sheetData>{FIRST}{cells}</sheetData>", xl__styles=styles
        )

        assert read(path)[1] == [["00123", "2025-12-09", "46000"]]

    def test_reads_shared_texts_prefixes_and_cells_without_places(self, tmp_path):
        shared = (
            f'<x:sst xmlns:x="{workbooks_main()}"><x:si><x:r><x:t>blue </x:t></x:r><x:r>'
            "<x:t>mug_x000D_</x:t></x:r><x:rPh><x:t>hint</x:t></x:rPh></x:si></x:sst>"
        )
        sheet = (
            '<x:sheetData><x:row><x:c t="inlineStr"><x:is><x:t>order</x:t></x:is></x:c>'
            '<x:c t="inlineStr"><x:is><x:t>sku</x:t></x:is></x:c></x:row>'
            '<x:row r="7"><x:c r="B7" t="s"><x:v>0</x:v></x:c></x:row></x:sheetData>'
        )
        path = write_parts(tmp_path / "a.xlsx", "", xl__sharedStrings=shared)
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr(
                "xl/worksheets/sheet2.xml",
                f'<x:worksheet xmlns:x="{workbooks_main()}">{sheet}</x:worksheet>',
            )
        rewrite(path, "xl/_rels/workbook.xml.rels", b"sheet1.xml", b"sheet2.xml")
        with open_table(path) as table:
            assert table.headers == ["order", "sku"]
            assert list(table.rows) == [(7, ["", "blue mug\r"])]

    def test_takes_the_visible_sheet_that_fits_or_the_one_that_is_named(self, tmp_path):
        notes, orders = [["about"], ["x"]], [HEADERS, ["1", "a", 1]]
        path = write_workbook(
            tmp_path / "a.xlsx", {"Old": orders, "Notes": notes, "Orders": orders}, hidden=("Old",)
        )
        assert read(path)[0] == HEADERS
        with open_table(path) as table:
            assert (table.sheet, table.sheets) == ("Orders", ("Notes", "Orders"))

        assert read(path, {"format": {"sheet": "notes"}})[0] == ["about"]
        with pytest.raises(SheetNotClear, match="no sheet July"):
            read(path, {"format": {"sheet": "July"}})
        write_workbook(path, {"June": orders, "July": orders})
        with pytest.raises(SheetNotClear, match="June, July"):
            read(path)

    def test_hands_on_formulas_by_their_result_or_as_what_they_are(self, tmp_path):
        cells = row(
            "<c><f>1+1</f><v>2</v></c>", "<c><f>SUM(A1)</f></c>", '<c t="e"><v>#N/A</v></c>'
        )
        path = write_parts(tmp_path / "a.xlsx", f"<sheetData>{FIRST}{cells}</sheetData>")

        assert read(path)[1] == [["2", "=SUM(A1)", "#N/A"]]

    def test_refuses_merged_cells_among_the_rows_only(self, tmp_path):
        body = f"<sheetData>{FIRST}{row(text('1'), text('a'))}{row(text('2'))}</sheetData>"
        merged = '<mergeCells><mergeCell ref="{}"/></mergeCells>'
        path = write_parts(tmp_path / "a.xlsx", body + merged.format("A1:C1"))
        assert len(read(path)[1]) == 2

        write_parts(path, body + merged.format("B2:B3"))
        with pytest.raises(MergedCells, match="B2:B3"):
            read(path)

    @pytest.mark.parametrize(
        ("sheet", "error"),
        [
            pytest.param("<sheetData/>", FileEmpty, id="nothing"),
            pytest.param(f"<sheetData>{FIRST}</sheetData>", FileEmpty, id="header only"),
            pytest.param("<sheetData><row><c>", XmlRefused, id="cut short"),
            pytest.param(
                '<sheetData><row><c r="ALM1"><v>1</v></c></row></sheetData>',
                TooManyColumns,
                id="too wide",
            ),
            pytest.param(
                '<sheetData><row><c t="s"><v>9</v></c></row></sheetData>',
                ArchiveDamaged,
                id="a text that is not there",
            ),
        ],
    )
    def test_refuses_sheets_without_rows_in_them(self, tmp_path, sheet, error):
        with pytest.raises(error) as caught:
            read(write_parts(tmp_path / "a.xlsx", sheet))

        assert isinstance(caught.value, FileNotReadable)
        assert str(caught.value)

    @pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/workbook.xml"])
    def test_expands_no_entities_and_reads_no_other_files(self, tmp_path, part):
        secret = tmp_path / "secret.txt"
        secret.write_text("secret")
        path = write_parts(tmp_path / "a.xlsx", f"<sheetData>{FIRST}</sheetData>")
        types = f'<!DOCTYPE x [<!ENTITY x SYSTEM "file://{secret}"><!ENTITY y "ha">]>'
        with zipfile.ZipFile(path) as archive:
            told = archive.read(part)
        rewrite(path, part, told, types.encode() + told.replace(b"Orders", b"&y;&x;"))

        with pytest.raises(XmlRefused):
            read(path)

    def test_refuses_archives_that_are_bombs_or_lie_about_their_size(self, tmp_path, monkeypatch):
        monkeypatch.setattr(workbooks, "PACKED_FREELY_BYTES", 1 << 16)
        path = write_parts(tmp_path / "a.xlsx", " " * (8 << 20))
        with pytest.raises(ArchiveTooLarge):
            read(path)

        # The directory says ten bytes; there are many more.
        packed = bytearray(write_parts(tmp_path / "b.xlsx", f"<sheetData>{FIRST}").read_bytes())
        at = packed.rindex(b"PK\x01\x02")
        packed[at + 24 : at + 28] = (10).to_bytes(4, "little")
        path.write_bytes(packed)
        with pytest.raises(FileNotReadable):
            read(path)

    @pytest.mark.parametrize(
        ("content", "error"),
        [
            pytest.param(b"PK\x03\x04 and then nothing", ArchiveDamaged, id="cut short"),
            pytest.param(b"\xd0\xcf\x11\xe0" + b"\0" * 600, NotATextTable, id="an old workbook"),
        ],
    )
    def test_refuses_what_is_no_workbook(self, tmp_path, content, error):
        path = tmp_path / "a.xlsx"
        path.write_bytes(content)

        with pytest.raises(error):
            read(path)

    def test_refuses_another_archive(self, tmp_path):
        path = tmp_path / "a.xlsx"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("../../orders.csv", "order")

        with pytest.raises(NotATextTable, match="zip archive"):
            read(path)


def workbooks_main() -> str:
    return "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def rewrite(path, part: str, old: bytes, new: bytes) -> None:
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[part] = parts[part].replace(old, new)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
