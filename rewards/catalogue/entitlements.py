"""Kinds whose delivery is a right at the seller: the ERP reads it and marks it used."""

from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from rewards.catalogue.kind import CannotBeTakenBack
from rewards.models import Entitlement, Redemption


def grant(
    redemption: Redemption, *, value: dict[str, Any], valid_days: int | None, at: datetime
) -> Entitlement:
    """Open the entitlement of a redemption, or return the one it already has."""
    entitlement, _is_new = Entitlement.objects.get_or_create(
        redemption=redemption,
        defaults={
            "partner_id": redemption.partner_id,
            "kind": redemption.reward.kind,
            "value": value,
            "valid_from": at,
            "valid_until": at + timedelta(days=valid_days) if valid_days else None,
        },
    )
    return entitlement


def record(entitlement: Entitlement) -> dict[str, Any]:
    """Return what a delivery remembers of the entitlement it granted."""
    until = entitlement.valid_until
    return {
        **entitlement.value,
        "entitlement": str(entitlement.public_id),
        "valid_until": until.isoformat() if until else None,
    }


def withdraw(redemption: Redemption) -> None:
    """
    Close the entitlement of a redemption, if it was granted.

    :raises CannotBeTakenBack: If the seller already marked it used.
    """
    of_redemption = Entitlement.objects.filter(redemption=redemption)
    if of_redemption.filter(state=Entitlement.State.OPEN).update(state=Entitlement.State.CANCELLED):
        return
    if of_redemption.filter(state=Entitlement.State.USED).exists():
        raise CannotBeTakenBack(_("It has already been used."))


def read_valid_until(delivery: dict[str, Any]) -> datetime | None:
    """Return the end of validity that a delivery recorded, if it has one."""
    written = delivery.get("valid_until")
    return datetime.fromisoformat(written) if written else None


class EntitlementNotOpen(Exception):
    """It is used, cancelled, or its time is over, so it cannot be used now."""

    code = "entitlement_not_open"

    def __init__(self, *, state: str) -> None:
        super().__init__(_("It cannot be used any more."))
        self.state = state


def mark_used(*, entitlement: Entitlement, at: datetime) -> Entitlement:
    """
    Close what the seller's ERP has granted: once, whoever asks how often.

    :raises EntitlementNotOpen: If it is not open at ``at``.
    """
    open_now = Entitlement.objects.active(at).filter(pk=entitlement.pk)
    if not open_now.update(state=Entitlement.State.USED, used_at=at):
        entitlement.refresh_from_db()
        raise EntitlementNotOpen(state=entitlement.state)
    entitlement.refresh_from_db()
    return entitlement
