"""A club that changes only by its settings, and one partner that orders and returns."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from ledger import accounts
from ledger.expiring import expire
from ledger.maturing import mature
from ledger.models import Account, Lot, Transfer, Unit
from ledger.posting import Entry, post
from partners.intake import ActivityReport, LineReport
from partners.models import Partner
from rewards import crediting
from rewards.models import Award, Programme
from tests.rewards.cast import make_partner, make_programme

POINT_A_POUND = {
    "code": "points",
    "names": {"en": "Points"},
    "trigger": "order",
    "effect": {"kind": "per_money", "units": 1, "per": "1.00"},
    "tier_multiplier": True,
}


@dataclass(frozen=True)
class Club:
    """One point for each pound; facts are told in pounds and moments."""

    programme: Programme
    partner: Partner

    @property
    def unit(self) -> Unit:
        return self.programme.main_unit

    def take_in(
        self,
        number: str,
        pounds: int,
        *,
        at: datetime,
        told_at: datetime,
        sku: str = "mug",
        kind: str = "order",
    ) -> crediting.TakenIn:
        """An order, or a return, of so many pounds of one article."""
        with transaction.atomic():
            return crediting.take_in(
                [self.report(number, pounds, at=at, sku=sku, kind=kind)], as_of=told_at
            )

    def report(
        self, number: str, pounds: int, *, at: datetime, sku: str = "mug", kind: str = "order"
    ) -> ActivityReport:
        return ActivityReport(
            kind=kind,
            partner_id=self.partner.pk,
            source="erp",
            external_id=number,
            occurred_at=at,
            currency="GBP",
            lines=[LineReport(sku, pounds * 10_000, pounds * 10_000)],
        )

    def spend(self, amount: int, *, at: datetime) -> Transfer:
        entry = Entry(
            kind=Transfer.Kind.REDEEM,
            debit=accounts.pool(self.unit, self.partner),
            credit=accounts.house(self.unit, Account.Kind.REDEEMED),
            amount=amount,
            idempotency_key=f"test:{self.partner.pk}:{at.isoformat()}:{amount}",
            occurred_at=at,
        )
        with transaction.atomic():
            Partner.objects.lock([self.partner.pk])
            return post([entry], posted_at=at)[0].transfer

    def run_night(self, as_of: datetime) -> None:
        """What has waited long enough matures; what is past its expiry is retired."""
        with transaction.atomic():
            mature(as_of=as_of, unit=self.unit)
        with transaction.atomic():
            expire(as_of=as_of, unit=self.unit)

    def balances(self) -> dict[str, int]:
        """What is not zero, by the kind of the account."""
        rows = Account.objects.filter(unit=self.unit, partner=self.partner, balance__gt=0)
        return dict(rows.values_list("kind", "balance"))

    def lots(self) -> list[tuple[int, datetime | None]]:
        """Open slices as (what is left, when it expires), in spending order."""
        rows = Lot.objects.open().filter(account__partner=self.partner).in_spending_order()
        return list(rows.values_list("remaining", "expires_at"))

    def award(self, number: str) -> Award:
        return Award.objects.get(activity__external_id=number)


def open_club(*, tiers: dict[str, dict[str, Any]] | None = None, **settings: Any) -> Club:
    """
    A club in London with one partner. ``tiers`` changes tiers by code.

    The settings are those of the programme, as a manager writes them.
    """
    programme = make_programme(**settings)
    version = programme.versions.get()
    version.definition["rules"] = [POINT_A_POUND]
    version.definition["tiers"] = [
        tier | (tiers or {}).get(tier["code"], {}) for tier in version.definition["tiers"]
    ]
    version.__class__.objects.filter(pk=version.pk).update(definition=version.definition)
    return Club(programme, make_partner(programme, "12346", tier=""))


def utc(year: int, month: int, day: int, hour: int = 12, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)
