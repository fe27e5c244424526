"""Changes of policy that change nothing, each with the reason: see ``tests.mutation``."""

EQUIVALENT: dict[str, str] = {}
