"""Take in one chunk of balances: decide about each row, post the good ones, keep the others."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import F, Sum
from django.utils.translation import gettext as _

from ledger import accounts
from ledger.models import ACCOUNT_BALANCE_MAX, Account, Lot, Transfer, Unit
from ledger.opening.agreeing import find_own_partners
from ledger.opening.report import Tally
from ledger.opening.rows import PLACES, BalanceRow
from ledger.opening.staging import Outcome, StagedRow
from ledger.opening.standing import Standing, make_key, read_standing, show_minor_units
from ledger.posting import Entry, post
from partners import events
from partners.events import EventDraft
from partners.importing.parking import SetAside
from partners.models import ImportRow, Partner, Person

ACCEPTED = "accepted"
DUPLICATE = "duplicate"
REFUSED = ImportRow.Outcome.REFUSED.value
DEBT = Account.Kind.DEBT.value
POOL = Account.Kind.POOL.value

Holder = tuple[int, str, str]
"""Partner id, unit code, kind of account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where the balances come from, and what the chunks need to know of units and headers."""

    name: str
    units: Mapping[str, Unit]
    zones: Mapping[str, ZoneInfo]
    columns: Mapping[str, str]
    as_of: datetime
    agreed_by: Person | None = None


@dataclass(slots=True)
class Chunk:
    """
    Rows that are taken in together, in one transaction that the caller opens.

    ``take`` may be called once. Afterwards ``tally``, ``outcomes`` and ``set_aside`` say what came
    of it; they count only if the transaction commits. The rows of one natural key follow one
    another; ``previous`` is the last key of the chunk before with what stands under it.
    """

    source: Source
    rows: Sequence[StagedRow]
    previous: tuple[str, Standing] | None = None
    tally: Tally = field(default_factory=Tally)
    outcomes: list[Outcome] = field(default_factory=list)
    set_aside: list[SetAside] = field(default_factory=list)
    _good: list[tuple[str, int, BalanceRow, Standing]] = field(default_factory=list)
    _balances: dict[Holder, int] = field(default_factory=dict)
    _merged: dict[int, str] = field(default_factory=dict)
    _own: set[int] = field(default_factory=set)

    def take(self) -> None:
        named = [(each.row, each.partner_id) for each in self.rows if each.partner_id is not None]
        partner_ids = {partner_id for _row, partner_id in named}
        Partner.objects.lock(partner_ids)
        self._merged = dict(
            Partner.objects.filter(pk__in=partner_ids, merged_into__isnull=False).values_list(
                "pk", "merged_into__erp_number"
            )
        )
        if self.source.agreed_by is not None:
            self._own = find_own_partners(self.source.agreed_by, partner_ids)
        known = read_standing(
            make_key(self.source.name, partner_id, row.natural_key) for row, partner_id in named
        )
        if self.previous:
            known.setdefault(*self.previous)
        self._balances = self._read_balances(partner_ids)
        for each in self.rows:
            self._judge(each.row, each.partner_id, known)
        self._post()

    # ------------------------------------------------------------------ judge

    def _judge(self, row: BalanceRow, partner_id: int | None, known: dict[str, Standing]) -> None:
        if partner_id is None:
            self._refuse(row, "partner", "unknown_partner", _("There is no such partner."))
            return
        key = make_key(self.source.name, partner_id, row.natural_key)
        given = Standing.of_row(row, self.source.zones[row.unit])
        if key in known:
            self._compare(row, known[key], given)
            self.previous = key, known[key]
            return
        if reason := self._find_reason(row, partner_id, given):
            self._refuse(row, *reason)
            return
        known[key] = given
        self.previous = key, given
        self._balances[partner_id, row.unit, row.account] += row.amount
        self._good.append((key, partner_id, row, given))

    def _compare(self, row: BalanceRow, known: Standing, given: Standing) -> None:
        column = known.differs_in(given)
        if not column:
            self.tally.rows_duplicate += 1
            self.tally.known[row.unit, row.account] += row.amount
            message = _("This balance is known already.")
            self.outcomes.append(Outcome(row.number, DUPLICATE, "", DUPLICATE, message, ""))
            return
        zone, decimals = self.source.zones[row.unit], self.source.units[row.unit].decimals
        message = _("Already known with %(known)s; the file says %(given)s. The first one stands.")
        said = {
            "known": known.describe(column, zone=zone, decimals=decimals),
            "given": given.describe(column, zone=zone, decimals=decimals),
        }
        self._refuse(row, column, "conflict", message % said)

    def _find_reason(
        self, row: BalanceRow, partner_id: int, given: Standing
    ) -> tuple[str, str, str] | None:
        """Return column, code and message of what speaks against a new balance."""
        if partner_id in self._merged:
            message = _("This partner was merged into %(partner)s. Name that one.")
            return "partner", "merged_partner", message % {"partner": self._merged[partner_id]}
        if partner_id in self._own:
            message = _("Whoever agreed is on the team of this partner. Somebody else has to.")
            return "partner", "own_partner", message
        if given.earned_at > self.source.as_of:
            return "earned_on", "earned_in_future", _("This day has not come yet.")
        if given.expires_at is not None and given.expires_at <= self.source.as_of:
            return "expires_on", "already_expired", _("This balance has expired already.")
        if self._balances[partner_id, row.unit, row.account] + row.amount > ACCOUNT_BALANCE_MAX:
            return "amount", "too_large", _("The account would hold more than it may.")
        return None

    def _refuse(self, row: BalanceRow, name: str, code: str, message: str) -> None:
        column = self.source.columns.get(name, name)
        value = show_cell(row, name, decimals=self.source.units[row.unit].decimals)
        self.tally.refuse(code, (row.unit, row.account), row.amount)
        self.outcomes.append(Outcome(row.number, REFUSED, column, code, message, value))
        self.set_aside.append(
            set_aside(row, column=column, code=code, message=message, value=value)
        )

    # ------------------------------------------------------------------- post

    def _read_balances(self, partner_ids: Iterable[int]) -> dict[Holder, int]:
        found: dict[Holder, int] = defaultdict(int)
        rows = Account.objects.filter(
            partner__in=list(partner_ids), unit__code__in=self.source.units, kind__in=PLACES
        )
        for partner_id, unit, kind, balance in rows.values_list(
            "partner", "unit__code", "kind", "balance"
        ):
            found[partner_id, unit, kind] = balance
        return found

    def _post(self) -> None:
        by_unit: dict[str, list[tuple[str, int, BalanceRow, Standing]]] = defaultdict(list)
        for good in self._good:
            by_unit[good[2].unit].append(good)
        for code, goods in sorted(by_unit.items()):
            batch = self._make_batch(self.source.units[code], goods)
            posted = post(batch, posted_at=self.source.as_of)
            self.tally.repaid[code] += sum(
                transfer.amount
                for done in posted
                for transfer in done.transfers
                if transfer.kind == Transfer.Kind.REPAY_DEBT
            )
        for _key, _partner_id, row, _standing in self._good:
            self.tally.rows_accepted += 1
            self.tally.posted[row.unit, row.account] += row.amount
        self._record_events()

    def _make_batch(
        self, unit: Unit, goods: Sequence[tuple[str, int, BalanceRow, Standing]]
    ) -> list[Entry]:
        """
        Return the entries: debts first, then what a free pool repays of them, then the credits.

        In this order no pool is left with something free beside a debt: a credit to a pool that
        owes repays by itself.
        """
        adjusted = accounts.house(unit, Account.Kind.ADJUSTED)
        held = {
            kind: accounts.of_partners(
                unit,
                kind,
                {partner_id for _key, partner_id, row, _s in goods if row.account == kind},
            )
            for kind in PLACES
        }
        debts: list[Entry] = []
        credits_: list[Entry] = []
        for key, partner_id, row, standing in goods:
            own = held[row.account][partner_id]
            is_debt = row.account == DEBT
            (debts if is_debt else credits_).append(
                Entry(
                    kind=Transfer.Kind.OPEN,
                    debit=own if is_debt else adjusted,
                    credit=adjusted if is_debt else own,
                    amount=row.amount,
                    idempotency_key=key,
                    occurred_at=standing.earned_at,
                    expires_at=standing.expires_at,
                    matures_at=standing.matures_at,
                    reference=row.reference,
                )
            )
        return [*debts, *self._repay_out_of_free_pools(unit, debts), *credits_]

    def _repay_out_of_free_pools(self, unit: Unit, debts: Sequence[Entry]) -> list[Entry]:
        if not debts:
            return []
        owed: dict[int, list[Entry]] = defaultdict(list)
        for entry in debts:
            if entry.debit.partner_id is not None:
                owed[entry.debit.partner_id].append(entry)
        pools = accounts.of_partners(unit, POOL, owed)
        free = self._read_free(pools.values())
        return [
            Entry(
                kind=Transfer.Kind.REPAY_DEBT,
                debit=pools[partner_id],
                credit=entries[0].debit,
                amount=min(free[pools[partner_id].pk], sum(entry.amount for entry in entries)),
                idempotency_key=f"{entries[0].idempotency_key}:settle",
                occurred_at=self.source.as_of,
                reference=entries[0].reference,
            )
            for partner_id, entries in owed.items()
            if free.get(pools[partner_id].pk)
        ]

    def _read_free(self, pools: Iterable[Account]) -> dict[int, int]:
        """Return what each pool could spend now; the partners' rows are locked, so it stays so."""
        latest = {
            pool.pk: max(self.source.as_of, pool.last_posted_at or self.source.as_of)
            for pool in pools
        }
        # The clock of a pool may be ahead of ours; what it calls expired cannot repay.
        at = max(latest.values(), default=self.source.as_of)
        lots = Lot.objects.filter(account__in=latest).spendable(at).order_by()
        return dict(lots.values_list("account").annotate(free=Sum(F("remaining") - F("held"))))

    def _record_events(self) -> None:
        """Tell each partner once a chunk, unit and kind of account."""
        totals: dict[Holder, int] = defaultdict(int)
        for _key, partner_id, row, _standing in self._good:
            totals[partner_id, row.unit, row.account] += row.amount
        events.record(
            [
                EventDraft(
                    partner_id=partner_id,
                    kind="balance_opened",
                    occurred_at=self.source.as_of,
                    payload={"amount": amount, "unit": unit, "account": account},
                )
                for (partner_id, unit, account), amount in sorted(totals.items())
            ],
            recorded_at=self.source.as_of,
        )


def show_cell(row: BalanceRow, name: str, *, decimals: int) -> str:
    """Return what stood in the column that a reason is about."""
    if name == "amount":
        return show_minor_units(row.amount, decimals)
    if name == "partner":
        return row.partner_ref
    return str(getattr(row, name, ""))


def set_aside(row: BalanceRow, *, column: str, code: str, message: str, value: str) -> SetAside:
    content = {name: given for name, given in row._asdict().items() if given and name != "number"}
    return SetAside(
        number=row.number,
        document=row.reference or row.partner_ref,
        outcome=REFUSED,
        code=code,
        column=column,
        value=value,
        content=json.dumps({"message": message, **content}),
    )
