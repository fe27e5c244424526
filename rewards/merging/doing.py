"""The merge itself: people and balances move, then the family is judged as one company."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F, Max, Sum
from django.utils.translation import gettext_lazy

from ledger import accounts
from ledger.models import TRANSFER_AMOUNT_MAX, Account, Lot, Transfer
from ledger.posting import Entry, post
from partners import events
from partners.enrolling import PartnerMerged
from partners.families import families_of
from partners.models import Partner, PartnerMerge, Person
from partners.references import resolve_of
from partners.team import find_head_buyers
from rewards.crediting import enrol
from rewards.merging.consents import end_consents
from rewards.merging.obstacles import MergeNotPossible, Obstacle, find_obstacles
from rewards.merging.team import move_invitations, move_people
from rewards.models import Award, Programme, Standing
from rewards.settling import settle
from rewards.tiers.recalculating import raise_standings

Kind = Account.Kind


def merge(
    *,
    kept: Partner,
    merged: Partner,
    reason: str,
    by: Person | None,
    at: datetime,
    request_key: str,
) -> PartnerMerge:
    """
    Make one company of two: ``merged`` is part of ``kept`` from now on.

    Pools, pending awards, wallets and debts move with their slices, their expiry and maturity; a
    debt is repaid out of what is free. Then all facts of the family are judged as one company's.
    Asked again with the same ``request_key``, the first merge is returned, unless it was undone.

    :raises PartnerMerged: If ``merged`` is part of another partner already.
    :raises MergeNotPossible: If something stands in the way, such as an open request.
    """
    with transaction.atomic():
        lock_families(kept, merged)
        kept, merged = (Partner.objects.get(pk=each.pk) for each in (kept, merged))
        if earlier := _find_earlier(kept, merged, request_key):
            return earlier
        if merged.merged_into is not None:
            raise PartnerMerged(merged.merged_into)
        if obstacles := find_obstacles(kept=kept, merged=merged):
            raise MergeNotPossible(obstacles)
        made = PartnerMerge(
            kept=kept, merged=merged, reason=reason.strip(), merged_at=at, merged_by=by
        )
        family = families_of([merged.pk])[merged.pk]
        _move_team(made, family, request_key=request_key)
        moved = _move_balances(made, family)
        _note_last_transfer(made, family)
        _become_one(made, family)
        _record(made, moved, by=by, at=at)
        # What one of them named and the other had is found now.
        resolve_of(families_of([kept.pk])[kept.pk], at=at)
        judge_again([kept.pk], standing_of=family, as_of=at)
        return made


def _move_team(made: PartnerMerge, family: Sequence[int], *, request_key: str) -> None:
    """Move people and invitations, and store the merge with what it takes to undo that."""
    kept, merged, at = made.kept, made.merged, made.merged_at
    had_head_buyer = find_head_buyers(kept.pk).exists()
    members = move_people(kept=kept, merged=merged, at=at)
    moved = [done["from"] for done in members]
    made.changes = {
        "request_key": request_key,
        "children": family[1:],
        "had_head_buyer": had_head_buyer,
        "members": members,
        "earning": end_consents(moved, by=made.merged_by, at=at),
        "invitations": move_invitations(kept=kept, merged=merged, at=at),
    }
    made.save(force_insert=True)


def _note_last_transfer(made: PartnerMerge, family: Sequence[int]) -> None:
    """What comes after it is not of the merge any more, but of what it led to."""
    moved = Transfer.objects.filter(partner__in=[made.kept_id, *family]).aggregate(Max("pk"))
    made.changes["last_transfer_id"] = moved["pk__max"] or 0
    made.save(update_fields=["changes"])


def _become_one(made: PartnerMerge, family: Sequence[int]) -> None:
    rows = Partner.objects.filter(pk__in=family)
    rows.update(merged_into=made.kept, revision=F("revision") + 1)
    Award.objects.filter(partner__in=family).update(partner=made.kept)


def lock_families(*partners: Partner) -> None:
    """Lock everybody who is one company with one of these, in one order."""
    ids = {partner.pk for partner in partners}
    ids |= {pk for family in families_of(ids).values() for pk in family}
    Partner.objects.lock(ids)


def judge_again(root_ids: Sequence[int], *, standing_of: Iterable[int], as_of: datetime) -> None:
    """Settle roots in every live programme in which one of ``standing_of``, or they, stand."""
    partner_ids = {*root_ids, *standing_of}
    enrolled = Standing.objects.filter(partner__in=partner_ids).values("programme")
    live = Programme.objects.live().filter(pk__in=enrolled).select_related("main_unit")
    for programme in live.order_by("pk"):
        enrol(root_ids, programme=programme, as_of=as_of)
        settle(root_ids, programme=programme, as_of=as_of)
        raise_standings(root_ids, programme=programme, as_of=as_of)


def _find_earlier(kept: Partner, merged: Partner, request_key: str) -> PartnerMerge | None:
    """
    Return what this very request made already.

    :raises MergeNotPossible: If that was undone since: a request that comes late redoes nothing.
    """
    same = PartnerMerge.objects.filter(kept=kept, merged=merged, changes__request_key=request_key)
    made = same.order_by("pk").last()
    if made is not None and made.undone_at is not None:
        says = gettext_lazy("This merge was made and undone since. Ask for it anew.")
        raise MergeNotPossible([Obstacle("undone_since", says)])
    return made


# ------------------------------------------------------------------- balances


def _move_balances(made: PartnerMerge, family: Sequence[int]) -> list[Transfer]:
    """Debts first, and what they are repaid with: nothing is free beside a debt."""
    held = list(
        Account.objects.filter(partner__in=family, balance__gt=0)
        .select_related("unit", "member")
        .order_by("pk")
    )
    ways = _Ways(made, held)
    batch: list[Entry] = []
    for account in held:
        if account.kind == Kind.DEBT:
            batch += ways.split(account, debit=ways.target(account), credit=account)
    batch += ways.repay()
    for account in held:
        if account.kind != Kind.DEBT:
            batch += ways.split(account, debit=account, credit=ways.target(account))
    posted = post(batch, posted_at=made.merged_at)
    return [transfer for done in posted for transfer in done.transfers]


class _Ways:
    """Where each account's balance goes: to the same account of the kept partner."""

    def __init__(self, made: PartnerMerge, held: Sequence[Account]) -> None:
        self.made = made
        self.held = held
        self.units = {account.unit_id: account.unit for account in held}
        self.members = {done["from"]: done["to"] for done in made.changes["members"]}

    def target(self, account: Account) -> Account:
        """A wallet goes to the same person's; of somebody who has left, to the pool."""
        unit, kept = account.unit, self.made.kept
        if account.kind != Kind.WALLET:
            return accounts.of_partners(unit, account.kind, [kept.pk])[kept.pk]
        if account.member_id not in self.members:
            return accounts.pool(unit, kept)
        found = kept.members.get(pk=self.members[account.member_id])
        return accounts.wallet(unit, found)

    def split(self, account: Account, *, debit: Account, credit: Account) -> list[Entry]:
        """An account may hold more than one transfer may move."""
        parts, left = [], account.balance
        while left:
            parts.append(min(left, TRANSFER_AMOUNT_MAX))
            left -= parts[-1]
        return [
            self.entry(Transfer.Kind.MERGE, debit, credit, amount, f"{account.pk}:{place}")
            for place, amount in enumerate(parts)
        ]

    def repay(self) -> list[Entry]:
        """What the kept one has free repays the debt that comes in."""
        batch = []
        for debt in self.held:
            if debt.kind != Kind.DEBT:
                continue
            pool = accounts.pool(debt.unit, self.made.kept)
            owes = accounts.debt(debt.unit, self.made.kept)
            amount = min(find_free(pool), debt.balance + owes.balance)
            if amount:
                kind, name = Transfer.Kind.REPAY_DEBT, f"repay:{debt.pk}"
                batch.append(self.entry(kind, pool, owes, amount, name))
        return batch

    def entry(self, kind: str, debit: Account, credit: Account, amount: int, name: str) -> Entry:
        return Entry(
            kind=kind,
            debit=debit,
            credit=credit,
            amount=amount,
            idempotency_key=f"merge:{self.made.public_id}:{name}",
            occurred_at=self.made.merged_at,
            reference=str(self.made.public_id),
        )


def find_free(account: Account) -> int:
    """Return what is in no hold; a debt is repaid out of what has expired too."""
    lots = Lot.objects.open().filter(account=account)
    return lots.aggregate(free=Sum(F("remaining") - F("held")))["free"] or 0


def _record(
    made: PartnerMerge, moved: Iterable[Transfer], *, by: Person | None, at: datetime
) -> None:
    amounts: dict[str, int] = {}
    into_pool = {
        account.pk: account.unit.code
        for account in Account.objects.pools().filter(partner=made.kept).select_related("unit")
    }
    for transfer in moved:
        code = into_pool.get(transfer.credit_account_id)
        if code is not None and transfer.kind == Transfer.Kind.MERGE:
            amounts[code] = amounts.get(code, 0) + transfer.amount
    common = {
        "merge": str(made.public_id),
        "kept": str(made.kept.public_id),
        "merged": str(made.merged.public_id),
    }
    events.record(
        [
            events.EventDraft(
                partner_id=partner.pk,
                kind="partner_merged",
                occurred_at=at,
                payload=common | more,
                actor_id=by.pk if by else None,
            )
            for partner, more in ((made.kept, {"amounts": amounts}), (made.merged, {}))
        ],
        recorded_at=at,
    )
