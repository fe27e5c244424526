"""
Dealings of one partner with its seller: orders, invoices, payments, disputes, returns, trainings.

``tell`` makes up a history without a partner; references name others of the history, and sometimes
what never comes. ``open_programmes`` has one programme for each policy of claw-backs, each with
rules of its own that lean on one another: caps, steps, tiers, waits.
"""

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

from ledger.models import Unit
from partners.reports import ActivityReport, LineReport
from rewards.models import Programme, ProgrammeVersion
from rewards.programmes.definition import parse

FIRST_DAY = date(2026, 10, 12)
DAYS = 100
"""Long enough to go over the turn of a year."""

KINDS = {
    "order": 8,
    "return": 4,
    "cancellation": 2,
    "invoice": 5,
    "payment": 6,
    "dispute": 2,
    "training": 3,
    "recycling": 3,
}
NAMES = {
    "return": ("order", "invoice"),
    "cancellation": ("order", "invoice"),
    "invoice": ("order",),
    "payment": ("invoice",),
    "dispute": ("invoice",),
}
TIERS = [
    {"code": "plain", "names": {"en": "Plain"}, "threshold": "0"},
    {"code": "high", "names": {"en": "High"}, "threshold": "60", "multiplier_percent": 150},
]


def rule(code: str, trigger: str, effect: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"code": code, "names": {"en": code}, "trigger": trigger, "effect": effect, **more}


AT_ONCE = {"until": "days", "days": 0}
BY_POUND = {"kind": "per_money", "units": 1, "per": "1.00"}
LEARNING = rule(
    "learning",
    "training",
    {"kind": "fixed", "units": 10},
    caps=[{"per": "partner", "period": "month", "times": 2}],
)
PAYING = rule("paying", "payment", BY_POUND, early=[{"days": 3, "percent": 200}])
GIVING_BACK = rule(
    "giving-back",
    "recycling",
    {"kind": "per_quantity", "units": 3, "per": "1"},
    pending={"until": "purchases", "step": 3, "resets": "year"},
    caps=[{"per": "partner", "period": "month", "quantity": "20"}],
)
BILLING = rule("billing", "invoice", {"kind": "fixed", "units": 5})
IN_TIME = rule("in-time", "payment", {"kind": "fixed", "units": 20})
OFTEN = rule(
    "often",
    "order",
    {"kind": "fixed", "units": 15},
    when={"kind": "order_count", "period": "month", "at_least": 3},
)
UNTIL_PAID = {"until": "paid", "lost_after_days": 10}

PROGRAMMES: dict[str, dict[str, Any]] = {
    "allow_debt": {
        "settings": {"claw_back_basis": "by_line", "unit_value": "1"},
        "rules": [
            rule("points", "order", BY_POUND, tier_multiplier=True, pending=UNTIL_PAID),
            rule(
                "large",
                "order",
                {"kind": "fixed", "units": 30},
                when={"kind": "amount", "at_least": "40"},
                group="best",
            ),
            rule("third", "order", {"kind": "percent", "percent": "33"}, group="best"),
            PAYING,
            LEARNING,
            GIVING_BACK,
            BILLING,
            IN_TIME,
            OFTEN,
        ],
    },
    "within_balance": {
        "settings": {"claw_back_basis": "by_value", "unit_value": "1"},
        "rules": [
            rule("points", "order", BY_POUND, pending={"until": "days", "days": 5}),
            rule(
                "full",
                "order",
                {"kind": "each_full", "units": 25, "per": "50", "period": "month"},
            ),
            PAYING,
            LEARNING,
            GIVING_BACK,
            rule("bills", "invoice", BY_POUND),
        ],
    },
    "only_pending": {
        "settings": {
            "claw_back_basis": "by_line",
            "rounding": "half_up",
            "unit_value": "1",
            "tier_of": "order_date",
            "current_order_counts_for_tier": True,
        },
        "rules": [
            rule(
                "steps",
                "order",
                {
                    "kind": "stepped",
                    "by": "month",
                    "mode": "slice",
                    "steps": [
                        {"from": "0", "percent": "100"},
                        {"from": "50", "units": 2, "per": "1"},
                    ],
                },
                pending=UNTIL_PAID,
                tier_multiplier=True,
            ),
            rule(
                "capped",
                "order",
                BY_POUND,
                caps=[{"per": "partner", "period": "week", "units": 45}],
            ),
            rule("twice", "order", {"kind": "multiply", "percent": 200, "rules": ["capped"]}),
            PAYING,
            LEARNING,
            GIVING_BACK,
        ],
    },
}


def open_programmes() -> list[Programme]:
    """One live programme in pounds for each policy."""
    opened = []
    for policy, parts in PROGRAMMES.items():
        unit = Unit.objects.create(code=policy.replace("_", "-"), kind=Unit.Kind.POINTS)
        programme = Programme.objects.create(
            code=policy.replace("_", "-"),
            name=policy,
            seller_name="Hearth & Ribbon",
            currency="GBP",
            time_zone="Europe/London",
            status=Programme.Status.LIVE,
            main_unit=unit,
        )
        definition = {
            "settings": {
                "unit_names": {"en": {"one": "point", "other": "points"}},
                "claw_back_policy": policy,
                **parts["settings"],
            },
            "rules": parts["rules"],
            "tiers": TIERS,
        }
        parse(definition)
        ProgrammeVersion.objects.create(
            programme=programme,
            number=1,
            definition=definition,
            published_at=datetime(2026, 1, 1, tzinfo=UTC),
        )
        opened.append(programme)
    return opened


def tell(chance: random.Random, count: int) -> list[dict[str, Any]]:
    """Make up so many facts, in canonical order of their days or not."""
    kinds = chance.choices(list(KINDS), list(KINDS.values()), k=count)
    numbers = {kind: [n for n, each in enumerate(kinds) if each == kind] for kind in KINDS}
    return [_tell_one(chance, number, kind, numbers) for number, kind in enumerate(kinds)]


def _tell_one(
    chance: random.Random, number: int, kind: str, numbers: dict[str, list[int]]
) -> dict[str, Any]:
    day = FIRST_DAY + timedelta(days=chance.randrange(DAYS))
    fact: dict[str, Any] = {
        "kind": kind,
        "source": "erp",
        "external_id": str(number),
        # Few hours, so that many facts share a moment.
        "occurred_at": datetime(day.year, day.month, day.day, chance.choice([9, 15]), tzinfo=UTC),
        "currency": "",
        "refers_to": _name(chance, kind, numbers),
    }
    if kind in ("order", "return"):
        fact |= {"currency": "GBP", "lines": _lines(chance)}
    elif kind in ("invoice", "payment"):
        fact |= {"currency": "GBP", "amount_e4": chance.randint(1, 90 * 10_000)}
    elif kind == "recycling":
        fact |= {
            "quantity_e4": chance.randint(1, 12) * 10_000,
            "attributes": {"material": "cartridges"},
        }
    elif kind == "training":
        fact["attributes"] = {"course": "Safe lifting"}
    else:
        fact["attributes"] = (
            {"state": chance.choice(["opened", "closed"])} if kind == "dispute" else {}
        )
    if kind == "invoice":
        fact["due_on"] = day + timedelta(days=chance.randint(0, 20))
    if kind == "payment" and chance.random() < 0.5:
        fact["paid_on"] = day - timedelta(days=chance.randint(0, 5))
    return fact


def _name(
    chance: random.Random, kind: str, numbers: dict[str, list[int]]
) -> tuple[str, str] | None:
    named = [number for each in NAMES.get(kind, ()) for number in numbers[each]]
    if kind == "return" and chance.random() < 0.5:
        return None
    if kind == "invoice" and chance.random() < 0.2:
        return None
    if not named or chance.random() < 0.05:
        return ("erp", "never") if kind in NAMES else None
    return ("erp", str(chance.choice(named)))


def _lines(chance: random.Random) -> list[LineReport]:
    return [
        LineReport(
            chance.choice(["mug", "jug", "pin"]),
            chance.randint(1, 4) * 10_000,
            chance.randint(1, 60 * 10_000),
        )
        for _line in range(chance.randint(1, 3))
    ]


def report(fact: dict[str, Any], *, partner_id: int, prefix: str) -> ActivityReport:
    """A fact of a history as one partner's: each has its own numbers, ``12346-7``."""
    refers_to = fact["refers_to"]
    return ActivityReport(
        **fact
        | {
            "partner_id": partner_id,
            "external_id": f"{prefix}-{fact['external_id']}",
            "refers_to": refers_to and (refers_to[0], f"{prefix}-{refers_to[1]}"),
        }
    )
