"""Reversals and adjustments: what they do to the books, and what they refuse."""

from datetime import timedelta

import pytest
from django.utils import translation

from ledger import correcting
from ledger.auditing import audit
from ledger.correcting import (
    Asker,
    IdempotencyKeyReused,
    InsufficientPoints,
    NothingLeftToReverse,
    NotReversible,
    ReasonNotAllowed,
)
from ledger.correcting.reasons import NAMES
from ledger.models import Correction, CorrectionReason, Lot, Transfer
from partners.models import Event
from tests.factories import NOON
from tests.ledger.corrections import adjust, allow, make_staff, reason, reinstate, reverse
from tests.ledger.entries import Till, balance, lots, open_till, post_all, post_one

pytestmark = [pytest.mark.django_db, pytest.mark.once("PostgreSQL")]


LATER = NOON + timedelta(days=90)
SOON = NOON + timedelta(days=30)


@pytest.fixture
def till() -> Till:
    till = open_till()
    allow(till.unit, once=10_000, day=10**9)
    return till


@pytest.fixture
def dana(till):
    return make_staff()


class TestReversal:
    def test_of_an_award_takes_its_own_points_first(self, till, dana):
        post_one(till.earn(50, expires_at=SOON))
        award = post_one(till.earn(100, expires_at=LATER)).transfer

        correction = reverse(dana, award)

        posted = correction.transfer
        assert correction.state == Correction.State.POSTED
        assert (posted.kind, posted.reverses, posted.amount) == ("reverse", award, 100)
        assert (posted.reason_code, posted.reference) == (
            "wrong-amount",
            str(correction.public_id),
        )
        assert (posted.debit_account, posted.credit_account) == (till.pool, till.issued)
        assert lots(till.pool) == [(50, SOON)]
        assert audit(as_of=LATER).ok

    def test_may_be_a_part_and_then_the_rest_but_never_more(self, till, dana):
        award = post_one(till.earn(100)).transfer

        first = reverse(dana, award, 30)
        with pytest.raises(NothingLeftToReverse) as refused:
            reverse(dana, award, 71)
        rest = reverse(dana, award)

        assert (first.amount, rest.amount) == (30, 70)
        assert (refused.value.left, refused.value.needed) == (70, 71)
        with pytest.raises(NothingLeftToReverse):
            reverse(dana, award)
        assert balance(till.pool) == 0

    def test_of_an_award_whose_points_are_spent_says_what_is_there(self, till, dana):
        award = post_one(till.earn(100)).transfer
        post_one(till.redeem(80))

        with pytest.raises(InsufficientPoints) as refused:
            reverse(dana, award)

        assert (refused.value.available, refused.value.held, refused.value.needed) == (20, 0, 100)
        assert not Correction.objects.exists()
        assert reverse(dana, award, 20).state == Correction.State.POSTED

    def test_counts_what_a_return_already_took_back(self, till, dana):
        award = post_one(till.earn(100)).transfer
        post_one(till.claw_back(60, origin=award))

        with pytest.raises(NothingLeftToReverse):
            reverse(dana, award, 41)

        assert reverse(dana, award).amount == 40

    def test_counts_a_return_that_came_together_with_its_award(self, till, dana):
        award = till.earn(100, reference="a-1")
        back = till.claw_back(60, origin_key=award.idempotency_key, reference="a-1")
        earned = post_all(till.earn(500), award, back)[1].transfer

        with pytest.raises(NothingLeftToReverse):
            reverse(dana, earned, 41)

        assert reverse(dana, earned).amount == 40
        assert balance(till.pool) == 500

    def test_of_a_raise_counts_what_a_return_took_of_the_whole_award(self, till, dana):
        award = post_all(till.earn(500), till.earn(100, reference="a-1"))[1].transfer
        raised = post_one(till.earn(50, reference="a-1")).transfer
        post_one(till.claw_back(130, origin=award, reference="a-1"))

        assert reverse(dana, raised).amount == 20
        with pytest.raises(NothingLeftToReverse):
            reverse(dana, award)
        assert balance(till.pool) == 500

    @pytest.mark.parametrize("reference", ["", "a-1"])
    def test_counts_what_has_expired_of_an_award_until_it_comes_back(self, till, dana, reference):
        award = till.earn(100, expires_at=SOON, reference=reference)
        award = post_all(till.earn(500), award)[1].transfer
        expiry = post_one(till.expire(70), at=SOON).transfer

        assert reverse(dana, award, asked_at=LATER).amount == 30
        with pytest.raises(NothingLeftToReverse):
            reverse(dana, award, asked_at=LATER)

        reinstate(dana, expiry, 20, asked_at=LATER, until=LATER + timedelta(days=9))
        assert reverse(dana, award, asked_at=LATER).amount == 20
        assert balance(till.pool) == 500

    def test_of_a_pending_award_takes_only_its_own(self, till, dana):
        award = post_one(till.pend(100, matures_at=LATER)).transfer
        post_one(till.pend(50, matures_at=SOON))

        reverse(dana, award, 60)

        left = Lot.objects.filter(account=till.pending).order_by("pk")
        assert [lot.remaining for lot in left] == [40, 50]

    def test_of_an_award_that_matured_takes_it_out_of_the_pool(self, till, dana):
        award = post_one(till.pend(100, matures_at=SOON)).transfer
        post_one(till.earn(10, expires_at=SOON))
        post_one(till.mature(100), at=SOON)

        posted = reverse(dana, award, asked_at=SOON).transfer

        assert (posted.debit_account, posted.credit_account) == (till.pool, till.issued)
        assert lots(till.pool) == [(10, SOON)]

    def test_of_a_pending_award_that_matured_in_part_names_what_waits(self, till, dana):
        award = post_one(till.pend(100, matures_at=SOON)).transfer
        post_one(till.mature(70), at=SOON)

        with pytest.raises(InsufficientPoints) as refused:
            reverse(dana, award, asked_at=SOON)

        assert refused.value.available == 30

    def test_of_a_debit_gives_the_same_points_back(self, till, dana):
        post_all(till.earn(50, expires_at=SOON), till.earn(50, expires_at=LATER))
        debit = adjust(dana, till.pool, -70).transfer

        reverse(dana, debit)

        assert sorted(lots(till.pool)) == [(20, LATER), (30, LATER), (50, SOON)]
        assert audit(as_of=LATER).ok

    def test_is_itself_undone_once(self, till, dana):
        award = post_one(till.earn(100, expires_at=LATER)).transfer
        reversal = reverse(dana, award).transfer

        undone = reverse(dana, reversal).transfer

        assert lots(till.pool) == [(100, LATER)]
        with pytest.raises(NothingLeftToReverse):
            reverse(dana, reversal)
        with pytest.raises(NotReversible):
            reverse(dana, undone)
        with pytest.raises(NothingLeftToReverse):
            reverse(dana, award)

    def test_of_a_debit_repays_debt_first(self, till, dana):
        post_one(till.earn(100))
        debit = adjust(dana, till.pool, -100).transfer
        post_one(till.claw_back(30))

        reverse(dana, debit)

        assert (balance(till.pool), balance(till.debt)) == (70, 0)

    def test_what_waits_counts_as_asked_for(self, till, dana):
        award = post_one(till.earn(20_000)).transfer

        waiting = reverse(dana, award, 15_000)

        assert waiting.state == Correction.State.WAITING
        with pytest.raises(NothingLeftToReverse) as refused:
            reverse(dana, award, 5_001)
        assert refused.value.left == 5_000


class TestWhatHasNoReversal:
    def test_every_kind_of_transfer_is_decided_about(self):
        assert set(correcting.REVERSALS) == set(Transfer.Kind)
        assert all(str(rule.says) for rule in correcting.REVERSALS.values())

    @pytest.mark.parametrize(
        "kind", sorted(k for k, rule in correcting.REVERSALS.items() if not rule.is_possible)
    )
    def test_says_what_to_do_instead(self, till, dana, kind):
        transfer = post_one(till.earn(100)).transfer
        transfer.kind = kind

        with pytest.raises(NotReversible) as refused:
            reverse(dana, transfer)

        assert str(refused.value) == str(correcting.REVERSALS[kind].says)

    def test_a_redemption_is_returned_where_it_was_made(self, till, dana):
        post_one(till.earn(100))
        spent = post_one(till.redeem(40, reference="a-redemption")).transfer

        with pytest.raises(NotReversible, match="redemption"):
            reverse(dana, spent)

    def test_what_nobody_owns_comes_back(self, till, dana):
        post_one(till.earn(100, expires_at=LATER))
        spent = post_one(till.redeem(40)).transfer

        reverse(dana, spent)

        assert lots(till.pool) == [(60, LATER), (40, LATER)]

    def test_what_a_rule_gave_back_is_the_rules(self, till, dana):
        entry = till.entry("reverse", till.taken_back, till.pool, 40, reference="award")

        with pytest.raises(NotReversible):
            reverse(dana, post_one(entry).transfer)

    def test_a_debt_is_forgiven_not_reversed(self, till, dana):
        opened = post_one(till.entry("open", till.debt, till.taken_back, 40)).transfer

        with pytest.raises(NotReversible, match="debt"):
            reverse(dana, opened)


class TestReasons:
    def test_are_those_of_the_list_for_this_kind_and_in_use(self, till, dana):
        award = post_one(till.earn(100)).transfer
        CorrectionReason.objects.filter(code="misuse").update(is_active=False)

        for code, ask in (
            ("goodwill", lambda given: reverse(dana, award, reason=given)),
            ("expiry-waived", lambda given: adjust(dana, till.pool, 5, reason=given)),
            ("misuse", lambda given: adjust(dana, till.pool, 5, reason=given)),
        ):
            with pytest.raises(ReasonNotAllowed):
                ask(reason(code))
        assert balance(till.pool) == 100

    def test_we_began_with_are_translatable_until_renamed(self):
        stored = dict(CorrectionReason.objects.values_list("code", "name"))
        renamed = CorrectionReason(code="goodwill", name="Booked twice by us")

        assert stored == NAMES
        with translation.override("pl"):
            assert correcting.say_reason(renamed) == "Booked twice by us"

    def test_offer_what_fits(self):
        offered = [one.code for one in correcting.offered_reasons("credit")]

        assert "goodwill" in offered
        assert "expiry-waived" not in offered


class TestOnce:
    def test_asking_again_answers_the_first_and_moves_nothing(self, till, dana):
        first = adjust(dana, till.pool, 100, request_key="form-1")
        again = adjust(dana, till.pool, 100, request_key="form-1", note="other words")

        assert first == again
        assert balance(till.pool) == 100

    def test_reversing_all_again_answers_the_first(self, till, dana):
        award = post_one(till.earn(100)).transfer

        assert reverse(dana, award, request_key="r") == reverse(dana, award, request_key="r")

    @pytest.mark.parametrize(
        "other",
        [
            {"amount": 101},
            {"amount": -100},
            {"reason": "complaint"},
            {"expires_at": LATER},
            {"reference": "other"},
        ],
    )
    def test_another_content_under_the_same_key_is_refused(self, till, dana, other):
        adjust(dana, till.pool, 100, request_key="form-1")
        if "reason" in other:
            other = {"reason": reason(other["reason"])}

        with pytest.raises(IdempotencyKeyReused):
            adjust(dana, till.pool, other.pop("amount", 100), request_key="form-1", **other)

    def test_the_key_of_somebody_else_is_refused(self, till, dana):
        adjust(dana, till.pool, 100, request_key="form-1")

        with pytest.raises(IdempotencyKeyReused):
            adjust(make_staff(), till.pool, 100, request_key="form-1")


class TestWords:
    def test_of_a_person_reach_neither_journal_nor_stream(self, till, dana):
        note = "Alice Marsh was angry"

        correction = adjust(dana, till.pool, 100, note=note)

        transfer = Transfer.objects.get(pk=correction.transfer_id)
        texts = [str(getattr(transfer, f.attname)) for f in Transfer._meta.concrete_fields]
        event = Event.objects.get(kind="correction_posted")
        assert note not in " ".join([*texts, str(event.payload)])
        assert correction.note == note
        assert event.payload == {
            "correction": str(correction.public_id),
            "kind": "credit",
            "amount": 100,
            "unit": till.unit.code,
            "account": "pool",
            "reason": "wrong-amount",
            "corrects": None,
            "transfer": str(transfer.public_id),
        }
        assert event.actor == dana

    def test_an_asker_is_one_person_or_one_key(self):
        with pytest.raises(ValueError, match="by a person or with a key"):
            Asker()
