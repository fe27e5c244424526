"""What every template of the portal keeps to: the content policy, and signatures of components."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import get_template

TEMPLATES = Path(settings.BASE_DIR) / "templates"
# The admin's theme has a policy of its own; no policy of ours reaches the page of a mail reader.
PORTAL = [
    path
    for path in sorted(TEMPLATES.rglob("*.html"))
    if path.relative_to(TEMPLATES).parts[0] not in {"admin", "mail", "unfold"}
]
COMPONENTS = sorted((TEMPLATES / "components").glob("*.html"))
REFUSED_BY_THE_POLICY = re.compile(
    r"""\sstyle\s*=|<style|\son[a-z]+\s*=\s*["']|<script(?![^>]*\ssrc=)"""
)


def name(path: Path) -> str:
    return path.relative_to(TEMPLATES).as_posix()


@pytest.mark.parametrize("path", PORTAL, ids=name)
def test_nothing_inline_that_the_content_policy_refuses(path):
    assert not REFUSED_BY_THE_POLICY.search(path.read_text())


@pytest.mark.parametrize("path", PORTAL, ids=name)
def test_every_template_compiles(path):
    assert get_template(name(path))


@pytest.mark.parametrize("path", COMPONENTS, ids=name)
def test_a_component_begins_with_its_arguments(path):
    first = path.read_text().splitlines()[0]

    assert first.startswith("{# ")
    assert first.endswith(" #}")


def test_every_icon_that_is_named_is_drawn():
    drawn = set(
        re.findall(
            r'<symbol id="([-a-z]+)"', (TEMPLATES.parent / "static/img/icons.svg").read_text()
        )
    )
    named = {
        icon for path in PORTAL for icon in re.findall(r'\{% icon "([-a-z]+)"', path.read_text())
    }

    assert named
    assert named <= drawn
