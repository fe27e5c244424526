"""What partners hold, for integrators: accounts, transfers and lots. Nothing here moves."""
