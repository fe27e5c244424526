"""A sell-out claim in a real browser: filed on a phone, refused, appealed, called off."""

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from partners.models import SellOutClaim
from rewards import claiming
from tests.e2e.test_portal import NARROW, console, let_in, open_browser, shop
from tests.e2e.test_team import Looked
from tests.rewards.claiming.world import PDF, make_staff

__all__ = ["console", "open_browser", "shop"]

pytestmark = [pytest.mark.e2e, pytest.mark.once("SQLite")]


def file_claim(page: Page, site: str, looked: Looked) -> None:
    """File a claim, after naming an article twice; what was typed stays."""
    page.goto(f"{site}/claims/")
    page.get_by_role("link", name="New claim").first.click()
    looked.at(page)
    page.get_by_label("Article").fill("DRILL-18V")
    page.get_by_label("Sold on").fill(timezone.now().date().isoformat())
    page.get_by_label("Your invoice or receipt").fill("INV-77")
    for serials, said in (("SN1\nsn 1", "stands twice"), ("SN1\nSN2", "Your claim is filed.")):
        page.get_by_label("Serial numbers").fill(serials)
        # A browser never fills in a file again.
        page.get_by_label("Proof").set_input_files(
            {"name": "receipt.pdf", "mimeType": "application/pdf", "buffer": PDF}
        )
        page.get_by_role("button", name="File the claim").click()
        expect(page.get_by_text(said).first).to_be_visible()
    expect(page.get_by_role("heading", name="We are looking at it")).to_be_visible()


def test_from_filing_to_the_appeal(shop, live_site, open_browser, console):
    looked = Looked()
    phone = open_browser(console, size=NARROW)
    let_in(phone, live_site, shop.bob)

    file_claim(phone, live_site, looked)
    with phone.expect_download() as saved:
        phone.get_by_role("link", name="receipt.pdf").click()
    claim = SellOutClaim.objects.get()
    claiming.reject(
        claim=claim,
        reason="proof_unclear",
        note="The date is cut off",
        by=make_staff("dana"),
        at=timezone.now(),
    )
    phone.reload()
    expect(phone.get_by_text("The date is cut off").first).to_be_visible()
    looked.at(phone)
    phone.get_by_role("textbox").fill("The date is at the top")
    phone.get_by_role("button", name="Appeal").click()
    expect(phone.get_by_role("heading", name="Your appeal is being looked at")).to_be_visible()
    phone.get_by_role("button", name="Withdraw the claim").click()
    expect(phone.get_by_role("heading", name="Withdrawn", level=2)).to_be_visible()
    phone.goto(f"{live_site}/claims/")
    looked.at(phone)

    assert saved.value.suggested_filename == "receipt.pdf"
    claim.refresh_from_db()
    assert (claim.state, claim.serials.filter(stands=True).exists()) == ("withdrawn", False)
    assert looked.barriers == []
    assert looked.too_wide == []
    # The browser itself reports the refusal that the page explains.
    assert [line for line in console if "status of 4" not in line] == []
