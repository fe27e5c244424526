"""A file that cannot be read is refused as a whole, with a sentence that says why."""

import gzip
import zlib

import pytest

from partners.importing.files import (
    LINE_CHARACTERS_MAX,
    ArchiveDamaged,
    EncodingDiffers,
    FileNotOpened,
    NotATextTable,
    name_on_disk,
    open_text,
)

TEXT = "order,sku\r\n1,Чашка\r\n"


def read(path, **options) -> str:
    with open_text(path, **options) as file:
        return "".join(file.lines)


def write(tmp_path, content: bytes):
    path = tmp_path / "orders.csv"
    path.write_bytes(content)
    return path


class TestOpenText:
    @pytest.mark.parametrize(
        "content",
        [
            pytest.param(TEXT.encode(), id="UTF-8"),
            pytest.param(TEXT.encode("utf-8-sig"), id="UTF-8 with a mark"),
            pytest.param(TEXT.encode("utf-16"), id="UTF-16"),
            pytest.param(gzip.compress(TEXT.encode()), id="gzip"),
            pytest.param(gzip.compress(TEXT.encode("utf-8-sig")), id="gzip with a mark"),
        ],
    )
    def test_reads_text_packed_or_not(self, tmp_path, content):
        assert read(write(tmp_path, content)) == TEXT

    def test_reads_the_encoding_that_the_mapping_names(self, tmp_path):
        assert read(write(tmp_path, TEXT.encode("cp1251")), encoding="cp1251") == TEXT

    def test_says_where_other_bytes_begin(self, tmp_path):
        content = b"order,sku\n" + "1,Ж\n".encode("cp1251")

        with pytest.raises(
            EncodingDiffers, match=r"^The file is not text in utf-8\. Save it as CSV"
        ):
            read(write(tmp_path, content))

    def test_says_so_where_utf_16_has_no_mark(self, tmp_path):
        with pytest.raises(EncodingDiffers, match="not text in utf-16"):
            read(write(tmp_path, TEXT.encode("utf-16-le")), encoding="utf-16")

    def test_counts_the_bytes_that_were_read(self, tmp_path):
        path = write(tmp_path, TEXT.encode())

        with open_text(path) as file:
            assert list(file.lines)
            assert file.position() == file.size == len(TEXT.encode())

    @pytest.mark.parametrize(
        "content",
        [
            pytest.param(gzip.compress(TEXT.encode() * 999)[:-20], id="cut short"),
            pytest.param(gzip.compress(TEXT.encode())[:-8] + b"\0" * 8, id="wrong checksum"),
            pytest.param(b"\x1f\x8b" + zlib.compress(b"x") * 20, id="garbage"),
            pytest.param(b"\x1f\x8b", id="only its first bytes"),
        ],
    )
    def test_refuses_a_damaged_archive(self, tmp_path, content):
        with pytest.raises(ArchiveDamaged):
            read(write(tmp_path, content))

    @pytest.mark.parametrize(
        ("content", "named"),
        [
            pytest.param(b"PK\x03\x04rest", "Excel", id="workbook"),
            pytest.param(b"\xd0\xcf\x11\xe0rest", "Excel", id="old workbook"),
            pytest.param(b"\x89PNG\r\n\x1a\n", "picture", id="picture"),
            pytest.param(b"%PDF-1.7", "PDF", id="document"),
            pytest.param(gzip.compress(b"PK\x03\x04rest"), "Excel", id="workbook in gzip"),
            pytest.param(b"order,sku\n1,a\0b\n", "NUL", id="NUL"),
            pytest.param(b"a" * (LINE_CHARACTERS_MAX + 1), "longer", id="endless line"),
        ],
    )
    def test_refuses_what_is_no_text_table(self, tmp_path, content, named):
        with pytest.raises(NotATextTable, match=named):
            read(write(tmp_path, content))

    def test_refuses_a_file_that_is_not_there(self, tmp_path):
        with pytest.raises(FileNotOpened, match="No such file"):
            read(tmp_path / "missing.csv")

    def test_refuses_a_directory(self, tmp_path):
        with pytest.raises(FileNotOpened):
            read(tmp_path)


class TestNameOnDisk:
    @pytest.mark.parametrize(
        ("name", "kept"),
        [
            ("../../etc/orders.csv", "orders.csv"),
            ("Замовлення 🧾.xlsx", "Замовлення 🧾.xlsx"),
            ("..", "upload"),
            ("", "upload"),
        ],
    )
    def test_keeps_the_last_part_of_what_somebody_calls_a_file(self, name, kept):
        assert name_on_disk(name, default="upload") == kept

    def test_is_never_longer_than_a_disk_takes(self):
        name = name_on_disk("ж" * 300 + ".csv", default="upload")

        assert len(name.encode()) <= 200
        assert name.endswith(".csv")
