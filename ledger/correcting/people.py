"""Who may ask for a correction, and who may decide about one."""

from dataclasses import dataclass
from datetime import datetime
from typing import cast

from django.utils.translation import gettext as _

from ledger.models import Correction
from partners.keys import Scope
from partners.models import ApiKey, Member, Person
from partners.roles import read_staff_actor

MAY_ASK = "ledger.add_correction"
MAY_DECIDE = "ledger.decide_correction"


class MayNotAsk(Exception):
    """This person or key may not ask for corrections, or not for this partner."""

    code = "correction_not_allowed"


class MayNotDecide(Exception):
    """This person may not decide about corrections, or not for this partner."""

    code = "decision_not_allowed"


class OwnRequest(Exception):
    """Nobody decides about what they asked for, themselves or with a key they made."""

    code = "own_request"


class OwnPartner(Exception):
    """Nobody decides about corrections of a partner on whose team they are."""

    code = "own_partner"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Whoever asks: a person of the seller's staff, or an API key."""

    person: Person | None = None
    key: ApiKey | None = None

    def __post_init__(self) -> None:
        if (self.person is None) == (self.key is None):
            raise ValueError("a correction is asked for by a person or with a key")

    @property
    def person_id(self) -> int | None:
        return self.person.pk if self.person else None

    @property
    def key_id(self) -> int | None:
        return self.key.pk if self.key else None

    def is_asker_of(self, correction: Correction) -> bool:
        known = (correction.requested_by_id, correction.requested_with_id)
        return known == (self.person_id, self.key_id)


def lock_asker(asker: Asker) -> Asker:
    """
    Lock and read whoever asks, before any partner: two tabs cannot pass a limit together.

    What a person may do is read here anew, not believed of the object that a door hands over.
    """
    if asker.key is not None:
        if asker.key.created_by_id is not None:
            # The keys of one maker share a limit, so they wait for one another.
            Person.objects.select_for_update(no_key=True).get(pk=asker.key.created_by_id)
        keys = ApiKey.objects.select_for_update(no_key=True)
        return Asker(key=keys.get(pk=asker.key.pk))
    # One of the two is there, see above.
    person = cast(Person, asker.person)
    return Asker(person=Person.objects.select_for_update(no_key=True).get(pk=person.pk))


def check_may_ask(asker: Asker, *, partner_id: int, at: datetime) -> None:
    """
    Let pass whoever may ask for corrections of this partner.

    :raises MayNotAsk: If they may not.
    """
    if asker.person is not None:
        allowed = _may(asker.person, MAY_ASK) and _looks_after(asker.person, partner_id)
    else:
        allowed = asker.key is not None and _key_may_ask(asker.key, partner_id, at)
    if not allowed:
        raise MayNotAsk(_("You may not correct anything of this partner."))


def check_may_decide_as(person: Person, correction: Correction) -> None:
    """
    Let pass the second person, who is somebody else than the asker and stands beside the partner.

    :raises MayNotDecide: If they have no permission, or do not look after this partner.
    :raises OwnRequest: If they asked for it, or made the key it was asked for with.
    :raises OwnPartner: If they are on the partner's team.
    """
    if not (_may(person, MAY_DECIDE) and _looks_after(person, correction.partner_id)):
        raise MayNotDecide(_("You may not decide about corrections of this partner."))
    key = correction.requested_with
    if person.pk in {correction.requested_by_id, key.created_by_id if key else None}:
        raise OwnRequest(_("Somebody else decides about what you asked for."))
    if is_on_team(person, correction.partner_id):
        raise OwnPartner(_("You are on this partner's team, so somebody else decides."))


def is_on_team(person: Person, partner_id: int) -> bool:
    teams = Member.objects.filter(person=person, partner=partner_id)
    return teams.exclude(status=Member.Status.LEFT).exists()


def _may(person: Person, permission: str) -> bool:
    return person.is_active and person.is_staff and person.has_perm(permission)


def _looks_after(person: Person, partner_id: int) -> bool:
    actor = read_staff_actor(person)
    return actor.partner_ids is None or partner_id in actor.partner_ids


def _key_may_ask(key: ApiKey, partner_id: int, at: datetime) -> bool:
    is_in_use = (key.revoked_at is None or key.revoked_at > at) and (
        key.expires_at is None or key.expires_at > at
    )
    return (
        is_in_use and Scope.ADJUSTMENTS_WRITE in key.scopes and key.partner_id in {None, partner_id}
    )
