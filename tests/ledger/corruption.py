"""What somebody with the keys to the database could do: take the guards away, then lie."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from ledger import append_only
from ledger.auditing import Divergence, audit
from tests.ledger.entries import NOON

WITHOUT_CHECKS = {
    "ledger_account": (
        "ledger_account_never_overdrawn",
        "ledger_account_balance_bounded",
        "ledger_account_house_stores_no_balance",
    ),
    "ledger_lot": ("ledger_lot_remaining_within_amount", "ledger_lot_held_within_remaining"),
    "ledger_transfer": (
        "ledger_transfer_moves_a_bounded_amount",
        "ledger_transfer_between_two_accounts",
    ),
    "ledger_hold": ("ledger_hold_captures_within_amount", "ledger_hold_state_fits_its_end"),
    "ledger_correction": ("ledger_correction_posted_has_transfer",),
}


def run(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


@contextmanager
def no_guards() -> Iterator[None]:
    """Drop the triggers and switch the constraints off."""
    on_postgresql = connection.vendor == "postgresql"
    if on_postgresql:
        run("SET CONSTRAINTS ALL IMMEDIATE")
    for name in append_only.describe(connection.vendor):
        table = next(table for table in append_only.TABLES if name.startswith(f"{table}_"))
        run(f"DROP TRIGGER {name}" + (f" ON {table}" if on_postgresql else ""))
    for table, constraints in WITHOUT_CHECKS.items():
        for name in constraints if on_postgresql else ():
            run(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    if not on_postgresql:
        run("PRAGMA ignore_check_constraints = ON")
    yield
    if not on_postgresql:
        run("PRAGMA ignore_check_constraints = OFF")


def find_all(as_of=NOON) -> dict[str, Divergence]:
    """The divergences by kind; that the guards are gone is known."""
    found = {one.kind: one for one in audit(as_of=as_of).divergences}
    found.pop("append_only_guard_missing", None)
    return found
