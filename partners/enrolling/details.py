"""What a partner has beside its own columns: numbers in other systems, tags, contracts."""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from partners.enrolling.appearing import tell_who_appeared
from partners.events import EventDraft, record
from partners.models import Contract, Partner, PartnerNumber, Person, Tag

SystemNumber = tuple[str, str]
"""A system, and the partner's number there."""


class NumberTaken(Exception):
    """Another partner has this number already. ``system`` is empty for the ERP number."""

    code = "number_taken"

    def __init__(self, *, system: str, number: str, partner_id: int | None = None) -> None:
        where = system or _("the ERP")
        super().__init__(
            _("Another partner has the number %(number)s in %(system)s.")
            % {"number": number, "system": where}
        )
        self.system = system
        self.number = number
        self.partner_id = partner_id


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractTerms:
    """What was agreed with a partner; its number is unique for the partner."""

    number: str
    starts_on: date
    ends_on: date | None = None
    payment_days: int | None = None
    note: str = ""


def name_partner(
    *, partner: Partner, system: str, number: str, by: Person | None, at: datetime
) -> PartnerNumber:
    """
    Note the number that a partner has in another system. The same again changes nothing.

    :raises NumberTaken: If another partner has it.
    """
    with transaction.atomic():
        Partner.objects.lock([partner.pk])
        with _refusing_race({(system, number)}, partner_id=partner.pk):
            stored, is_new = PartnerNumber.objects.get_or_create(
                partner=partner, system=system, number=number
            )
        if is_new:
            count_edits([partner.pk])
            record_edits({partner.pk: ["numbers"]}, by=by, at=at)
            tell_who_appeared([partner.pk], at=at)
        return stored


def refuse_taken(numbers: Collection[SystemNumber], *, partner_id: int | None) -> None:
    """
    :raises NumberTaken: If another partner has one of these numbers.
    """
    for (system, number), holder in find_holders(numbers).items():
        if holder != partner_id:
            raise NumberTaken(system=system, number=number, partner_id=holder)


@contextmanager
def _refusing_race(numbers: Collection[SystemNumber], *, partner_id: int) -> Iterator[None]:
    """
    Write numbers that are nobody else's, also if somebody else writes them at this moment.

    :raises NumberTaken: If another partner has one of them, or was quicker.
    """
    refuse_taken(numbers, partner_id=partner_id)
    try:
        with transaction.atomic():
            yield
    except IntegrityError:
        refuse_taken(numbers, partner_id=partner_id)
        raise


def find_holders(numbers: Iterable[SystemNumber]) -> dict[SystemNumber, int]:
    """Return who has each of these numbers already. One query."""
    wanted = set(numbers)
    if not wanted:
        return {}
    rows = PartnerNumber.objects.filter(
        system__in={system for system, _number in wanted},
        number__in={number for _system, number in wanted},
    ).values_list("system", "number", "partner")
    return {(system, number): pk for system, number, pk in rows if (system, number) in wanted}


def find_tags(names: Iterable[str]) -> dict[str, Tag]:
    """Return tags by name; those that are missing are made."""
    wanted = {name.strip() for name in names if name.strip()}
    found = {tag.name: tag for tag in Tag.objects.filter(name__in=wanted)}
    if missing := sorted(wanted - found.keys()):
        Tag.objects.bulk_create([Tag(name=name) for name in missing], ignore_conflicts=True)
        found = {tag.name: tag for tag in Tag.objects.filter(name__in=wanted)}
    return found


def replace_tags(partner: Partner, names: Iterable[str]) -> bool:
    """Make these the partner's tags; return whether anything changed."""
    wanted = find_tags(names)
    before = set(partner.tags.values_list("pk", flat=True))
    after = {tag.pk for tag in wanted.values()}
    if before != after:
        partner.tags.set(after)
    return before != after


def replace_numbers(partner: Partner, numbers: Iterable[SystemNumber]) -> bool:
    """
    Make these the partner's numbers in other systems; return whether anything changed.

    :raises NumberTaken: If another partner has one of them.
    """
    wanted = set(numbers)
    with _refusing_race(wanted, partner_id=partner.pk):
        before = {(row.system, row.number): row for row in partner.numbers.all()}
        if before.keys() == wanted:
            return False
        gone = [row.pk for key, row in before.items() if key not in wanted]
        PartnerNumber.objects.filter(pk__in=gone).delete()
        PartnerNumber.objects.bulk_create(
            PartnerNumber(partner=partner, system=system, number=number)
            for system, number in sorted(wanted - before.keys())
        )
    return True


def replace_contracts(partner: Partner, contracts: Iterable[ContractTerms]) -> bool:
    """Make these the partner's contracts, known by their number; return whether any changed."""
    wanted = {terms.number: terms for terms in contracts}
    before = {row.number: row for row in partner.contracts.all()}
    changed = False
    for number, row in before.items():
        if number not in wanted:
            row.delete()
            changed = True
    for number, terms in wanted.items():
        known = before.get(number)
        if known is None:
            Contract.objects.create(partner=partner, **asdict(terms))
        elif _terms_of(known) != terms:
            for name, value in asdict(terms).items():
                setattr(known, name, value)
            known.save()
        else:
            continue
        changed = True
    return changed


def _terms_of(row: Contract) -> ContractTerms:
    return ContractTerms(
        number=row.number,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        payment_days=row.payment_days,
        note=row.note,
    )


def count_edits(partner_ids: Collection[int]) -> None:
    """Count the revision of locked partners up by one."""
    Partner.objects.filter(pk__in=partner_ids).count_edit()


def record_edits(
    fields_by_partner: dict[int, list[str]], *, by: Person | None, at: datetime
) -> None:
    """Record which fields changed, and nothing of what stands in them."""
    record(
        [
            EventDraft(
                partner_id=partner_id,
                kind="partner_changed",
                occurred_at=at,
                payload={"fields": fields},
                actor_id=by.pk if by else None,
            )
            for partner_id, fields in fields_by_partner.items()
        ],
        recorded_at=at,
    )
