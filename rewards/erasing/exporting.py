"""Everything kept about a person, or about a company, in one document that a machine can read."""

import json
from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import QuerySet

from partners.families import find_family
from partners.models import Partner, Person
from rewards.erasing.places import PLACES, SECRETS
from rewards.erasing.sessions import find_sessions
from rewards.erasing.subject import Subject

FORMAT = "tessera-export-1"
OF_PARTNER = (
    "partners.PartnerNumber",
    "partners.Contract",
    "partners.Activity",
    "partners.SellOutClaim",
    "partners.Event",
    "ledger.Account",
    "ledger.Transfer",
    "ledger.Correction",
    "rewards.Standing",
    "rewards.Award",
    "rewards.Redemption",
    "rewards.Entitlement",
    "rewards.Share",
    "rewards.EarningApprover",
    "rewards.EarningConsent",
)


def export_person(person: Person, *, at: datetime) -> dict[str, Any]:
    """
    Return everything that is kept about a person: per table its rows, as plain JSON values.

    Secrets are left out: the hash of a password helps nobody but a thief.
    """
    subject = Subject(person)
    tables = {place.model: _read(place.rows(subject)) for place in PLACES}
    tables["sessions.Session"] = [
        {"expires_at": session.expire_date.isoformat()} for session in find_sessions(person)
    ]
    return {
        "format": FORMAT,
        "person": str(person.public_id),
        "exported_at": at.isoformat(),
        "kept": {model: rows for model, rows in tables.items() if rows},
    }


def export_partner(partner: Partner, *, at: datetime) -> dict[str, Any]:
    """
    Return what is kept about a company, with all that was merged into it.

    People are named by the ids of their memberships: what is about them is theirs to ask for.
    """
    family = find_family(partner.merged_into_id or partner.pk)
    tables = {"partners.Partner": _read(Partner.objects.filter(pk__in=family).order_by("pk"))}
    words_of_people = {place.model: place.replaced for place in PLACES}
    for model in OF_PARTNER:
        rows = apps.get_model(model)._default_manager.filter(partner__in=family).order_by("pk")
        tables[model] = _read(rows, without=words_of_people.get(model, ()))
    return {
        "format": FORMAT,
        "partner": str(partner.public_id),
        "exported_at": at.isoformat(),
        "kept": {model: rows for model, rows in tables.items() if rows},
    }


def _read(rows: QuerySet[Any], *, without: Collection[str] = ()) -> list[dict[str, Any]]:
    """Return the rows with every column that is no secret, as JSON would say them."""
    columns = [
        field.attname
        for field in rows.model._meta.concrete_fields
        if field.name not in SECRETS and field.name not in without
    ]
    if rows.model._meta.label == "mfa.Authenticator":
        columns.remove("data")
    read: list[dict[str, Any]] = json.loads(
        json.dumps(list(rows.values(*columns)), cls=DjangoJSONEncoder)
    )
    return read
