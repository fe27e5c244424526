"""Who corrects what in the tests of corrections: people of the seller, their limits, their asks."""

import itertools
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Group, Permission

from ledger import correcting
from ledger.correcting import Asker
from ledger.models import Account, Correction, CorrectionLimit, CorrectionReason, Transfer, Unit
from partners.models import ApiKey, Person
from partners.roles import Role
from tests.factories import NOON, PersonFactory

numbers = itertools.count(1)
ASKING = ("add_correction",)
DECIDING = ("add_correction", "decide_correction")


def make_staff(*roles: str, may: tuple[str, ...] = ASKING, **fields: Any) -> Person:
    """Somebody of the seller in these roles, each of which may do this."""
    person = PersonFactory(is_staff=True, **fields)
    for role in roles or (Role.LOYALTY_MANAGER,):
        group, _ = Group.objects.get_or_create(name=role)
        person.groups.add(group)
    person.user_permissions.add(*Permission.objects.filter(codename__in=may))
    return person


def allow(unit: Unit, role: str = Role.LOYALTY_MANAGER, *, once: int, day: int) -> CorrectionLimit:
    return CorrectionLimit.objects.create(unit=unit, role=role, per_correction=once, per_day=day)


def reason(code: str = "wrong-amount") -> CorrectionReason:
    return CorrectionReason.objects.get(code=code)


def asking(who: Person | ApiKey) -> Asker:
    return Asker(person=who) if isinstance(who, Person) else Asker(key=who)


def adjust(who: Person | ApiKey, account: Account, amount: int, **given: Any) -> Correction:
    given = {
        "reason": reason(),
        "asker": asking(who),
        "request_key": f"test:{next(numbers)}",
        "door": Correction.Door.ADMIN,
        "asked_at": NOON,
    } | given
    return correcting.ask_adjustment(account=account, amount=amount, **given)


def reverse(
    who: Person | ApiKey, transfer: Transfer, amount: int | None = None, **given: Any
) -> Correction:
    given = {
        "reason": reason(),
        "asker": asking(who),
        "request_key": f"test:{next(numbers)}",
        "door": Correction.Door.ADMIN,
        "asked_at": NOON,
    } | given
    return correcting.ask_reversal(transfer=transfer, amount=amount, **given)


def reinstate(
    who: Person | ApiKey, expiry: Transfer, amount: int | None = None, **given: Any
) -> Correction:
    given = {
        "until": NOON + timedelta(days=90),
        "reason": reason("expiry-waived"),
        "asker": asking(who),
        "request_key": f"test:{next(numbers)}",
        "door": Correction.Door.ADMIN,
        "asked_at": NOON,
    } | given
    return correcting.ask_reinstatement(transfer=expiry, amount=amount, **given)
