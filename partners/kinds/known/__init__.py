"""The kinds that are built in: one file each."""
