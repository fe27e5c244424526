"""Two partners with one thing of every kind each, and everybody who may come to a door."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.db import transaction
from django.test import Client

from ledger import accounts, holds
from ledger.models import Account, AccountCode, Lot, Transfer
from ledger.naming import name_account
from ledger.sealing import seal
from partners import inviting, keys
from partners.intake import ActivityReport, LineReport
from partners.keys import Scope
from partners.models import (
    Activity,
    Actor,
    ApiKey,
    Erasure,
    ExchangeRate,
    ImportRun,
    Invitation,
    JobRun,
    MatchingRule,
    Member,
    OwnKind,
    ParkedDocument,
    Partner,
    PartnerMerge,
    Person,
    Tag,
    WaitingReference,
)
from rewards import consenting, sharing
from rewards.crediting import take_in
from rewards.models import (
    Award,
    ClawBack,
    EarningApprover,
    EarningConsent,
    Segment,
    Share,
    Standing,
    TierChange,
)
from tests.api.conftest import RULES
from tests.ledger.corrections import adjust, allow, make_staff, reason
from tests.rewards.cast import NOON, Shop, earn, join, make_partner, offer, open_shop, take
from tests.rewards.claiming.world import PDF, file_one, proof

ROLES = (
    "anonymous",
    "head_buyer",
    "buyer",
    "viewer",
    "other",
    "manager",
    "key",
    "key_without",
    "key_other",
    "deactivated",
)
OBJECTS = ("own", "other", "missing")
MISSING_ID = "00000000-0000-7000-8000-000000000000"
LATER = NOON + timedelta(days=1)


@dataclass
class World:
    """``things[kind][object]`` is what stands in an address for that object."""

    clients: dict[str, Client]
    things: dict[str, dict[str, str]] = field(default_factory=dict)

    def address(self, template: str, which: str) -> str:
        return template.format_map({kind: by[which] for kind, by in self.things.items()})

    @contextmanager
    def untouched(self) -> Iterator[None]:
        """What a request changes is gone after it, so that the order of roles does not matter."""
        around = transaction.atomic()
        # The mark of Django's own TestCase: whole transactions may be opened inside.
        around._from_testcase = True
        with around:
            yield
            transaction.set_rollback(True)


def build_world() -> World:
    # Requests of the tests' day still wait on the day the suite runs.
    shop = open_shop(
        points=500,
        request_lapses_days=3650,
        personal_earning={"allowed": True, "terms": {"en": "For trainings."}, "terms_version": 1},
    )
    version = shop.programme.versions.get()
    version.definition = {**version.definition, "rules": RULES}
    version.save()
    partner_b = make_partner(shop.programme, "12347")
    charlie = join(partner_b, "Charlie", "head_buyer")
    dora = join(partner_b, "Dora")
    shop_b = Shop(
        programme=shop.programme, partner=partner_b, alice=charlie, bob=dora, vera=charlie
    )
    earn(shop_b.pool, 500)
    allow(shop.unit, once=10, day=100)
    world = World(clients=make_clients(shop, charlie))
    own, other = (find_things(one) for one in (shop, shop_b))
    for kind, thing in own.items():
        missing = "999999999" if thing.isdecimal() else MISSING_ID
        if kind == "account":
            missing = f"pool:{shop.unit.code}:{MISSING_ID}"
        world.things[kind] = {"own": thing, "other": other[kind], "missing": missing}
    world.things |= find_common_things(shop)
    return world


def make_clients(shop: Shop, charlie: Member) -> dict[str, Client]:
    dana = Person.objects.create(
        email="dana@seller.example", name="Dana", is_staff=True, is_superuser=True
    )
    gone = Person.objects.create(email="gone@seller.example", name="Gone", is_active=False)
    Member.objects.create(partner=shop.partner, person=gone, role="head_buyer", joined_at=NOON)
    people = {
        "anonymous": None,
        "head_buyer": shop.alice.person,
        "buyer": shop.bob.person,
        "viewer": shop.vera.person,
        "other": charlie.person,
        "manager": dana,
        "deactivated": gone,
    }
    clients = {role: Client(raise_request_exception=False) for role in people}
    for role, person in people.items():
        if person is not None:
            clients[role].force_login(person, "django.contrib.auth.backends.ModelBackend")
    scopes = list(Scope)
    clients["key"] = with_key(keys.create_key(name="erp", scopes=scopes, created_at=NOON))
    clients["key_without"] = with_key(
        keys.create_key(name="narrow", scopes=[Scope.PARTNERS_READ], created_at=NOON)
    )
    # Every scope is asked for somewhere; a key that has lost all of its scopes may do nothing.
    ApiKey.objects.filter(name="narrow").update(scopes=[])
    clients["key_other"] = with_key(
        keys.create_key(name="other", scopes=scopes, partner=charlie.partner, created_at=NOON)
    )
    return clients


def with_key(made: keys.NewKey) -> Client:
    return Client(raise_request_exception=False, headers={"Authorization": f"Bearer {made.token}"})


def find_things(shop: Shop) -> dict[str, str]:
    """Make one thing of every kind for a partner; return how addresses name them."""
    order = report(shop, "order", "A1", "40.00")
    taken_back = report(shop, "return", "C1", "10.00")
    take_in([order, taken_back], as_of=NOON)
    waiting = take(shop.alice, shop.pool, offer(shop.programme, approval_required=True, price=50))
    delivered = take(shop.alice, shop.pool, offer(shop.programme, price=60))
    share = give(shop)
    standing = Standing.objects.get(partner=shop.partner)
    change = TierChange.objects.create(
        standing=standing,
        to_tier="silver",
        reason_code="spend",
        figures={},
        decided_on=NOON.date(),
        decided_at=NOON,
    )
    key = keys.create_key(
        name="k", scopes=["events:read"], partner=shop.partner, created_at=NOON
    ).key
    activity = Activity.objects.get(partner=shop.partner, external_id__startswith="A1")
    award = Award.objects.get(partner=shop.partner)
    waits_for = WaitingReference.objects.create(
        activity=activity, source="erp", external_id="none", waits_since=NOON
    )
    transfer = Transfer.objects.filter(partner=shop.partner, kind="earn").latest("pk")
    invitation, token = invite(shop)
    consent = let_earn(shop)
    hold = holds.place(account=shop.pool, amount=5, request_key="world", placed_at=NOON)
    correction = adjust(make_staff(), shop.pool, 5)
    pending = earn(accounts.pending(shop.unit, shop.partner), 5)
    number = f"SN-{shop.partner.erp_number}"
    claim = file_one(shop.bob, number, proofs=[proof(PDF)])
    return {
        "partner": str(shop.partner.public_id),
        "member": str(shop.alice.public_id),
        "invitation": str(invitation.public_id),
        "token": token,
        "activity": str(activity.public_id),
        "award": str(award.public_id),
        "account": name_account(Account.objects.get(pk=shop.pool.pk)),
        "transfer": str(transfer.public_id),
        "pending": str(pending.public_id),
        "hold": str(hold.public_id),
        "adjustment": str(correction.public_id),
        "redemption": str(waiting.public_id),
        "entitlement": str(delivered.entitlement.public_id),
        "share": str(share.public_id),
        "claim": str(claim.public_id),
        "claim_proof": str(claim.proofs.get().public_id),
        "partners_selloutclaim": str(claim.pk),
        "partners_partner": str(shop.partner.pk),
        "partners_member": str(shop.bob.pk),
        "partners_invitation": str(invitation.pk),
        "partners_person": str(shop.bob.person_id),
        "partners_activity": str(activity.pk),
        "partners_event": str(shop.partner.events.earliest("pk").pk),
        "partners_apikey": str(key.pk),
        "ledger_account": str(shop.pool.pk),
        "ledger_transfer": str(transfer.pk),
        "ledger_correction": str(correction.pk),
        "ledger_hold": str(hold.pk),
        "ledger_lot": str(Lot.objects.filter(account=shop.pool).earliest("pk").pk),
        "rewards_award": str(award.pk),
        "rewards_clawback": str(ClawBack.objects.get(award=award).pk),
        "rewards_redemption": str(waiting.pk),
        "rewards_entitlement": str(delivered.entitlement.pk),
        "rewards_share": str(share.pk),
        "rewards_earningconsent": str(consent.pk),
        "rewards_earningapprover": str(EarningApprover.objects.get(partner=shop.partner).pk),
        "rewards_standing": str(standing.pk),
        "rewards_tierchange": str(change.pk),
        "partners_waitingreference": str(waits_for.pk),
    }


def invite(shop: Shop) -> tuple[Invitation, str]:
    """Ask somebody new to the team; return the token of the mail too. Its link works today."""
    made = inviting.invite(
        partner=shop.partner,
        offer=inviting.Offer(
            email=f"ivy@{shop.partner.erp_number}.example", name="Ivy", role="buyer"
        ),
        by=Actor(),
        at=NOON + timedelta(days=3650),
        mail=None,
    )
    token = f"token-of-{shop.partner.erp_number}"
    made.token_hash = inviting.hash_token(token)
    made.save(update_fields=["token_hash"])
    return made, token


def let_earn(shop: Shop) -> EarningConsent:
    """Name the head buyer, who lets the buyer earn for themselves."""
    alice = shop.alice
    by = Actor(partner_ids=frozenset([shop.partner.pk]), member=alice, person=alice.person)
    consenting.name_approver(partner=shop.partner, member=alice, by=by, at=NOON)
    return consenting.agree(
        programme=shop.programme,
        member=shop.bob,
        by=by,
        terms_version=1,
        language="en",
        at=NOON,
    )


def report(shop: Shop, kind: str, number: str, amount: str) -> ActivityReport:
    e4 = int(float(amount) * 10_000)
    return ActivityReport(
        kind=kind,
        partner_id=shop.partner.pk,
        source="erp",
        external_id=f"{number}-{shop.partner.erp_number}",
        occurred_at=NOON if kind == "order" else NOON + timedelta(hours=1),
        currency="GBP",
        lines=[LineReport(sku="85123A", quantity_e4=e4, amount_e4=e4)],
    )


def give(shop: Shop) -> Share:
    part = sharing.PartDraft(member_id=shop.bob.pk, amount=20)
    # In the future of the tests' clock, so that it can still be undone.
    return sharing.share(
        head_buyer=shop.alice,
        programme=shop.programme,
        amount=20,
        method="by_hand",
        parts=[part],
        reason="Good work",
        request_id=uuid.uuid4(),
        shared_at=NOON + timedelta(days=3650),
    )


def find_common_things(shop: Shop) -> dict[str, dict[str, str]]:
    """What belongs to no partner: the same for everybody who may see it."""
    reward = offer(shop.programme, slug="tea", price=30)
    run = ImportRun.objects.create(
        kind="order", source="erp", file_name="a.csv", status="finished", started_at=NOON
    )
    parked = ParkedDocument.objects.create(
        run=run, source="erp", external_id="P1", reason="no_partner", parked_at=NOON
    )
    rule = MatchingRule.objects.create(
        field="external_id",
        condition="equals",
        value="none",
        partner=shop.partner,
        made_at=NOON,
        is_active=False,
    )
    group = Group.objects.create(name="Readers")
    dana = Person.objects.get(email="dana@seller.example")
    entry = LogEntry.objects.create(user=dana, action_flag=1, change_message="")
    job = JobRun.objects.create(scope="club", local_date=NOON.date(), step="tiers")
    code = AccountCode.objects.create(account_kind=Account.Kind.POOL, code="3310")
    limit = allow(shop.unit, "finance", once=0, day=0)
    merge = PartnerMerge.objects.create(
        kept=shop.partner,
        merged=Partner.objects.exclude(pk=shop.partner.pk).earliest("pk"),
        merged_at=NOON,
        undone_at=NOON,
    )
    erasure = Erasure.objects.create(
        person=Person.objects.create(email="erased@erased.invalid", name=""), erased_at=NOON
    )
    tag = Tag.objects.create(name="north")
    kind = OwnKind.objects.create(code="visit", names={"en": "Visit"})
    rate = ExchangeRate.objects.create(
        currency="EUR", into="GBP", day=NOON.date(), rate_e8=85_000_000, recorded_at=NOON
    )
    sealed = seal(as_of=NOON + timedelta(days=3650))
    assert sealed is not None
    common = {
        "auth_group": (str(group.pk), "999999999"),
        "admin_logentry": (str(entry.pk), "999999999"),
        "partners_jobrun": (str(job.pk), "999999999"),
        "partners_partnermerge": (str(merge.pk), "999999999"),
        "partners_erasure": (str(erasure.pk), "999999999"),
        "partners_tag": (str(tag.pk), "999999999"),
        "partners_ownkind": (str(kind.pk), "999999999"),
        "partners_exchangerate": (str(rate.pk), "999999999"),
        "reward": ("tea", "no-such-reward"),
        "programme": (shop.programme.code, "no-such-programme"),
        "rewards_reward": (str(reward.pk), "999999999"),
        "rewards_programme": (str(shop.programme.pk), "999999999"),
        "rewards_segment": (
            str(Segment.objects.create(code="friends", name="Friends").pk),
            "999999999",
        ),
        "rewards_programmeversion": (str(shop.programme.versions.get().pk), "999999999"),
        "ledger_unit": (str(shop.unit.pk), "999999999"),
        "ledger_accountcode": (str(code.pk), "999999999"),
        "ledger_correctionlimit": (str(limit.pk), "999999999"),
        "ledger_correctionreason": (str(reason().pk), "999999999"),
        "ledger_seal": (str(sealed.pk), "999999999"),
        "partners_importrun": (str(run.pk), "999999999"),
        "partners_parkeddocument": (str(parked.pk), "999999999"),
        "partners_matchingrule": (str(rule.pk), "999999999"),
        "parked": (str(parked.public_id), MISSING_ID),
    }
    return {
        kind: {"own": there, "other": there, "missing": missing}
        for kind, (there, missing) in common.items()
    }
