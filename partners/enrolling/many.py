"""A chunk of partners at once, as a file brings them: what is new, what differs, what stays."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import IntegrityError, transaction

from partners.enrolling.appearing import tell_who_appeared
from partners.enrolling.details import (
    SystemNumber,
    find_holders,
    find_tags,
    record_edits,
)
from partners.events import EventDraft, record
from partners.models import Partner, PartnerNumber, Person

# What a file may say of a partner in one column each; ``account_manager`` is a Person or None.
COLUMNS = (
    "legal_name",
    "tax_id",
    "country",
    "currency",
    "language",
    "partner_since",
    "account_manager",
    "status",
)
ROWS_PER_STATEMENT = 1_000
ATTEMPTS_MAX = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerRow:
    """
    What a file says of one partner. What it does not say stays as it is.

    ``tags`` replace all there were, None says nothing of them; ``numbers`` are added.
    """

    erp_number: str
    values: Mapping[str, Any] = field(default_factory=dict)
    tags: Collection[str] | None = None
    numbers: Collection[SystemNumber] = ()


class Outcome(StrEnum):
    CREATED = "created"
    CHANGED = "changed"
    SAME = "same"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled:
    """
    What became of a row. ``changes`` has the values before and after by name of the field.

    ``code`` says why a row was refused: ``partner_merged``, ``number_taken`` or ``name_missing``;
    ``about`` is the number that was taken, or the ERP number of the partner that was kept.
    """

    erp_number: str
    outcome: Outcome
    partner_id: int | None = None
    changes: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    code: str = ""
    about: str = ""


def enrol_many(
    rows: Sequence[PartnerRow], *, by: Person | None, at: datetime, dry_run: bool = False
) -> list[Enrolled]:
    """
    Enrol or edit partners by their ERP numbers, and say for each row what changed, in their order.

    A fixed number of statements for any number of rows. A row that cannot be taken is answered,
    not raised: the others are good. No ERP number stands twice. The caller owns the transaction.

    :param dry_run: Say what would happen, and write nothing.
    """
    for _attempt in range(ATTEMPTS_MAX - 1):
        # Somebody else was quicker with a number of these: then it is known, and judged as such.
        with suppress(IntegrityError):
            return _enrol_once(rows, by=by, at=at, dry_run=dry_run)
    return _enrol_once(rows, by=by, at=at, dry_run=dry_run)


def _enrol_once(
    rows: Sequence[PartnerRow], *, by: Person | None, at: datetime, dry_run: bool
) -> list[Enrolled]:
    with transaction.atomic():
        chunk = _Chunk.read(rows, lock=not dry_run)
        answers = [chunk.judge(row) for row in rows]
        if not dry_run:
            answers = chunk.write(rows, answers, by=by, at=at)
        return answers


@dataclass(slots=True)
class _Chunk:
    partners: dict[str, Partner]
    holders: dict[SystemNumber, int]
    tags: dict[int, set[str]]
    kept: dict[int, str]
    claimed: dict[SystemNumber, str] = field(default_factory=dict)

    @classmethod
    def read(cls, rows: Sequence[PartnerRow], *, lock: bool) -> "_Chunk":
        # Before the partners: a number that comes in between belongs to somebody found below, or
        # the database refuses it a second time and all is judged again.
        holders = find_holders(number for row in rows for number in row.numbers)
        wanted = [row.erp_number for row in rows]
        found = Partner.objects.filter(erp_number__in=wanted).in_bulk()
        if lock:
            found = Partner.objects.lock_and_read(found)
        tagged: dict[int, set[str]] = {pk: set() for pk in found}
        through = Partner.tags.through.objects.filter(partner__in=found)
        for pk, name in through.values_list("partner_id", "tag__name"):
            tagged[pk].add(name)
        merged = {partner.merged_into_id for partner in found.values() if partner.merged_into_id}
        kept = dict(Partner.objects.filter(pk__in=merged).values_list("pk", "erp_number"))
        by_number = {partner.erp_number: partner for partner in found.values()}
        return cls(by_number, holders, tagged, kept)

    def judge(self, row: PartnerRow) -> Enrolled:
        partner = self.partners.get(row.erp_number)
        if partner is not None and partner.merged_into_id is not None:
            about = self.kept[partner.merged_into_id]
            return _refuse(row, "partner_merged", about)
        if partner is None and not row.values.get("legal_name"):
            return _refuse(row, "name_missing", row.erp_number)
        for number in row.numbers:
            holder = self.holders.get(number)
            is_others = holder is not None and (partner is None or holder != partner.pk)
            if is_others or self.claimed.setdefault(number, row.erp_number) != row.erp_number:
                return _refuse(row, "number_taken", number[1])
        changes = self._compare(row, partner)
        if partner is None:
            outcome = Outcome.CREATED
        else:
            outcome = Outcome.CHANGED if changes else Outcome.SAME
        return Enrolled(
            erp_number=row.erp_number,
            outcome=outcome,
            partner_id=partner.pk if partner else None,
            changes=changes,
        )

    def _compare(self, row: PartnerRow, partner: Partner | None) -> dict[str, tuple[Any, Any]]:
        changes: dict[str, tuple[Any, Any]] = {}
        for name in COLUMNS:
            if name not in row.values:
                continue
            # The id of the manager is at hand; the person would be a query a row.
            before, after = _stored(partner, name), _given(row, name)
            if before != after:
                changes[name] = (before, after)
        if row.tags is not None:
            had = self.tags.get(partner.pk, set()) if partner else set()
            wanted = {name.strip() for name in row.tags if name.strip()}
            if had != wanted:
                changes["tags"] = (sorted(had), sorted(wanted))
        added = [number for number in row.numbers if number not in self.holders]
        if added:
            changes["numbers"] = ([], sorted(added))
        return changes

    # ---------------------------------------------------------------- writing

    def write(
        self,
        rows: Sequence[PartnerRow],
        answers: Sequence[Enrolled],
        *,
        by: Person | None,
        at: datetime,
    ) -> list[Enrolled]:
        pairs = list(zip(rows, answers, strict=True))
        new = [row for row, answer in pairs if answer.outcome == Outcome.CREATED]
        edited = [pair for pair in pairs if pair[1].outcome == Outcome.CHANGED]
        self._insert(new)
        self._update(edited)
        written = [row for row, answer in pairs if answer.outcome in _WRITTEN]
        self._tag(written)
        self._number(written)
        self._tell_of(new, by=by, at=at)
        record_edits(
            {self.partners[row.erp_number].pk: [*answer.changes] for row, answer in edited},
            by=by,
            at=at,
        )
        appeared = {self.partners[row.erp_number].pk for row in new} | {
            self.partners[row.erp_number].pk
            for row, answer in edited
            if "numbers" in answer.changes
        }
        tell_who_appeared(appeared, at=at)
        return [self._with_id(answer) for answer in answers]

    def _tell_of(self, new: Iterable[PartnerRow], *, by: Person | None, at: datetime) -> None:
        drafts = [
            EventDraft(
                partner_id=self.partners[row.erp_number].pk,
                kind="partner_enrolled",
                occurred_at=at,
                actor_id=by.pk if by else None,
            )
            for row in new
        ]
        record(drafts, recorded_at=at)

    def _with_id(self, answer: Enrolled) -> Enrolled:
        if answer.outcome != Outcome.CREATED:
            return answer
        return Enrolled(
            erp_number=answer.erp_number,
            outcome=answer.outcome,
            partner_id=self.partners[answer.erp_number].pk,
            changes=answer.changes,
        )

    def _insert(self, rows: Iterable[PartnerRow]) -> None:
        built = [
            Partner(
                erp_number=row.erp_number,
                **{name: row.values[name] for name in COLUMNS if name in row.values},
            )
            for row in rows
        ]
        if not built:
            return
        Partner.objects.bulk_create(built, batch_size=ROWS_PER_STATEMENT)
        stored = Partner.objects.filter(erp_number__in=[partner.erp_number for partner in built])
        self.partners |= {partner.erp_number: partner for partner in stored}

    def _update(self, edited: Iterable[tuple[PartnerRow, Enrolled]]) -> None:
        touched: list[Partner] = []
        for row, answer in edited:
            partner = self.partners[row.erp_number]
            for name in answer.changes.keys() & set(COLUMNS):
                setattr(partner, name, row.values[name])
            partner.revision += 1
            touched.append(partner)
        if touched:
            # One upsert for all: set-based on both databases, unlike bulk_update.
            Partner.objects.bulk_create(
                touched,
                update_conflicts=True,
                unique_fields=["pk"],
                update_fields=[*COLUMNS, "revision"],
                batch_size=ROWS_PER_STATEMENT,
            )

    def _tag(self, rows: Iterable[PartnerRow]) -> None:
        wanted = {
            self.partners[row.erp_number].pk: {name.strip() for name in row.tags if name.strip()}
            for row in rows
            if row.tags is not None
        }
        differing = {pk: names for pk, names in wanted.items() if names != self.tags.get(pk, set())}
        if not differing:
            return
        tags = find_tags(name for names in differing.values() for name in names)
        through = Partner.tags.through
        through.objects.filter(partner__in=differing).delete()
        through.objects.bulk_create(
            [
                through(partner_id=pk, tag_id=tags[name].pk)
                for pk, names in differing.items()
                for name in sorted(names)
            ],
            batch_size=ROWS_PER_STATEMENT,
        )

    def _number(self, rows: Iterable[PartnerRow]) -> None:
        PartnerNumber.objects.bulk_create(
            [
                PartnerNumber(
                    partner_id=self.partners[row.erp_number].pk, system=system, number=number
                )
                for row in rows
                for system, number in sorted(set(row.numbers))
                if (system, number) not in self.holders
            ],
            batch_size=ROWS_PER_STATEMENT,
        )


_WRITTEN = frozenset({Outcome.CREATED, Outcome.CHANGED})


def _refuse(row: PartnerRow, code: str, about: str) -> Enrolled:
    return Enrolled(erp_number=row.erp_number, outcome=Outcome.REFUSED, code=code, about=about)


def _stored(partner: Partner | None, name: str) -> Any:
    known = partner or Partner()
    return known.account_manager_id if name == "account_manager" else getattr(known, name)


def _given(row: PartnerRow, name: str) -> Any:
    value = row.values[name]
    if name == "account_manager":
        return value.pk if value is not None else None
    return value
