"""Two shops that are one company, facts about them, and what each should have."""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import Sum

from ledger import accounts
from ledger.auditing import audit
from ledger.models import Account, Transfer
from ledger.posting import Entry, post
from partners.intake import ActivityReport, LineReport
from partners.models import Partner, PartnerMerge
from rewards import crediting
from rewards.merging import merge
from rewards.models import Award, ClawBack, Programme, ProgrammeVersion
from rewards.programmes.presets import load_preset

NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)


def open_programme(*, pending_days: int = 0) -> Programme:
    """The starter preset, in which silver earns half as much again."""
    programme = load_preset("starter", as_of=NOW)
    version = programme.versions.get()
    definition = version.definition
    definition["rules"][0]["tier_multiplier"] = True
    for tier in definition["tiers"]:
        tier["multiplier_percent"] = 150 if tier["code"] == "silver" else 100
    if pending_days:
        definition["settings"]["pending_days"] = pending_days
    ProgrammeVersion.objects.filter(pk=version.pk).update(definition=definition)
    return programme


@dataclass(frozen=True)
class Fact:
    number: str
    kind: str
    sku: str
    pounds: int
    at: datetime

    def about(self, partner: Partner, source: str = "erp") -> ActivityReport:
        return ActivityReport(
            kind=self.kind,
            partner_id=partner.pk,
            source=source,
            external_id=self.number,
            occurred_at=self.at,
            currency="GBP",
            lines=[LineReport(self.sku, 10_000, self.pounds * 10_000)],
        )


def make_facts(chance: random.Random, prefix: str, many: int) -> list[Fact]:
    return [
        Fact(
            number=f"{prefix}{place}",
            kind=chance.choice(["order", "order", "order", "return"]),
            sku=chance.choice(["mug", "bag"]),
            pounds=chance.choice([7, 60, 900, 2600]),
            at=datetime(2026, 3, 1, tzinfo=UTC) + timedelta(hours=chance.randrange(24 * 28)),
        )
        for place in range(many)
    ]


def tell(partner: Partner, facts: list[Fact], *, source: str = "erp", at: datetime = NOW) -> None:
    for fact in facts:
        with transaction.atomic():
            crediting.take_in([fact.about(partner, source)], as_of=at)


def join_up(kept: Partner, merged: Partner, *, key: str = "1", at: datetime = NOW) -> PartnerMerge:
    return merge(kept=kept, merged=merged, reason="The same shop", by=None, at=at, request_key=key)


def spend(programme: Programme, partner: Partner, amount: int) -> None:
    """Let a partner spend from its pool."""
    entry = Entry(
        kind=Transfer.Kind.REDEEM,
        debit=accounts.pool(programme.main_unit, partner),
        credit=accounts.house(programme.main_unit, Account.Kind.REDEEMED),
        amount=amount,
        idempotency_key=f"spend:{partner.pk}:{Transfer.objects.count()}",
        occurred_at=NOW,
    )
    with transaction.atomic():
        Partner.objects.lock([partner.pk])
        post([entry], posted_at=NOW)


def net_of(partner: Partner) -> int:
    """What a partner has in all: pool, pending and wallets, less what it owes."""
    sums = {
        row["kind"]: row["held"]
        for row in Account.objects.filter(partner=partner)
        .order_by()
        .values("kind")
        .annotate(held=Sum("balance"))
    }
    return sum(-amount if kind == Account.Kind.DEBT else amount for kind, amount in sums.items())


def due_of(partner: Partner) -> dict[str, int]:
    """What is due to a partner by each of its orders."""
    due: dict[str, int] = {}
    for award in Award.objects.filter(partner=partner).select_related("activity"):
        taken = ClawBack.objects.filter(award=award).aggregate(sum=Sum("due"))["sum"] or 0
        number = award.activity.external_id
        due[number] = due.get(number, 0) + award.amount - taken
    return {number: amount for number, amount in due.items() if amount}


def check_books() -> None:
    report = audit(as_of=NOW + timedelta(days=1))
    assert report.ok, [str(each) for each in report.divergences]


@dataclass
class Pair:
    """Two shops of one company, as they are before anybody knows."""

    programme: Programme
    oak: Partner = field(init=False)
    elm: Partner = field(init=False)

    def __post_init__(self) -> None:
        self.oak = Partner.objects.create(erp_number="1001", legal_name="Oak")
        self.elm = Partner.objects.create(erp_number="1002", legal_name="Elm")

    def pool(self, partner: Partner) -> int:
        return self.balance(partner, Account.Kind.POOL)

    def balance(self, partner: Partner, kind: str) -> int:
        held = Account.objects.filter(partner=partner, kind=kind).aggregate(sum=Sum("balance"))
        return held["sum"] or 0
