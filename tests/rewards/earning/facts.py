"""Orders and returns as short sentences: ``order("A1", day=3, lines=[("mug", 2, "10.00")])``."""

from datetime import UTC, datetime
from decimal import Decimal
from itertools import count

from partners.models.amounts import to_ten_thousandths
from rewards.earning.facts import ActivityFacts, LineFacts
from rewards.earning.judging import VersionInForce
from rewards.programmes.definition import parse
from rewards.programmes.presets import read_preset

_ids = count(1)

STARTER = read_preset("starter").definition


def starter(*, rules=None, **settings: object):
    """The starter preset, with some settings changed, and other rules where they are given."""
    parts = {"settings": STARTER["settings"] | settings}
    return parse({**STARTER, **parts, "rules": STARTER["rules"] if rules is None else rules})


def always(definition):
    version = VersionInForce(version_id=1, number=1, definition=definition)
    return lambda _fact: version


def activity(
    kind: str, number: str, *, day: int, lines=(), month: int = 3, year: int = 2026, **named
):
    """Lines are (sku, quantity, value of the whole line)."""
    occurred_at = datetime(year, month, day, 10, tzinfo=UTC)
    line_facts = [
        LineFacts(
            id=next(_ids),
            sku=sku,
            category="",
            quantity_e4=quantity * 10_000,
            amount_e4=to_ten_thousandths(Decimal(value)),
        )
        for sku, quantity, value in lines
    ]
    return ActivityFacts(
        id=next(_ids),
        kind=kind,
        source="erp",
        external_id=number,
        occurred_at=occurred_at,
        local_date=occurred_at.date(),
        amount_e4=sum(line.amount_e4 for line in line_facts),
        currency="GBP",
        lines=line_facts,
        **named,
    )


def order(number: str, **fields):
    return activity("order", number, **fields)


def returned(number: str, **fields):
    return activity("return", number, **fields)


def cancelled(number: str, **fields):
    return activity("cancellation", number, **fields)
