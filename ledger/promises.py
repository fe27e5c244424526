# ruff: noqa: S608 - every statement is built from the constants of this module alone
"""
What must hold in the ledger, each as one statement that finds where it does not.

One statement sees one snapshot, so that the audit may run while others post. A statement returns
rows of (account, transfer, what it should be, what it is), first divergence first. All run on both
databases and read each table a fixed number of times. ``as_of`` bounds what looks back in time.
"""

from dataclasses import dataclass

HELD = "('pool', 'pending', 'wallet', 'debt')"
WITH_LOTS = "('pool', 'pending', 'wallet')"

# Both sides of every transfer; debt counts debits minus credits.
SIDES = """
    SELECT a.id AS account_id, t.id AS transfer_id, t.posted_at,
           CASE WHEN a.kind = 'debt' THEN -t.amount ELSE t.amount END AS amount
      FROM ledger_transfer t JOIN ledger_account a ON a.id = t.credit_account_id
     UNION ALL
    SELECT a.id, t.id, t.posted_at,
           CASE WHEN a.kind = 'debt' THEN t.amount ELSE -t.amount END
      FROM ledger_transfer t JOIN ledger_account a ON a.id = t.debit_account_id
"""


@dataclass(frozen=True, slots=True)
class Promise:
    """``kind`` names the divergence in reports; ``sql`` finds it."""

    kind: str
    sql: str


PROMISES = (
    Promise(
        "balance_differs_from_journal",
        f"""
        SELECT a.id, j.latest, COALESCE(j.total, 0), a.balance
          FROM ledger_account a
          LEFT JOIN (SELECT account_id, SUM(amount) AS total, MAX(transfer_id) AS latest
                       FROM ({SIDES}) side GROUP BY account_id) j ON j.account_id = a.id
         WHERE a.kind IN {HELD} AND a.balance <> COALESCE(j.total, 0)
         ORDER BY a.id
        """,
    ),
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
                  AND (taken.expires_at = l.expires_at
                       OR (taken.expires_at IS NULL AND l.expires_at IS NULL)))
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
        "balance_out_of_bounds",
        """
        SELECT id, CAST(NULL AS BIGINT), 0, CASE WHEN balance < 0 THEN balance ELSE held END
          FROM ledger_account
         WHERE balance < 0 OR held < 0 OR held > balance OR balance > 1000000000000000
         ORDER BY id
        """,
    ),
    Promise(
        "amount_out_of_bounds",
        """
        SELECT debit_account_id, id, 1, amount FROM ledger_transfer
         WHERE amount <= 0 OR amount > 1000000000000 OR debit_account_id = credit_account_id
         ORDER BY id
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
        "house_stores_a_balance",
        f"""
        SELECT id, CAST(NULL AS BIGINT), 0, balance FROM ledger_account
         WHERE kind NOT IN {HELD} AND (balance <> 0 OR held <> 0)
         ORDER BY id
        """,
    ),
    Promise(
        # issued + adjusted = pools + wallets + pending + redeemed + expired + taken back - debt:
        # the house by its journal against what the others store.
        "unit_is_not_conserved",
        f"""
        SELECT MIN(a.id), MAX(j.latest), 0,
               SUM(CASE WHEN a.kind = 'debt' THEN -a.balance
                        WHEN a.kind IN {HELD} THEN a.balance
                        ELSE COALESCE(j.total, 0) END)
          FROM ledger_account a
          LEFT JOIN (SELECT account_id, SUM(amount) AS total, MAX(transfer_id) AS latest
                       FROM ({SIDES}) side GROUP BY account_id) j ON j.account_id = a.id
         GROUP BY a.unit_id
        HAVING SUM(CASE WHEN a.kind = 'debt' THEN -a.balance
                        WHEN a.kind IN {HELD} THEN a.balance
                        ELSE COALESCE(j.total, 0) END) <> 0
         ORDER BY 1
        """,
    ),
    Promise(
        "debt_beside_a_free_pool",
        """
        SELECT p.id, MAX(l.opened_by_id), 0, SUM(l.remaining - l.held)
          FROM ledger_account d
          JOIN ledger_account p
            ON p.partner_id = d.partner_id AND p.unit_id = d.unit_id AND p.kind = 'pool'
          JOIN ledger_lot l ON l.account_id = p.id AND l.remaining > l.held
         WHERE d.kind = 'debt' AND d.balance > 0
           AND (l.expires_at IS NULL
                OR (l.expires_at > %(as_of)s AND l.expires_at > p.last_posted_at))
         GROUP BY p.id
         ORDER BY p.id
        """,
    ),
    Promise(
        "balance_was_below_zero",
        f"""
        SELECT account_id, transfer_id, 0, running
          FROM (SELECT side.account_id, side.transfer_id,
                       SUM(side.amount) OVER (PARTITION BY side.account_id
                                              ORDER BY side.transfer_id) AS running
                  FROM ({SIDES}) side
                  JOIN ledger_account held ON held.id = side.account_id AND held.kind IN {HELD}
                 WHERE side.posted_at <= %(as_of)s) prefix
         WHERE running < 0
         ORDER BY transfer_id
        """,
    ),
    Promise(
        "posted_at_went_back",
        f"""
        SELECT account_id, transfer_id, before_id, transfer_id
          FROM (SELECT side.account_id, side.transfer_id, side.posted_at,
                       LAG(side.posted_at) OVER journal AS before_at,
                       LAG(side.transfer_id) OVER journal AS before_id
                  FROM ({SIDES}) side
                  JOIN ledger_account held ON held.id = side.account_id AND held.kind IN {HELD}
                WINDOW journal AS (PARTITION BY side.account_id ORDER BY side.transfer_id)) steps
         WHERE posted_at < before_at
         ORDER BY transfer_id
        """,
    ),
    Promise(
        "latest_posting_differs",
        f"""
        SELECT a.id, j.latest, j.latest, CAST(NULL AS BIGINT)
          FROM ledger_account a
          JOIN (SELECT account_id, MAX(posted_at) AS last_at, MAX(transfer_id) AS latest
                  FROM ({SIDES}) side GROUP BY account_id) j ON j.account_id = a.id
         WHERE a.kind IN {HELD} AND (a.last_posted_at IS NULL OR a.last_posted_at <> j.last_at)
         ORDER BY a.id
        """,
    ),
    Promise(
        "transfer_between_units",
        """
        SELECT d.id, t.id, d.unit_id, c.unit_id
          FROM ledger_transfer t
          JOIN ledger_account d ON d.id = t.debit_account_id
          JOIN ledger_account c ON c.id = t.credit_account_id
         WHERE d.unit_id <> c.unit_id
         ORDER BY t.id
        """,
    ),
    Promise(
        "transfer_of_another_partner",
        """
        SELECT COALESCE(d.id, c.id), t.id, COALESCE(d.partner_id, c.partner_id), t.partner_id
          FROM ledger_transfer t
          JOIN ledger_account d ON d.id = t.debit_account_id
          JOIN ledger_account c ON c.id = t.credit_account_id
         WHERE (d.partner_id IS NOT NULL OR c.partner_id IS NOT NULL)
           AND t.partner_id <> COALESCE(d.partner_id, -1)
           AND t.partner_id <> COALESCE(c.partner_id, -1)
         ORDER BY t.id
        """,
    ),
)
