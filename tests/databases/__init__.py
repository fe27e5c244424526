"""Real servers and per-test copies for the suite."""
