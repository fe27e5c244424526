"""A row of everything, all of one partner, as many times as asked: what lists and tabs show."""

import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType

from ledger.models import Account, Lot, LotUse, Transfer, Unit
from partners.models import (
    Activity,
    ActivityLine,
    ApiKey,
    Contract,
    Event,
    ImportRow,
    ImportRun,
    Invitation,
    JobRun,
    Member,
    ParkedDocument,
    Partner,
    PartnerMerge,
    PartnerNumber,
    Person,
    Tag,
)
from rewards.models import (
    Award,
    ClawBack,
    EarningApprover,
    EarningConsent,
    Entitlement,
    Programme,
    ProgrammeVersion,
    Redemption,
    RedemptionMove,
    Reward,
    Segment,
    SegmentPlace,
    Share,
    SharePart,
    Standing,
    TierChange,
)
from tests.admin import books, facts, queues
from tests.rewards.cast import DEFINITION

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
EXPLANATION = {
    "rule": "purchases",
    "rule_name": {"en": "Purchases"},
    "steps": [{"code": "net_amount", "amount": "12.00", "currency": "GBP"}],
    "total": 12,
    "version": 1,
}


@dataclass(frozen=True)
class World:
    """The first row of what later rows hang on."""

    programme: Programme
    version: ProgrammeVersion
    partner: Partner
    member: Member
    issued: Account
    pool: Account
    activity: Activity
    transfer: Transfer
    award: Award
    standing: Standing
    reward: Reward
    redemption: Redemption
    share: Share
    run: ImportRun
    parked: ParkedDocument


def build(code: str = "0") -> World:
    """One row of each, tied to each other."""
    unit = Unit.objects.create(code=f"unit-{code}", kind=Unit.Kind.POINTS)
    programme = Programme.objects.create(
        code=f"programme-{code}",
        name=f"Programme {code}",
        seller_name="Seller",
        currency="GBP",
        time_zone="Europe/London",
        status=Programme.Status.LIVE,
        main_unit=unit,
    )
    version = ProgrammeVersion.objects.create(
        programme=programme, number=1, definition=DEFINITION, published_at=NOON
    )
    partner = make_partner(code)
    member = make_member(partner, f"head-{code}", Member.Role.HEAD_BUYER)
    issued = Account.objects.create(unit=unit, kind=Account.Kind.ISSUED)
    pool = Account.objects.create(unit=unit, kind=Account.Kind.POOL, partner=partner, balance=12)
    activity = make_activity(partner, f"order-{code}")
    transfer = make_transfer(issued, pool, f"earn-{code}")
    reward = make_reward(programme, f"reward-{code}")
    run = make_run()
    world = World(
        programme=programme,
        version=version,
        partner=partner,
        member=member,
        issued=issued,
        pool=pool,
        activity=activity,
        transfer=transfer,
        award=make_award(activity, version, unit, f"rule-{code}"),
        standing=Standing.objects.create(
            programme=programme, partner=partner, tier_code="gold", enrolled_at=NOON
        ),
        reward=reward,
        redemption=make_redemption(reward, member, pool, transfer),
        share=make_share(programme, member),
        run=run,
        parked=make_parked(run, f"parked-{code}"),
    )
    hang_on(world, f"{code}-first")
    return world


def grow(world: World, count: int) -> None:
    """Add as many rows of each kind: some to the first partner, some new ones beside it."""
    for number in range(count):
        code = f"{world.partner.erp_number}-{number}"
        hang_on(world, code)
        partner = make_partner(code)
        member = make_member(world.partner, f"more-{code}")
        activity = make_activity(world.partner, f"order-{code}")
        transfer = make_transfer(world.issued, world.pool, f"earn-{code}")
        reward = make_reward(world.programme, f"reward-{code}")
        make_redemption(reward, member, world.pool, transfer)
        make_share(world.programme, member)
        make_award(world.activity, world.version, world.programme.main_unit, f"rule-{code}")
        make_award(activity, world.version, world.programme.main_unit, "rule")
        Standing.objects.create(
            programme=world.programme, partner=partner, tier_code="gold", enrolled_at=NOON
        )
        unit = Unit.objects.create(code=f"unit-{code}", kind=Unit.Kind.POINTS)
        Account.objects.create(unit=unit, kind=Account.Kind.POOL, partner=world.partner)
        Programme.objects.create(
            code=f"programme-{code}",
            name=f"Programme {code}",
            seller_name="Seller",
            currency="GBP",
            time_zone="Europe/London",
            main_unit=unit,
        )
        ProgrammeVersion.objects.create(
            programme=world.programme,
            number=number + 2,
            definition=DEFINITION,
            published_at=NOON,
        )
        make_parked(make_run(), f"parked-{code}")


def hang_on(world: World, code: str) -> None:
    """Add one row of what stands in tabs, to the first row of each kind."""
    unit = world.programme.main_unit
    place = world.activity.lines.count()
    ActivityLine.objects.create(
        activity=world.activity, position=place, sku="SKU", quantity=Decimal(2), amount=Decimal(12)
    )
    cause = make_activity(world.partner, f"return-{code}", Activity.Kind.RETURN)
    ClawBack.objects.create(
        award=world.award, cause=cause, due=3, collected=3, explanation=EXPLANATION
    )
    lot = Lot.objects.create(
        account=world.pool,
        opened_by=world.transfer,
        origin=world.transfer,
        amount=12,
        remaining=12,
        earned_at=NOON,
    )
    LotUse.objects.create(transfer=world.transfer, lot=lot, amount=1)
    books.add_row_of_each(
        pool=world.pool, transfer=world.transfer, lot=lot, person=world.member.person
    )
    Event.objects.create(
        partner=world.partner,
        sequence=world.partner.events.count() + 1,
        kind="points_earned",
        member=world.member,
        payload={"amount": 12, "unit": unit.code},
        occurred_at=NOON,
        recorded_at=NOON,
    )
    TierChange.objects.create(
        standing=world.standing,
        to_tier="gold",
        reason_code="spend",
        figures={"spend": "12000"},
        decided_on=date(2026, 3, 2),
        decided_at=NOON,
    )
    RedemptionMove.objects.create(redemption=world.redemption, to_state="requested", moved_at=NOON)
    person = make_earner(world, f"part-{code}")
    SharePart.objects.create(share=world.share, member=person, proposed=5, amount=5, transfer=None)
    ImportRow.objects.create(
        run=world.run,
        row_number=1,
        document=code,
        parked_document=world.parked,
        outcome="parked",
        code="no_partner",
        content={"sku": "A"},
    )
    make_invitation(person, code)
    queues.add_row_of_each(world.member, code=code)
    facts.add_row_of_each(make_activity(world.partner, f"own-{code}"), code=code)
    world.partner.tags.add(Tag.objects.create(name=f"tag {code}"))
    PartnerNumber.objects.create(partner=world.partner, system="shop", number=code)
    Contract.objects.create(partner=world.partner, number=code, starts_on=date(2026, 1, 1))
    PartnerMerge.objects.create(
        kept=world.partner, merged=make_partner(f"merged-{code}"), reason="The same", merged_at=NOON
    )
    Group.objects.create(name=f"group {code}")
    place_somebody(code)
    ApiKey.objects.create(
        name=code, prefix=uuid.uuid4().hex[:8], secret_hash="x", scopes=[], created_at=NOON
    )
    JobRun.objects.create(scope=code, local_date=date(2026, 3, 1), step="tiers", status="done")
    LogEntry.objects.create(
        user=world.member.person,
        content_type=ContentType.objects.get_for_model(Partner),
        object_id=str(world.partner.pk),
        object_repr=code,
        action_flag=CHANGE,
        action_time=NOON,
    )
    taken = make_redemption(
        world.reward,
        world.member,
        world.pool,
        make_transfer(world.issued, world.pool, f"pay-{code}"),
    )
    Entitlement.objects.create(
        partner=world.partner, redemption=taken, kind="invoice_credit", valid_from=NOON
    )


def place_somebody(code: str) -> None:
    """Add a segment, and one more partner to the first one."""
    Segment.objects.create(code=code, name=f"segment {code}")
    SegmentPlace.objects.create(
        segment=Segment.objects.order_by("pk").first(),
        partner=make_partner(f"placed-{code}"),
        since=date(2026, 1, 1),
    )


def make_partner(code: str) -> Partner:
    return Partner.objects.create(erp_number=code, legal_name=f"Company {code}", country="France")


def make_member(partner: Partner, name: str, role: str = Member.Role.BUYER) -> Member:
    person = Person.objects.create(name=name, email=f"{name.lower()}@example.com")
    return Member.objects.create(partner=partner, person=person, role=role, joined_at=NOON)


def make_earner(world: World, name: str) -> Member:
    """Somebody who earns for themselves, as the approver of that time agreed."""
    member = make_member(world.partner, name)
    EarningApprover.objects.create(
        partner=world.partner, member=world.member, named_at=NOON, ended_at=NOON
    )
    EarningConsent.objects.create(
        programme=world.programme,
        partner=world.partner,
        member=member,
        version=1,
        approver=world.member,
        terms_version=1,
        terms="For trainings.",
        given_at=NOON,
    )
    return member


def make_invitation(member: Member, code: str) -> Invitation:
    """One that was accepted: its page shows the most."""
    return Invitation.objects.create(
        partner=member.partner,
        email=member.person.email,
        name=member.person.name,
        role=member.role,
        token_hash=code,
        invited_by=member.person,
        invited_at=NOON,
        sent_at=NOON,
        expires_at=NOON + timedelta(days=7),
        accepted_at=NOON,
        member=member,
    )


def make_activity(partner: Partner, number: str, kind: str = Activity.Kind.ORDER) -> Activity:
    return Activity.objects.create(
        kind=kind,
        partner=partner,
        source="erp",
        external_id=number,
        occurred_at=NOON,
        amount=Decimal("1234.5"),
        currency="GBP",
        content_hash="",
        recorded_at=NOON,
    )


def make_transfer(debit: Account, credit: Account, key: str) -> Transfer:
    return Transfer.objects.create(
        idempotency_key=key,
        kind=Transfer.Kind.EARN,
        debit_account=debit,
        credit_account=credit,
        partner=credit.partner,
        amount=12,
        occurred_at=NOON,
        posted_at=NOON,
        batch=uuid.uuid4(),
    )


def make_award(activity: Activity, version: ProgrammeVersion, unit: Unit, rule_code: str) -> Award:
    return Award.objects.create(
        partner=activity.partner,
        activity=activity,
        version=version,
        rule_code=rule_code,
        unit=unit,
        amount=12,
        explanation=EXPLANATION,
    )


def make_reward(programme: Programme, slug: str) -> Reward:
    return Reward.objects.create(
        programme=programme,
        slug=slug,
        kind="invoice_credit",
        name="Credit",
        summary="Off your next bill",
        price=12,
        terms={"amount": "10.00"},
        offered_from=NOON,
    )


def make_redemption(
    reward: Reward, member: Member, account: Account, transfer: Transfer
) -> Redemption:
    return Redemption.objects.create(
        partner=member.partner,
        member=member,
        reward=reward,
        account=account,
        transfer=transfer,
        request_id=uuid.uuid4(),
        price=12,
        requested_at=NOON,
    )


def make_share(programme: Programme, member: Member) -> Share:
    return Share.objects.create(
        programme=programme,
        partner=member.partner,
        shared_by=member,
        request_id=uuid.uuid4(),
        method=Share.Method.EQUAL,
        amount=10,
        reason="A good month",
        shared_at=NOON,
        undo_until=NOON + timedelta(days=14),
    )


def make_run() -> ImportRun:
    return ImportRun.objects.create(
        kind="order", source="erp", file_name="orders.csv", status="finished", started_at=NOON
    )


def make_parked(run: ImportRun, number: str) -> ParkedDocument:
    return ParkedDocument.objects.create(
        run=run, source="erp", external_id=number, reason="no_partner", parked_at=NOON
    )
