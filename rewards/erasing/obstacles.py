"""What has to be done before a person can be erased."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ledger.models import Correction
from partners.models import Member, Person, SellOutClaim
from partners.team import find_companies_left_alone
from rewards import leaving
from rewards.models import Redemption

# Decided on, or still to be delivered to the address that was given.
OPEN_STATES = (Redemption.State.REQUESTED, Redemption.State.APPROVED)


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why not now, and what to do first."""

    code: str
    sentence: str


class NotErasable(Exception):
    """Something has to be done first; ``reasons`` say what."""

    code = "not_erasable"

    def __init__(self, obstacles: list[Obstacle]) -> None:
        super().__init__(" ".join(obstacle.sentence for obstacle in obstacles))
        self.obstacles = obstacles
        self.reasons = [obstacle.code for obstacle in obstacles]


def find_obstacles(person: Person, *, by: Person | None) -> list[Obstacle]:
    """Return what stands in the way; the caller owns a transaction, in which rows are locked."""
    return [
        *_find_last_ones(person),
        *_find_own_account(person, by=by),
        *_find_waiting(person),
    ]


def look_for_obstacles(person: Person, *, by: Person | None) -> list[Obstacle]:
    """Return the same for a page that only shows them."""
    with transaction.atomic():
        return find_obstacles(person, by=by)


def _find_last_ones(person: Person) -> Iterator[Obstacle]:
    companies = find_companies_left_alone(person)
    if companies:
        names = ", ".join(partner.legal_name for partner in companies)
        yield Obstacle(
            "last_head_buyer",
            _("The only head buyer of %(companies)s. Name another one first.")
            % {"companies": names},
        )
    others = Person.objects.filter(is_superuser=True, is_active=True).exclude(pk=person.pk)
    if person.is_superuser and person.is_active and not others.exists():
        yield Obstacle(
            "last_superuser",
            _("Nobody else may do everything in the admin. Name somebody first."),
        )


def _find_own_account(person: Person, *, by: Person | None) -> Iterator[Obstacle]:
    if by is not None and by.pk == person.pk and person.is_staff:
        yield Obstacle(
            "own_account",
            _("Whoever works for the seller is erased by a colleague, not by themselves."),
        )


def _find_waiting(person: Person) -> Iterator[Obstacle]:
    count = Redemption.objects.filter(member__person=person, state__in=OPEN_STATES).count()
    holds = sum(
        len(leaving.find_obstacles(member).holds)
        for member in Member.objects.active().filter(person=person)
    )
    if count:
        yield Obstacle(
            "redemptions_open",
            ngettext(
                "%(count)d redemption is not finished. Deliver or end it first.",
                "%(count)d redemptions are not finished. Deliver or end them first.",
                count,
            )
            % {"count": count},
        )
    if holds:
        yield Obstacle(
            "holds_open",
            ngettext(
                "%(count)d hold is open. Capture or release it first.",
                "%(count)d holds are open. Capture or release them first.",
                holds,
            )
            % {"count": holds},
        )
    if SellOutClaim.objects.filter(member__person=person).to_review().exists():
        yield Obstacle("claims_open", _("A sell-out claim waits for its review. Decide it first."))
    if Correction.objects.waiting().filter(requested_by=person).exists():
        yield Obstacle(
            "corrections_open", _("A correction they asked for waits. Decide about it first.")
        )
