"""
Whether a report says what its kind asks for: one check for API, files and e-invoices alike.

Every problem has a code and names its field, ``attributes/state`` for a typed one, so that each
door can point at the place where it was written.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from partners.currencies import CURRENCIES
from partners.kinds.fields import ValueRefused
from partners.kinds.kind import Ask, Kind
from partners.kinds.registry import UnknownKind, find_kind
from partners.models.amounts import from_ten_thousandths
from partners.reports import CLAIMS, ActivityReport

ATTRIBUTES_MAX = 50
ATTRIBUTE_NAME_MAX = 64
OPEN_TEXT_MAX = 500


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one field of a report."""

    field: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Checked:
    """The report with its attributes as they are kept, and what is wrong with it."""

    report: ActivityReport
    problems: list[Problem]


def validate(report: ActivityReport, *, kinds: Mapping[str, Kind] | None = None) -> list[Problem]:
    """Return what is wrong with a report; ``kinds`` saves the look-up of own kinds."""
    return check(report, kinds=kinds).problems


def check(report: ActivityReport, *, kinds: Mapping[str, Kind] | None = None) -> Checked:
    """Check a report by its kind and return it as it is to be stored."""
    try:
        kind = find_kind(report.kind, kinds=kinds)
    except UnknownKind as error:
        return Checked(report, [Problem("kind", error.code, str(error))])
    problems = [*_check_basics(report, kind), *_check_reference(report, kind)]
    kept: dict[str, Any] = {}
    if report.attributes or kind.fields:
        problems += _check_attributes(report.attributes, kind, kept)
        problems += _check_money(kept, kind, amount_e4=report.net_amount_e4)
    if problems or kept == report.attributes:
        return Checked(report, problems)
    return Checked(replace(report, attributes=kept), problems)


def _check_basics(report: ActivityReport, kind: Kind) -> Iterator[Problem]:
    amount_e4 = report.net_amount_e4
    if report.source == CLAIMS:
        said = _("This source is ours: claims that were approved come from it.")
        yield Problem("source", "source_reserved", said)
    yield from _check_asked("lines", kind.lines, is_there=bool(report.lines))
    yield from _check_asked("amount", kind.amount, is_there=amount_e4 > 0)
    yield from _check_asked("quantity", kind.quantity, is_there=bool(report.quantity_e4))
    for name, is_asked in (("due_on", kind.has_due_on), ("paid_on", kind.has_paid_on)):
        if getattr(report, name) is not None and not is_asked:
            yield _not_asked_for(name)
    if not report.currency:
        if amount_e4 > 0:
            yield Problem("currency", "required", _("Name the currency of the amount."))
    elif report.currency not in CURRENCIES:
        said = _("%(currency)s is no currency of ISO 4217.") % {"currency": report.currency}
        yield Problem("currency", "currency_not_known", said)


def _check_asked(name: str, asked: Ask, *, is_there: bool) -> Iterator[Problem]:
    if is_there and asked is Ask.NO:
        yield _not_asked_for(name)
    elif not is_there and asked is Ask.MUST:
        yield Problem(name, "required", _("Please fill this in."))


def _not_asked_for(name: str) -> Problem:
    return Problem(name, "not_asked_for", _("A report of this kind does not have it."))


def _check_reference(report: ActivityReport, kind: Kind) -> Iterator[Problem]:
    if report.refers_to is None:
        if kind.must_refer:
            said = _("Say which activity it refers to: its source and external id.")
            yield Problem("refers_to", "required", said)
    elif not kind.may_refer_to:
        yield _not_asked_for("refers_to")
    elif report.refers_to == report.natural_key:
        yield Problem("refers_to", "refers_to_itself", _("It cannot refer to itself."))


def _check_attributes(
    given: Mapping[str, Any], kind: Kind, kept: dict[str, Any]
) -> Iterator[Problem]:
    """Yield what is wrong, and fill ``kept`` with what is not."""
    if len(given) > ATTRIBUTES_MAX:
        said = _("Send at most %(count)d attributes.") % {"count": ATTRIBUTES_MAX}
        yield Problem("attributes", "too_many", said)
    for field in kind.fields:
        place = f"attributes/{field.name}"
        if field.name in given:
            try:
                kept[field.name] = field.clean(given[field.name])
            except ValueRefused as refused:
                yield Problem(place, refused.code, str(refused))
        elif field.is_required:
            yield Problem(place, "required", _("Please fill this in."))
    undeclared = given.keys() - {field.name for field in kind.fields}
    yield from _check_undeclared({name: given[name] for name in sorted(undeclared)}, kind, kept)


def _check_money(kept: Mapping[str, Any], kind: Kind, *, amount_e4: int) -> Iterator[Problem]:
    """Yield what is said to be a part of the amount and is more than that. Tax is no more either."""
    for field in kind.fields:
        if field.is_money and Decimal(kept.get(field.name, 0)) > from_ten_thousandths(amount_e4):
            said = _("This is more than the net amount, %(amount)s.")
            amount = f"{from_ten_thousandths(amount_e4).normalize():f}"
            yield Problem(f"attributes/{field.name}", "above_amount", said % {"amount": amount})


def _check_undeclared(
    given: Mapping[str, Any], kind: Kind, kept: dict[str, Any]
) -> Iterator[Problem]:
    for name, value in given.items():
        if not kind.is_open:
            yield _not_asked_for(f"attributes/{name}")
        elif fits_openly(name, value):
            kept[name] = value
        else:
            said = _("Send a text, a whole number, true or false.")
            yield Problem(f"attributes/{name}", "invalid", said)


def fits_openly(name: str, value: Any) -> bool:
    """Say whether an attribute that nobody declared may be kept."""
    is_simple = isinstance(value, str | int) and len(str(value)) <= OPEN_TEXT_MAX
    return is_simple and len(name) <= ATTRIBUTE_NAME_MAX
