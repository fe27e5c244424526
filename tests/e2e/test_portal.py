"""The portal in a real browser: every page as each role, wide and narrow, light and dark."""

import re
import uuid
from collections.abc import Iterator

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.db import transaction
from playwright.sync_api import Browser, BrowserContext, Page, expect

from partners.models import Member, Partner
from rewards import sharing
from rewards.sharing import PartDraft
from tests.rewards import portal
from tests.rewards.cast import NOON, Shop, earn, offer, open_shop, take

pytestmark = [pytest.mark.e2e, pytest.mark.once("SQLite")]

PASSWORD = "a long enough secret"
WIDE, NARROW = (1280, 900), (390, 844)
# What a screen reader or a keyboard could stumble over; lesser findings are judged by eye.
SERIOUS = {"serious", "critical"}
# The rules that look at colours, which are all that a dark page has of its own.
COLOURS = {"resultTypes": ["violations"], "runOnly": ["color-contrast", "link-in-text-block"]}
EVERYTHING = {"resultTypes": ["violations"]}
EVERYBODY_S = ["/", "/earn/", "/statement/", "/catalogue/", "/redemptions/"]
PAGES = {
    "alice": [*EVERYBODY_S, "/share/", "/shares/", "/team/", "/company/", "/statement/?period=all"],
    "bob": [*EVERYBODY_S, "/share/", "/accounts/password/change/"],
    "vera": [*EVERYBODY_S, "/team/", "/no-such-page/"],
}


@pytest.fixture
def shop(own_database: object) -> Shop:
    with transaction.atomic():
        shop = open_shop()
        for member in (shop.alice, shop.bob, shop.vera):
            member.person.set_password(PASSWORD)
            member.person.save()
        earn(shop.pool, 5_000)
        Partner.objects.lock([shop.partner.pk])
        sharing.share(
            head_buyer=shop.alice,
            programme=shop.programme,
            amount=1_200,
            method="equal",
            parts=[PartDraft(member_id=shop.bob.pk, amount=1_200, proposed=1_200)],
            reason="Thank you for February.",
            request_id=uuid.uuid4(),
            shared_at=NOON,
        )
        take(shop.alice, shop.pool, offer(shop.programme))
    return shop


@pytest.fixture
def console() -> list[str]:
    return []


@pytest.fixture
def open_browser(browser: Browser) -> Iterator:
    opened: list[BrowserContext] = []

    def open_page(console: list[str], *, size=WIDE, **options: object) -> Page:
        # Without motion, so that nothing is half way between two colours when it is judged.
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, reduced_motion="reduce", **options
        )
        opened.append(context)
        page = context.new_page()
        page.on("console", lambda line: console.append(line.text) if line.type == "error" else None)
        page.on("pageerror", lambda error: console.append(str(error)))
        return page

    yield open_page
    for context in opened:
        context.close()


def sign_in(page: Page, site: str, email: str) -> None:
    page.goto(f"{site}/accounts/login/")
    page.get_by_label("Work e-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{site}/")


def let_in(page: Page, site: str, member: Member) -> None:
    """Go on as somebody who has signed in; the form has tests of its own."""
    key = portal.sign_in(member).cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": key, "url": site}])


def find_barriers(page: Page, *, in_dark: bool = True) -> list[str]:
    """Judge the page in light by everything, and in dark by its colours."""
    page.evaluate(AXE_SCRIPT)
    found = []
    for scheme, options in (("light", EVERYTHING), ("dark", COLOURS))[: 1 + in_dark]:
        page.emulate_media(color_scheme=scheme)
        found += page.evaluate("options => axe.run(options).then(one => one.violations)", options)
    return [
        f"{page.url}: {each['id']} at {node['html'][:160]}"
        for each in found
        if each["impact"] in SERIOUS
        for node in each["nodes"]
    ]


class TestEveryPage:
    # What a buyer and a viewer see is a part of what the head buyer sees: once is enough for them.
    @pytest.mark.parametrize(
        ("name", "size"),
        [("alice", WIDE), *((name, NARROW) for name in PAGES)],
        ids=["alice-wide", *(f"{name}-narrow" for name in PAGES)],
    )
    def test_is_quiet_fits_and_is_open_to_everybody(
        self, name, size, shop, live_site, open_browser, console
    ):
        page = open_browser(console, size=size)
        let_in(page, live_site, getattr(shop, name))

        barriers, too_wide, noise = [], [], []
        for path in PAGES[name]:
            console.clear()
            page.goto(f"{live_site}{path}")
            # The browser itself reports a refusal that the page explains.
            noise += [line for line in console if "status of 403" not in line and "404" not in line]
            # The colours of a page are judged once: the head buyer sees most of the others' pages.
            is_seen = name != "alice" and path in PAGES["alice"]
            barriers += find_barriers(page, in_dark=not is_seen)
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                too_wide.append(path)

        assert noise == []
        assert barriers == []
        assert too_wide == []

    @pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/password/reset/"])
    def test_before_signing_in_too(self, path, shop, live_site, open_browser, console):
        page = open_browser(console)

        page.goto(f"{live_site}{path}")

        assert find_barriers(page) == []
        assert console == []


class TestWithoutScript:
    def test_the_way_in_and_out_works(self, shop, live_site, open_browser, console):
        page = open_browser(console, java_script_enabled=False)
        sign_in(page, live_site, shop.alice.person.email)

        page.get_by_role("link", name="Statement").first.click()
        expect(page.get_by_role("heading", name="Statement")).to_be_visible()
        page.locator("summary", has_text="Alice").click()
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        page.goto(f"{live_site}/")

        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()

    def test_the_language_changes_and_stays(self, shop, live_site, open_browser, console):
        page = open_browser(console, java_script_enabled=False)
        let_in(page, live_site, shop.alice)
        page.goto(f"{live_site}/")

        page.locator("summary", has_text="English").click()
        page.get_by_role("button", name="Polski").click()

        expect(page.locator("html")).to_have_attribute("lang", "pl")
        page.goto(f"{live_site}/statement/")
        expect(page.locator("html")).to_have_attribute("lang", "pl")


class TestOnAPhone:
    def test_the_menu_opens_as_a_sheet_and_leads_on(self, shop, live_site, open_browser, console):
        page = open_browser(console, size=NARROW)
        let_in(page, live_site, shop.alice)
        page.goto(f"{live_site}/")
        menu = page.get_by_role("navigation", name="Main")
        expect(menu).to_be_hidden()

        page.get_by_role("button", name="Menu").click()
        expect(menu).to_be_visible()
        menu.get_by_role("link", name="Statement").click()

        expect(page.get_by_role("heading", name="Statement")).to_be_visible()

    def test_the_keyboard_reaches_the_content_first(self, shop, live_site, open_browser, console):
        page = open_browser(console)
        let_in(page, live_site, shop.alice)
        page.goto(f"{live_site}/")

        page.keyboard.press("Tab")
        skip = page.locator(":focus")

        expect(skip).to_have_text("Skip to content")
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile(r"#main$"))


class TestPaper:
    def test_the_statement_prints_without_the_screen_s_furniture(
        self, shop, live_site, open_browser, console
    ):
        page = open_browser(console)
        let_in(page, live_site, shop.alice)
        page.goto(f"{live_site}/statement/?period=all")
        page.emulate_media(media="print")

        expect(page.get_by_text("Issued by Hearth & Ribbon")).to_be_visible()
        expect(page.get_by_role("navigation", name="Main")).to_be_hidden()
        expect(page.get_by_role("button", name="Show")).to_be_hidden()
