"""Erase a person: off every team, signed out everywhere, and no word of or about them left."""

import json
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction

from partners.models import (
    Actor,
    ClaimProof,
    Erasure,
    Invitation,
    Member,
    Partner,
    Person,
    RememberedAnswer,
)
from rewards import leaving
from rewards.erasing.obstacles import NotErasable, find_obstacles
from rewards.erasing.places import NOBODY, PLACES
from rewards.erasing.sessions import end_sessions
from rewards.erasing.subject import Subject
from rewards.erasing.sweeping import IN_ITS_PLACE, sweep, sweep_single_words
from rewards.erasing.uploads import find_uploads, forget_uploads
from rewards.models import Redemption

NAME = "Erased"
TEXT_LENGTH_MIN = 3


def erase_person(*, person: Person, by: Person | None, at: datetime) -> Erasure:
    """
    Erase what is kept about a person, for good. Asked again, it has happened.

    Wallets go back to the pools. Numbers, dates and codes stay, under ids that lead to nobody;
    ``Erasure`` keeps who asked for it, when, and how many rows it touched, or left because a name of
    a single word may mean somebody else.

    :raises NotErasable: If something has to be done first; ``obstacles`` say what.
    """
    # Whole files are read: before anything is locked.
    uploads = find_uploads(Subject(person))
    with transaction.atomic():
        teams = Member.objects.filter(person=person).values_list("partner", flat=True)
        # All of them first, in their order: leaving locks one after the other.
        Partner.objects.lock(sorted(set(teams)))
        locked = Person.objects.select_for_update(no_key=True).get(pk=person.pk)
        earlier = Erasure.objects.filter(person=locked).first()
        if earlier is not None:
            return earlier
        obstacles = find_obstacles(locked, by=by)
        if obstacles:
            raise NotErasable(obstacles)
        subject = Subject(locked)
        _leave_teams(locked, by=by, at=at)
        # Read before anything goes: afterwards the rows lead to no words.
        texts = _collect_texts(subject)
        counts = _erase_rows(subject, at=at)
        counts = _add(counts, sweep(subject))
        counts = _add(counts, sweep_single_words(subject))
        counts = _add(counts, _forget_in_answers(subject, texts))
        counts["sessions.Session"] = end_sessions(locked)
        counts["partners.ImportRun:file"] = forget_uploads(uploads)
        _erase_account(locked)
        return Erasure.objects.create(
            person=locked,
            asked_by=by,
            erased_at=at,
            rows={model: count for model, count in sorted(counts.items()) if count},
        )


def _leave_teams(person: Person, *, by: Person | None, at: datetime) -> None:
    for member in Member.objects.active().filter(person=person).order_by("partner_id"):
        leaving.deactivate(member=member, by=Actor(person=by), at=at)


def _collect_texts(subject: Subject) -> set[str]:
    """Return the words that are about to go: an answer kept elsewhere may quote them."""
    found: set[str] = {*subject.words, *subject.names}
    for place in PLACES:
        columns = [name for name in place.replaced if name not in {"stored_as", "digest", "body"}]
        for row in place.rows_to_empty(subject).values_list(*columns) if columns else ():
            found |= {text for value in row for text in _list_texts(value)}
    return {text for text in found if len(text) >= TEXT_LENGTH_MIN}


def _list_texts(value: Any) -> set[str]:
    if isinstance(value, str):
        return {value}
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return {text for item in inner for text in _list_texts(item)}


def _erase_rows(subject: Subject, *, at: datetime) -> dict[str, int]:
    """Empty the columns and delete the rows that are the person's own."""
    Invitation.objects.open().filter(email__in=subject.emails).update(withdrawn_at=at)
    _delete_files_of_proofs(subject)
    counts = {}
    # What is found through another row goes before that one: from the last place to the first.
    for place in reversed(PLACES):
        ids = list(place.rows_to_empty(subject).values_list("pk", flat=True))
        rows = place.table._default_manager.filter(pk__in=ids)
        if place.deleted:
            rows.delete()
            counts[place.model] = len(ids)
        elif place.replaced:
            counts[place.model] = rows.update(**place.replaced)
    return counts


def _delete_files_of_proofs(subject: Subject) -> None:
    """The files go once it is sure that the rows do."""
    proofs = ClaimProof.objects.filter(claim__member__in=subject.member_ids).exclude(stored_as="")
    for stored_as in proofs.values_list("stored_as", flat=True):
        transaction.on_commit(partial(_delete_file, stored_as))


def _delete_file(stored_as: str) -> None:
    (Path(settings.PRIVATE_ROOT) / stored_as).unlink(missing_ok=True)


def _forget_in_answers(subject: Subject, texts: set[str]) -> dict[str, int]:
    """Answers to systems that name a row of the person lose the words that were in it."""
    redemptions = Redemption.objects.filter(member__in=subject.member_ids)
    ids = [
        *(str(member.public_id) for member in subject.members),
        *map(str, redemptions.values_list("public_id", flat=True)),
    ]
    count = 0
    for public_id in ids:
        for answer in RememberedAnswer.objects.filter(body__contains=public_id):
            body = json.dumps(_without(json.loads(answer.body), texts), ensure_ascii=False)
            if json.loads(body) != json.loads(answer.body):
                RememberedAnswer.objects.filter(pk=answer.pk).update(body=body)
                count += 1
    return {"partners.RememberedAnswer": count}


def _without(value: Any, texts: set[str]) -> Any:
    if isinstance(value, str):
        return IN_ITS_PLACE if value in texts else value
    if isinstance(value, list):
        return [_without(item, texts) for item in value]
    if isinstance(value, dict):
        return {name: _without(item, texts) for name, item in value.items()}
    return value


def _erase_account(person: Person) -> None:
    """Nobody signs in with it again, and it leads to nobody."""
    person.email = f"{person.public_id}@{NOBODY}"
    person.name = NAME
    person.password = make_password(None)
    person.is_active = person.is_staff = person.is_superuser = False
    person.last_login = None
    person.save()
    person.groups.clear()
    person.user_permissions.clear()
    person.managed_partners.update(account_manager=None)


def _add(counts: dict[str, int], more: dict[str, int]) -> dict[str, int]:
    return {name: counts.get(name, 0) + more.get(name, 0) for name in counts.keys() | more.keys()}
