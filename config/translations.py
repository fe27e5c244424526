"""The message catalogues of config/locale: compiled and checked without GNU gettext."""

import re
from collections.abc import Iterator
from pathlib import Path

import polib

# %(name)s and %s of Python, {name} of str.format. A literal percent sign is written %%.
PLACEHOLDERS = re.compile(r"%\(\w+\)[sdifr]|%[sdifr]|\{\w*\}")


def find_catalogues(folders: list[Path]) -> list[Path]:
    return sorted(path for folder in folders for path in folder.glob("*/LC_MESSAGES/*.po"))


def compile_catalogue(source: Path) -> Path:
    """Write the binary catalogue beside its source and return where it is."""
    compiled = source.with_suffix(".mo")
    polib.pofile(str(source)).save_as_mofile(str(compiled))
    return compiled


def find_problems(source: Path) -> Iterator[str]:
    """Yield a sentence for each message that a reader of this language would stumble over."""
    catalogue = polib.pofile(str(source))
    plural_forms = count_plural_forms(catalogue)
    for entry in catalogue:
        if entry.obsolete:
            continue
        where = f"{source}:{entry.linenum}"
        texts = list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]
        if entry.fuzzy:
            yield f"{where}: fuzzy, so it is not used: {entry.msgid!r}"
        elif not texts or not all(texts):
            yield f"{where}: not translated: {entry.msgid!r}"
        elif entry.msgid_plural and len(texts) != plural_forms:
            yield f"{where}: has {len(texts)} plural forms of {plural_forms}: {entry.msgid!r}"
        else:
            yield from (f"{where}: {problem}" for problem in compare_placeholders(entry, texts))


def count_plural_forms(catalogue: polib.POFile) -> int:
    said = re.search(r"nplurals\s*=\s*(\d+)", catalogue.metadata.get("Plural-Forms", ""))
    return int(said.group(1)) if said else 0


def compare_placeholders(entry: polib.POEntry, texts: list[str]) -> Iterator[str]:
    """A form for one ("one point") may leave the number out; no text may invent a placeholder."""
    known = set(PLACEHOLDERS.findall(entry.msgid)) | set(PLACEHOLDERS.findall(entry.msgid_plural))
    for text in texts:
        used = set(PLACEHOLDERS.findall(text))
        missing = set() if entry.msgid_plural else known - used
        if used - known or missing:
            names = ", ".join(sorted(used ^ known))
            yield f"placeholders differ ({names}): {entry.msgid!r}"
