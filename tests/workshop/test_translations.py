"""Catalogues are compiled and judged without GNU gettext."""

import gettext
from pathlib import Path

import pytest

from config.translations import compile_catalogue, find_problems

HEADER = """msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2);\\n"

"""
POINTS = """msgid "%(count)s point"
msgid_plural "%(count)s points"
msgstr[0] "%(count)s бал"
msgstr[1] "%(count)s бали"
msgstr[2] "%(count)s балів"
"""


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    return tmp_path / "django.po"


def test_compiles_real_plurals(catalogue: Path) -> None:
    catalogue.write_text(HEADER + POINTS)

    with compile_catalogue(catalogue).open("rb") as compiled:
        words = gettext.GNUTranslations(compiled)

    texts = [words.ngettext("%(count)s point", "%(count)s points", n) for n in (1, 3, 5, 11, 21)]
    assert [text.split()[1] for text in texts] == ["бал", "бали", "балів", "балів", "бал"]


def test_finds_nothing_in_a_good_catalogue(catalogue: Path) -> None:
    catalogue.write_text(HEADER + POINTS + '\nmsgid "Home"\nmsgstr "Головна"\n')

    assert list(find_problems(catalogue)) == []


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        pytest.param('msgid "Home"\nmsgstr ""\n', "not translated", id="empty"),
        pytest.param('#, fuzzy\nmsgid "Home"\nmsgstr "Дім"\n', "fuzzy", id="doubtful"),
        pytest.param('msgid "%(name)s"\nmsgstr "%(nme)s"\n', "placeholders", id="misspelt"),
        pytest.param('msgid "Hello %s"\nmsgstr "Вітаємо"\n', "placeholders", id="forgotten"),
        pytest.param(POINTS.replace('msgstr[2] "%(count)s балів"', ""), "2 plural forms", id="few"),
        pytest.param(
            'msgid "{count} of {all}"\nmsgstr "{count} з {usix}"\n', "placeholders", id="braces"
        ),
    ],
)
def test_finds_what_a_reader_would_stumble_over(catalogue: Path, entry: str, words: str) -> None:
    catalogue.write_text(HEADER + entry)

    problems = list(find_problems(catalogue))

    assert len(problems) == 1
    assert words in problems[0]
