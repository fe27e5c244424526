import pytest

from rewards.programmes.definition import InvalidDefinition, parse
from rewards.programmes.presets import preset_names, read_preset
from tests.rewards.earning.facts import STARTER


class TestParse:
    @pytest.mark.parametrize("name", preset_names())
    def test_reads_every_preset(self, name):
        definition = parse(read_preset(name).definition)

        assert definition.rules
        assert definition.settings.unit_names.keys() == {"en", "uk", "pl", "ru"}

    @pytest.mark.parametrize(
        ("part", "path"),
        [
            ({"colour": "red"}, "definition"),
            ({"settings": STARTER["settings"] | {"rounding": "up"}}, "settings.rounding"),
            ({"settings": STARTER["settings"] | {"expiry_months": 24}}, "settings.expiry"),
            (
                {"settings": STARTER["settings"] | {"request_lapses_days": 0}},
                "settings.request_lapses_days",
            ),
            (
                {"tiers": [STARTER["tiers"][0] | {"expiry_extra_months": -1}]},
                "tiers[0].expiry_extra_months",
            ),
            ({"settings": STARTER["settings"] | {"unit_value": "0.00001"}}, "settings.unit_value"),
            ({"settings": STARTER["settings"] | {"pending_days": True}}, "settings.pending_days"),
            ({"settings": {}}, "settings.unit_names"),
            ({"rules": [STARTER["rules"][0] | {"trigger": "return"}]}, "rules[0].trigger"),
            (
                {"rules": [STARTER["rules"][0] | {"effect": {"kind": "magic"}}]},
                "rules[0].effect.kind",
            ),
            (
                {
                    "rules": [
                        STARTER["rules"][0]
                        | {"effect": {"kind": "per_money", "units": 1, "per": "0"}}
                    ]
                },
                "rules[0].effect.per",
            ),
            (
                {
                    "rules": [
                        STARTER["rules"][0] | {"starts_on": "2026-03-05", "ends_on": "2026-03-05"}
                    ]
                },
                "rules[0].ends_on",
            ),
            ({"rules": [STARTER["rules"][0] | {"starts_on": "soon"}]}, "rules[0].starts_on"),
            ({"rules": [STARTER["rules"][0]] * 2}, "rules"),
            ({"tiers": list(reversed(STARTER["tiers"]))}, "tiers"),
            ({"tiers": [{"code": "x", "threshold": "1"}]}, "tiers[0].names"),
            ({"tiers": [STARTER["tiers"][0] | {"code": "a/b"}]}, "tiers[0].code"),
            ({"tiers": [STARTER["tiers"][0] | {"threshold": "1e13"}]}, "tiers[0].threshold"),
            ({"rules": [STARTER["rules"][0] | {"code": "a b"}]}, "rules[0].code"),
            ({"rules": [STARTER["rules"][0] | {"names": {"en": ["x"]}}]}, "rules[0].names.en"),
            ({"rules": [STARTER["rules"][0] | {"names": {"en": "x" * 201}}]}, "rules[0].names.en"),
            ({"rules": [STARTER["rules"][0] | {"names": {"en": "x\0"}}]}, "rules[0].names.en"),
            ({"rules": [STARTER["rules"][0] | {"names": {"en": " "}}]}, "rules[0].names"),
            (
                {"settings": STARTER["settings"] | {"unit_names": {"en": {"one": 5}}}},
                "settings.unit_names.en.one",
            ),
            (
                {"settings": STARTER["settings"] | {"unit_names": {"en": {}}}},
                "settings.unit_names.en",
            ),
            (
                {"settings": STARTER["settings"] | {"unit_names": {"en": {"one": "x"}}}},
                "settings.unit_names.en",
            ),
            (
                {
                    "settings": STARTER["settings"]
                    | {"unit_names": {"en": {"other": "x", "two": "y"}}}
                },
                "settings.unit_names.en",
            ),
            (
                {
                    "settings": STARTER["settings"]
                    | {"unit_names": {"en": {"other": "x"}, "pl": {}}}
                },
                "settings.unit_names.pl",
            ),
            (
                {"settings": STARTER["settings"] | {"unit_names": {"en": ["x"]}}},
                "settings.unit_names.en",
            ),
        ],
    )
    def test_names_the_place_that_cannot_be_used(self, part, path):
        with pytest.raises(InvalidDefinition) as caught:
            parse(STARTER | part)

        assert caught.value.path == path


def test_names_of_points_that_were_published_keep_their_meaning():
    document = STARTER | {"settings": STARTER["settings"] | {"unit_names": {"en": {"one": "x"}}}}

    assert parse(document, is_published=True).settings.unit_names == {"en": {"one": "x"}}
