"""SQLite as Django speaks to it, with a fair queue of writers. Named in DATABASES as ENGINE."""
