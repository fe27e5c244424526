"""Claims move as the table says, each article counts once, and nobody decides about their own."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from partners.models import Activity, ClaimedSerial, Event, Member, SellOutClaim
from rewards import claiming
from rewards.claiming import LEGAL_MOVES, proofs
from rewards.models import Award
from tests.rewards.cast import join, make_partner, open_shop
from tests.rewards.claiming.world import (
    FILED,
    HEIC,
    PDF,
    TODAY,
    draft,
    draw_picture,
    file_one,
    make_staff,
    proof,
)

pytestmark = pytest.mark.django_db

State = SellOutClaim.State
LATER = FILED + timedelta(hours=2)


@pytest.fixture
def shop():
    return open_shop()


@pytest.fixture
def charlie(shop):
    return join(make_partner(shop.programme, "12347"), "Charlie", "head_buyer")


def move(claim, to_state, *, shop, by=None):
    """Ask for a move the way its person would."""
    if to_state == State.WITHDRAWN:
        return claiming.withdraw(claim=claim, by=shop.bob, at=LATER)
    if to_state == State.APPEALED:
        return claiming.appeal(claim=claim, note="Look at the photo", by=shop.bob, at=LATER)
    if to_state == State.REJECTED:
        given = {"reason": "proof_unclear", "note": "Blurred"}
        return claiming.reject(claim=claim, by=by, at=LATER, **given)
    act = claiming.approve if to_state == State.APPROVED else claiming.mark_paid
    return act(claim=claim, by=by, at=LATER)


class TestFiling:
    def test_keeps_serials_as_they_are_the_same_for_everybody(self, shop):
        claim = file_one(shop.bob, " sn-1 ", "Sn 2", "ＳＮ３", "", proofs=[proof(PDF)])
        again = claiming.file_claim(
            member=shop.bob, draft=draft(request_id=claim.request_id), today=TODAY, at=LATER
        )

        assert again == claim
        assert claim.state == "pending"
        assert sorted(claim.serial_numbers) == ["SN-1", "SN2", "SN3"]
        assert claiming.open_proof(claim.proofs.get()) == PDF
        event = Event.objects.get(kind="claim_moved")
        assert event.payload == {"claim": str(claim.public_id), "from": "", "to": "pending"}
        assert (event.member, event.actor) == (shop.bob, shop.bob.person)

    @pytest.mark.parametrize(
        ("changes", "refusal"),
        [
            ({"serials": ("SN1", "sn 1")}, claiming.SerialsRefused),
            ({"serials": ("  ",)}, claiming.NoSerials),
            ({"serials": ("X" * 65,)}, claiming.SerialsRefused),
            ({"serials": tuple(map(str, range(51)))}, claiming.SerialsRefused),
            ({"sold_on": TODAY + timedelta(days=1)}, claiming.SoldInFuture),
            ({"sold_on": TODAY - timedelta(days=367)}, claiming.TooLongAgo),
            ({"proofs": [proof(PDF)] * 6}, claiming.TooManyProofs),
        ],
    )
    def test_refuses_what_makes_no_claim(self, shop, changes, refusal):
        serials = changes.pop("serials", ("SN-1",))

        with pytest.raises(refusal):
            file_one(shop.bob, *serials, **changes)
        assert not SellOutClaim.objects.exists()

    def test_is_for_who_sells(self, shop):
        Member.objects.filter(pk=shop.bob.pk).update(status="left", left_at=FILED)

        for member in (shop.vera, shop.bob):
            with pytest.raises(claiming.NotActive):
                file_one(member)

    def test_an_article_is_claimed_once_while_the_claim_stands(self, shop, charlie):
        claim = file_one(shop.bob, "SN-1", "SN-2")

        with pytest.raises(claiming.SerialsTaken) as refused:
            file_one(charlie, "SN-3", "sn-2")
        nothing_kept = SellOutClaim.objects.count()
        other_article = file_one(charlie, "SN-2", sku="SAW-9")
        claiming.withdraw(claim=claim, by=shop.bob, at=LATER)
        free_again = file_one(charlie, "SN-2")

        assert refused.value.serials == ["SN-2"]
        assert "Bob" not in str(refused.value)
        assert nothing_kept == 1
        assert {other_article.state, free_again.state} == {"pending"}


class TestProofs:
    @pytest.mark.parametrize(
        ("content", "content_type"),
        [
            (PDF, "application/pdf"),
            (HEIC, "image/heic"),
            (draw_picture("PNG"), "image/png"),
            (draw_picture("JPEG"), "image/jpeg"),
            (draw_picture("WEBP"), "image/webp"),
        ],
    )
    def test_are_told_by_their_content(self, content, content_type):
        assert proofs.judge(proof(content, "anything.exe")) == content_type

    @pytest.mark.parametrize(
        ("content", "code"),
        [
            (b"", "empty"),
            (PDF[:-6], "broken"),
            (HEIC[:-1], "broken"),
            (HEIC[:24], "broken"),
            (HEIC[:24] + b"\x00\x00\x00\x05meta" + HEIC[24:], "broken"),
            (b"<html><script>alert(1)</script>", "unknown_type"),
            (b"MZ\x90\x00" + b"\x00" * 100, "unknown_type"),
            (b"GIF89a" + b"\x00" * 100, "unknown_type"),
            (draw_picture("JPEG", (400, 400))[:700], "broken"),
            (draw_picture("PNG", (400, 400))[:200], "broken"),
            (PDF + b"\x00" * claiming.BYTES_MAX, "too_large"),
        ],
    )
    def test_that_are_none_are_refused(self, content, code):
        with pytest.raises(claiming.ProofRefused) as refused:
            proofs.judge(proof(content, "../../receipt.pdf"))
        assert refused.value.code == code
        assert str(refused.value).startswith("receipt.pdf")

    def test_are_added_while_the_claim_waits(self, shop):
        claim = file_one(shop.bob, proofs=[proof(PDF)])
        pictures = [draw_picture(size=(8, 8 + place)) for place in range(5)]
        for picture in pictures[:4]:
            claiming.add_proof(claim=claim, proof=proof(picture, "a.png"), at=LATER)
        again = claiming.add_proof(claim=claim, proof=proof(pictures[0], "b.png"), at=LATER)

        assert (claim.proofs.count(), again.name) == (5, "a.png")
        with pytest.raises(claiming.TooManyProofs):
            claiming.add_proof(claim=claim, proof=proof(pictures[4]), at=LATER)
        claiming.withdraw(claim=claim, by=shop.bob, at=LATER)
        with pytest.raises(claiming.ProofRefused) as refused:
            claiming.add_proof(claim=claim, proof=proof(pictures[4]), at=LATER)
        assert refused.value.code == "claim_decided"

    def test_that_were_rolled_back_go_at_night(self, shop, settings, tmp_path):
        settings.PRIVATE_ROOT = tmp_path
        file_one(shop.bob, proofs=[proof(PDF)])
        kept = set(tmp_path.rglob("*"))
        with suppress(ZeroDivisionError), transaction.atomic():
            file_one(shop.bob, "SN-9", proofs=[proof(PDF)])
            1 / 0  # noqa: B018 - whatever ends the transaction
        assert set(tmp_path.rglob("*")) != kept
        now = datetime.now(UTC)

        assert claiming.forget_strays(as_of=now) == 0
        assert claiming.forget_strays(as_of=now + timedelta(days=2)) == 1
        assert set(tmp_path.rglob("*")) == kept

    def test_that_unpack_too_large_are_not_unpacked(self, monkeypatch):
        monkeypatch.setitem(proofs.PIXELS_MAX, "PNG", 63)

        with pytest.raises(claiming.ProofRefused) as refused:
            proofs.judge(proof(draw_picture("PNG", (8, 8))))
        assert refused.value.code == "too_many_pixels"


class TestMoves:
    def test_go_as_the_table_says_and_no_other_way(self, shop):
        dana, erik = make_staff("dana"), make_staff("erik")
        paths = {
            State.PENDING: [],
            State.APPROVED: [State.APPROVED],
            State.REJECTED: [State.REJECTED],
            State.APPEALED: [State.REJECTED, State.APPEALED],
            State.PAID: [State.APPROVED, State.PAID],
            State.WITHDRAWN: [State.WITHDRAWN],
        }
        tried = set()
        for state, path in paths.items():
            for to_state in set(State) - {State.PENDING}:
                claim = file_one(shop.bob, f"{state}-{to_state}")
                for step in path:
                    claim = move(claim, step, shop=shop, by=dana)
                assert claim.state == state
                if to_state in LEGAL_MOVES[state]:
                    moved = move(claim, to_state, shop=shop, by=erik)
                    assert moved.state == to_state
                    stands = set(claim.serials.values_list("stands", flat=True))
                    assert stands == {to_state not in ("rejected", "withdrawn")}
                    assert claim.moves.count() == len(path) + 2
                    tried.add((state, to_state))
                else:
                    with pytest.raises(claiming.IllegalMove):
                        move(claim, to_state, shop=shop, by=erik)
        assert len(tried) == sum(len(LEGAL_MOVES[state]) for state in State)

    def test_approving_makes_the_activity_of_the_sale(self, shop):
        dana = make_staff("dana")
        claim = move(file_one(shop.bob, "SN-1", "SN-2"), State.APPROVED, shop=shop, by=dana)

        fact = Activity.objects.get()
        assert claim.activity == fact
        assert (fact.kind, fact.source, fact.external_id) == (
            "sell_out",
            "claims",
            str(claim.public_id),
        )
        assert (fact.partner, fact.member, fact.quantity) == (shop.partner, shop.bob, 2)
        assert fact.occurred_at.date() == claim.sold_on
        assert not Award.objects.exists()
        assert claim.moves.last().by_person == dana

    def test_nobody_decides_for_their_own_company_and_appeals_go_to_another(self, shop):
        dana, erik = make_staff("dana"), make_staff("erik")
        claim = file_one(shop.bob)
        for act in (claiming.approve, claiming.mark_paid):
            with pytest.raises(claiming.OwnClaim):
                act(claim=claim, by=shop.vera.person, at=LATER)
        with pytest.raises(claiming.OwnClaim):
            move(claim, State.REJECTED, shop=shop, by=shop.alice.person)
        with pytest.raises(claiming.UnknownReason):
            claiming.reject(claim=claim, reason="mood", note="", by=dana, at=LATER)
        appealed = move(move(claim, State.REJECTED, shop=shop, by=dana), State.APPEALED, shop=shop)

        for nobody_else in (dana, None):
            with pytest.raises(claiming.SamePersonDecides):
                move(appealed, State.APPROVED, shop=shop, by=nobody_else)
        final = move(appealed, State.REJECTED, shop=shop, by=erik)
        with pytest.raises(claiming.AppealedBefore):
            move(final, State.APPEALED, shop=shop)
        assert not claiming.may_appeal(final)

    def test_an_appeal_needs_its_articles_to_be_free_still(self, shop, charlie):
        claim = move(file_one(shop.bob, "SN-1"), State.REJECTED, shop=shop, by=make_staff("dana"))
        file_one(charlie, "SN-1")

        with pytest.raises(claiming.ClaimedMeanwhile):
            move(claim, State.APPEALED, shop=shop)
        claim.refresh_from_db()
        assert claim.state == "rejected"
        assert ClaimedSerial.objects.get(stands=True).claim != claim
