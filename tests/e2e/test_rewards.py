"""Sharing and redeeming in a real browser, with and without a script."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

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


def typed_parts(page: Page) -> list[int]:
    return [int(field.input_value()) for field in page.locator("[data-part]").all()]


def split_again(page: Page) -> None:
    page.get_by_role("button", name="Split again").click()


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
            split_again(page)

            total = 2_500 if "%" in amount else int(amount.replace(" ", "").replace(",", ""))
            thousandths = [int(float(each.replace(",", ".")) * 1000) for each in weights.split()]
            expected = propose(amount=total, method="weights", weights=thousandths)
            assert typed_parts(page) == expected, amount
            assert f"{total:,} shared out, exact" in page.locator("[data-state]").inner_text()

    @WITH_AND_WITHOUT_SCRIPT
    def test_goes_from_an_amount_to_the_receipt_and_back(self, has_script, shop, open_page):
        page = open_page(shop.alice, "/share/", has_script=has_script)
        page.get_by_label("Amount to share").fill("400")
        split_again(page)
        page.get_by_label("Reason, for everyone").fill("Thank you for November")

        page.get_by_role("button", name="Review and confirm").click()
        page.get_by_role("button", name="Share 400 points").click()

        assert page.get_by_role("heading", name="Shared with the team").is_visible()
        assert (balance(shop.pool), balance(shop.wallet(shop.bob))) == (4_600, 100)
        page.get_by_role("button", name="Take back 400 points").click()
        assert page.get_by_role("heading", name="Taken back").is_visible()
        assert balance(shop.pool) == 5_000
        assert Share.objects.count() == 1

    @WITH_AND_WITHOUT_SCRIPT
    def test_leaves_pages_behind_that_the_back_button_can_show(self, has_script, shop, open_page):
        page = open_page(shop.alice, "/share/", has_script=has_script)
        page.get_by_label("Amount to share").fill("100")
        page.get_by_label("Reason").fill("Good work in March")
        split_again(page)
        page.get_by_role("button", name="Review and confirm").click()
        page.get_by_role("button", name="Share 100").first.click()
        page.wait_for_url("**/share/*/**")

        titles = []
        for _ in range(2):
            page.go_back()
            titles.append(page.title().split(" · ")[0])

        assert titles == ["Check and share", "Share bonuses"]
        assert Share.objects.count() == 1

    def test_says_at_once_what_is_missing(self, shop, open_page):
        page = open_page(shop.alice, "/share/", has_script=True)
        page.get_by_role("button", name="10 %").click()

        page.get_by_label("Points for Bob").fill("100")

        assert "25 still to give" in page.locator("[data-state]").inner_text()
        assert page.locator("[data-row]", has_text="Bob").locator("[data-delta]").inner_text() == (
            "\N{MINUS SIGN}25"
        )


class TestRedeeming:
    @WITH_AND_WITHOUT_SCRIPT
    def test_ends_on_the_receipt(self, has_script, shop, open_page):
        reward = offer_today(shop, kind="payment_deferral", terms={"days": 14}, price=300)
        page = open_page(shop.alice, f"/catalogue/{reward.slug}/", has_script=has_script)

        page.get_by_role("button", name="Redeem for 300 points").click()
        assert page.get_by_text("Please fill this in.").first.is_visible()
        page.get_by_label("Invoice number").fill("INV-7")
        page.get_by_role("button", name="Redeem for 300 points").click()

        assert page.get_by_text("INV-7").is_visible()
        assert page.get_by_text("Delivered").first.is_visible()
        assert balance(shop.pool) == 4_700

    def test_pressing_twice_redeems_once(self, shop, open_page):
        reward = offer_today(shop, price=300)
        page = open_page(shop.alice, f"/catalogue/{reward.slug}/", has_script=True)

        page.get_by_role("button", name="Redeem for 300 points").dblclick()
        page.wait_for_url("**/redemptions/*/")

        assert Redemption.objects.count() == 1
        assert balance(shop.pool) == 4_700
