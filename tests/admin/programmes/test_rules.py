"""The form of a rule as a manager uses it: what is typed, refused, kept and stored."""

import re

import pytest

from tests.admin.programmes.pages import BLANK, fields_of, page, rules, text_of, without_zeros
from tests.rewards.programmes.rules import BASE, TONER

pytestmark = [pytest.mark.django_db, pytest.mark.once("PostgreSQL")]


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
