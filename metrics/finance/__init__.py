"""The ledger in money: liability, expected breakage, and what the seller's books take over."""
