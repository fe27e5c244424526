"""The page about kinds says what the registry says."""

from pathlib import Path

from partners.kinds.describing import describe_kinds

PAGE = Path(__file__).parents[3] / "docs" / "activities.md"
BEGINS = "## Order: `order`"


def test_the_page_says_what_the_kinds_say():
    page = PAGE.read_text()

    assert page[page.index(BEGINS) :] == describe_kinds()
