"""
Read the sheets of an Excel workbook (.xlsx) row by row, without ever holding one in memory.

A workbook is a zip archive of XML that somebody sends us: what it says about its own size is not
believed, document types are refused, and texts shared by cells are kept on disk.
"""

import re
import sqlite3
import xml.etree.ElementTree as ET
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from posixpath import join, normpath
from typing import BinaryIO, cast
from xml.parsers import expat

import defusedxml
from defusedxml.ElementTree import fromstring
from django.utils.translation import gettext as _

from partners.importing.cells import CellReader
from partners.importing.files import (
    ArchiveDamaged,
    ArchiveTooLarge,
    FileNotOpened,
    FileNotReadable,
    NotATextTable,
    TooManyColumns,
)

ZIP = b"PK\x03\x04"
ENTRIES_MAX = 2_000
SMALL_PART_BYTES_MAX = 16 << 20
PART_BYTES_MAX = 4 << 30
# Sheets of equal rows pack well, but not as well as what was made to fill a disk.
PACKED_TIMES_MAX = 250
PACKED_FREELY_BYTES = 64 << 20
BLOCK_BYTES = 1 << 16
COLUMNS_MAX = 1_000
TEXTS_REMEMBERED = 65_536
TEXTS_AT_ONCE = 5_000
ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
STRICT_RELATION = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"

Row = tuple[int, list[str]]


class XmlRefused(FileNotReadable):
    """The XML is broken, or declares types and entities, which no honest document of ours does."""

    code = "xml_refused"


class MergedCells(FileNotReadable):
    """One value stands for several rows, so that the others look empty."""

    code = "merged_cells"


@contextmanager
def open_workbook(path: Path) -> Iterator[list["Sheet"]]:
    """
    Yield the visible sheets of a workbook, in their order.

    :raises FileNotReadable: Here or while a sheet is read.
    """
    try:
        with zipfile.ZipFile(path) as archive, _Texts() as texts:
            _refuse_bombs(archive)
            yield _find_sheets(archive, texts)
    except OSError as error:
        raise FileNotOpened(f"{path}: {error.strerror}") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        # RuntimeError and NotImplementedError: encrypted, or packed in a way we do not know.
        raise ArchiveDamaged(_("The workbook is damaged, cut short or encrypted.")) from error


def _refuse_bombs(archive: zipfile.ZipFile) -> None:
    entries = archive.infolist()
    sizes = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    too_dense = sizes > PACKED_FREELY_BYTES and sizes > packed * PACKED_TIMES_MAX
    if len(entries) > ENTRIES_MAX or sizes > 2 * PART_BYTES_MAX or too_dense:
        raise ArchiveTooLarge(_("Unpacked, this workbook would be far too large."))


def _find_sheets(archive: zipfile.ZipFile, texts: "_Texts") -> list["Sheet"]:
    if "xl/workbook.xml" not in archive.namelist():
        raise NotATextTable(
            _("This is a zip archive, but no Excel workbook (.xlsx). Save it as .xlsx or CSV.")
        )
    book = _read_small(archive, "xl/workbook.xml")
    targets = {
        relation.get("Id", ""): relation.get("Target", "")
        for relation in _read_small(archive, "xl/_rels/workbook.xml.rels")
    }
    properties = next((each for each in book if _local(each.tag) == "workbookPr"), None)
    from_1904 = properties is not None and properties.get("date1904") in {"1", "true"}
    reader = CellReader(_read_styles(archive), from_1904=from_1904, text_at=texts.at)
    sheets = []
    listed = next((each for each in book if _local(each.tag) == "sheets"), None)
    for entry in listed if listed is not None else ():
        target = targets.get(entry.get(RELATION) or entry.get(STRICT_RELATION) or "", "")
        part = normpath(join("/xl", target)).lstrip("/")
        # Sheets of charts have no cells; hidden ones are nobody's answer.
        if "worksheet" in part and entry.get("state", "visible") == "visible":
            sheets.append(Sheet(entry.get("name", ""), part, archive, reader, texts))
    if not sheets:
        raise NotATextTable(_("The workbook has no visible sheet with cells."))
    return sheets


def _read_small(archive: zipfile.ZipFile, name: str) -> ET.Element:
    try:
        if archive.getinfo(name).file_size > SMALL_PART_BYTES_MAX:
            raise ArchiveTooLarge(_("Unpacked, this workbook would be far too large."))
        return fromstring(archive.read(name), forbid_dtd=True)
    except KeyError as error:
        raise ArchiveDamaged(_("The workbook is damaged, cut short or encrypted.")) from error
    except (ET.ParseError, defusedxml.DefusedXmlException, UnicodeError, LookupError) as error:
        raise XmlRefused(_("The workbook holds XML that cannot be read.")) from error


def _read_styles(archive: zipfile.ZipFile) -> list[str]:
    """Return the number format of each style: its code, or the number of a built-in one."""
    if "xl/styles.xml" not in archive.namelist():
        return []
    styles = _read_small(archive, "xl/styles.xml")
    codes: dict[str, str] = {}
    formats: list[str] = []
    for group in styles:
        if _local(group.tag) == "numFmts":
            codes = {each.get("numFmtId", ""): each.get("formatCode", "") for each in group}
        elif _local(group.tag) == "cellXfs":
            formats = [each.get("numFmtId", "0") for each in group]
    return [codes.get(number, number) for number in formats]


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


class _Texts:
    """The texts that cells share, in a private database on disk: there may be millions."""

    def __init__(self) -> None:
        self._stage = sqlite3.connect("", isolation_level=None)
        self._stage.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA temp_store = FILE;"
            "CREATE TABLE shared (place INTEGER PRIMARY KEY, said TEXT);"
        )
        self._is_filled = False
        self.at: Callable[[int], str] = lru_cache(maxsize=TEXTS_REMEMBERED)(self._find)

    def __enter__(self) -> "_Texts":
        return self

    def __exit__(self, *_error: object) -> None:
        self._stage.close()

    def fill(self, archive: zipfile.ZipFile) -> None:
        if self._is_filled or "xl/sharedStrings.xml" not in archive.namelist():
            return
        self._is_filled = True
        parser = _SharedTexts()
        self._stage.execute("BEGIN")
        with archive.open("xl/sharedStrings.xml") as part:
            for batch in _parse(cast(BinaryIO, part), parser.parser, parser.take):
                self._stage.executemany("INSERT INTO shared VALUES (?, ?)", batch)
        self._stage.execute("COMMIT")

    def _find(self, place: int) -> str:
        found = self._stage.execute("SELECT said FROM shared WHERE place = ?", [place]).fetchone()
        if found is None:
            raise ArchiveDamaged(_("The workbook is damaged, cut short or encrypted."))
        return str(found[0])


@dataclass(slots=True)
class Sheet:
    """One sheet: its name, and its rows as often as they are asked for."""

    name: str
    part: str
    archive: zipfile.ZipFile
    reader: CellReader
    texts: _Texts
    _read: int = 0
    _merged: list[str] = field(default_factory=list)

    @property
    def size(self) -> int:
        return self.archive.getinfo(self.part).file_size

    def position(self) -> int:
        return self._read

    def headers(self) -> list[str]:
        """Return the first row that is not blank, or nothing."""
        return next(self.rows(decimal="."), (0, []))[1]

    def rows(self, *, decimal: str) -> Iterator[Row]:
        """Yield rows that are not blank, numbered as the sheet does."""
        self.texts.fill(self.archive)
        parser = _Cells(self.reader, decimal)
        try:
            part = self.archive.open(self.part)
        except KeyError as error:
            raise ArchiveDamaged(_("The workbook is damaged, cut short or encrypted.")) from error
        with part:
            for batch in _parse(cast(BinaryIO, part), parser.parser, parser.take):
                self._read = part.tell()
                yield from batch
        self._merged = parser.merged

    def refuse_merged_cells(self, *, below: int) -> None:
        """
        Refuse cells that were merged below this row; to be called once all rows were read.

        :raises MergedCells: If there are any.
        """
        for area in self._merged:
            last = re.search(r"([0-9]+)$", area)
            if last and int(last.group(1)) > below:
                raise MergedCells(
                    _("The cells %(area)s are merged, so that some look empty. Unmerge them.")
                    % {"area": area}
                )


def _parse(
    part: BinaryIO, parser: expat.XMLParserType, take: Callable[[], list[Row]]
) -> Iterator[list[Row]]:
    """Feed a part block by block and yield what came of each."""
    read = 0
    try:
        while block := part.read(BLOCK_BYTES):
            read += len(block)
            if read > PART_BYTES_MAX:
                raise ArchiveTooLarge(_("Unpacked, this workbook would be far too large."))
            parser.Parse(block)
            yield take()
        parser.Parse(b"", True)  # noqa: FBT003 - it takes no names
    except expat.ExpatError as error:
        raise XmlRefused(_("The workbook holds XML that cannot be read.")) from error
    yield take()


def _make_parser(
    start: Callable[[str, dict[str, str]], None], end: Callable[[str], None]
) -> expat.XMLParserType:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.StartDoctypeDeclHandler = _refuse_types
    return parser


def _refuse_types(*_declared: object) -> None:
    raise XmlRefused(_("The workbook declares types of its own, as no spreadsheet does."))


class _SharedTexts:
    """Collects the texts of ``sharedStrings.xml``; phonetic hints are left out."""

    def __init__(self) -> None:
        self.parser = _make_parser(self._start, self._end)
        self._ready: list[tuple[int, str]] = []
        self._place = 0
        self._parts: list[str] = []
        self._is_hint = False

    def take(self) -> list[Row]:
        ready, self._ready = self._ready, []
        return cast(list[Row], ready)

    def _start(self, tag: str, _attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if name == "si":
            self._parts = []
        elif name == "rPh":
            self._is_hint = True
        elif name == "t" and not self._is_hint:
            self.parser.CharacterDataHandler = self._parts.append

    def _end(self, tag: str) -> None:
        name = tag.rpartition(":")[2]
        if name == "t":
            self.parser.CharacterDataHandler = None
        elif name == "rPh":
            self._is_hint = False
        elif name == "si":
            self._ready.append((self._place, unescape("".join(self._parts))))
            self._place += 1


class _Cells:
    """Collects rows of a sheet as its XML goes by."""

    def __init__(self, reader: CellReader, decimal: str) -> None:
        self.parser = _make_parser(self._start, self._end)
        self.merged: list[str] = []
        self._read_cell = reader.make(decimal)
        self._ready: list[Row] = []
        self._row: list[str] = []
        self._number = 0
        self._kind = self._style = ""
        self._place = 0
        self._texts: list[str] = []
        self._formula: list[str] = []
        self._is_hint = False

    def take(self) -> list[Row]:
        ready, self._ready = self._ready, []
        return ready

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2] if ":" in tag else tag
        if name == "c":
            reference = attributes.get("r")
            self._place = (
                find_column(reference.rstrip("0123456789")) if reference else len(self._row)
            )
            self._kind, self._style = attributes.get("t", "n"), attributes.get("s", "0")
            self._texts, self._formula = [], []
        elif name in {"v", "t"}:
            if not self._is_hint:
                self.parser.CharacterDataHandler = self._texts.append
        elif name == "row":
            said = attributes.get("r", "")
            self._number = int(said) if said.isdecimal() else self._number + 1
            self._row = []
        elif name == "f":
            self.parser.CharacterDataHandler = self._formula.append
        elif name == "rPh":
            self._is_hint = True
        elif name == "mergeCell":
            self.merged.append(attributes.get("ref", ""))

    def _end(self, tag: str) -> None:
        name = tag.rpartition(":")[2] if ":" in tag else tag
        if name in {"v", "t", "f"}:
            self.parser.CharacterDataHandler = None
        elif name == "c":
            text = self._read_cell("".join(self._texts), self._kind, self._style)
            if not text and self._formula:
                # Saved without its result. Nobody computes it here.
                text = f"={''.join(self._formula)}"
            if text:
                self._put(text)
        elif name == "row":
            if any(self._row):
                self._ready.append((self._number, self._row))
        elif name == "rPh":
            self._is_hint = False

    def _put(self, text: str) -> None:
        missing = self._place - len(self._row)
        if missing < 0:
            self._row[self._place] = text
            return
        if self._place >= COLUMNS_MAX:
            raise TooManyColumns(
                _("Row %(number)d has more than %(limit)d columns.")
                % {"number": self._number, "limit": COLUMNS_MAX}
            )
        if missing:
            self._row += [""] * missing
        self._row.append(text)


@lru_cache(maxsize=4_096)
def find_column(letters: str) -> int:
    """Return the place of a column by its letters: A is 0, AA is 26."""
    place = 0
    for letter in letters:
        place = place * 26 + ord(letter) - 64
    return max(place - 1, 0)


def unescape(text: str) -> str:
    """Put back characters that XML cannot hold: a spreadsheet writes them as _x000D_."""
    if "_x" not in text:
        return text
    return ESCAPED.sub(_put_back, text)


def _put_back(found: re.Match[str]) -> str:
    character = chr(int(found.group(1), 16))
    # NUL and halves of characters are no text; they stay as they are written.
    is_text = character != "\0" and not "\ud800" <= character <= "\udfff"
    return character if is_text else found.group(0)
