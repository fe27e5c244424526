"""
One company becomes two again, as long as nothing that was moved has been used.

Slices go back as they came. What facts of the merged partner earned since goes with it, as long as
it is whole. Then both are judged by their own facts.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db import transaction
from django.db.models import F, Q, Sum
from django.utils.translation import gettext as _

from ledger import accounts
from ledger.models import Account, Lot, LotUse, Transfer
from ledger.posting import Entry, post
from partners import events
from partners.models import Actor, Member, Partner, PartnerMerge, Person
from partners.references import part
from rewards import leaving
from rewards.merging.doing import find_free, judge_again, lock_families
from rewards.merging.team import find_ending, take_invitations_back, take_people_back
from rewards.models import Award, ClawBack, Redemption

Kind = Transfer.Kind


class UndoNotPossible(Exception):
    """The merge cannot be undone any more; ``reason`` is a code that says why."""

    code = "undo_not_possible"

    def __init__(self, reason: str, says: str) -> None:
        super().__init__(says)
        self.reason = reason


def undo_merge(*, merge: PartnerMerge, by: Person | None, at: datetime) -> PartnerMerge:
    """
    Make two companies of one again and return the merge. Undoing again changes nothing.

    :raises UndoNotPossible: If something that was moved was used, or a later merge stands upon it.
    """
    with transaction.atomic():
        lock_families(merge.kept)
        made = PartnerMerge.objects.select_related("kept", "merged").get(pk=merge.pk)
        if made.undone_at is not None:
            return made
        family = [made.merged_id, *made.changes["children"]]
        _refuse_if_built_upon(made, family)
        undoing = _Undoing.read(made, family, at=at)
        undoing.check()
        ending = find_ending(made.changes["members"])
        _refuse_while_something_waits(ending)
        undoing.post()
        for member in ending:
            # What the kept one shared with them is not theirs to take along.
            leaving.return_wallets(member, by=Actor(person=by), at=at)
        Award.objects.filter(pk__in=undoing.awards).update(partner=made.merged)
        Partner.objects.filter(pk=made.merged_id).update(merged_into=None)
        Partner.objects.filter(pk__in=made.changes["children"]).update(merged_into=made.merged)
        Partner.objects.filter(pk__in=family).count_edit()
        take_people_back(made.changes["members"], at=at)
        take_invitations_back(made.changes["invitations"], merged=made.merged)
        made.undone_at, made.undone_by = at, by
        made.save(update_fields=["undone_at", "undone_by"])
        _record(made, by=by, at=at)
        part(family, at=at)
        roots = sorted((made.kept_id, made.merged_id))
        judge_again(roots, standing_of=[], as_of=at)
        return made


def _refuse_if_built_upon(made: PartnerMerge, family: Sequence[int]) -> None:
    still = Partner.objects.filter(pk__in=family, merged_into=made.kept_id).count()
    if still != len(family):
        raise UndoNotPossible("merged_since", _("Undo the later merge first."))


def _refuse_while_something_waits(members: Iterable[Member]) -> None:
    """Nobody decides any more about what somebody asked for in a company they are not in."""
    if any(leaving.find_obstacles(member).count for member in members):
        raise UndoNotPossible(
            "still_pending",
            _("Something waits for a decision that somebody of the merged one asked for since."),
        )


@dataclass(slots=True)
class _Undoing:
    """What the merge moved, and what of it is where now."""

    made: PartnerMerge
    at: datetime
    awards: dict[int, str]
    moved: list[Transfer]
    repaid: list[Transfer]
    own_repaid: set[int] = field(default_factory=set)
    repaid_of: dict[int, int] = field(default_factory=dict)
    earned: list[Transfer] = field(default_factory=list)

    @classmethod
    def read(cls, made: PartnerMerge, family: Sequence[int], *, at: datetime) -> "_Undoing":
        awards = Award.objects.filter(partner=made.kept_id, activity__partner__in=family)
        posted = Transfer.objects.filter(
            partner__in=[made.kept_id, *family], reference=str(made.public_id)
        )
        transfers = list(
            posted.select_related("debit_account__unit", "credit_account__unit").order_by("pk")
        )
        undoing = cls(
            made=made,
            at=at,
            awards={pk: str(name) for pk, name in awards.values_list("pk", "public_id")},
            moved=[one for one in transfers if one.kind == Kind.MERGE],
            repaid=[one for one in transfers if one.kind == Kind.REPAY_DEBT],
        )
        undoing._read_repaid()
        since = Transfer.objects.filter(
            partner=made.kept_id, reference__in=undoing.awards.values(), pk__gt=undoing.last_id
        )
        undoing.earned = list(since.select_related("credit_account__unit").order_by("pk"))
        return undoing

    @property
    def last_id(self) -> int:
        """The last transfer that belongs to the merge; what it led to comes after."""
        return int(self.made.changes["last_transfer_id"])

    def _read_repaid(self) -> None:
        """Tell which debts were repaid out of moved points, and which out of the kept one's own."""
        moved = {one.pk for one in self.moved}
        opened = defaultdict(set)
        uses = LotUse.objects.filter(transfer__in=self.repaid).select_related("lot")
        for use in uses:
            opened[use.transfer_id].add(use.lot.opened_by_id in moved)
            if use.lot.opened_by_id in moved:
                before = self.repaid_of.get(use.lot.opened_by_id, 0)
                self.repaid_of[use.lot.opened_by_id] = before + use.amount
        self.own_repaid = {pk for pk, sources in opened.items() if sources == {False}}
        if any(len(sources) > 1 for sources in opened.values()):
            raise _used()

    # --------------------------------------------------------------- checking

    def check(self) -> None:
        """
        :raises UndoNotPossible: If going back would take what is not there, or tear facts apart.
        """
        self._refuse_if_judged_together()
        lots = Lot.objects.filter(opened_by__in=self.moved)
        spent = LotUse.objects.filter(lot__in=lots).exclude(transfer__in=self.repaid)
        if spent.exists() or lots.filter(held__gt=0).exists():
            raise _used()
        if self._has_refunds():
            raise _used()
        self._check_debts()
        taking = {Kind.CLAW_BACK, Kind.CANCEL_PENDING, Kind.INCUR_DEBT}
        if any(one.kind in taking for one in self.earned):
            raise _used()
        origins = [one for one in self.earned if one.kind != Kind.REPAY_DEBT]
        own = Lot.objects.open().filter(
            origin__in=origins, account__partner=self.made.kept_id, account__member__isnull=True
        )
        whole = own.aggregate(left=Sum(F("remaining") - F("held")))["left"] or 0
        if whole != sum(one.amount for one in origins) or len(origins) != len(self.earned):
            raise _used()

    def _refuse_if_judged_together(self) -> None:
        """Said first: what such a return took back looks like something that was used."""
        mine = Q(award__in=self.awards)
        of_merged = Q(cause__partner__in=[self.made.merged_id, *self.made.changes["children"]])
        across = ClawBack.objects.filter(award__partner=self.made.kept_id, due__gt=0)
        if across.filter((mine & ~of_merged) | (~mine & of_merged)).exists():
            raise UndoNotPossible(
                "judged_together",
                _("A return of the one was matched with an order of the other."),
            )

    def _has_refunds(self) -> bool:
        """Say whether points that the merged one had spent before came back to the kept one."""
        family = [self.made.merged_id, *self.made.changes["children"]]
        spent = Redemption.objects.filter(partner__in=family).values_list("public_id", flat=True)
        refunds = Transfer.objects.filter(
            partner=self.made.kept_id, kind=Kind.REFUND, pk__gt=self.last_id
        )
        return refunds.filter(reference__in=[str(public_id) for public_id in spent]).exists()

    def _check_debts(self) -> None:
        for debt in self._debts_moved():
            account = debt.debit_account
            owed = Account.objects.values_list("balance", flat=True).get(pk=account.pk)
            later = Transfer.objects.filter(
                credit_account=account,
                pk__gt=self.last_id,
                kind__in=(Kind.REPAY_DEBT, Kind.FORGIVE_DEBT),
            )
            if later.exists() or owed < self._left_of(debt):
                raise UndoNotPossible(
                    "debt_repaid", _("A debt that was moved has been repaid since.")
                )

    def _debts_moved(self) -> list[Transfer]:
        return [one for one in self.moved if one.debit_account.kind == Account.Kind.DEBT]

    def _left_of(self, debt: Transfer) -> int:
        """What the merge itself did not repay of a debt that it moved."""
        own = (one for one in self.repaid if one.pk in self.own_repaid)
        repaid = sum(one.amount for one in own if one.credit_account_id == debt.debit_account_id)
        return max(0, debt.amount - repaid)

    # ---------------------------------------------------------------- posting

    def post(self) -> None:
        batch = [*self._return_debts(), *self._return_slices(), *self._return_earned()]
        post([*batch, *self._unrepay()], posted_at=self.at)
        touched = {
            account.unit_id: account.unit
            for one in (*self.moved, *self.earned)
            for account in (one.credit_account,)
        }
        owing = []
        for unit in touched.values():
            for partner in (self.made.kept, self.made.merged):
                pool, debt = accounts.pool(unit, partner), accounts.debt(unit, partner)
                amount = min(find_free(pool), debt.balance)
                if amount:
                    entry = self._entry(pool, debt, amount, f"settle:{debt.pk}")
                    owing.append(replace(entry, kind=Kind.REPAY_DEBT))
        post(owing, posted_at=self.at)

    def _return_debts(self) -> Iterable[Entry]:
        for debt in self._debts_moved():
            if left := self._left_of(debt):
                yield self._entry(debt.credit_account, debt.debit_account, left, str(debt.pk))

    def _return_slices(self) -> Iterable[Entry]:
        for one in self.moved:
            left = one.amount - self.repaid_of.get(one.pk, 0)
            if one.debit_account.kind == Account.Kind.DEBT or not left:
                continue
            entry = self._entry(one.credit_account, one.debit_account, left, str(one.pk))
            yield replace(entry, reverses=one)

    def _return_earned(self) -> Iterable[Entry]:
        own = Lot.objects.open().filter(
            origin__in=self.earned, account__partner=self.made.kept_id, account__member__isnull=True
        )
        left = own.values_list("origin", "account").annotate(left=Sum("remaining"))
        held = Account.objects.select_related("unit").in_bulk([row[1] for row in left])
        for origin_id, account_id, amount in left.order_by("origin", "account"):
            account = held[account_id]
            mine = accounts.of_partners(account.unit, account.kind, [self.made.merged_id])
            name = f"earned:{origin_id}:{account_id}"
            entry = self._entry(account, mine[self.made.merged_id], amount, name)
            yield replace(entry, prefer_origin_id=origin_id, strictly_of_origin=True)

    def _unrepay(self) -> Iterable[Entry]:
        """What repaid a debt comes back to its pool, and the debt to who owed it."""
        for one in self.repaid:
            unit = one.debit_account.unit
            of_kept = one.pk in self.own_repaid
            payer, debtor = self.made.merged, self.made.kept
            if of_kept:
                payer, debtor = debtor, payer
            owes, pool = accounts.debt(unit, debtor), accounts.pool(unit, payer)
            entry = self._entry(owes, pool, one.amount, f"repaid:{one.pk}")
            yield replace(entry, gives_back=one)

    def _entry(
        self,
        debit: Account,
        credit: Account,
        amount: int,
        name: str,
    ) -> Entry:
        return Entry(
            kind=Kind.MERGE,
            debit=debit,
            credit=credit,
            amount=amount,
            idempotency_key=f"unmerge:{self.made.public_id}:{name}",
            occurred_at=self.at,
            # Another reference than the merge's: what it moved is read by that one.
            reference=f"undo:{self.made.public_id}",
        )


def _used() -> UndoNotPossible:
    return UndoNotPossible("used_since", _("Some of what was moved has been used since."))


def _record(made: PartnerMerge, *, by: Person | None, at: datetime) -> None:
    payload = {
        "merge": str(made.public_id),
        "kept": str(made.kept.public_id),
        "merged": str(made.merged.public_id),
    }
    events.record(
        [
            events.EventDraft(
                partner_id=partner_id,
                kind="merge_undone",
                occurred_at=at,
                payload=payload,
                actor_id=by.pk if by else None,
            )
            for partner_id in (made.kept_id, made.merged_id)
        ],
        recorded_at=at,
    )
