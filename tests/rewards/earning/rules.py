"""Rules and activities in few words, for tests of policy alone: no database, no clock."""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from rewards.earning.evaluating import Evaluation, evaluate
from rewards.earning.facts import ActivityFacts, LineFacts
from rewards.earning.situation import NOTHING_KNOWN, PaymentTiming, Situation
from rewards.earning.usage import Usage
from rewards.programmes.definition import Definition, parse

# A Thursday.
DAY = date(2026, 3, 5)

TIERS = [
    {"code": "bronze", "names": {"en": "Bronze"}, "threshold": "0"},
    {
        "code": "silver",
        "names": {"en": "Silver"},
        "threshold": "100",
        "multiplier_percent": 150,
    },
    {"code": "gold", "names": {"en": "Gold"}, "threshold": "1000", "multiplier_percent": 200},
]
ONE_A_POUND = {"kind": "per_money", "units": 1, "per": "1.00"}
SETTINGS = {"unit_names": {"en": {"one": "point", "other": "points"}}, "unit_value": "0.01"}


def march(day: int) -> date:
    return date(2026, 3, day)


def e4(amount: str | int) -> int:
    return int(Decimal(amount) * 10_000)


def rule(code: str = "points", **fields: Any) -> dict[str, Any]:
    """A point a pound on orders, unless it says something else."""
    return {
        "code": code,
        "names": {"en": code},
        "trigger": "order",
        "effect": ONE_A_POUND,
    } | fields


def fixed(code: str, units: int, **fields: Any) -> dict[str, Any]:
    return rule(code, effect={"kind": "fixed", "units": units}, **fields)


def campaign(code: str, *rules: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "code": code,
        "names": {"en": code},
        "starts_on": "2026-03-01",
        "ends_on": "2026-04-01",
        "rules": list(rules),
    } | fields


def document(*rules: dict[str, Any], campaigns: Any = (), **settings: Any) -> dict[str, Any]:
    return {
        "settings": SETTINGS | settings,
        "rules": list(rules),
        "tiers": TIERS,
        "campaigns": list(campaigns),
    }


def definition(*rules: dict[str, Any], campaigns: Any = (), **settings: Any) -> Definition:
    return parse(document(*rules, campaigns=campaigns, **settings))


def tier(code: str, of: Definition | None = None) -> Any:
    return (of or definition()).tier(code)


def lines(*rows: tuple[Any, ...]) -> list[LineFacts]:
    """Lines are (sku, quantity, value of the whole line, category)."""
    return [
        LineFacts(None, sku, category[0] if category else "", e4(quantity), e4(value))
        for sku, quantity, value, *category in rows
    ]


def activity(kind: str, amount: str | int = 0, **fields: Any) -> ActivityFacts:
    day = fields.pop("on", DAY)
    quantity = fields.pop("quantity", 0)
    return ActivityFacts(
        id=None,
        kind=kind,
        source="erp",
        external_id=fields.pop("number", "A1"),
        occurred_at=datetime.combine(day, time(10), UTC),
        local_date=day,
        amount_e4=e4(amount),
        currency="GBP",
        lines=fields.pop("lines", []),
        quantity_e4=e4(quantity),
        **fields,
    )


def order(amount: str | int = 0, *rows: tuple[Any, ...], **fields: Any) -> ActivityFacts:
    """An order of an amount, or of lines that are worth it together."""
    found = lines(*rows)
    made = activity("order", amount, lines=found, **fields)
    return replace(made, amount_e4=sum(each.amount_e4 for each in found)) if found else made


def payment(
    paid: str | int,
    *,
    of: str | int = 0,
    late: int = 0,
    electronic: bool | None = None,
    **fields: Any,
) -> tuple[ActivityFacts, Situation]:
    """A payment of an invoice, and how it met it."""
    invoice = activity("invoice", of or paid, number=fields.pop("invoice", "INV"))
    timing = PaymentTiming(
        days_late=late,
        counted_e4=e4(paid),
        invoice_e4=invoice.amount_e4,
        is_electronic=electronic,
    )
    return activity("payment", paid, invoice=invoice, **fields), Situation(payment=timing)


def judge(
    what: Definition | dict[str, Any],
    fact: ActivityFacts,
    situation: Situation = NOTHING_KNOWN,
    usage: Usage | None = None,
) -> Evaluation:
    """Evaluate, and count in the usage what was used, as the walk over the facts does."""
    usage = Usage() if usage is None else usage
    evaluation = evaluate(
        fact,
        situation=situation,
        definition=what if isinstance(what, Definition) else definition(what),
        usage=usage,
    )
    for key, amount in evaluation.used.items():
        usage.add(key, amount)
    return evaluation


def earns(
    what: Definition | dict[str, Any],
    fact: ActivityFacts,
    situation: Situation = NOTHING_KNOWN,
    usage: Usage | None = None,
) -> dict[str, int]:
    return judge(what, fact, situation, usage).amounts


def each_earns(
    what: Definition | dict[str, Any],
    facts: list[ActivityFacts],
    situation: Situation = NOTHING_KNOWN,
) -> list[int]:
    """Return what each of some activities earns, one after another, in all rules together."""
    what = what if isinstance(what, Definition) else definition(what)
    usage = Usage()
    return [sum(earns(what, fact, situation, usage).values()) for fact in facts]


def passed_over(
    what: Definition | dict[str, Any],
    fact: ActivityFacts,
    situation: Situation = NOTHING_KNOWN,
    usage: Usage | None = None,
) -> dict[str, tuple[str, dict[str, Any]]]:
    evaluation = judge(what, fact, situation, usage)
    return {each.rule_code: (each.reason, dict(each.detail)) for each in evaluation.passed_over}


def steps(
    what: Definition | dict[str, Any],
    fact: ActivityFacts,
    situation: Situation = NOTHING_KNOWN,
    usage: Usage | None = None,
    *,
    of: str = "points",
) -> list[dict[str, Any]]:
    """Return the steps of one award."""
    evaluation = judge(what, fact, situation, usage)
    return next(each.explanation["steps"] for each in evaluation.awards if each.rule_code == of)
