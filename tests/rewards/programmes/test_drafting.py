"""Edits of a draft: pure, one at a time, and never over what somebody else did."""

import pytest

from rewards.models import ProgrammeVersion
from rewards.programmes import drafting
from rewards.programmes.definition import InvalidDefinition
from rewards.programmes.publishing import AlreadyPublished
from tests.rewards.cast import NOON, make_programme
from tests.rewards.programmes.rules import BASE, DOCUMENT, SPRING, TONER

BONUS = {**BASE, "code": "bonus", "names": {"en": "Bonus"}}


def codes(document):
    return {
        campaign: [rule["code"] for rule in rules]
        for campaign, rules in drafting.lists_of_rules(document)
    }


class TestPureEdits:
    @pytest.mark.parametrize(
        ("edit", "expected"),
        [
            (lambda d: drafting.add_rule(d, BONUS), ["base", "toner", "bonus"]),
            (lambda d: drafting.add_rule(d, BONUS, at=0), ["bonus", "base", "toner"]),
            (lambda d: drafting.change_rule(d, "base", BONUS), ["bonus", "toner"]),
            (lambda d: drafting.copy_rule(d, "base"), ["base", "base-2", "toner"]),
            (lambda d: drafting.move_rule(d, "toner", by=-1), ["toner", "base"]),
            (lambda d: drafting.move_rule(d, "toner", by=-9), ["toner", "base"]),
            (lambda d: drafting.move_rule(d, "base", by=1), ["toner", "base"]),
            (lambda d: drafting.move_rule(d, "toner", by=1), ["base", "toner"]),
            (lambda d: drafting.remove_rule(d, "base"), ["toner"]),
        ],
    )
    def test_change_the_rules_and_nothing_else(self, edit, expected):
        before = codes(DOCUMENT)

        after = edit(DOCUMENT)

        assert codes(after) == {**before, "": expected}
        # What was given is untouched.
        assert codes(DOCUMENT) == before
        assert {**after, "rules": None} == {**DOCUMENT, "rules": None}

    def test_find_a_rule_wherever_it_stands(self):
        assert drafting.path_of_rule(DOCUMENT, "toner") == "rules[1]"
        assert drafting.path_of_rule(DOCUMENT, "double") == "campaigns[0].rules[0]"
        moved = drafting.add_rule(DOCUMENT, BONUS, campaign="spring")
        moved = drafting.move_rule(moved, "bonus", by=-1)
        assert codes(moved)["spring"] == ["bonus", "double"]

    @pytest.mark.parametrize(
        "edit",
        [
            lambda d: drafting.move_rule(d, "nothing", by=1),
            lambda d: drafting.remove_campaign(d, "nothing"),
            lambda d: drafting.add_rule(d, BONUS, campaign="nothing"),
        ],
    )
    def test_say_what_is_not_there(self, edit):
        with pytest.raises(drafting.NoSuchPart) as caught:
            edit(DOCUMENT)
        assert caught.value.code == "nothing"

    def test_a_campaign_keeps_its_rules(self):
        changed = drafting.change_campaign(DOCUMENT, "spring", {**SPRING, "rules": []})
        assert codes(changed)["spring"] == ["double"]

    def test_a_setting_is_taken_away_for_its_default(self):
        changed = drafting.change_settings(DOCUMENT, {"unit_value": None, "pending_days": 3})
        assert changed["settings"] == {
            "unit_names": DOCUMENT["settings"]["unit_names"],
            "pending_days": 3,
        }

    def test_a_code_is_made_of_the_name_and_no_other_has_it(self):
        assert drafting.make_code("March bonus", []) == "march-bonus"
        assert drafting.make_code("March bonus", ["march-bonus"]) == "march-bonus-2"
        assert drafting.make_code("Бонус", ["rule"]) == "rule-2"
        assert drafting.make_code("Бонус", [], otherwise="campaign") == "campaign"
        assert drafting.make_code("Add", []) == "add-2"  # where the page to add one is
        assert len(drafting.make_code("x" * 100, [])) <= drafting.CODE_LENGTH_MAX


@pytest.mark.django_db
@pytest.mark.once("SQLite")
class TestChangeDraft:
    @pytest.fixture
    def draft(self):
        return ProgrammeVersion.objects.create(programme=make_programme(), definition=DOCUMENT)

    def change(self, draft, seen, edit):
        return drafting.change_draft(version=draft, seen_edits=seen, edit=edit)

    def test_saves_and_counts(self, draft):
        saved = self.change(draft, 0, lambda d: drafting.remove_rule(d, "base"))

        draft.refresh_from_db()
        assert saved.edits == draft.edits == 1
        assert codes(draft.definition)[""] == ["toner"]

    def test_refuses_whoever_saw_an_older_draft(self, draft):
        self.change(draft, 0, lambda d: drafting.remove_rule(d, "base"))

        with pytest.raises(drafting.ChangedMeanwhile) as caught:
            self.change(draft, 0, lambda d: drafting.remove_rule(d, "toner"))

        assert (caught.value.seen_edits, caught.value.edits) == (0, 1)
        draft.refresh_from_db()
        assert codes(draft.definition)[""] == ["toner"]

    @pytest.mark.parametrize(
        "edit",
        [
            lambda d: drafting.add_rule(d, BASE),
            lambda d: drafting.change_rule(d, "base", {**BASE, "effect": 5}),
            lambda d: drafting.change_tiers(d, []),
            drafting.replace_with([]),
        ],
    )
    def test_refuses_what_cannot_be_used_and_writes_nothing(self, draft, edit):
        with pytest.raises(InvalidDefinition):
            self.change(draft, 0, edit)

        draft.refresh_from_db()
        assert (draft.edits, draft.definition) == (0, DOCUMENT)

    def test_never_changes_what_is_published(self, draft):
        ProgrammeVersion.objects.filter(pk=draft.pk).update(number=2, published_at=NOON)

        with pytest.raises(AlreadyPublished):
            self.change(draft, 0, drafting.replace_with({**DOCUMENT, "rules": [TONER]}))
