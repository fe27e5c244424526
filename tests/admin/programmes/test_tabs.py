"""The other tabs of a draft: settings, tiers, names of points, the document."""

import json

import pytest
from django.conf import settings

from rewards.admin.programmes.settings_form import PERSONAL, SINGLE
from rewards.programmes.settings import SETTINGS_FIELDS
from tests.admin.programmes.pages import (
    fields_of,
    page,
    text_of,
)
from tests.rewards.programmes.rules import DOCUMENT

pytestmark = [pytest.mark.django_db, pytest.mark.once("PostgreSQL")]


def test_every_setting_says_what_it_does_where_it_is_asked_and_in_the_guide():
    asked = {each.name: str(each.hint) for each in (*SINGLE, *PERSONAL)}
    told = (settings.BASE_DIR / "docs" / "rules.md").read_text()
    table = told.partition("## Settings")[2].partition("## For the company")[0]

    assert [name for name, hint in asked.items() if not hint] == []
    assert {name for name in SETTINGS_FIELDS if f"`{name}`" not in table} == set()


class TestTheOtherTabs:
    def test_settings_are_shown_and_saved_unchanged(self, client, draft):
        shown = client.get(page(draft, "settings"))

        answer = client.post(page(draft, "settings"), fields_of(shown))

        assert answer.status_code == 302, text_of(answer)
        compared = text_of(client.get(page(draft, "compare")))
        assert "Nothing is different" in compared

    def test_settings_change(self, client, draft):
        shown = fields_of(client.get(page(draft, "settings")))
        changes = {
            "pending-kind": "month_end",
            "pending-month_end__months": "1",
            "expiry-kind": "after_days",
            "expiry-after_days__days": "90",
            "expiry-reinstatement_days": "14",
            "rounding": "half_up",
            "unit_value": "0.02",
            "allowed": "on",
            "yearly_cap": "500",
            "terms_en": "We agree.",
        }

        answer = client.post(page(draft, "settings"), {**shown, **changes})

        assert answer.status_code == 302, text_of(answer)
        draft.refresh_from_db()
        settings = draft.definition["settings"]
        assert settings["pending"] == {"until": "month_end", "months": 1}
        assert settings["expiry"] == {"rule": "after_days", "days": 90, "reinstatement_days": 14}
        assert settings["personal_earning"] == {
            "allowed": True,
            "yearly_cap": "500",
            "terms": {"en": "We agree."},
            "terms_version": 1,
        }
        assert settings["unit_names"] == DOCUMENT["settings"]["unit_names"]

    def test_a_setting_that_cannot_be_used_is_said_beside_it(self, client, draft):
        shown = fields_of(client.get(page(draft, "settings")))

        answer = client.post(page(draft, "settings"), {**shown, "allowed": "on"})

        assert answer.status_code == 422
        assert "English terms are needed" in text_of(answer)

    def test_tiers_are_added_and_must_rise(self, client, draft):
        shown = fields_of(client.get(page(draft, "tiers")))
        third = {
            "tiers-total": "3",
            "tiers-2-kind": "",
            "tiers-2-name_en": "Platinum",
            "tiers-2-threshold": "500",
            "tiers-2-multiplier_percent": "2",
            "tiers-2-expiry_extra_months": "6",
        }

        refused = client.post(page(draft, "tiers"), {**shown, **third})
        assert refused.status_code == 422
        assert "Thresholds must rise" in text_of(refused)
        answer = client.post(page(draft, "tiers"), {**shown, **third, "tiers-2-threshold": "5000"})

        assert answer.status_code == 302
        draft.refresh_from_db()
        assert draft.definition["tiers"][2] == {
            "code": "platinum",
            "names": {"en": "Platinum"},
            "threshold": "5000",
            "multiplier_percent": 200,
            "expiry_extra_months": 6,
        }

    def test_a_tier_that_rules_ask_for_is_not_taken_away(self, client, draft):
        shown = fields_of(client.get(page(draft, "tiers")))
        kept = {key: value for key, value in shown.items() if not key.startswith("tiers-1")}

        answer = client.post(page(draft, "tiers"), kept)

        assert answer.status_code == 422
        assert "The rule “Toner”: There is no tier gold." in text_of(answer)

    def test_names_have_the_plural_forms_of_each_language(self, client, draft):
        shown = client.get(page(draft, "names"))
        assert "У вас 7 балів" in text_of(shown)
        names = fields_of(shown)

        half = client.post(page(draft, "names"), {**names, "pl__one": "punkt"})
        assert half.status_code == 422
        assert "every form of a language" in text_of(half)
        polish = {"one": "punkt", "few": "punkty", "many": "punktów", "other": "punktu"}
        data = {**names, **{f"pl__{form}": word for form, word in polish.items()}}
        client.post(page(draft, "names"), data)

        draft.refresh_from_db()
        assert draft.definition["settings"]["unit_names"]["pl"] == polish

    @pytest.mark.parametrize(
        "definition",
        [
            "not json",
            "[]",
            json.dumps(DOCUMENT | {"rules": [{"code": "x"}]}),
            json.dumps(DOCUMENT | {"tiers": list(reversed(DOCUMENT["tiers"]))}),
            json.dumps(DOCUMENT | {"surprise": 1}),
            json.dumps(DOCUMENT | {"settings": 1}),
            json.dumps(DOCUMENT | {"rules": [DOCUMENT["rules"][0] | {"code": "a/b"}]}),
            json.dumps(
                DOCUMENT | {"rules": [DOCUMENT["rules"][0] | {"names": {"en": "half \ud800"}}]}
            ),
            json.dumps(DOCUMENT | {"rules": [DOCUMENT["rules"][0] | {"group": "g\x00"}]}),
            '{"rules":' * 3_000 + "1" + "}" * 3_000,
            "9" * 5_000,
            '{"rules": [], "rules": []}',
        ],
        # Else the longest would be the name of the test.
        ids=range(12),
    )
    def test_the_document_says_why_it_cannot_be_used(self, draft, post, definition):
        answer = post(draft, "document", definition=definition)

        assert answer.status_code == 422
        assert answer.context["form"].errors["definition"]
        assert answer.context["form"]["definition"].value() == definition
        draft.refresh_from_db()
        assert draft.definition == DOCUMENT

    def test_the_document_is_changed_as_a_whole(self, draft, post):
        post(draft, "document", definition=json.dumps(DOCUMENT | {"campaigns": []}))

        draft.refresh_from_db()
        assert draft.definition["campaigns"] == []
