# ruff: noqa: S608 - every statement is built from the constants of this package alone
"""What refunds, reversals and other corrections promise."""

from ledger.promises.promise import Promise

# What gives back a transfer. A claw-back names its award too, but may take what was added later.
GIVING_BACK = "('refund', 'unshare', 'reverse', 'reinstate', 'merge')"

PROMISES = (
    Promise(
        "reversed_more_than_it_moved",
        f"""
        SELECT t.debit_account_id, t.id, t.amount, r.total
          FROM (SELECT reverses_id, SUM(amount) AS total
                  FROM ledger_transfer
                 WHERE reverses_id IS NOT NULL AND kind IN {GIVING_BACK}
                 GROUP BY reverses_id) r
          JOIN ledger_transfer t ON t.id = r.reverses_id
         WHERE r.total > t.amount
         ORDER BY t.id
        """,
    ),
    Promise(
        "correction_differs_from_its_transfer",
        """
        SELECT c.account_id, t.id, c.amount, t.amount
          FROM ledger_correction c
          LEFT JOIN ledger_transfer t ON t.id = c.transfer_id
         WHERE (c.state = 'posted' AND (t.id IS NULL OR t.amount <> c.amount
                                        OR t.partner_id <> c.partner_id))
            OR (c.state <> 'posted' AND t.id IS NOT NULL)
         ORDER BY c.id
        """,
    ),
)
