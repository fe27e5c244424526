"""Drafts of a programme's rules, and publishing them: from then on they never change."""

from datetime import datetime

from django.db.models import Max
from django.utils.translation import gettext as _

from partners.kinds.registry import all_kinds
from partners.models import Person
from rewards.models import Award, Programme, ProgrammeVersion
from rewards.programmes.definition import Definition, InvalidDefinition, parse


class AlreadyPublished(Exception):
    """A published version is frozen; a change is another version."""


class StartsInThePast(Exception):
    """Facts that were judged already would be judged again by other rules."""


class AnotherStartsLater(Exception):
    """A version that was published before starts later, and would never be in force."""

    def __init__(self, *, number: int, valid_from: datetime) -> None:
        super().__init__(
            _("Version %(number)d starts later. Withdraw it first, or start this one after it.")
            % {"number": number}
        )
        self.number = number
        self.valid_from = valid_from


class NotWithdrawable(Exception):
    """The version has begun, has judged something, or another one was published after it."""


class DraftInTheWay(Exception):
    """What is withdrawn becomes the draft, and there is one already."""


def draft_from_latest(*, programme: Programme) -> ProgrammeVersion:
    """Return the programme's draft; where there is none, a copy of the latest version."""
    # Two people who begin at once begin the same draft.
    Programme.objects.select_for_update().get(pk=programme.pk)
    existing = programme.versions.filter(number__isnull=True).order_by("pk").first()
    if existing is not None:
        return existing
    latest = programme.versions.published().order_by("-number").first()
    return ProgrammeVersion.objects.create(
        programme=programme, definition=latest.definition if latest else {}
    )


def publish(
    *,
    version: ProgrammeVersion,
    published_at: datetime,
    published_by: Person | None = None,
    valid_from: datetime | None = None,
    note: str = "",
) -> ProgrammeVersion:
    """
    Give a draft its number and freeze it. Facts from ``valid_from`` on are judged by it.

    Without a time of its own a version holds from now on; only a programme's first one may hold
    from the beginning. The caller owns the transaction.

    :raises AlreadyPublished: If it has a number.
    :raises InvalidDefinition: If the definition cannot be used.
    :raises StartsInThePast: If it would hold from before ``published_at``.
    :raises AnotherStartsLater: If an earlier number is scheduled for after its start.
    """
    programme = (
        Programme.objects.select_for_update(of=("self",))
        .select_related("main_unit")
        .get(pk=version.programme_id)
    )
    draft = ProgrammeVersion.objects.select_for_update().get(pk=version.pk)
    if draft.number is not None:
        raise AlreadyPublished(_("This is version %(number)d already.") % {"number": draft.number})
    _check_kinds(parse(draft.definition))
    _check_decimals(draft, programme)
    latest = programme.versions.published().order_by("-number").first()
    starts_at = valid_from or draft.valid_from
    if starts_at is not None and starts_at < published_at:
        raise StartsInThePast(_("It would hold from a time that is over."))
    # Before a programme is opened nothing was judged: its rules may still hold from the beginning.
    if latest is not None and programme.status != Programme.Status.DRAFT:
        starts_at = _start_after(latest, starts_at or published_at)
    draft.number = latest.number + 1 if latest and latest.number else 1
    draft.published_at, draft.valid_from = published_at, starts_at
    draft.published_by, draft.note = published_by, note
    draft.save(update_fields=["number", "published_at", "valid_from", "published_by", "note"])
    return draft


def _start_after(latest: ProgrammeVersion, starts_at: datetime) -> datetime:
    """Return when a version starts that follows another: never before it."""
    if latest.valid_from is not None and latest.valid_from > starts_at:
        raise AnotherStartsLater(number=latest.number or 0, valid_from=latest.valid_from)
    return starts_at


def withdraw(*, version: ProgrammeVersion, as_of: datetime) -> ProgrammeVersion:
    """
    Make a draft of a version again that has not begun. The caller owns the transaction.

    :raises NotWithdrawable: If it is in force, has judged anything, or is not the latest one.
    :raises DraftInTheWay: If the programme has a draft already.
    """
    Programme.objects.select_for_update().get(pk=version.programme_id)
    scheduled = ProgrammeVersion.objects.select_for_update().get(pk=version.pk)
    others = ProgrammeVersion.objects.filter(programme=scheduled.programme_id)
    latest = others.aggregate(number=Max("number"))["number"]
    if scheduled.number is None:
        raise NotWithdrawable(_("It is a draft."))
    if scheduled.valid_from is None or scheduled.valid_from <= as_of:
        raise NotWithdrawable(_("It is in force already."))
    if scheduled.number != latest or Award.objects.filter(version=scheduled).exists():
        raise NotWithdrawable(_("Others rest on it already."))
    if others.filter(number__isnull=True).exists():
        raise DraftInTheWay(_("There is a draft already. Publish or discard it first."))
    scheduled.number = scheduled.published_at = scheduled.published_by = None
    scheduled.valid_from = None
    scheduled.edits += 1
    scheduled.save(update_fields=["number", "published_at", "published_by", "valid_from", "edits"])
    return scheduled


def discard(*, version: ProgrammeVersion) -> None:
    """
    Throw a draft away; what is published stays. The caller owns the transaction.

    A draft that is gone already, by a second click or another person, stays gone.

    :raises AlreadyPublished: If it has a number.
    """
    draft = ProgrammeVersion.objects.select_for_update().filter(pk=version.pk).first()
    if draft is None:
        return
    if draft.number is not None:
        raise AlreadyPublished(_("This is version %(number)d already.") % {"number": draft.number})
    draft.delete()


def _check_kinds(definition: Definition) -> None:
    """A rule for a kind that nobody defined would wait for ever; own kinds are in the database."""
    for code in sorted(definition.triggers - all_kinds().keys()):
        raise InvalidDefinition(
            "rules", _("there is no kind of activity %(code)s") % {"code": code}
        )


def _check_decimals(draft: ProgrammeVersion, programme: Programme) -> None:
    """What is counted keeps its precision: the ledger has it already."""
    decimals = draft.definition.get("settings", {}).get("unit_decimals", 0)
    if decimals != programme.main_unit.decimals:
        raise InvalidDefinition(
            "settings.unit_decimals",
            _("must be %(decimals)d, as it is counted")
            % {"decimals": programme.main_unit.decimals},
        )
