"""Two versions side by side: what is new, gone, changed or moved, in words."""

from rewards.programmes.comparing import Change, compare
from rewards.programmes.drafting import (
    add_rule,
    change_campaign,
    change_rule,
    change_settings,
    change_tiers,
    move_rule,
    remove_rule,
)
from tests.rewards.programmes.rules import BASE, DOCUMENT, SPRING, TONER, speaker


def compared(after, before=DOCUMENT):
    return compare(before, after, speakers=(speaker(before), speaker(after)))


def test_the_same_says_nothing():
    assert compared(DOCUMENT).count == 0


def test_a_changed_rule_says_what_of_it():
    after = change_rule(DOCUMENT, "base", {**BASE, "effect": {"kind": "fixed", "units": 5}})

    [row] = compared(after).rules

    assert (row.code, row.name, row.change) == ("base", "Base", Change.CHANGED)
    [difference] = row.differences
    assert difference.label == "What it gives"
    assert difference.before.startswith("For every £1")
    assert difference.after == "5\N{NO-BREAK SPACE}points for an order."


def test_what_was_not_said_before_is_empty_there():
    after = change_rule(DOCUMENT, "base", {**BASE, "expiry_days": 30})

    [row] = compared(after).rules

    assert [(each.code, each.before) for each in row.differences] == [("expiry", "")]


def test_new_and_removed_rules_are_told_in_full():
    bonus = {**TONER, "code": "bonus", "names": {"en": "Bonus"}}
    after = add_rule(remove_rule(DOCUMENT, "toner"), bonus)

    rows = {row.code: row for row in compared(after).rules}

    assert rows["bonus"].change == Change.ADDED
    assert rows["toner"].change == Change.REMOVED
    assert {each.after for each in rows["toner"].differences} == {""}


def test_only_the_rule_that_moved_is_said_to_have_moved():
    third = {**BASE, "code": "third", "names": {"en": "Third"}}
    before = add_rule(DOCUMENT, third)
    after = move_rule(before, "third", by=-2)

    rows = compared(after, before).rules

    assert [(row.code, row.change) for row in rows] == [("third", Change.MOVED)]


def test_rules_of_campaigns_are_told_with_their_campaign():
    [double] = SPRING["rules"]
    after = change_rule(
        DOCUMENT, "double", {**double, "effect": {"kind": "multiply", "percent": 300}}
    )

    [row] = compared(after).rules

    assert row.campaign == "spring"


def test_campaigns_tiers_settings_and_names_are_compared():
    after = change_campaign(DOCUMENT, "spring", {**SPRING, "ends_on": "2026-07-01"})
    after = change_tiers(after, DOCUMENT["tiers"][:1])
    after = change_settings(
        after,
        {
            "pending_days": 14,
            "unit_names": {"en": {"one": "star", "other": "stars"}},
        },
    )

    said = compared(after)

    assert [row.code for row in said.campaigns] == ["spring"]
    assert [(row.code, row.change) for row in said.tiers] == [("gold", Change.REMOVED)]
    assert ("pending", "Available at once.", "Available after 14 days.") in [
        (each.code, each.before, each.after) for each in said.settings
    ]
    assert {each.code for each in said.names} == {"en", "uk"}
