"""How accounts are named outside: by what they are, so that no running number leaks."""

import re

from django.db.models import Q

from ledger.models import Account

UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
OWNED_KINDS = "|".join((*Account.PARTNER_KINDS, "wallet"))
OWNED_PATTERN = rf"(?:{OWNED_KINDS}):[-a-zA-Z0-9_]+:{UUID}"
HOUSE_PATTERN = rf"(?:{'|'.join(Account.HOUSE_KINDS)}):[-a-zA-Z0-9_]+"
NAME = re.compile(rf"{OWNED_PATTERN}|{HOUSE_PATTERN}", re.ASCII)


def name_account(account: Account) -> str:
    """
    Return ``pool:points:<partner's id>``, ``wallet:points:<member's id>`` or ``issued:points``.

    Reads unit, partner and member, so load them with the account.
    """
    owner = account.member or account.partner
    parts = [account.kind, account.unit.code]
    return ":".join([*parts, str(owner.public_id)] if owner else parts)


def match_account(name: str, path: str = "") -> Q | None:
    """
    Return the condition for the account of this name, or None if it is no such name.

    ``path`` leads from the row to the account, such as ``debit_account__``.
    """
    if not NAME.fullmatch(name):
        return None
    kind, unit_code, *owner = name.split(":")
    condition = Q(**{f"{path}kind": kind, f"{path}unit__code": unit_code})
    if not owner:
        return condition & Q(**{f"{path}partner__isnull": True})
    column = "member" if kind == Account.Kind.WALLET else "partner"
    return condition & Q(**{f"{path}{column}__public_id": owner[0]})
