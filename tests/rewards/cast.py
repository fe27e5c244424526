"""
The people and the shop that the tests of rewards and shares are about.

Alice is head buyer of the Corner Shop, Bob her buyer, Vera its viewer; Charlie is head buyer of
another partner. Times are named, never now.
"""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction

from ledger import accounts
from ledger.models import Account, Transfer, Unit
from ledger.posting import Entry, post
from partners.models import Member, Partner, Person
from rewards import sharing
from rewards.models import Programme, ProgrammeVersion, Redemption, Reward, Standing
from rewards.redeeming import redeem
from rewards.sharing import PartDraft

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DEFINITION = {
    "settings": {
        "unit_names": {"en": {"one": "point", "other": "points"}},
        "unit_value": "0.01",
        "share_undo_days": 14,
    },
    "rules": [],
    "tiers": [
        {"code": "bronze", "names": {"en": "Bronze"}, "threshold": "0"},
        {"code": "silver", "names": {"en": "Silver"}, "threshold": "2500"},
        {"code": "gold", "names": {"en": "Gold"}, "threshold": "10000"},
    ],
}


@dataclass(frozen=True)
class Shop:
    """One partner's world: its programme, team and unit."""

    programme: Programme
    partner: Partner
    alice: Member
    bob: Member
    vera: Member

    @property
    def unit(self) -> Unit:
        return self.programme.main_unit

    @property
    def pool(self) -> Account:
        return accounts.pool(self.unit, self.partner)

    def wallet(self, member: Member) -> Account:
        return accounts.wallet(self.unit, member)


def make_programme(code: str = "club", **settings: Any) -> Programme:
    unit = Unit.objects.create(code=f"{code}-points", kind=Unit.Kind.POINTS)
    programme = Programme.objects.create(
        code=code,
        name="Club",
        seller_name="Hearth & Ribbon",
        currency="GBP",
        time_zone="Europe/London",
        status=Programme.Status.LIVE,
        main_unit=unit,
    )
    definition = {**DEFINITION, "settings": {**DEFINITION["settings"], **settings}}
    # Ids start again in each test's rolled-back database, so a version of the last one could answer.
    ProgrammeVersion.objects.create(
        programme=programme, number=1, definition=definition, published_at=NOON
    )
    return programme


def make_partner(programme: Programme, erp_number: str, *, tier: str = "silver") -> Partner:
    partner = Partner.objects.create(erp_number=erp_number, legal_name=f"Shop {erp_number}")
    Standing.objects.create(programme=programme, partner=partner, tier_code=tier, enrolled_at=NOON)
    return partner


def join(partner: Partner, name: str, role: str = "buyer", **fields: Any) -> Member:
    email = f"{name.lower()}@{partner.erp_number}.example"
    person = Person.objects.create(email=email, name=name)
    return Member.objects.create(
        partner=partner, person=person, role=role, joined_at=NOON, **fields
    )


def open_shop(*, points: int = 0, **settings: Any) -> Shop:
    """The Corner Shop, with so many points in its pool."""
    programme = make_programme(**settings)
    partner = make_partner(programme, "12346")
    shop = Shop(
        programme=programme,
        partner=partner,
        alice=join(partner, "Alice", "head_buyer"),
        bob=join(partner, "Bob"),
        vera=join(partner, "Vera", "viewer"),
    )
    if points:
        earn(shop.pool, points)
    return shop


def earn(
    account: Account,
    amount: int,
    *,
    at: datetime = NOON,
    expires_at: datetime | None = None,
) -> Transfer:
    """Credit an account with one lot."""
    entry = Entry(
        kind=Transfer.Kind.EARN,
        debit=accounts.house(account.unit, Account.Kind.ISSUED),
        credit=account,
        amount=amount,
        idempotency_key=f"test:{uuid.uuid4()}",
        occurred_at=at,
        expires_at=expires_at,
    )
    with transaction.atomic():
        Partner.objects.lock([account.partner_id])
        return post([entry], posted_at=at)[0].transfer


def owe(shop: Shop, amount: int) -> None:
    """Book a debt on an empty pool."""
    entry = Entry(
        kind=Transfer.Kind.INCUR_DEBT,
        debit=accounts.debt(shop.unit, shop.partner),
        credit=accounts.house(shop.unit, Account.Kind.TAKEN_BACK),
        amount=amount,
        idempotency_key=f"test:{uuid.uuid4()}",
        occurred_at=NOON,
    )
    with transaction.atomic():
        post([entry], posted_at=NOON)


def offer(programme: Programme, **fields: Any) -> Reward:
    """A reward on offer: by default credit on the next invoice, for the company, 120 points."""
    name = fields.pop("name", "Credit on the next invoice")
    slug = fields.pop("slug", f"reward-{uuid.uuid4().hex[:8]}")
    return Reward.objects.create(
        programme=programme,
        slug=slug,
        name=name,
        **{
            "kind": "invoice_credit",
            "summary": "Off your next bill.",
            "price": 120,
            "terms": {"amount": "10.00"},
            "offered_from": NOON - timedelta(days=30),
            **fields,
        },
    )


def take(member: Member, account: Account, reward: Reward, **given: Any) -> Redemption:
    """Redeem once; the request id is new unless given."""
    return redeem(
        **{
            "member": member,
            "account": account,
            "reward": reward,
            "request_id": uuid.uuid4(),
            "details": {},
            "redeemed_at": NOON,
            **given,
        }
    )


def give(shop: Shop, amount: int, reason: str = "Thank you") -> None:
    """Share something of the pool with Bob."""
    Partner.objects.lock([shop.partner.pk])
    sharing.share(
        head_buyer=shop.alice,
        programme=shop.programme,
        amount=amount,
        method="equal",
        parts=[PartDraft(member_id=shop.bob.pk, amount=amount, proposed=amount)],
        reason=reason,
        request_id=uuid.uuid4(),
        shared_at=NOON,
    )


def balance(account: Account) -> int:
    return Account.objects.values_list("balance", flat=True).get(pk=account.pk)


def available(account: Account) -> int:
    """What is neither held nor gone."""
    return Account.objects.get(pk=account.pk).available
