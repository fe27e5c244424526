"""The readers of the OpenAPI file in a real browser: they draw, offline, under the strict policy."""

import pytest
from django.test import Client
from playwright.sync_api import Browser, BrowserContext

from partners.models import Person
from tests.rewards.cast import open_shop

pytestmark = pytest.mark.once("SQLite")

COOKIE = "sessionid"
# Redoc's bundle names an image of its maker's. The policy lets nothing leave, so it stays unseen.
REDOC_LOGO = "cdn.redoc.ly/redoc/logo-mini.svg"


def sign_in(browser: Browser, live_site: str, client: Client, person: Person) -> BrowserContext:
    client.force_login(person)
    context = browser.new_context()
    context.add_cookies([{"name": COOKIE, "value": client.cookies[COOKIE].value, "url": live_site}])
    return context


@pytest.mark.e2e
@pytest.mark.parametrize(
    ("page_name", "shown"),
    [
        pytest.param("docs", "h2:has-text('Once and only once')", id="swagger"),
        pytest.param("docs/redoc", "h2:has-text('Once and only once')", id="redoc"),
        pytest.param("docs/problems", "#insufficient_points", id="problems"),
    ],
)
def test_draws_without_a_complaint_of_the_browser(browser, live_site, client, page_name, shown):
    shop = open_shop()
    context = sign_in(browser, live_site, client, shop.alice.person)
    page = context.new_page()
    complaints: list[str] = []
    page.on(
        "console",
        lambda message: complaints.append(message.text) if message.type == "error" else None,
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))

    page.goto(f"{live_site}/api/v1/{page_name}")
    page.locator(shown).first.wait_for(timeout=30_000)

    context.close()
    assert [said for said in complaints if REDOC_LOGO not in said] == []
