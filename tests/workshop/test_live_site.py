"""The site runs, and a browser can visit it, on the test's own database."""

import urllib.error
import urllib.request

import pytest
from playwright.sync_api import Browser


def test_answers_over_http_with_the_strict_policy(live_site: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"{live_site}/there-is-no-such-page")

    with caught.value as answer:
        assert answer.code == 404
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"


@pytest.mark.e2e
def test_a_browser_meets_the_same_site(live_site: str, browser: Browser) -> None:
    page = browser.new_page()

    answer = page.goto(f"{live_site}/there-is-no-such-page")

    assert answer is not None
    assert answer.status == 404
    page.close()
