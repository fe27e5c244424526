"""``docs/rules.md``: what it shows can be written just so, and it shows everything there is."""

import json
import re
from pathlib import Path

import pytest

from rewards.earning.conditions import CONDITIONS
from rewards.earning.effects import EFFECTS
from rewards.programmes.definition import parse
from tests.rewards.earning.facts import STARTER

PAGE = (Path(__file__).parents[3] / "docs" / "rules.md").read_text(encoding="utf-8")
STEPS = '[{"from": "0", "units": 1, "per": "1.00"}]'
TRIGGERS = {"payment": "payment", "electronic": "invoice"}


def written(section):
    """The tables ``{"kind": ...}`` of a section, with something for the dots."""
    text = PAGE.split(f"## {section}\n")[1].split("\n## ")[0]
    snippets = re.findall(r'`(\{"kind".*?\})`', text)
    filled = [snippet.replace('"steps": [...]', f'"steps": {STEPS}') for snippet in snippets]
    return [json.loads(snippet.replace("[...]", '["silver"]')) for snippet in filled]


def with_rule(**fields):
    names = {"en": "Rule"}
    return STARTER | {"rules": [{"code": "rule", "names": names, "trigger": "order", **fields}]}


POINTS = {"code": "points", "names": {"en": "P"}, "trigger": "order"}


@pytest.mark.parametrize("effect", written("Effects"), ids=lambda row: row["kind"])
def test_every_effect_can_be_written_so(effect):
    document = with_rule(effect=effect)
    before = POINTS | {"effect": {"kind": "fixed", "units": 1}}

    definition = parse(document | {"rules": [before, *document["rules"]]})

    assert effect["kind"] == definition.rules[1].effect.KIND


@pytest.mark.parametrize("condition", written("Conditions"), ids=lambda row: row["kind"])
def test_every_condition_can_be_written_so(condition):
    trigger = TRIGGERS.get(condition["kind"], "order")
    if condition.get("name") == "material":
        trigger = "recycling"
    fixed = {"kind": "fixed", "units": 1}

    definition = parse(with_rule(trigger=trigger, when=condition, effect=fixed))

    assert definition.rules[0].when is not None


def test_the_page_leaves_nothing_out():
    assert {row["kind"] for row in written("Effects")} == set(EFFECTS)
    assert {row["kind"] for row in written("Conditions")} == set(CONDITIONS)
