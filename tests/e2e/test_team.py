"""A team in a real browser: somebody is invited, accepts on a phone, and leaves again."""

import re

import pytest
from django.core import mail
from playwright.sync_api import Page, expect

from tests.e2e.test_portal import (
    NARROW,
    console,
    find_barriers,
    let_in,
    open_browser,
    shop,
    sign_in,
)
from tests.rewards.cast import balance

__all__ = ["console", "open_browser", "shop"]

pytestmark = [pytest.mark.e2e, pytest.mark.once("SQLite")]

SECRET = "a long enough secret"


class Looked:
    """What a screen reader, a keyboard or a narrow screen would stumble over, page by page."""

    def __init__(self) -> None:
        self.barriers: list[str] = []
        self.too_wide: list[str] = []

    def at(self, page: Page, *, is_judged: bool = True) -> None:
        if is_judged:
            self.barriers += find_barriers(page)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            self.too_wide.append(page.url)


def invite(page: Page, site: str) -> str:
    """Invite a viewer from the team page; return the link in the mail."""
    page.goto(f"{site}/team/")
    page.get_by_role("link", name="Invite a person").click()
    page.get_by_label("Work e-mail").fill("ivy@example.com")
    page.get_by_label("Name").fill("Ivy Lane")
    page.get_by_label("Viewer").check()
    page.get_by_role("button", name="Send the invitation").click()
    expect(page.get_by_text("The invitation is on its way to ivy@example.com.")).to_be_visible()
    [link] = set(re.findall(r"http://\S+/invitation/[\w-]{43}/", mail.outbox[-1].body))
    return link


def join(page: Page, link: str, looked: Looked) -> None:
    """Accept, after a slip of the hand."""
    page.goto(link)
    looked.at(page)
    for again, said in (("something else", "not the same"), (SECRET, "You are on the team of")):
        page.get_by_label("Password", exact=True).fill(SECRET)
        page.get_by_label("The password once more").fill(again)
        page.get_by_role("button", name="Join the team").click()
        expect(page.get_by_text(said)).to_be_visible()


def take_off(page: Page, site: str, name: str, looked: Looked | None = None) -> None:
    page.goto(f"{site}/team/")
    page.get_by_role("link", name=f"Manage {name}").click()
    page.get_by_role("link", name="Take off the team").click()
    if looked:
        looked.at(page)
    page.get_by_role("button", name="Take off the team").click()
    expect(page.get_by_text(f"{name} is not on the team any more.")).to_be_visible()


def test_from_the_invitation_to_leaving(shop, live_site, open_browser, console):
    looked = Looked()
    # One head buyer works without a script, the other window of the same person is a phone.
    desk = open_browser([], java_script_enabled=False)
    sign_in(desk, live_site, shop.alice.person.email)
    phone = open_browser(console, size=NARROW)
    let_in(phone, live_site, shop.alice)

    link = invite(desk, live_site)
    ivy = open_browser(console, size=NARROW)
    join(ivy, link, looked)
    for path in ("/team/", "/team/invite/", f"/team/{shop.bob.public_id}/hand-over/"):
        phone.goto(f"{live_site}{path}")
        looked.at(phone, is_judged=False)
    take_off(phone, live_site, "Bob", looked)
    take_off(desk, live_site, "Ivy Lane")
    ivy.reload()

    expect(ivy.get_by_role("heading", name="You are not on a team now")).to_be_visible()
    assert balance(shop.wallet(shop.bob)) == 0
    assert looked.barriers == []
    assert looked.too_wide == []
    # The browser itself reports the refusals that the pages explain.
    assert [line for line in console if "status of 4" not in line] == []
