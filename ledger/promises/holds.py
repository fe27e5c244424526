"""What holds promise: what is reserved is there, and is taken once or becomes free again."""

from ledger.promises.promise import Promise

PROMISES = (
    Promise(
        "held_differs_from_holds",
        """
        SELECT a.id, CAST(NULL AS BIGINT), COALESCE(h.total, 0), a.held
          FROM ledger_account a
          LEFT JOIN (SELECT account_id, SUM(amount) AS total
                       FROM ledger_hold WHERE state = 'open' GROUP BY account_id) h
            ON h.account_id = a.id
         WHERE a.held <> COALESCE(h.total, 0)
         ORDER BY a.id
        """,
    ),
    Promise(
        "lot_held_differs_from_slices",
        """
        SELECT l.account_id, l.opened_by_id, COALESCE(s.total, 0), l.held
          FROM ledger_lot l
          LEFT JOIN (SELECT part.lot_id, SUM(part.amount) AS total
                       FROM ledger_holdslice part
                       JOIN ledger_hold h ON h.id = part.hold_id AND h.state = 'open'
                      GROUP BY part.lot_id) s ON s.lot_id = l.id
         WHERE l.held <> COALESCE(s.total, 0)
         ORDER BY l.id
        """,
    ),
    Promise(
        "hold_differs_from_its_slices",
        """
        SELECT h.account_id, h.capture_id, h.amount, COALESCE(s.total, 0)
          FROM ledger_hold h
          LEFT JOIN (SELECT hold_id, SUM(amount) AS total
                       FROM ledger_holdslice GROUP BY hold_id) s ON s.hold_id = h.id
         WHERE h.amount <> COALESCE(s.total, 0)
         ORDER BY h.id
        """,
    ),
    Promise(
        "hold_on_a_lot_of_another_account",
        """
        SELECT h.account_id, l.opened_by_id, h.account_id, l.account_id
          FROM ledger_holdslice s
          JOIN ledger_hold h ON h.id = s.hold_id
          JOIN ledger_lot l ON l.id = s.lot_id
         WHERE l.account_id <> h.account_id
         ORDER BY s.id
        """,
    ),
    Promise(
        "hold_of_another_partner",
        """
        SELECT h.account_id, h.capture_id, a.partner_id, h.partner_id
          FROM ledger_hold h JOIN ledger_account a ON a.id = h.account_id
         WHERE a.partner_id IS NULL OR a.partner_id <> h.partner_id
         ORDER BY h.id
        """,
    ),
    Promise(
        "capture_differs_from_its_transfer",
        """
        SELECT h.account_id, t.id, t.amount, h.captured
          FROM ledger_hold h
          LEFT JOIN ledger_transfer t ON t.id = h.capture_id
         WHERE h.captured <> COALESCE(t.amount, 0)
            OR (t.id IS NOT NULL AND t.debit_account_id <> h.account_id)
            OR (h.state = 'captured') <> (t.id IS NOT NULL)
         ORDER BY h.id
        """,
    ),
    Promise(
        "capture_took_other_slices",
        """
        SELECT h.account_id, u.transfer_id, COALESCE(s.amount, 0), u.amount
          FROM ledger_hold h
          JOIN ledger_lotuse u ON u.transfer_id = h.capture_id
          LEFT JOIN ledger_holdslice s ON s.hold_id = h.id AND s.lot_id = u.lot_id
         WHERE u.amount > COALESCE(s.amount, 0)
         ORDER BY h.id, u.id
        """,
    ),
)
