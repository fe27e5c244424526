"""A statement as plain text, as JSON for scripts, and as the copy that anybody can verify."""

import json
from collections.abc import Iterator
from typing import Any

from ledger.documents.paper import Paper
from ledger.exporting import statement_copy
from ledger.statements import Movement, stream_movements


def write_text(paper: Paper) -> Iterator[str]:
    """Yield lines for a terminal, amounts in minor units."""
    yield f"{'Opening':<40}{paper.figures.opening:>16}\n"
    for chunk in stream_movements(paper.figures):
        for one in chunk:
            yield (
                f"{paper.local(one.posted_at):%Y-%m-%d %H:%M}  {one.label:<22}"
                f"{one.amount:>+16}{one.balance:>16}\n"
            )
    yield f"{'Closing':<40}{paper.figures.closing:>16}\n"


def write_json(paper: Paper) -> Iterator[str]:
    """Yield one JSON document, amounts in minor units."""
    figures = paper.figures
    document = {
        "account": figures.account.kind,
        "unit": figures.account.unit.code,
        "opening": figures.opening,
        "credited": figures.credited,
        "debited": figures.debited,
        "closing": figures.closing,
    }
    yield json.dumps(document, indent=1)[:-2] + ',\n "movements": ['
    before = "\n  "
    for chunk in stream_movements(figures):
        for one in chunk:
            yield before + json.dumps(_describe(one))
            before = ",\n  "
    yield "\n ]\n}\n"


def _describe(one: Movement) -> dict[str, Any]:
    return {
        "id": str(one.transfer_id),
        "posted_at": one.posted_at.isoformat(),
        "occurred_at": one.occurred_at.isoformat(),
        "kind": one.kind,
        "amount": one.amount,
        "balance": one.balance,
        "reference": one.reference,
    }


def write_copy(paper: Paper) -> Iterator[str]:
    """Return the pieces of the verifiable copy: docs/verifying.md describes it."""
    figures = paper.figures
    return statement_copy(
        account=figures.account, from_at=figures.from_at, until_at=figures.until_at
    )
