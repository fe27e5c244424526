"""
Made-up programmes, partners that are one company, and what happens to them, fact by fact.

``make_up`` makes a programme of parts: most let a fact stand for itself, some lean on history.
``Dealer`` tells what happens, mostly in order, and ``take_stock`` writes down all that came of it,
in words that say the same whatever ids were given.
"""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from ledger.models import Account, Lot, Transfer, Unit
from partners.models import Event, Partner
from partners.reports import ActivityReport, LineReport
from rewards.models import (
    Award,
    ClawBack,
    Programme,
    ProgrammeVersion,
    ReturnMatch,
    Standing,
    TierChange,
)
from rewards.programmes.definition import parse

BEGIN = datetime(2026, 9, 20, 9, tzinfo=UTC)
BY_POUND = {"kind": "per_money", "units": 1, "per": "1.00"}
NAMED = {
    "return": ["order"],
    "cancellation": ["order", "invoice"],
    "invoice": ["order"],
    "payment": ["invoice"],
}


def rule(code: str, trigger: str = "order", effect: Any = None, **more: Any) -> dict[str, Any]:
    effect = BY_POUND if effect is None else effect
    return {"code": code, "names": {"en": code}, "trigger": trigger, "effect": effect, **more}


PLAIN = [
    rule("points", tier_multiplier=True),
    rule("large", effect={"kind": "fixed", "units": 9}, when={"kind": "amount", "at_least": "40"}),
    rule("third", effect={"kind": "percent", "percent": "33"}, group="best"),
    rule("quarter", effect={"kind": "percent", "percent": "25"}, group="best"),
    rule("mugs", lines={"include_skus": ["mug"]}, priority=5),
    rule("twice", effect={"kind": "multiply", "percent": 200}, when={"kind": "sku", "in": ["jug"]}),
    rule("high", when={"kind": "tier", "in": ["high"]}),
    rule("learning", "training", {"kind": "fixed", "units": 10}),
    rule("billed", "invoice"),
]
"""What any fact is given by itself, with the tier."""

LEANING = [
    rule("capped", caps=[{"per": "partner", "period": "month", "units": 60}]),
    rule("full", effect={"kind": "each_full", "units": 25, "per": "50", "period": "month"}),
    rule("first", when={"kind": "first_order"}),
    rule("listed", when={"kind": "segment", "in": ["friends"]}),
    rule("home", when={"kind": "country", "in": ["France"]}),
    rule("paying", "payment"),
    rule("waiting", pending={"until": "paid", "lost_after_days": 10}),
    rule("asked", when={"kind": "supplier_share", "at_least_percent": 20}),
]
"""What depends on more than the fact."""


def make_up(chance: random.Random, *, leaning: bool) -> dict[str, Any]:
    """Return the document of a programme, of which a part may lean on history."""
    settings = {
        "unit_names": {"en": {"one": "point", "other": "points"}},
        "unit_value": "1",
        "claw_back_policy": chance.choice(["allow_debt", "within_balance", "only_pending"]),
        "claw_back_basis": chance.choice(["by_line", "by_value"]),
        "rounding": chance.choice(["down", "half_up"]),
        "pending_days": chance.choice([0, 0, 5]),
        "current_order_counts_for_tier": chance.random() < 0.3,
        "points_payment_earns": chance.random() < 0.3,
    }
    rules = chance.sample(PLAIN, chance.randint(1, 4))
    if leaning:
        settings |= chance.choice(
            [{}, {}, {"tier_of": "today"}, {"expiry": {"rule": "rolling_months", "months": 1}}]
        )
        rules += chance.sample(LEANING, chance.randint(0, 2))
    campaign = {
        "code": "autumn",
        "names": {"en": "Autumn"},
        "starts_on": "2026-09-01",
        "ends_on": "2026-11-15",
        "budget": {"units": chance.choice([30, 500])},
        "stacking": chance.choice(["sum", "best", "instead"]),
        "rules": [rule("bonus", tier_multiplier=True)],
    }
    document = {
        "settings": settings,
        "rules": rules,
        "tiers": [
            {"code": "plain", "names": {"en": "Plain"}, "threshold": "0"},
            {"code": "high", "names": {"en": "High"}, "threshold": "90"}
            | ({"multiplier_percent": 150} if chance.random() < 0.6 else {})
            | ({"expiry_extra_months": 2} if chance.random() < 0.3 else {}),
        ],
        "campaigns": [campaign] if chance.random() < 0.5 else [],
    }
    parse(document)
    return document


def open_programme(code: str, document: dict[str, Any], *, status: str) -> Programme:
    programme = Programme.objects.create(
        code=code,
        name=code,
        seller_name="Hearth & Ribbon",
        currency="GBP",
        time_zone="Europe/London",
        status=status,
        main_unit=Unit.objects.create(code=code, kind=Unit.Kind.POINTS),
    )
    ProgrammeVersion.objects.create(
        programme=programme, number=1, definition=document, published_at=BEGIN
    )
    return programme


@dataclass
class Dealer:
    """Tells what happens to some partners: mostly one thing after another, now and then late."""

    chance: random.Random
    partners: Sequence[Partner]
    now: datetime = BEGIN
    count: int = 0
    known: dict[str, list[str]] = field(default_factory=dict)

    def tell(self) -> list[ActivityReport]:
        """Return a batch of facts; ``now`` is when they are told."""
        batch = [self._tell_one() for _fact in range(self.chance.choice([1, 1, 1, 1, 2, 3]))]
        self.now += timedelta(seconds=self.chance.choice([1, 60]))
        self.chance.shuffle(batch)
        return batch

    def _tell_one(self) -> ActivityReport:
        chance = self.chance
        kinds = ["order", "training", "return", "cancellation", "invoice", "payment", "survey"]
        [kind] = chance.choices(kinds, [24, 3, 2, 1, 4, 2, 1])
        self.now += chance.choice([timedelta(0), timedelta(hours=3), timedelta(days=6)])
        late = chance.random() < 0.08
        occurred_at = self.now - timedelta(days=chance.randint(1, 40)) if late else self.now
        self.count += 1
        number = f"{kind}-{self.count}"
        named = self._name(kind)
        self.known.setdefault(kind, []).append(number)
        has_lines, has_amount = kind in ("order", "return"), kind in ("invoice", "payment")
        return ActivityReport(
            kind=kind,
            partner_id=chance.choice(self.partners).pk,
            source="erp",
            external_id=number,
            occurred_at=occurred_at,
            currency=chance.choice(["GBP", "GBP", "EUR"]) if has_lines or has_amount else "",
            lines=self._lines() if has_lines else (),
            amount_e4=chance.randint(1, 90 * 10_000) if has_amount else None,
            country=chance.choice(["", "", "France", "Spain"]) if kind == "order" else "",
            due_on=occurred_at.date() if kind == "invoice" else None,
            refers_to=("erp", named) if named else None,
            attributes=self._say(kind),
        )

    def _name(self, kind: str) -> str | None:
        if kind not in NAMED or (kind == "return" and self.chance.random() < 0.5):
            return None
        named = self.chance.choice(NAMED[kind])
        if self.chance.random() < 0.25:
            # One of the next facts, if that is what comes.
            return f"{named}-{self.count + self.chance.randint(1, 3)}"
        known = self.known.get(named)
        return self.chance.choice(known) if known else "never"

    def _lines(self) -> list[LineReport]:
        return [
            LineReport(self.chance.choice(["mug", "jug"]), 20_000, self.chance.randint(1, 600_000))
            for _line in range(self.chance.randint(1, 2))
        ]

    def _say(self, kind: str) -> dict[str, Any]:
        match kind:
            case "training":
                return {"course": "Safe lifting"}
            case "survey":
                return {"survey": "autumn", "supplier_share": self.chance.choice([10, 30])}
            case "order" if self.chance.random() < 0.2:
                return {"paid_with_points": "5.00"}
        return {}


def take_stock() -> dict[str, list[str]]:
    """Write down all that is stored of points, row by row."""
    activity, fact = "activity__external_id", "award__activity__external_id"
    order_line = ("order_line__activity__external_id", "order_line__position")
    return_line = ("return_line__activity__external_id", "return_line__position")
    money, of_account = ("due", "collected", "debt", "waived"), ("unit__code", "partner", "kind")
    return {
        "awards": _rows(
            Award, activity, "partner", "version__programme__code", "version__number", "rule_code",
            "amount", "withheld", "personal", "released", "decide_on", "revision", "explanation",
        ),
        "claw-backs": _rows(
            ClawBack, fact, "award__rule_code", "award__version__programme__code",
            "cause__external_id", *money, "revision", "explanation",
        ),
        "matches": _rows(ReturnMatch, *return_line, *order_line, "quantity", "amount"),
        "accounts": _rows(Account, *of_account, "balance", "held"),
        "lots": _rows(
            Lot, *(f"account__{each}" for each in of_account), "amount", "remaining", "earned_at",
            "expires_at", "matures_at",
        ),
        "transfers": _rows(
            Transfer, *(f"debit_account__{each}" for each in of_account), "credit_account__kind",
            "kind", "amount", "occurred_at", "posted_at",
        ),
        "standings": _rows(
            Standing, "programme__code", "partner", "tier_code", "tier_since", "spend", "orders",
            "decided_on", "settled_by",
        ),
        "tiers": _rows(TierChange, "standing__partner", "from_tier", "to_tier", "figures"),
        "events": _rows(Event, "partner", "kind", "occurred_at", "payload"),
    }  # fmt: skip


def _rows(model: Any, *columns: str) -> list[str]:
    rows = model.objects.order_by().values_list(*columns)
    return sorted(json.dumps([_without_ids(each) for each in row], default=str) for row in rows)


def _without_ids(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {name: each for name, each in value.items() if name not in ("activity", "award")}
