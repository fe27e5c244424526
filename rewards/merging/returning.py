"""
What goes back when a merge is undone, and whether it can still be told whose it is.

A slice is known by its origin, the transfer that first credited it, wherever it went since. What
the merge moved and what the merged one's own facts earned since is the merged one's. Facts may have
taken of it: a return that was judged across both is judged apart again afterwards, and gives back
what it took. Whatever else took of it ends the undoing.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db.models import Q, QuerySet, Sum
from django.utils.translation import gettext as _

from ledger import accounts
from ledger.models import Account, Lot, LotUse, Transfer
from ledger.posting import Entry, post
from partners.models import Member, PartnerMerge
from rewards.merging.doing import find_free
from rewards.models import Award, ClawBack, Redemption

Kind = Transfer.Kind

CREDITING = frozenset({Kind.EARN, Kind.PEND, Kind.REVERSE})
TAKING_BACK = frozenset({Kind.CLAW_BACK, Kind.CANCEL_PENDING})
# A later merge that was undone took slices along and brought them back.
CARRYING_ON = frozenset({Kind.MATURE, Kind.MERGE})


class UndoNotPossible(Exception):
    """The merge cannot be undone any more; ``reason`` is a code that says why."""

    code = "undo_not_possible"

    def __init__(self, reason: str, says: str) -> None:
        super().__init__(says)
        self.reason = reason


@dataclass(slots=True)
class Returning:
    """What the merge moved, and what of it is where now."""

    made: PartnerMerge
    at: datetime
    family: Sequence[int]
    awards: dict[int, str]
    moved: list[Transfer]
    repaid: list[Transfer]
    own_repaid: set[int] = field(default_factory=set)
    repaid_of: dict[int, int] = field(default_factory=dict)
    since: list[Transfer] = field(default_factory=list)

    @classmethod
    def read(cls, made: PartnerMerge, family: Sequence[int], *, at: datetime) -> "Returning":
        awards = Award.objects.filter(partner=made.kept_id, activity__partner__in=family)
        posted = Transfer.objects.filter(
            partner__in=[made.kept_id, *family], reference=str(made.public_id)
        )
        transfers = list(
            posted.select_related("debit_account__unit", "credit_account__unit").order_by("pk")
        )
        returning = cls(
            made=made,
            at=at,
            family=family,
            awards={pk: str(name) for pk, name in awards.values_list("pk", "public_id")},
            moved=[one for one in transfers if one.kind == Kind.MERGE],
            repaid=[one for one in transfers if one.kind == Kind.REPAY_DEBT],
        )
        returning._read_repaid()
        since = Transfer.objects.filter(
            partner__in=_find_holders(made),
            reference__in=returning.awards.values(),
            pk__gt=returning.last_id,
        )
        returning.since = list(since.select_related("credit_account__unit").order_by("pk"))
        return returning

    @property
    def last_id(self) -> int:
        """The last transfer that belongs to the merge; what it led to comes after."""
        return int(self.made.changes["last_transfer_id"])

    @property
    def earned(self) -> list[Transfer]:
        """What the merged one's own facts were credited since."""
        return [one for one in self.since if one.kind in CREDITING]

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
        :raises UndoNotPossible: If it cannot be told any more what is whose, or is not there.
        """
        self._check_debts()
        if self._is_mixed_up():
            raise _mixed_up() if self._was_judged_across() else _used()
        if self._is_used() or self._has_refunds():
            raise _used()

    def _is_mixed_up(self) -> bool:
        """Say whether facts of the one took slices of the other, or led to a debt."""
        own = [one.pk for one in self.since if one.kind in TAKING_BACK]
        of_others = LotUse.objects.filter(
            lot__in=self._find_lots(), transfer__kind__in=TAKING_BACK, transfer__gt=self.last_id
        ).exclude(transfer__in=own)
        theirs = LotUse.objects.filter(transfer__in=own).exclude(lot__in=self._find_lots())
        owing = {Kind.INCUR_DEBT, Kind.REPAY_DEBT}
        return any(one.kind in owing for one in self.since) or of_others.exists() or theirs.exists()

    def _is_used(self) -> bool:
        """Say whether anything but facts took of what is the merged one's, or holds it."""
        uses = LotUse.objects.filter(lot__in=self._find_lots(), transfer__gt=self.last_id)
        held = Lot.objects.filter(pk__in=self._find_lots(), held__gt=0)
        # What a fact gave to somebody who was of the kept one alone has no wallet to go back to.
        stuck = Lot.objects.filter(
            pk__in=self._find_lots(), remaining__gt=0, account__member__isnull=False
        ).exclude(account__member__in=self._came_from())
        known = TAKING_BACK | CARRYING_ON
        used = uses.exclude(transfer__kind__in=known)
        return used.exists() or held.exists() or stuck.exists()

    def _find_lots(self) -> QuerySet[Lot]:
        """Return the slices of the merged one, wherever the kept one has or had them."""
        moved = Lot.objects.filter(opened_by__in=[one.pk for one in self.moved])
        earned = [one.pk for one in self.earned]
        return Lot.objects.filter(
            Q(origin__in=moved.values("origin")) | Q(origin__in=earned),
            account__partner__in=_find_holders(self.made),
        )

    def _was_judged_across(self) -> bool:
        mine = Q(award__in=self.awards)
        of_merged = Q(cause__partner__in=self.family)
        across = ClawBack.objects.filter(award__partner=self.made.kept_id, due__gt=0)
        return across.filter((mine & ~of_merged) | (~mine & of_merged)).exists()

    def _has_refunds(self) -> bool:
        """Say whether points that the merged one had spent before came back to the kept one."""
        spent = Redemption.objects.filter(partner__in=self.family).values_list(
            "public_id", flat=True
        )
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
        batch = [*self._return_debts(), *self._return_slices(), *self._return_rest()]
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
        """What is where the merge put it goes back by its own way."""
        lots = Lot.objects.open().filter(opened_by__in=[one.pk for one in self.moved])
        left = dict(lots.order_by().values_list("opened_by").annotate(Sum("remaining")))
        for one in self.moved:
            if amount := left.get(one.pk):
                entry = self._entry(one.credit_account, one.debit_account, amount, str(one.pk))
                yield replace(entry, reverses=one)

    def _return_rest(self) -> Iterable[Entry]:
        """What was earned since, or went on since, goes to the same account of the merged one."""
        open_ones = self._find_lots().filter(remaining__gt=0)
        lots = open_ones.filter(account__partner=self.made.kept_id)
        rest = lots.exclude(opened_by__in=[one.pk for one in self.moved]).order_by()
        left = rest.values_list("origin", "account").annotate(left=Sum("remaining"))
        held = Account.objects.select_related("unit").in_bulk([row[1] for row in left])
        for origin_id, account_id, amount in left.order_by("origin", "account"):
            account = held[account_id]
            name = f"rest:{origin_id}:{account_id}"
            entry = self._entry(account, self._find_own(account), amount, name)
            yield replace(entry, prefer_origin_id=origin_id, strictly_of_origin=True)

    def _came_from(self) -> dict[int | None, int]:
        """Who each member of the kept one was with the merged one."""
        return {done["to"]: done["from"] for done in self.made.changes["members"]}

    def _find_own(self, account: Account) -> Account:
        if account.kind == Account.Kind.WALLET:
            member = Member.objects.get(pk=self._came_from()[account.member_id])
            return accounts.wallet(account.unit, member)
        partner_id = self.made.merged_id
        return accounts.of_partners(account.unit, account.kind, [partner_id])[partner_id]

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


def _find_holders(made: PartnerMerge) -> list[int]:
    """Return who has held what was moved: the kept one, and what it was part of for a time."""
    later = PartnerMerge.objects.filter(merged=made.kept_id, pk__gt=made.pk)
    return [made.kept_id, *later.values_list("kept", flat=True)]


def _used() -> UndoNotPossible:
    return UndoNotPossible("used_since", _("Some of what was moved has been used since."))


def _mixed_up() -> UndoNotPossible:
    return UndoNotPossible(
        "judged_together",
        _("A return of the one took points of the other: it cannot be told apart any more."),
    )
