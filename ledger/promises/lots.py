# ruff: noqa: S608 - every statement is built from the constants of this package alone
"""What lots, their uses and their extensions promise."""

from ledger.promises.promise import WITH_LOTS, Promise

# A time as the whole number 20260301, on both databases.
DAY = "CAST(REPLACE(SUBSTR(CAST({} AS TEXT), 1, 10), '-', '') AS BIGINT)"

# What a lot was given when it was opened; it and the lot it came from may live longer since.
FIRST_EXPIRY = """COALESCE((SELECT first.expired_before FROM ledger_lotextension first
                            WHERE first.lot_id = l.id ORDER BY first.id LIMIT 1), l.expires_at)"""

PROMISES = (
    Promise(
        "balance_differs_from_lots",
        f"""
        SELECT a.id, l.latest, COALESCE(l.total, 0), a.balance
          FROM ledger_account a
          LEFT JOIN (SELECT account_id, SUM(remaining) AS total, MAX(opened_by_id) AS latest
                       FROM ledger_lot GROUP BY account_id) l ON l.account_id = a.id
         WHERE a.kind IN {WITH_LOTS} AND a.balance <> COALESCE(l.total, 0)
         ORDER BY a.id
        """,
    ),
    Promise(
        "lot_differs_from_its_uses",
        """
        SELECT l.account_id, l.opened_by_id, l.amount - COALESCE(u.total, 0), l.remaining
          FROM ledger_lot l
          LEFT JOIN (SELECT lot_id, SUM(amount) AS total FROM ledger_lotuse GROUP BY lot_id) u
            ON u.lot_id = l.id
         WHERE l.remaining <> l.amount - COALESCE(u.total, 0)
         ORDER BY l.id
        """,
    ),
    Promise(
        "uses_differ_from_transfer",
        f"""
        SELECT a.id, t.id, t.amount, COALESCE(u.total, 0)
          FROM ledger_transfer t
          JOIN ledger_account a ON a.id = t.debit_account_id
          LEFT JOIN (SELECT transfer_id, SUM(amount) AS total
                       FROM ledger_lotuse GROUP BY transfer_id) u ON u.transfer_id = t.id
         WHERE COALESCE(u.total, 0) <> CASE WHEN a.kind IN {WITH_LOTS} THEN t.amount ELSE 0 END
         ORDER BY t.id
        """,
    ),
    Promise(
        "opened_lots_differ_from_transfer",
        f"""
        SELECT a.id, t.id, t.amount, COALESCE(l.total, 0)
          FROM ledger_transfer t
          JOIN ledger_account a ON a.id = t.credit_account_id
          LEFT JOIN (SELECT opened_by_id, SUM(amount) AS total
                       FROM ledger_lot GROUP BY opened_by_id) l ON l.opened_by_id = t.id
         WHERE COALESCE(l.total, 0) <> CASE WHEN a.kind IN {WITH_LOTS} THEN t.amount ELSE 0 END
         ORDER BY t.id
        """,
    ),
    Promise(
        "use_of_a_lot_of_another_account",
        """
        SELECT l.account_id, t.id, t.debit_account_id, l.account_id
          FROM ledger_lotuse u
          JOIN ledger_transfer t ON t.id = u.transfer_id
          JOIN ledger_lot l ON l.id = u.lot_id
         WHERE l.account_id <> t.debit_account_id
         ORDER BY u.id
        """,
    ),
    Promise(
        "lot_opened_on_another_account",
        """
        SELECT l.account_id, t.id, t.credit_account_id, l.account_id
          FROM ledger_lot l JOIN ledger_transfer t ON t.id = l.opened_by_id
         WHERE l.account_id <> t.credit_account_id
         ORDER BY l.id
        """,
    ),
    Promise(
        "moved_slice_lost_its_origin_or_expiry",
        f"""
        SELECT l.account_id, l.opened_by_id, l.origin_id, l.id
          FROM ledger_lot l
          JOIN ledger_transfer t ON t.id = l.opened_by_id
          JOIN ledger_account a ON a.id = t.debit_account_id
         WHERE a.kind IN {WITH_LOTS}
           AND NOT EXISTS (
               SELECT 1 FROM ledger_lotuse u JOIN ledger_lot taken ON taken.id = u.lot_id
                WHERE u.transfer_id = t.id AND taken.origin_id = l.origin_id
                  AND (taken.expires_at = {FIRST_EXPIRY}
                       OR (taken.expires_at IS NULL AND l.expires_at IS NULL)
                       OR EXISTS (SELECT 1 FROM ledger_lotextension before
                                   WHERE before.lot_id = taken.id
                                     AND before.expired_before = {FIRST_EXPIRY})))
         ORDER BY l.id
        """,
    ),
    Promise(
        "held_differs_from_lots",
        f"""
        SELECT a.id, l.latest, COALESCE(l.held, 0), a.held
          FROM ledger_account a
          LEFT JOIN (SELECT account_id, SUM(held) AS held, MAX(opened_by_id) AS latest
                       FROM ledger_lot GROUP BY account_id) l ON l.account_id = a.id
         WHERE a.kind IN {WITH_LOTS} AND a.held <> COALESCE(l.held, 0)
         ORDER BY a.id
        """,
    ),
    Promise(
        "lot_out_of_bounds",
        """
        SELECT account_id, opened_by_id, amount, remaining FROM ledger_lot
         WHERE amount <= 0 OR remaining < 0 OR remaining > amount OR held < 0 OR held > remaining
         ORDER BY id
        """,
    ),
    Promise(
        "debt_beside_a_free_pool",
        # The few that owe first, then their pools by partner, then the lots: the order of CROSS JOIN
        # and the plus, which keeps SQLite from the index on units, make sure of it.
        """
        SELECT p.id, MAX(l.opened_by_id), 0, SUM(l.remaining - l.held)
          FROM ledger_account p
          JOIN ledger_lot l ON l.account_id = p.id AND l.remaining > l.held
         WHERE p.kind = 'pool'
           AND p.id IN (SELECT free.id
                          FROM ledger_account d CROSS JOIN ledger_account free
                         WHERE d.kind = 'debt' AND d.balance > 0 AND free.kind = 'pool'
                           AND free.partner_id = d.partner_id AND +free.unit_id = d.unit_id)
           AND (l.expires_at IS NULL
                OR (l.expires_at > %(as_of)s AND l.expires_at > p.last_posted_at))
         GROUP BY p.id
         ORDER BY p.id
        """,
    ),
    Promise(
        # ``expires_at`` changes only with an extension beside it, each going on from the one before.
        "expiry_differs_from_extensions",
        f"""
        SELECT l.account_id, l.opened_by_id, {DAY.format("e.expires_at")},
               {DAY.format("COALESCE(later.expired_before, l.expires_at)")}
          FROM ledger_lotextension e
          JOIN ledger_lot l ON l.id = e.lot_id
          LEFT JOIN ledger_lotextension later
            ON later.id = (SELECT MIN(n.id) FROM ledger_lotextension n
                            WHERE n.lot_id = e.lot_id AND n.id > e.id)
         WHERE COALESCE(later.expired_before, l.expires_at) IS NULL
            OR COALESCE(later.expired_before, l.expires_at) <> e.expires_at
         ORDER BY l.id, e.id
        """,
    ),
)
