"""Sharing and redeeming in a real browser, with and without a script."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from partners.models import Member
from rewards.models import Redemption, Share
from rewards.sharing import propose
from tests.rewards.cast import Shop, balance, join
from tests.rewards.portal import offer_today, open_shop_today, sign_in

pytestmark = [pytest.mark.e2e, pytest.mark.once("SQLite")]

WITH_AND_WITHOUT_SCRIPT = pytest.mark.parametrize(
    "has_script", [True, False], ids=["script", "no script"]
)


@pytest.fixture
def shop(own_database: object) -> Shop:
    shop = open_shop_today(points=5_000)
    for name in ("Ivy", "Mark"):
        join(shop.partner, name)
    return shop


@pytest.fixture
def open_page(browser: Browser, live_site: str) -> Iterator:
    contexts = []

    def open_as(member: Member, path: str, *, has_script: bool) -> Page:
        context = browser.new_context(java_script_enabled=has_script)
        contexts.append(context)
        key = sign_in(member).cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": key, "url": live_site}])
        page = context.new_page()
        page.goto(live_site + path)
        return page

    yield open_as
    for context in contexts:
        context.close()


def split_again(page: Page, total: int) -> None:
    """Press, and wait for the answer: without a script it is a new page."""
    page.get_by_role("button", name="Split again").click()
    expect(page.locator("[data-state]")).to_contain_text(f"{total:,} shared out, exact")


def expect_parts(page: Page, parts: list[int]) -> None:
    fields = page.locator("[data-part]")
    expect(fields).to_have_count(len(parts))
    for field, part in zip(fields.all(), parts, strict=True):
        expect(field).to_have_value(str(part))


SPLITS = [("1000", "1 1 1 1"), ("1 001", "2.5 0,5 1 1"), ("50 %", "3 1 0 7"), ("4,999", "0 0 1 2")]


class TestSharing:
    @WITH_AND_WITHOUT_SCRIPT
    def test_splits_by_the_same_rule(self, has_script, shop, open_page):
        page = open_page(shop.alice, "/share/", has_script=has_script)
        page.locator("[data-method][value=weights]").check(force=True)

        for amount, weights in SPLITS:
            fields = page.locator("[data-weight]").all()
            for field, weight in zip(fields, weights.split(), strict=True):
                field.fill(weight)
            page.get_by_label("Amount to share").fill(amount)
            total = 2_500 if "%" in amount else int(amount.replace(" ", "").replace(",", ""))
            split_again(page, total)

            thousandths = [int(float(each.replace(",", ".")) * 1000) for each in weights.split()]
            expect_parts(page, propose(amount=total, method="weights", weights=thousandths))

    @WITH_AND_WITHOUT_SCRIPT
    def test_goes_from_an_amount_to_the_receipt_and_back(self, has_script, shop, open_page):
        page = open_page(shop.alice, "/share/", has_script=has_script)
        page.get_by_label("Amount to share").fill("400")
        split_again(page, 400)
        page.get_by_label("Reason, for everyone").fill("Thank you for November")

        page.get_by_role("button", name="Review and confirm").click()
        page.get_by_role("button", name="Share 400 points").click()

        expect(page.get_by_role("heading", name="Shared with the team")).to_be_visible()
        assert (balance(shop.pool), balance(shop.wallet(shop.bob))) == (4_600, 100)
        page.get_by_role("button", name="Take back 400 points").click()
        expect(page.get_by_role("heading", name="Taken back")).to_be_visible()
        assert balance(shop.pool) == 5_000
        assert Share.objects.count() == 1

    @WITH_AND_WITHOUT_SCRIPT
    def test_leaves_pages_behind_that_the_back_button_can_show(self, has_script, shop, open_page):
        page = open_page(shop.alice, "/share/", has_script=has_script)
        page.get_by_label("Amount to share").fill("100")
        page.get_by_label("Reason").fill("Good work in March")
        split_again(page, 100)
        page.get_by_role("button", name="Review and confirm").click()
        page.get_by_role("button", name="Share 100").first.click()
        expect(page.get_by_role("heading", name="Shared with the team")).to_be_visible()

        for title in ("Check and share", "Share bonuses"):
            page.go_back()
            expect(page).to_have_title(re.compile(f"^{title} · "))

        assert Share.objects.count() == 1

    def test_says_at_once_what_is_missing(self, shop, open_page):
        page = open_page(shop.alice, "/share/", has_script=True)
        page.get_by_role("button", name="10 %").click()

        page.get_by_label("Points for Bob").fill("100")

        expect(page.locator("[data-state]")).to_contain_text("25 still to give")
        bob = page.locator("[data-row]", has_text="Bob")
        expect(bob.locator("[data-delta]")).to_have_text("\N{MINUS SIGN}25")


class TestRedeeming:
    @WITH_AND_WITHOUT_SCRIPT
    def test_ends_on_the_receipt(self, has_script, shop, open_page):
        reward = offer_today(shop, kind="payment_deferral", terms={"days": 14}, price=300)
        page = open_page(shop.alice, f"/catalogue/{reward.slug}/", has_script=has_script)

        page.get_by_role("button", name="Redeem for 300 points").click()
        expect(page.get_by_text("Please fill this in.").first).to_be_visible()
        page.get_by_label("Invoice number").fill("INV-7")
        page.get_by_role("button", name="Redeem for 300 points").click()

        expect(page.get_by_text("INV-7")).to_be_visible()
        expect(page.get_by_text("Delivered").first).to_be_visible()
        assert balance(shop.pool) == 4_700

    def test_pressing_twice_redeems_once(self, shop, open_page):
        reward = offer_today(shop, price=300)
        page = open_page(shop.alice, f"/catalogue/{reward.slug}/", has_script=True)

        page.get_by_role("button", name="Redeem for 300 points").dblclick()
        expect(page).to_have_url(re.compile(r"/redemptions/[^/]+/$"))

        assert Redemption.objects.count() == 1
        assert balance(shop.pool) == 4_700
