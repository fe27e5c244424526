"""Pages of the admin about who partners are and what they did."""

from partners.admin import companies, facts, imports, invitations, keys, kinds, people, work

__all__ = ["companies", "facts", "imports", "invitations", "keys", "kinds", "people", "work"]
