"""How accounts are named outside: by what they are, so that no running number leaks."""

import re
import uuid
from collections.abc import Iterable

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
    return _join(account.kind, account.unit.code, owner.public_id if owner else None)


def read_names(account_ids: Iterable[int]) -> dict[int, str]:
    """Return the names of accounts by their ids, without loading anything else."""
    rows = Account.objects.filter(pk__in=account_ids).values_list(
        "pk", "kind", "unit__code", "partner__public_id", "member__public_id"
    )
    return {
        pk: _join(kind, unit_code, member or partner)
        for pk, kind, unit_code, partner, member in rows
    }


def _join(kind: str, unit_code: str, owner: uuid.UUID | None) -> str:
    return ":".join([kind, unit_code, str(owner)] if owner else [kind, unit_code])


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
