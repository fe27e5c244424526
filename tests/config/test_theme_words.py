"""Words of the admin's theme are translated by our catalogue, as long as the theme says them so."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from config.theme_words import WORDS


def read_theme() -> str:
    """The theme's own templates and code: what it marks for translation stands there word by word."""
    spec = find_spec("unfold")
    assert spec is not None
    assert spec.origin is not None
    files = (
        path for path in Path(spec.origin).parent.rglob("*") if path.suffix in {".html", ".py"}
    )
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


@pytest.mark.once("SQLite")
def test_the_theme_still_says_each_of_them():
    theme = read_theme()

    # Long sentences are broken over lines in code.
    assert [word for word in WORDS if word[:60] not in theme] == []
