# ruff: noqa: S608 - every statement is built from the constants of this package alone
"""What transfers and balances promise."""

from ledger.promises.promise import HELD, SIDES, Promise

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
