"""What a manager reads about a version, rule by rule."""

import pytest

from rewards.admin.definition_in_words import describe, say_validity
from rewards.programmes.validity import RULES, Validity
from tests.rewards.earning.facts import starter


@pytest.mark.parametrize(
    ("validity", "said"),
    [
        (Validity("never"), "Never"),
        (Validity("after_days", 1), "1 day after they were earned"),
        (Validity("after_days", 90), "90 days after they were earned"),
        (Validity("after_months", 24), "24 months after they were earned"),
        (Validity("rolling_months", 12), "12 months after the partner's last order"),
        (Validity("end_of_month"), "At the end of the month in which they were earned"),
        (Validity("end_of_month", 1), "At the end of the month, 1 month after they were earned"),
        (Validity("end_of_year"), "At the end of the year in which they were earned"),
        (Validity("end_of_year", 2), "At the end of the year, 2 years after they were earned"),
    ],
)
def test_a_rule_of_expiry_is_a_sentence(validity, said):
    assert say_validity(validity) == said


def test_every_rule_can_be_said():
    for rule in RULES:
        counts = (0,) if rule == "never" else (1, 5)
        assert all(say_validity(Validity(rule, count)) for count in counts)


def test_what_waits_and_what_comes_back_are_settings_like_others():
    expiry = {"rule": "after_months", "months": 12, "reinstatement_days": 30}
    said = dict(describe(starter(expiry=expiry, pending_days=14), "GBP")["settings"])

    assert said["Points that come back expired"] == "Can be spent for 30 more days"
    assert said["Days until points are available"] == 14
    assert said["Days a request waits for approval"] == 30
