"""The second person: limits by role, and the ways that do not lead around them (T12)."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from ledger import correcting
from ledger.correcting import (
    AlreadyDecided,
    Asker,
    ExpiryNotAhead,
    InsufficientPoints,
    MayNotAsk,
    MayNotDecide,
    NothingLeftToReverse,
    NotTheAsker,
    OwnPartner,
    OwnRequest,
)
from ledger.models import Correction, CorrectionLimit
from partners import keys
from partners.keys import Scope
from partners.models import Event, Partner
from partners.roles import Role
from tests.factories import NOON, MemberFactory, PersonFactory
from tests.ledger.corrections import DECIDING, adjust, allow, make_staff, reinstate, reverse
from tests.ledger.entries import Till, balance, open_till, post_one
from tests.threads import run_at_once

pytestmark = pytest.mark.once("PostgreSQL")

POSTED, WAITING = Correction.State.POSTED, Correction.State.WAITING
DAY = timedelta(days=1)


def make_key(**given):
    given = {"scopes": [Scope.ADJUSTMENTS_WRITE], "name": "erp", "created_at": NOON} | given
    return keys.create_key(**given).key


@pytest.fixture
def till(db: None) -> Till:
    return open_till()


class TestLimit:
    def test_nothing_is_posted_alone_where_none_is_set(self, till):
        correction = adjust(make_staff(), till.pool, 1)

        assert (correction.state, correction.transfer) == (WAITING, None)
        assert balance(till.pool) == 0
        assert Event.objects.get().kind == "correction_asked"

    def test_counts_each_and_the_last_24_hours_together(self, till):
        dana = make_staff()
        allow(till.unit, once=100, day=250)

        states = [adjust(dana, till.pool, amount).state for amount in (101, 100, -100, 51, 50)]

        assert states == [WAITING, POSTED, POSTED, WAITING, POSTED]
        assert adjust(dana, till.pool, 1).state == WAITING
        last_instant = NOON + DAY - timedelta(microseconds=1)
        assert adjust(dana, till.pool, 1, asked_at=last_instant).state == WAITING
        assert adjust(dana, till.pool, 100, asked_at=NOON + DAY).state == POSTED

    def test_counts_reversals_like_adjustments(self, till):
        dana = make_staff()
        allow(till.unit, once=100, day=150)
        award = post_one(till.earn(300)).transfer

        assert reverse(dana, award, 100).state == POSTED
        assert adjust(dana, till.pool, 51).state == WAITING

    def test_is_the_highest_of_the_roles(self, till):
        allow(till.unit, Role.LOYALTY_MANAGER, once=10, day=500)
        allow(till.unit, Role.FINANCE, once=100, day=100)
        both = make_staff(Role.LOYALTY_MANAGER, Role.FINANCE)

        allowance = correcting.read_allowance(asker=Asker(person=both), unit=till.unit, at=NOON)

        assert (allowance.per_correction, allowance.per_day, allowance.left) == (100, 500, 100)

    def test_of_a_superuser_is_the_administrators(self, till):
        allow(till.unit, Role.ADMINISTRATOR, once=7, day=7)
        root = PersonFactory(is_staff=True, is_superuser=True)

        assert adjust(root, till.pool, 7).state == POSTED
        assert adjust(root, till.pool, 1).state == WAITING

    def test_of_a_key_is_the_integrators(self, till):
        allow(till.unit, CorrectionLimit.INTEGRATOR, once=10, day=10)
        key = make_key()

        first = adjust(key, till.pool, 10)
        second = adjust(key, till.pool, 1)

        assert (first.state, second.state) == (POSTED, WAITING)
        assert first.requested_with == key

    def test_is_shared_by_the_keys_that_one_person_made(self, till):
        allow(till.unit, CorrectionLimit.INTEGRATOR, once=10, day=10)
        maker = make_staff()
        one, two, elses = (make_key(created_by=by) for by in (maker, maker, make_staff()))

        assert adjust(one, till.pool, 10).state == POSTED
        assert adjust(two, till.pool, 1).state == WAITING
        assert adjust(elses, till.pool, 10).state == POSTED

    def test_of_a_key_never_covers_the_company_of_whoever_made_it(self, till):
        allow(till.unit, CorrectionLimit.INTEGRATOR, once=10, day=10)
        maker = make_staff()
        MemberFactory(partner=till.partner, person=maker)

        assert adjust(make_key(created_by=maker), till.pool, 5).state == WAITING

    def test_is_of_one_unit(self, till):
        dana = make_staff()
        allow(till.unit, once=10, day=10)

        assert adjust(dana, open_till(partner=till.partner).pool, 5).state == WAITING

    def test_what_a_second_person_agreed_to_counts_for_nobody(self, till):
        dana, erin = make_staff(), make_staff(may=DECIDING)
        allow(till.unit, once=100, day=100)
        waiting = adjust(dana, till.pool, 5_000)

        correcting.agree(correction=waiting, by=erin, at=NOON)

        assert adjust(dana, till.pool, 100).state == POSTED

    def test_never_covers_the_own_company(self, till):
        dana = make_staff()
        allow(till.unit, once=100, day=100)
        MemberFactory(partner=till.partner, person=dana)

        assert adjust(dana, till.pool, 5).state == WAITING


class TestWhoMayAsk:
    @pytest.mark.parametrize(
        "fields", [{"is_active": False}, {"is_superuser": True, "is_active": False}]
    )
    def test_not_who_cannot_sign_in(self, till, fields):
        with pytest.raises(MayNotAsk):
            adjust(make_staff(**fields), till.pool, 5)

    def test_not_without_the_permission(self, till):
        with pytest.raises(MayNotAsk):
            adjust(make_staff(may=()), till.pool, 5)

    def test_not_who_only_says_so(self, till):
        """The object a door hands over is not believed."""
        mallory = PersonFactory()
        mallory.is_staff = mallory.is_superuser = True

        with pytest.raises(MayNotAsk):
            adjust(mallory, till.pool, 5)

    def test_an_account_manager_for_their_own_partners(self, till):
        manager = make_staff(Role.ACCOUNT_MANAGER)
        with pytest.raises(MayNotAsk):
            adjust(manager, till.pool, 5)

        Partner.objects.filter(pk=till.partner.pk).update(account_manager=manager)

        assert adjust(manager, till.pool, 5).state == WAITING

    @pytest.mark.parametrize(
        "changes",
        [
            {"scopes": [Scope.ADJUSTMENTS_READ]},
            {"expires_at": NOON},
        ],
    )
    def test_not_a_key_without_scope_or_past_its_time(self, till, changes):
        with pytest.raises(MayNotAsk):
            adjust(make_key(**changes), till.pool, 5)

    def test_not_a_key_of_another_partner_or_revoked(self, till):
        foreign = make_key(partner=open_till().partner)
        revoked = make_key()
        keys.revoke(key=revoked, at=NOON)

        for key in (foreign, revoked):
            with pytest.raises(MayNotAsk):
                adjust(key, till.pool, 5)


@pytest.fixture
def waiting(till):
    return adjust(make_staff(), till.pool, 500)


class TestDecision:
    def test_of_a_second_person_posts_it(self, till, waiting):
        erin = make_staff(may=DECIDING)

        decided = correcting.agree(correction=waiting, by=erin, note="Checked", at=NOON + DAY)

        assert (decided.state, decided.decided_by, decided.decided_at) == (
            POSTED,
            erin,
            NOON + DAY,
        )
        assert decided.transfer.posted_at == NOON + DAY
        assert balance(till.pool) == 500
        assert decided.decision_note == "Checked"

    def test_to_decline_moves_nothing(self, till, waiting):
        erin = make_staff(may=DECIDING)

        for _ in range(2):
            declined = correcting.decline(correction=waiting, by=erin, note="Why?", at=NOON)

        assert (declined.state, declined.transfer) == (Correction.State.DECLINED, None)
        assert balance(till.pool) == 0

    def test_repeated_by_the_same_person_answers_the_same(self, till, waiting):
        erin = make_staff(may=DECIDING)

        for _ in range(2):
            assert correcting.agree(correction=waiting, by=erin, at=NOON).state == POSTED

        assert balance(till.pool) == 500
        assert Event.objects.filter(kind="correction_posted").count() == 1

    def test_is_taken_once(self, till, waiting):
        erin, frank = make_staff(may=DECIDING), make_staff(may=DECIDING)
        correcting.agree(correction=waiting, by=erin, at=NOON)

        with pytest.raises(AlreadyDecided):
            correcting.agree(correction=waiting, by=frank, at=NOON)
        with pytest.raises(AlreadyDecided):
            correcting.decline(correction=waiting, by=erin, at=NOON)
        asker = Asker(person=waiting.requested_by)
        with pytest.raises(AlreadyDecided) as refused:
            correcting.withdraw(correction=waiting, asker=asker, at=NOON)
        assert refused.value.state == POSTED

    def test_what_the_ledger_refuses_goes_on_waiting(self, till):
        erin = make_staff(may=DECIDING)
        waiting = adjust(make_staff(), till.pool, -500)

        with pytest.raises(InsufficientPoints):
            correcting.agree(correction=waiting, by=erin, at=NOON)

        assert Correction.objects.get().state == WAITING

    def test_comes_too_late_for_what_a_return_took_back_meanwhile(self, till):
        erin = make_staff(may=DECIDING)
        award = post_one(till.earn(100)).transfer
        waiting = reverse(make_staff(), award, 80)
        post_one(till.claw_back(60, origin=award))

        with pytest.raises(NothingLeftToReverse) as refused:
            correcting.agree(correction=waiting, by=erin, at=NOON)

        assert (refused.value.left, refused.value.needed) == (40, 80)

    def test_comes_too_late_for_what_a_return_counted_as_expired(self, till):
        erin = make_staff(may=DECIDING)
        award = post_one(till.earn(100, expires_at=NOON)).transfer
        waiting = reinstate(make_staff(), post_one(till.expire(100)).transfer, 80)
        post_one(till.claw_back(60, origin=award))

        with pytest.raises(NothingLeftToReverse) as refused:
            correcting.agree(correction=waiting, by=erin, at=NOON)

        assert refused.value.left == 40

    def test_comes_too_late_for_an_expiry_that_is_past(self, till):
        erin = make_staff(may=DECIDING)
        waiting = adjust(make_staff(), till.pool, 80, expires_at=NOON + DAY)

        with pytest.raises(ExpiryNotAhead):
            correcting.agree(correction=waiting, by=erin, at=NOON + DAY)

        assert correcting.decline(correction=waiting, by=erin, at=NOON + DAY).transfer is None

    def test_is_said_beforehand_to_be_possible_or_not(self, waiting):
        erin = make_staff(may=DECIDING)

        correcting.check_may_decide(person=erin, correction=waiting)
        with pytest.raises(MayNotDecide):
            correcting.check_may_decide(person=make_staff(), correction=waiting)
        declined = correcting.decline(correction=waiting, by=erin, at=NOON)
        with pytest.raises(AlreadyDecided):
            correcting.check_may_decide(person=erin, correction=declined)

    def test_an_asker_may_withdraw_and_nobody_else(self, waiting):
        asker = Asker(person=waiting.requested_by)
        for other in (Asker(person=make_staff(may=DECIDING)), Asker(key=make_key())):
            with pytest.raises(NotTheAsker):
                correcting.withdraw(correction=waiting, asker=other, at=NOON)

        for _ in range(2):
            withdrawn = correcting.withdraw(correction=waiting, asker=asker, at=NOON)
            assert withdrawn.state == Correction.State.WITHDRAWN
        with pytest.raises(AlreadyDecided):
            correcting.agree(correction=waiting, by=make_staff(may=DECIDING), at=NOON)


class TestNobodyDecidesAlone:
    """T12: a loyalty manager mints points for a friend."""

    @pytest.mark.parametrize("decide", [correcting.agree, correcting.decline])
    def test_not_the_asker_even_as_a_superuser(self, till, decide):
        root = PersonFactory(is_staff=True, is_superuser=True)
        waiting = adjust(root, till.pool, 500)

        with pytest.raises(OwnRequest):
            decide(correction=waiting, by=root, at=NOON)

    def test_not_who_made_the_key(self, till):
        erin = make_staff(may=DECIDING)
        waiting = adjust(make_key(created_by=erin), till.pool, 5)

        with pytest.raises(OwnRequest):
            correcting.agree(correction=waiting, by=erin, at=NOON)

    def test_not_who_is_on_the_partners_team(self, till, waiting):
        erin = make_staff(may=DECIDING)
        MemberFactory(partner=till.partner, person=erin)

        with pytest.raises(OwnPartner):
            correcting.agree(correction=waiting, by=erin, at=NOON)

    def test_not_without_the_permission_and_not_for_others_partners(self, till, waiting):
        account_manager = make_staff(Role.ACCOUNT_MANAGER, may=DECIDING)

        for person in (make_staff(), account_manager, make_staff(may=DECIDING, is_active=False)):
            with pytest.raises(MayNotDecide):
                correcting.agree(correction=waiting, by=person, at=NOON)

        Partner.objects.filter(pk=till.partner.pk).update(account_manager=account_manager)
        decided = correcting.agree(correction=waiting, by=account_manager, at=NOON)
        assert decided.state == POSTED

    def test_not_by_a_row_that_says_posted(self, waiting):
        """A state written past the domain has no transfer, and the database refuses it."""
        with pytest.raises(IntegrityError), transaction.atomic():
            Correction.objects.filter(pk=waiting.pk).update(state=POSTED)

    def test_not_by_changing_the_object_in_hand(self, till, waiting):
        erin = waiting.requested_by
        erin.user_permissions.clear()
        waiting.requested_by, waiting.state, waiting.amount = make_staff(), WAITING, 9

        with pytest.raises(MayNotDecide):
            correcting.agree(correction=waiting, by=erin, at=NOON)

    def test_not_in_bulk(self, till):
        """Many small ones count together: the rest of them waits."""
        dana = make_staff()
        allow(till.unit, once=100, day=300)

        states = [adjust(dana, till.pool, 100).state for _ in range(10)]

        assert states.count(POSTED) == 3
        assert balance(till.pool) == 300


@pytest.mark.transaction
class TestTwoTabsAtOnce:
    def test_do_not_pass_the_limit_together(self):
        dana = make_staff()
        tills = [open_till() for _ in range(2)]
        tills = [tills[0], open_till(unit=tills[0].unit)]
        allow(tills[0].unit, once=100, day=300)
        for till in tills:
            # Read once before the race, so that only the limit is raced for.
            till.pool.refresh_from_db()
        connection.close()

        # Opposite partners: the one thing they share is who asks.
        outcomes = run_at_once(8, lambda n: adjust(dana, tills[n % 2].pool, 100).state)

        assert [one.error for one in outcomes] == [None] * 8
        assert [one.answer for one in outcomes].count(POSTED) == 3
        assert sum(balance(till.pool) for till in tills) == 300

    def test_agree_once(self):
        till = open_till()
        waiting = adjust(make_staff(), till.pool, 500)
        people = [make_staff(may=DECIDING) for _ in range(4)]
        connection.close()

        outcomes = run_at_once(
            4, lambda n: correcting.agree(correction=waiting, by=people[n], at=NOON)
        )

        refused = [one.error for one in outcomes if one.error]
        assert [type(error) for error in refused] == [AlreadyDecided] * 3
        assert balance(till.pool) == 500
