"""One partner: enrolled, or edited where nobody else edited it meanwhile."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from types import MappingProxyType
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from partners.enrolling.appearing import tell_who_appeared
from partners.enrolling.details import (
    NumberTaken,
    record_edits,
    replace_contracts,
    replace_numbers,
    replace_tags,
)
from partners.events import EventDraft, record
from partners.models import Partner, Person
from partners.revising import refuse_if_stale

EDITABLE = (
    "erp_number",
    "legal_name",
    "tax_id",
    "country",
    "currency",
    "language",
    "partner_since",
    "account_manager",
    "status",
)
# What is given as a whole and replaces what was there.
REPLACED: Mapping[str, Callable[[Partner, Any], bool]] = {
    "tags": replace_tags,
    "numbers": replace_numbers,
    "contracts": replace_contracts,
}
NOTHING_MORE: Mapping[str, Any] = MappingProxyType({})


class PartnerMerged(Exception):
    """The partner was merged into another one: what is done now is done there."""

    code = "partner_merged"

    def __init__(self, kept: Partner) -> None:
        super().__init__(
            _("This partner was merged into %(partner)s. Change that one.") % {"partner": kept}
        )
        self.kept = kept
        self.kept_id = str(kept.public_id)


class UnknownField(Exception):
    """A change names something that a partner does not have, or that nobody edits."""


def enrol(
    *,
    erp_number: str,
    legal_name: str,
    details: Mapping[str, Any] = NOTHING_MORE,
    by: Person | None,
    at: datetime,
) -> Partner:
    """
    Enrol a company. Facts that waited for it are taken in the same transaction.

    :param details: What else is known, under the names that ``change`` takes.
    :raises NumberTaken: If its ERP number or another number is a partner's already.
    """
    _refuse_unknown(details)
    with transaction.atomic():
        _refuse_taken_erp_number(erp_number)
        columns = {name: details[name] for name in EDITABLE if name in details}
        partner = Partner(**columns | {"erp_number": erp_number, "legal_name": legal_name})
        with _refusing_race(erp_number):
            partner.save(force_insert=True)
        for name, replace in REPLACED.items():
            if name in details:
                replace(partner, details[name])
        enrolled = EventDraft(
            partner_id=partner.pk,
            kind="partner_enrolled",
            occurred_at=at,
            actor_id=by.pk if by else None,
        )
        record([enrolled], recorded_at=at)
        tell_who_appeared([partner.pk], at=at)
        return partner


def change(
    *,
    partner: Partner,
    changes: Mapping[str, Any],
    revision: int | None = None,
    by: Person | None,
    at: datetime,
) -> Partner:
    """
    Edit a partner and return it as it is now. What is as it was is no edit.

    :param changes: Values of ``EDITABLE`` fields, ``tags`` as names, ``numbers`` as (system,
        number), ``contracts`` as ``ContractTerms``. The last three replace all there were.
    :param revision: The one that was read; None where nothing was.
    :raises StaleRevision: If somebody else edited it since.
    :raises PartnerMerged: If it is part of another one now.
    :raises NumberTaken: If another partner has one of the numbers.
    """
    _refuse_unknown(changes)
    with transaction.atomic():
        locked = lock_for_edit(partner, revision=revision)
        changed = _set_fields(locked, changes)
        replaced = [
            name
            for name, replace in REPLACED.items()
            if name in changes and replace(locked, changes[name])
        ]
        if not changed and not replaced:
            return locked
        locked.revision += 1
        with _refusing_race(locked.erp_number):
            locked.save(update_fields=[*changed, "revision"])
        record_edits({locked.pk: [*changed, *replaced]}, by=by, at=at)
        if "numbers" in replaced or "erp_number" in changed:
            tell_who_appeared([locked.pk], at=at)
        return locked


def _set_fields(partner: Partner, changes: Mapping[str, Any]) -> list[str]:
    """Set what differs, without saving it, and return the names of these fields."""
    changed = [
        name for name in EDITABLE if name in changes and getattr(partner, name) != changes[name]
    ]
    if "erp_number" in changed:
        _refuse_taken_erp_number(changes["erp_number"])
    for name in changed:
        setattr(partner, name, changes[name])
    return changed


def lock_for_edit(partner: Partner, *, revision: int | None = None) -> Partner:
    """
    Lock the partner's row and return it as it is.

    :raises StaleRevision: If ``revision`` is given and is not the row's.
    :raises PartnerMerged: If it is part of another one now.
    """
    locked = Partner.objects.lock_and_read([partner.pk])[partner.pk]
    if locked.merged_into is not None:
        raise PartnerMerged(locked.merged_into)
    refuse_if_stale(locked, revision)
    return locked


def _refuse_unknown(changes: Mapping[str, Any]) -> None:
    if unknown := changes.keys() - {*EDITABLE, *REPLACED}:
        raise UnknownField(", ".join(sorted(unknown)))


def _refuse_taken_erp_number(erp_number: str) -> None:
    holder = Partner.objects.filter(erp_number=erp_number).values_list("pk", flat=True).first()
    if holder is not None:
        raise NumberTaken(system="", number=erp_number, partner_id=holder)


@contextmanager
def _refusing_race(erp_number: str) -> Iterator[None]:
    """
    Write a partner whose ERP number was free a moment ago.

    :raises NumberTaken: If somebody else was quicker.
    """
    try:
        with transaction.atomic():
            yield
    except IntegrityError:
        _refuse_taken_erp_number(erp_number)
        raise
