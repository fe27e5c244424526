"""Documents of programmes for the tests of the rule editor."""

from typing import Any

from rewards.programmes.sentences import Speaker, speaker_for

BASE: dict[str, Any] = {
    "code": "base",
    "names": {"en": "Base", "uk": "Основне"},
    "trigger": "order",
    "effect": {"kind": "per_money", "units": 1, "per": "1.00"},
}
TONER: dict[str, Any] = {
    "code": "toner",
    "names": {"en": "Toner"},
    "trigger": "order",
    "effect": {"kind": "per_money", "units": 2, "per": "10.00"},
    "lines": {"include_categories": ["Toner"]},
    "when": {
        "all": [
            {"kind": "tier", "in": ["gold"]},
            {"kind": "dates", "from": "2026-03-01", "until": "2026-04-01"},
        ]
    },
    "caps": [{"per": "partner", "period": "month", "units": 500}],
}
SPRING: dict[str, Any] = {
    "code": "spring",
    "names": {"en": "Spring"},
    "starts_on": "2026-03-01",
    "ends_on": "2026-06-01",
    "budget": {"units": 10_000},
    "rules": [
        {
            "code": "double",
            "names": {"en": "Double points"},
            "trigger": "order",
            "effect": {"kind": "multiply", "percent": 200},
        }
    ],
}
DOCUMENT: dict[str, Any] = {
    "settings": {
        "unit_names": {
            "en": {"one": "point", "other": "points"},
            "uk": {"one": "бал", "few": "бали", "many": "балів", "other": "бала"},
        },
        "unit_value": "0.01",
    },
    "rules": [BASE, TONER],
    "tiers": [
        {"code": "bronze", "names": {"en": "Bronze"}, "threshold": "0"},
        {"code": "gold", "names": {"en": "Gold"}, "threshold": "1000", "multiplier_percent": 150},
    ],
    "campaigns": [SPRING],
}


def document(**changes: Any) -> dict[str, Any]:
    return {**DOCUMENT, **changes}


def with_rules(*rules: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return document(rules=list(rules), campaigns=[], **changes)


def speaker(said: dict[str, Any] = DOCUMENT, **more: Any) -> Speaker:
    names = {"kinds": {"order": "Order"}, "segments": {"vip": "Best friends"}}
    return speaker_for(
        said, **{"language": "en", "currency": "GBP", "decimals": 0, **names, **more}
    )
