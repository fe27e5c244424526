"""Which account is whose, opened when first asked for. Nothing here changes a balance."""

from collections.abc import Iterable

from ledger.models import Account, Unit
from partners.models import Member, Partner


def open_house_accounts(unit: Unit) -> dict[str, Account]:
    """Return the unit's house accounts by kind; those that are missing are opened."""
    Account.objects.bulk_create(
        [Account(unit=unit, kind=kind) for kind in Account.HOUSE_KINDS], ignore_conflicts=True
    )
    found = Account.objects.filter(unit=unit, kind__in=Account.HOUSE_KINDS)
    return {account.kind: account for account in found}


def house(unit: Unit, kind: str) -> Account:
    """Return the unit's one house account of this kind."""
    found = Account.objects.filter(unit=unit, kind=kind, partner__isnull=True).first()
    return found or open_house_accounts(unit)[kind]


def of_partners(unit: Unit, kind: str, partner_ids: Iterable[int]) -> dict[int, Account]:
    """Return each partner's account of a kind (pool, pending or debt) by partner id."""
    wanted = set(partner_ids)
    of_kind = Account.objects.filter(unit=unit, kind=kind, member__isnull=True)

    def read() -> dict[int, Account]:
        return {account.partner_id: account for account in of_kind.filter(partner__in=wanted)}

    found = read()
    if missing := sorted(wanted - found.keys()):
        Account.objects.bulk_create(
            [Account(unit=unit, kind=kind, partner_id=partner_id) for partner_id in missing],
            ignore_conflicts=True,
        )
        found = read()
    return found


def pool(unit: Unit, partner: Partner) -> Account:
    return of_partners(unit, Account.Kind.POOL, [partner.pk])[partner.pk]


def pending(unit: Unit, partner: Partner) -> Account:
    return of_partners(unit, Account.Kind.PENDING, [partner.pk])[partner.pk]


def debt(unit: Unit, partner: Partner) -> Account:
    return of_partners(unit, Account.Kind.DEBT, [partner.pk])[partner.pk]


def wallets(unit: Unit, members: Iterable[Member]) -> dict[int, Account]:
    """Return each member's wallet by member id."""
    wanted = {member.pk: member for member in members}
    of_unit = Account.objects.filter(unit=unit, kind=Account.Kind.WALLET)

    def read() -> dict[int, Account]:
        return {account.member_id: account for account in of_unit.filter(member__in=wanted)}

    found = read()
    if missing := sorted(wanted.keys() - found.keys()):
        Account.objects.bulk_create(
            [
                Account(
                    unit=unit,
                    kind=Account.Kind.WALLET,
                    partner_id=wanted[member_id].partner_id,
                    member_id=member_id,
                )
                for member_id in missing
            ],
            ignore_conflicts=True,
        )
        found = read()
    return found


def wallet(unit: Unit, member: Member) -> Account:
    return wallets(unit, [member])[member.pk]


def now_of(account: Account) -> Account:
    """
    Return the account that stands for this one now: its own, or the kept partner's after a merge.

    A wallet goes on as the same person's; of somebody who is not on that team, as the pool.
    """
    if account.partner is None or account.partner.merged_into is None:
        return account
    kept = account.partner.merged_into
    if account.member is None:
        return of_partners(account.unit, account.kind, [kept.pk])[kept.pk]
    team = Member.objects.active().filter(partner=kept)
    member = team.filter(person=account.member.person_id).first()
    return wallet(account.unit, member) if member else pool(account.unit, kept)
