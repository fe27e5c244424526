"""The rule editor as a manager uses it: every page is asked, every button is pressed."""

import json
import re
from datetime import timedelta
from html import unescape

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.forms import Form
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from ledger.models import Unit
from partners.kinds import KINDS as KNOWN_KINDS
from partners.models import Activity, ActivityLine
from partners.roles import Role
from rewards.admin.programmes.frame import lists_for
from rewards.admin.programmes.row_form import RowList
from rewards.admin.programmes.rule_form import RuleForm
from rewards.admin.programmes.settings_form import SettingsForm
from rewards.admin.programmes.trees import Conditions
from rewards.models import Programme, ProgrammeVersion, Segment, SegmentPlace
from rewards.programmes.definition import parse
from rewards.programmes.drafting import Document, change_settings
from rewards.programmes.presets import preset_names, read_preset
from tests.rewards.cast import NOON, make_partner, make_programme
from tests.rewards.programmes.rules import BASE, DOCUMENT, SPRING, TONER

pytestmark = [pytest.mark.django_db, pytest.mark.once("PostgreSQL")]

KINDS = {code: str(kind.name) for code, kind in KNOWN_KINDS.items()}
SEGMENTS = {
    row["code"]: row["name"] for name in preset_names() for row in read_preset(name).segments
}
BLANK = {
    "name_en": "Bonus",
    "trigger": "order",
    "effect-kind": "per_money",
    "effect-per_money__units": "2",
    "effect-per_money__per": "10",
    "delivery": "on",
    "to": "pool",
    "priority": "0",
    "pending-kind": "",
}


def page(version, name="change", *more):
    return reverse(f"admin:rewards_programmeversion_{name}", args=[version.pk, *more])


def said(answer):
    return [str(message) for message in get_messages(answer.wsgi_request)]


def text_of(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


@pytest.fixture
def programme(root):
    programme = make_programme()
    programme.versions.update(definition=DOCUMENT)
    return programme


@pytest.fixture
def draft(client, programme):
    client.post(f"/admin/rewards/programme/{programme.pk}/edit_rules/")
    return programme.versions.get(number=None)


@pytest.fixture
def post(client):
    """``post(version, name, *more, **data)``: press a button, having seen the draft as it is."""

    def send(version, name, *more, **data):
        edits = ProgrammeVersion.objects.values_list("edits", flat=True).get(pk=version.pk)
        return client.post(page(version, name, *more), {"edits": edits, **data})

    return send


def rules(version, campaign=""):
    document: Document = ProgrammeVersion.objects.get(pk=version.pk).definition
    holder = document if not campaign else document["campaigns"][0]
    return [rule["code"] for rule in holder["rules"]]


class TestADraft:
    def test_begins_as_the_rules_in_force_and_is_made_once(self, client, programme, draft):
        again = client.post(f"/admin/rewards/programme/{programme.pk}/edit_rules/")

        assert draft.definition == DOCUMENT
        assert programme.versions.filter(number=None).count() == 1
        assert again.url == page(draft)

    def test_shows_each_rule_as_a_sentence_with_what_to_look_at(self, client, draft):
        del draft.definition["rules"][1]["when"]
        draft.save()

        shown = text_of(client.get(page(draft)))

        assert "For every £10 of goods in the category Toner, 2 points." in shown
        assert "Nobody ever ordered anything in the category Toner." in shown

    def test_is_moved_copied_and_removed_by_single_buttons(self, client, draft, post):
        post(draft, "rule_move", "toner", to="up")
        assert rules(draft) == ["toner", "base"]
        post(draft, "rule_copy", "toner")
        assert rules(draft) == ["toner", "toner-2", "base"]
        post(draft, "rule_remove", "toner-2")
        assert rules(draft) == ["toner", "base"]

        assert "Undo" in text_of(client.get(page(draft)))
        post(draft, "put_back")
        assert rules(draft) == ["toner", "toner-2", "base"]
        assert "Undo" not in text_of(client.get(page(draft)))

    def test_a_button_of_a_stale_page_does_nothing_and_says_so(self, client, draft, post):
        post(draft, "rule_move", "toner", to="up")

        answer = client.post(page(draft, "rule_remove", "toner"), {"edits": 0})

        assert rules(draft) == ["toner", "base"]
        assert "Nothing was done" in said(answer)[-1]

    def test_what_is_not_there_is_not_found(self, client, draft, post):
        assert post(draft, "rule_move", "nothing").status_code == 404
        assert client.get(page(draft, "rule", "nothing")).status_code == 404
        assert client.get(page(draft, "campaign", "nothing")).status_code == 404
        assert client.get(page(draft, "rule_add") + "?campaign=nothing").status_code == 404
        assert "nothing to put back" in said(post(draft, "put_back"))[-1]

    def test_is_discarded_after_a_question(self, client, programme, draft):
        client.get(page(draft, "discard"))
        assert programme.versions.filter(number=None).exists()

        client.post(page(draft, "discard"))

        assert not programme.versions.filter(number=None).exists()


class TestTheFormOfARule:
    def test_adds_a_rule(self, draft, post):
        answer = post(
            draft,
            "rule_add",
            **BLANK,
            **{
                "include_skus": "A-1, A-2\nB-*",
                "starts_on": "2026-03-01",
                "ends_on": "2026-03-31",
                "when-total": "2",
                "when-mode": "any",
                "when-0-kind": "tier",
                "when-0-tier__in": ["gold"],
                "when-1-kind": "amount",
                "when-1-amount__at_least": "100",
                "when-1-is_not": "on",
                "caps-total": "1",
                "caps-0-kind": "times",
                "caps-0-times__times": "3",
                "caps-0-period": "month",
                "caps-0-per": "partner",
            },
        )

        assert answer.status_code == 302
        draft.refresh_from_db()
        assert draft.edits == 1
        assert draft.definition["rules"][-1] == {
            "code": "bonus",
            "names": {"en": "Bonus"},
            "trigger": "order",
            "effect": {"kind": "per_money", "units": 2, "per": "10"},
            "lines": {"include_skus": ["A-1", "A-2", "B-*"]},
            "starts_on": "2026-03-01",
            # The last day is told; what is kept is the first day after it.
            "ends_on": "2026-04-01",
            "when": {
                "any": [
                    {"kind": "tier", "in": ["gold"]},
                    {"not": {"kind": "amount", "at_least": "100"}},
                ]
            },
            "caps": [{"times": 3, "period": "month", "per": "partner"}],
        }

    def test_shows_what_is_stored_and_saves_it_unchanged(self, client, draft, post):
        for rule in (BASE, TONER):
            shown = client.get(page(draft, "rule", rule["code"]))
            data = {key: value for key, value in fields_of(shown).items() if "__n__" not in key}
            answer = client.post(page(draft, "rule", rule["code"]), data)
            assert answer.status_code == 302, text_of(answer)
        draft.refresh_from_db()
        assert without_zeros(draft.definition["rules"]) == without_zeros([BASE, TONER])

    @pytest.mark.parametrize(
        ("changes", "field", "words"),
        [
            ({"name_en": ""}, "name_en", "Give it a name"),
            ({"effect-per_money__units": ""}, "effect-per_money__units", "Fill this in"),
            ({"effect-per_money__per": "x"}, "effect-per_money__per", "Enter a number"),
            ({"effect-per_money__per": "0"}, "effect-per_money__per", "Must be above zero"),
            ({"starts_on": "2026-03-01", "ends_on": "2026-02-01"}, "ends_on", "after"),
            (
                {"when-total": "1", "when-0-kind": "payment"}
                | {"when-0-payment__late_days_at_most": "0"},
                "when-0-kind",
                "Only a rule for payments",
            ),
            (
                {"caps-total": "1", "caps-0-kind": "times", "caps-0-times__times": "0"}
                | {"caps-0-period": "month", "caps-0-per": "partner"},
                "caps-0-times__times",
                "Must be a whole number",
            ),
            ({"to": "member"}, "to", "does not allow members"),
            ({"pending-kind": "days", "pending-days__days": "-1"}, "pending-days__days", "Must be"),
        ],
    )
    def test_says_beside_the_field_what_is_wrong_and_keeps_what_was_typed(
        self, draft, post, changes, field, words
    ):
        answer = post(draft, "rule_add", **{**BLANK, **changes})

        assert answer.status_code == 422
        beside = re.search(
            rf'name="{re.escape(field)}".*?</div>', answer.content.decode(), re.DOTALL
        )
        assert beside
        assert words in beside.group()
        assert 'value="Bonus"' in answer.content.decode() or field == "name_en"
        assert rules(draft) == ["base", "toner"]

    def test_asks_for_more_lines_and_other_fields_without_a_script(self, draft, post):
        more = post(draft, "rule_add", **BLANK, more="when").content.decode()
        assert 'name="when-0-kind"' in more
        assert "Fill this in" not in more

        fewer = post(
            draft,
            "rule_add",
            **BLANK,
            **{"when-total": "2", "when-0-kind": "tier", "when-1-kind": "weekday"},
            fewer="when-0",
        ).content.decode()
        assert 'name="when-0-kind"' not in fewer
        assert 'name="when-1-kind"' in fewer

        shown = post(draft, "rule_add", **{**BLANK, "effect-kind": "fixed"}, show="1")
        html = re.sub(r"<template.*?</template>", "", shown.content.decode(), flags=re.DOTALL)
        assert 'data-kind="per_money" hidden' in html
        assert 'data-kind="fixed">' in html
        assert rules(draft) == ["base", "toner"]

    def test_is_read_as_a_sentence_before_it_is_saved(self, draft, post):
        answer = post(draft, "rule_add", **BLANK, look="1")

        assert answer.status_code == 200
        assert "For every £10 of an order, 2 points." in text_of(answer)
        assert rules(draft) == ["base", "toner"]

    def test_two_windows_lose_nothing(self, client, draft, post):
        post(draft, "rule_move", "toner", to="up")

        late = client.post(page(draft, "rule_add"), {**BLANK, "edits": 0})

        assert late.status_code == 422
        assert "What you typed is still here" in text_of(late)
        assert 'value="Bonus"' in late.content.decode()
        assert rules(draft) == ["toner", "base"]
        # The page knows the draft as it is now: saving once more adds the rule to it.
        saved = client.post(page(draft, "rule_add"), fields_of(late))
        assert saved.status_code == 302
        assert rules(draft) == ["toner", "base", "bonus"]

    def test_keeps_conditions_that_are_too_deep_for_it(self, client, draft, post):
        deep = {"any": [{"all": [{"kind": "first_order"}]}, {"kind": "first_order"}]}
        draft.definition["rules"][0] = {**BASE, "when": deep}
        draft.save()

        shown = client.get(page(draft, "rule", "base"))
        client.post(page(draft, "rule", "base"), {**fields_of(shown), "name_en": "Other"})

        draft.refresh_from_db()
        assert "more deeply" in text_of(shown)
        assert draft.definition["rules"][0]["names"]["en"] == "Other"
        assert draft.definition["rules"][0]["when"] == deep

    def test_writes_steps(self, draft, post):
        answer = post(
            draft,
            "rule_add",
            **{
                **BLANK,
                "effect-kind": "stepped",
                "effect-stepped__by": "year",
                "effect-stepped__mode": "slice",
                "steps-total": "2",
                "steps-0-kind": "per_money",
                "steps-0-from": "0",
                "steps-0-per_money__units": "1",
                "steps-0-per_money__per": "10",
                "steps-1-kind": "percent",
                "steps-1-from": "1000",
                "steps-1-percent__percent": "2.5",
            },
        )

        assert answer.status_code == 302, text_of(answer)
        draft.refresh_from_db()
        assert draft.definition["rules"][-1]["effect"] == {
            "kind": "stepped",
            "by": "year",
            "mode": "slice",
            "steps": [
                {"from": "0", "units": 1, "per": "10"},
                {"from": "1000", "percent": "2.5"},
            ],
        }


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

    def test_what_is_wrong_is_said_beside_the_field(self, draft, post):
        answer = post(draft, "campaign_add", **{**self.DATA, "ends_on": "2026-08-01"})

        assert answer.status_code == 422
        assert "Must be after" in text_of(answer)

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
        assert "rules[1]" in text_of(answer)

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


class TestPublishing:
    def test_asks_first_then_freezes(self, client, draft, post, root):
        shown = text_of(client.get(page(draft, "publish_draft")))
        assert "0 changes against Version 1" in shown
        post(draft, "publish_draft", note="The same again")

        draft.refresh_from_db()
        assert (draft.number, draft.note, draft.published_by) == (2, "The same again", root)
        assert draft.valid_from == draft.published_at
        late = client.post(page(draft, "document"), {"definition": "{}"})
        assert "never changes" in said(late)[-1]
        assert client.get(page(draft, "rule", "base")).status_code == 302
        draft.refresh_from_db()
        assert draft.definition == DOCUMENT
        again = client.post(page(draft, "publish_draft"))
        assert "published already" in said(again)[-1]

    def test_what_was_not_looked_at_is_not_published(self, client, draft, post):
        post(draft, "rule_move", "toner", to="up")

        answer = client.post(page(draft, "publish_draft"), {"edits": 0})

        assert answer.status_code == 422
        assert "Nothing was published" in text_of(answer)
        draft.refresh_from_db()
        assert draft.number is None

    def test_begins_at_a_midnight_of_the_programme_and_can_be_withdrawn(
        self, client, programme, draft, post
    ):
        day = timezone.now().date() + timedelta(days=30)
        post(draft, "publish_draft", when="later", day=day.isoformat())

        draft.refresh_from_db()
        assert draft.valid_from > timezone.now()
        assert "Scheduled" in text_of(client.get(page(draft)))
        other = client.post(f"/admin/rewards/programme/{programme.pk}/edit_rules/")
        assert other.status_code == 302
        refused = client.post(page(draft, "withdraw"))
        assert "There is a draft already" in said(refused)[-1]
        programme.versions.get(number=None).delete()
        client.post(page(draft, "withdraw"))

        draft.refresh_from_db()
        assert (draft.number, draft.valid_from, draft.published_at) == (None, None, None)

    @pytest.mark.parametrize(
        ("data", "words"),
        [
            ({"when": "later"}, "Choose a day"),
            ({"when": "later", "day": "2020-01-01"}, "Choose a day after today"),
        ],
    )
    def test_says_what_is_wrong_with_the_day(self, draft, post, data, words):
        answer = post(draft, "publish_draft", **data)

        assert words in text_of(answer)
        draft.refresh_from_db()
        assert draft.number is None

    def test_does_not_overtake_a_version_that_is_scheduled(self, client, programme, draft, post):
        day = timezone.now().date() + timedelta(days=30)
        post(draft, "publish_draft", when="later", day=day.isoformat())
        client.post(f"/admin/rewards/programme/{programme.pk}/edit_rules/")
        second = programme.versions.get(number=None)

        answer = post(second, "publish_draft")

        assert "Version 2 starts later" in text_of(answer)

    def test_what_is_in_force_is_not_withdrawn(self, client, programme):
        version = programme.versions.get()

        answer = client.post(page(version, "withdraw"))

        assert "in force already" in said(answer)[-1]
        version.refresh_from_db()
        assert version.number == 1


class TestTryingOut:
    @pytest.fixture
    def partner(self, programme):
        partner = make_partner(programme, "12346")
        for number in range(12):
            order = Activity.objects.create(
                kind=Activity.Kind.ORDER,
                partner=partner,
                source="erp",
                external_id=f"order-{number}",
                occurred_at=NOON + timedelta(days=number),
                amount=100,
                currency="GBP",
                content_hash="",
                recorded_at=NOON,
            )
            ActivityLine.objects.create(
                activity=order, position=0, sku="A", quantity=1, amount=100, category="Toner"
            )
        return partner

    def test_shows_the_last_ten_by_both_versions_and_writes_nothing(
        self, client, draft, post, partner
    ):
        double = {**BASE, "effect": {"kind": "per_money", "units": 2, "per": "1.00"}}
        post(draft, "document", definition=json.dumps(DOCUMENT | {"rules": [double]}))

        answer = client.get(page(draft, "trial"), {"partner": partner.pk})

        rows = answer.context["rows"]
        assert [row["number"] for row in rows] == [f"order-{n}" for n in range(11, 1, -1)]
        # The campaign doubles what either version's rule gives.
        assert rows[-1]["live"] == "200\N{NO-BREAK SPACE}points"
        assert rows[-1]["draft"] == "400\N{NO-BREAK SPACE}points"
        assert rows[-1]["difference"] == "+200\N{NO-BREAK SPACE}points"
        assert [name for name, _units, _steps in rows[-1]["awards"]] == ["Base", "Double points"]
        assert answer.context["is_more"]
        assert not partner.awards.exists()
        wrong = client.get(page(draft, "trial"), {"partner": "9" * 20})
        assert "Choose a partner of the list" in text_of(wrong)

    def test_costs_the_same_queries_for_ten_orders_and_for_none(self, client, draft, partner):
        other = make_partner(draft.programme, "99999")
        client.get(page(draft, "trial"), {"partner": other.pk})

        counts = []
        for each in (partner, other):
            with CaptureQueriesContext(connection) as queries:
                client.get(page(draft, "trial"), {"partner": each.pk})
            counts.append(len(queries))

        assert counts[0] == counts[1]


class TestProgrammes:
    def test_shows_its_rules_in_words(self, client, programme):
        shown = text_of(client.get(reverse("admin:rewards_programme_change", args=[programme.pk])))

        assert "For every £1 of an order, 1 point." in shown
        assert "Version 1" in shown

    def test_a_new_one_is_made_of_a_preset_opened_and_closed(self, client, root):
        presets = client.get(reverse("admin:rewards_programme_presets"))
        create = reverse("admin:rewards_programme_create", args=["starter"])
        assert create in presets.content.decode()
        data = {
            **fields_of(client.get(create)),
            "name": "Second Club",
            "currency": "EUR",
            "time_zone": "Europe/Warsaw",
            "starts_on": "2026-01-01",
            "unit_one": "star",
            "unit_other": "stars",
        }

        client.post(create, data)

        made = Programme.objects.get(code="second-club")
        assert (made.status, made.currency, made.time_zone) == ("draft", "EUR", "Europe/Warsaw")
        version = made.versions.get()
        assert version.definition["settings"]["unit_names"]["en"]["other"] == "stars"
        twice = client.post(create, data)
        assert twice.status_code == 422
        assert "of this code already" in text_of(twice)
        url = f"/admin/rewards/programme/{made.pk}"
        client.get(f"{url}/open/")
        made.refresh_from_db()
        assert made.status == "draft"
        client.post(f"{url}/open/")
        made.refresh_from_db()
        assert made.status == "live"
        client.post(f"{url}/close/")
        made.refresh_from_db()
        assert made.status == "closed"
        assert "not open" in said(client.post(f"{url}/close/"))[-1]

    @pytest.mark.parametrize("preset", preset_names())
    def test_the_forms_say_everything_that_a_preset_says(self, preset):
        """What is shown is sent back as it is, and nothing is different."""
        document = read_preset(preset).definition
        programme = Programme(currency="USD", main_unit=Unit(decimals=2))
        lists = lists_for(document, programme, (SEGMENTS, KINDS))
        for rule in document["rules"]:
            shown = RuleForm(None, row=rule, lists=lists)
            sent = RuleForm(as_sent(shown), row=rule, lists=lists)
            assert sent.is_valid()
            read = sent.read(rule["code"])
            assert not sent.has_errors
            assert without_zeros(read) == without_zeros(without_defaults(rule))
        settings = document["settings"]
        sent = SettingsForm(
            as_sent(SettingsForm(None, settings=settings, lists=lists)),
            settings=settings,
            lists=lists,
        )
        assert sent.is_valid()
        before, after = (
            parse({**document, "settings": each}).settings
            for each in (settings, change_settings(document, sent.read())["settings"])
        )
        assert before == after


class TestSegments:
    def test_partners_are_added_by_their_numbers_and_taken_off(self, client, programme):
        segment = Segment.objects.create(code="vip", name="Best friends")
        partner = make_partner(programme, "12346")
        url = f"/admin/rewards/segment/{segment.pk}/add-partners/"
        data = {"numbers": "12346, 99999", "day": "2026-03-01"}

        seen = client.post(url, data)
        assert "1 number is of no partner: 99999" in text_of(seen)
        assert not SegmentPlace.objects.exists()
        client.post(url, {**data, "confirmed": "1"})

        place = SegmentPlace.objects.get()
        assert (place.partner, place.since.isoformat(), place.until) == (
            partner,
            "2026-03-01",
            None,
        )
        chosen = make_partner(programme, "12399")
        found = {"partners": [chosen.pk], "numbers": "", "day": "2026-03-01"}
        assert f'name="partners" value="{chosen.pk}"' in client.post(url, found).content.decode()
        client.post(url, {**found, "confirmed": "1"})
        assert chosen.segment_places.exists()
        again = client.post(url, {**data, "confirmed": "1"})
        assert "Stand on it already" in text_of(again)
        for key in ("abc", "9" * 20):
            wrong = client.post(url, {**found, "partners": [key]})
            assert "Choose partners of the list" in text_of(wrong)
        off = url.replace("add-partners", "remove-partners")
        client.post(off, {"numbers": "12346", "day": "2026-04-01", "confirmed": "1"})
        place.refresh_from_db()
        assert place.until.isoformat() == "2026-04-01"

    @pytest.mark.parametrize("numbers", ["", " , ", "\n".join(map(str, range(201)))])
    def test_needs_some_numbers_and_not_too_many(self, client, root, numbers):
        segment = Segment.objects.create(code="vip", name="Best friends")
        url = f"/admin/rewards/segment/{segment.pk}/add-partners/"

        answer = client.post(url, {"numbers": numbers, "day": "2026-03-01"})

        assert answer.context["form"].errors["numbers"]


READERS = [Role.FINANCE, Role.AUDITOR, Role.ACCOUNT_MANAGER]
READ = ["change", "campaigns", "tiers", "settings", "names", "document", "compare", "trial"]


class TestWhoMayDoWhat:
    @pytest.mark.parametrize("role", READERS)
    def test_others_read_every_page_and_change_nothing(self, client, employ, role):
        programme = make_programme()
        draft = ProgrammeVersion.objects.create(programme=programme, definition=DOCUMENT)
        employ(role)

        assert {client.get(page(draft, name)).status_code for name in READ} == {200}
        refused = [
            client.get(page(draft, "rule_add")),
            client.get(page(draft, "rule", "base")),
            client.post(page(draft, "rule_remove", "base"), {"edits": 0}),
            client.post(page(draft, "publish_draft"), {"edits": 0}),
            client.post(page(draft, "discard")),
            client.post(page(draft, "withdraw")),
            client.get(reverse("admin:rewards_programme_presets")),
            client.post(f"/admin/rewards/programme/{programme.pk}/close/"),
        ]
        assert {answer.status_code for answer in refused} == {403}
        for name in ("tiers", "settings", "names", "document"):
            client.post(page(draft, name), {"edits": 0, "definition": "{}"})
        draft.refresh_from_db()
        assert draft.definition == DOCUMENT

    def test_a_loyalty_manager_does_all_of_it(self, client, dana):
        programme = make_programme()
        draft = ProgrammeVersion.objects.create(programme=programme, definition=DOCUMENT)

        client.post(page(draft, "rule_remove", "base"), {"edits": 0})
        client.post(page(draft, "publish_draft"), {"edits": 1})

        draft.refresh_from_db()
        assert rules(draft) == ["toner"]
        assert draft.published_by == dana


class TestQueries:
    def test_are_as_many_for_two_rules_as_for_twenty(self, client, draft):
        def count(name, *more):
            client.get(page(draft, name, *more))
            with CaptureQueriesContext(connection) as queries:
                answer = client.get(page(draft, name, *more))
            assert answer.status_code == 200
            return len(queries)

        pages = [("change",), ("campaigns",), ("rule", "toner"), ("compare",), ("publish_draft",)]
        few = {each: count(*each) for each in pages}
        more = [{**TONER, "code": f"r{n}", "names": {"en": f"R{n}"}} for n in range(18)]
        campaigns = [
            {**SPRING, "code": f"c{n}", "rules": [{**SPRING["rules"][0], "code": f"d{n}"}]}
            for n in range(9)
        ]
        draft.definition = DOCUMENT | {
            "rules": [*DOCUMENT["rules"], *more],
            "campaigns": [SPRING, *campaigns],
        }
        draft.save()

        assert {each: count(*each) for each in pages} == few


# --------------------------------------------------------------------- reading pages


def fields_of(answer):
    """Return what a browser would send of the form that is shown."""
    html = answer.content.decode()
    html = re.sub(r"<template.*?</template>", "", html, flags=re.DOTALL)
    data = {}
    for tag in re.findall(r"<input[^>]*>", html):
        name = re.search(r'name="([^"]+)"', tag)
        kind = re.search(r'type="([^"]+)"', tag)
        value = re.search(r'value="([^"]*)"', tag)
        if name is None or name.group(1) == "csrfmiddlewaretoken":
            continue
        if kind and kind.group(1) in {"checkbox", "radio"}:
            if "checked" not in tag:
                continue
            data.setdefault(name.group(1), []).append(value.group(1) if value else "on")
        else:
            data[name.group(1)] = unescape(value.group(1)) if value else ""
    for name, inner in re.findall(
        r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', html, re.DOTALL
    ):
        chosen = re.search(r'<option value="([^"]*)"[^>]*selected', inner)
        first = re.search(r'<option value="([^"]*)"', inner)
        data[name] = (chosen or first).group(1)
    for name, inner in re.findall(
        r'<textarea[^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', html, re.DOTALL
    ):
        data[name] = unescape(inner.strip())
    return data


def without_zeros(stored):
    """``1.00`` and ``1`` are the same money."""
    return json.loads(
        re.sub(r'(\d)\.0+"', r'\1"', json.dumps(stored)).replace("[true]", '["true"]')
    )


def without_defaults(rule):
    """Return a rule without what it says though it would hold anyway."""
    defaults = {
        "delivery": True,
        "tax": False,
        "tier_multiplier": False,
        "stop": False,
        "to": "pool",
    }
    kept = {name: value for name, value in rule.items() if defaults.get(name) != value}
    if "pending" in kept and kept["pending"].get("until") == "purchases":
        kept["pending"] = {**kept["pending"], "resets": "year"}
    if kept["effect"]["kind"] == "per_quantity":
        kept["effect"] = {"per": "1", **kept["effect"]}
    return kept


def as_sent(form):
    """Return what a browser sends of a form of several parts."""
    data = {}
    for part in vars(form).values():
        if isinstance(part, Form):
            data |= of_form(part)
        rows = part if isinstance(part, RowList) else getattr(part, "rows", None)
        if isinstance(rows, RowList):
            data[f"{rows.name}-total"] = str(rows.total)
            for row in rows.forms:
                data |= of_form(row)
        if isinstance(part, Conditions):
            data[f"{part.name}-mode"] = part.mode
    return to_query(data)


def of_form(part):
    data = {}
    for field in part:
        value = field.value()
        if isinstance(value, bool):
            data |= {field.html_name: "on"} if value else {}
        elif isinstance(value, list):
            data[field.html_name] = [str(each) for each in value]
        elif value is not None:
            data[field.html_name] = str(value)
    return data


def to_query(data):
    query = QueryDict(mutable=True)
    for name, value in data.items():
        query.setlist(name, value if isinstance(value, list) else [value])
    return query
