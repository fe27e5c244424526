"""A loyalty manager writes a rule in a real browser, on a phone, and undoes a slip of the hand."""

import re

import pytest
from django.contrib.auth.models import Group
from playwright.sync_api import Page, expect

from config.roles import load_roles
from partners.models import Activity, Person
from partners.roles import Role
from rewards.models import ProgrammeVersion
from tests.e2e.test_portal import NARROW, PASSWORD, console, open_browser, shop
from tests.e2e.test_team import Looked
from tests.rewards.cast import NOON

__all__ = ["console", "open_browser", "shop"]

pytestmark = [pytest.mark.e2e, pytest.mark.once("SQLite")]


def sign_in(page: Page, site: str) -> None:
    load_roles()
    dana = Person.objects.create(email="dana@seller.example", name="Dana", is_staff=True)
    dana.groups.set(Group.objects.filter(name=Role.LOYALTY_MANAGER.value))
    dana.set_password(PASSWORD)
    dana.save()
    page.goto(f"{site}/accounts/login/")
    page.get_by_label("Work e-mail").fill(dana.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{site}/admin/")


def test_a_rule_is_written_read_saved_removed_and_put_back(shop, live_site, open_browser, console):
    looked = Looked()
    Activity.objects.create(
        kind=Activity.Kind.ORDER,
        partner=shop.partner,
        source="erp",
        external_id="first",
        occurred_at=NOON,
        amount=100,
        currency=shop.programme.currency,
        content_hash="",
        recorded_at=NOON,
    )
    page = open_browser(console, size=NARROW)
    sign_in(page, live_site)
    page.goto(f"{live_site}/admin/rewards/programme/{shop.programme.pk}/edit_rules/")
    page.get_by_role("button", name="Make a draft").click()
    page.get_by_role("link", name="New rule").click()

    page.get_by_label("Name", exact=True).fill("Welcome")
    page.get_by_label("How it is counted").select_option("fixed")
    expect(page.locator("#id_effect-per_money__per")).to_be_hidden()
    page.locator("#id_effect-fixed__units").fill("50")
    page.get_by_role("button", name="Add a condition").click()
    page.locator("#id_when-0-kind").select_option("first_order")
    # The server says the sentence while the form is still open.
    expect(page.locator("#rule-sentence")).to_have_text(
        re.compile("50.points for an order. Only for a partner's first order.")
    )
    # It is tried on the partner that ordered last, beside the rules in force.
    expect(page.locator("#rule-trial")).to_contain_text(re.compile(r"Draft\s*50.points"))
    looked.at(page, is_judged=False)
    page.get_by_role("button", name="Add the rule").click()
    expect(page.get_by_role("heading", name="Welcome")).to_be_visible()
    looked.at(page, is_judged=False)
    page.get_by_role("button", name="Remove Welcome").click()
    expect(page.get_by_text("was removed")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", name="Welcome")).to_be_visible()

    draft = ProgrammeVersion.objects.get(number=None)
    assert [rule["effect"] for rule in draft.definition["rules"]] == [
        {"kind": "fixed", "units": 50}
    ]
    assert draft.edits == 3
    assert looked.too_wide == []
    # What is not complete yet is no sentence, and no error either.
    assert [line for line in console if "status of 4" not in line] == []
