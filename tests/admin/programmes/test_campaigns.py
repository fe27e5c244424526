"""Campaigns of a draft, and the list of them all."""

import pytest
from django.urls import reverse

from tests.admin.programmes.pages import BLANK, fields_of, page, rules, text_of
from tests.rewards.programmes.rules import SPRING

pytestmark = [pytest.mark.django_db, pytest.mark.once("PostgreSQL")]


class TestCampaigns:
    DATA = {  # noqa: RUF012  # read only
        "name_en": "Autumn",
        "starts_on": "2026-09-01",
        "ends_on": "2026-09-30",
        "stacking": "best",
        "units": "5000",
        "audience-total": "1",
        "audience-mode": "all",
        "audience-0-kind": "tier",
        "audience-0-tier__in": ["gold"],
    }

    def test_one_is_added_with_rules_of_its_own(self, client, draft, post):
        answer = post(draft, "campaign_add", **self.DATA)
        assert answer.url == page(draft, "campaign", "autumn")

        answer = client.post(page(draft, "rule_add") + "?campaign=autumn", {**BLANK, "edits": 1})

        draft.refresh_from_db()
        autumn = draft.definition["campaigns"][-1]
        assert answer.url.startswith(page(draft, "campaign", "autumn"))
        assert [rule["code"] for rule in autumn["rules"]] == ["bonus"]
        assert (autumn["ends_on"], autumn["budget"]) == ("2026-10-01", {"units": 5000})
        assert autumn["audience"] == {"kind": "tier", "in": ["gold"]}

    def test_its_rules_stay_when_its_days_change(self, client, draft, post):
        shown = client.get(page(draft, "campaign_edit", "spring"))
        data = {**fields_of(shown), "ends_on": "2026-06-30"}

        answer = client.post(page(draft, "campaign_edit", "spring"), data)

        assert answer.status_code == 302, text_of(answer)
        assert rules(draft, "spring") == ["double"]
        draft.refresh_from_db()
        assert draft.definition["campaigns"][0] == {**SPRING, "ends_on": "2026-07-01"} | {
            "stacking": "sum"
        }

    def test_a_change_of_its_rules_names_it(self, client, draft, post):
        post(draft, "rule_remove", "double")

        compared = text_of(client.get(page(draft, "compare")))

        assert "Double points Removed Spring" in compared

    def test_one_is_removed_and_put_back_with_its_rules(self, client, draft, post):
        post(draft, "campaign_remove", "spring")
        draft.refresh_from_db()
        assert draft.definition["campaigns"] == []

        post(draft, "campaign_put_back")

        draft.refresh_from_db()
        assert draft.definition["campaigns"] == [SPRING]

    def test_are_listed_over_all_programmes_with_their_budgets(self, client, programme):
        programme.campaign_budgets.create(campaign_code="spring", given=2_500)

        shown = text_of(client.get(reverse("campaigns")))

        assert "2,500 points of 10,000 points given" in shown
        assert "7,500 points left" in shown
