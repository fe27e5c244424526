"""Who may earn for themselves: by whose word, to which terms, from when until when."""

import uuid
from datetime import timedelta
from decimal import Decimal
from zipfile import is_zipfile

import pytest
from django.core.management import CommandError, call_command

from partners.models import Actor, Event, Member
from rewards import consenting, sharing
from rewards.consenting import (
    AlreadyAgreed,
    MemberNotActive,
    NotTheApprover,
    OnlyHeadBuyerDecides,
    OwnEarning,
    PersonalEarningClosed,
    TermsChanged,
    read_holdings,
)
from rewards.erasing import erase_person, export_person
from rewards.gift_register import GiftKind, Question, read_register, sum_up
from rewards.leaving import deactivate
from rewards.merging import undo_merge
from rewards.models import EarningApprover, EarningConsent
from tests.rewards.cast import NOON, Shop, balance, earn, join, make_partner, offer, open_shop, take
from tests.rewards.merging.world import join_up

pytestmark = pytest.mark.django_db

LATER = NOON + timedelta(days=1)
ALLOWED = {
    "personal_earning": {
        "allowed": True,
        "yearly_cap": "200.00",
        "terms": {"en": "Points for trainings belong to whoever took them."},
        "terms_version": 3,
    }
}
STAFF = Actor(partner_ids=None)


@pytest.fixture
def shop() -> Shop:
    return open_shop(points=500, **ALLOWED)


def acting(member: Member) -> Actor:
    return Actor(partner_ids=frozenset([member.partner_id]), member=member, person=member.person)


def name(shop: Shop, member: Member, by: Member | None = None):
    return consenting.name_approver(
        partner=shop.partner, member=member, by=acting(by or shop.alice), at=NOON
    )


def agree(shop: Shop, member: Member, by: Member, **given) -> EarningConsent:
    given = {"terms_version": 3, "language": "en", "at": NOON, **given}
    return consenting.agree(programme=shop.programme, member=member, by=acting(by), **given)


class TestNamingAnApprover:
    def test_the_head_buyer_does_and_another_name_ends_the_first(self, shop):
        name(shop, shop.alice)
        name(shop, shop.bob)

        assert consenting.find_approver(shop.partner).member == shop.bob
        ended = EarningApprover.objects.get(member=shop.alice)
        assert (ended.ended_at, ended.named_by) == (NOON, shop.alice.person)

    def test_the_same_name_again_changes_nothing(self, shop):
        assert name(shop, shop.bob) == name(shop, shop.bob)
        assert Event.objects.filter(kind="approver_named").count() == 1

    def test_nobody_else_of_the_team_does(self, shop):
        with pytest.raises(OnlyHeadBuyerDecides):
            name(shop, shop.bob, by=shop.bob)

    def test_only_somebody_of_this_team_is_named(self, shop):
        stranger = join(make_partner(shop.programme, "99999"), "Charlie", "head_buyer")
        with pytest.raises(MemberNotActive):
            name(shop, stranger)

    def test_the_head_buyer_of_another_company_names_nobody_here(self, shop):
        stranger = join(make_partner(shop.programme, "99999"), "Charlie", "head_buyer")
        with pytest.raises(OnlyHeadBuyerDecides):
            name(shop, shop.bob, by=stranger)


class TestAgreeing:
    def test_keeps_who_agreed_to_which_words_and_when(self, shop):
        name(shop, shop.alice)

        consent = agree(shop, shop.bob, by=shop.alice)

        assert (consent.version, consent.terms_version, consent.given_at) == (1, 3, NOON)
        assert consent.terms == ALLOWED["personal_earning"]["terms"]["en"]
        told = Event.objects.get(kind="personal_earning_agreed")
        assert (told.member_id, told.actor_id) == (shop.bob.pk, shop.alice.person_id)
        assert "Bob" not in str(told.payload)

    def test_nobody_agrees_to_their_own_earning(self, shop):
        name(shop, shop.bob)
        with pytest.raises(OwnEarning):
            agree(shop, shop.bob, by=shop.bob)

    def test_a_head_buyer_who_was_not_named_cannot_agree(self, shop):
        name(shop, shop.vera)
        with pytest.raises(NotTheApprover):
            agree(shop, shop.bob, by=shop.alice)

    def test_where_nobody_was_named_nobody_can(self, shop):
        with pytest.raises(NotTheApprover):
            agree(shop, shop.bob, by=shop.alice)

    def test_the_approver_of_another_company_cannot(self, shop):
        other = join(make_partner(shop.programme, "99999"), "Charlie", "head_buyer")
        consenting.name_approver(partner=other.partner, member=other, by=acting(other), at=NOON)
        name(shop, shop.alice)
        with pytest.raises(NotTheApprover):
            agree(shop, shop.bob, by=other)

    def test_terms_that_changed_meanwhile_have_to_be_read_again(self, shop):
        name(shop, shop.alice)
        with pytest.raises(TermsChanged):
            agree(shop, shop.bob, by=shop.alice, terms_version=2)

    def test_twice_to_the_same_terms_is_once(self, shop):
        name(shop, shop.alice)
        agree(shop, shop.bob, by=shop.alice)
        with pytest.raises(AlreadyAgreed):
            agree(shop, shop.bob, by=shop.alice)

    def test_newer_terms_take_the_place_of_older_ones(self, shop):
        name(shop, shop.alice)
        first = agree(shop, shop.bob, by=shop.alice)
        version = shop.programme.versions.get()
        newer = version.definition["settings"]["personal_earning"] | {"terms_version": 4}
        version.definition["settings"]["personal_earning"] = newer
        type(version).objects.filter(pk=version.pk).update(definition=version.definition)

        second = agree(shop, shop.bob, by=shop.alice, terms_version=4, at=LATER)

        first.refresh_from_db()
        assert (first.withdrawn_at, second.version, second.withdrawn_at) == (LATER, 2, None)
        assert second.terms_version == 4

    def test_it_is_closed_unless_the_programme_opens_it(self):
        shop = open_shop()
        name(shop, shop.alice)
        with pytest.raises(PersonalEarningClosed):
            agree(shop, shop.bob, by=shop.alice)

    def test_who_has_left_earns_nothing(self, shop):
        name(shop, shop.alice)
        deactivate(member=shop.bob, by=acting(shop.alice), at=NOON)
        with pytest.raises(MemberNotActive):
            agree(shop, shop.bob, by=shop.alice)


class TestWithdrawing:
    @pytest.mark.parametrize("who", ["alice", "bob"])
    def test_the_approver_and_the_member_may(self, shop, who):
        name(shop, shop.alice)
        consent = agree(shop, shop.bob, by=shop.alice)

        by = acting(getattr(shop, who))
        again = [consenting.withdraw(consent=consent, by=by, at=LATER) for _time in range(2)]

        assert {each.withdrawn_at for each in again} == {LATER}
        assert Event.objects.filter(kind="personal_earning_withdrawn").count() == 1
        assert [
            held.holds_at(moment)
            for held in read_holdings([shop.bob.pk], programme=shop.programme)
            for moment in (NOON - timedelta(seconds=1), NOON, LATER - timedelta(seconds=1), LATER)
        ] == [False, True, True, False]

    def test_a_colleague_may_not(self, shop):
        name(shop, shop.alice)
        consent = agree(shop, shop.bob, by=shop.alice)
        with pytest.raises(NotTheApprover):
            consenting.withdraw(consent=consent, by=acting(shop.vera), at=LATER)

    def test_leaving_ends_what_was_agreed_and_who_was_named(self, shop):
        dora = join(shop.partner, "Dora")
        name(shop, shop.bob)
        consent = agree(shop, dora, by=shop.bob)
        deactivate(member=dora, by=acting(shop.alice), at=LATER)
        deactivate(member=shop.bob, by=acting(shop.alice), at=LATER)

        consent.refresh_from_db()
        assert consent.withdrawn_at == LATER
        assert consenting.find_approver(shop.partner) is None


class TestTheRegister:
    def read(self, shop: Shop, actor: Actor = STAFF, **given):
        question = Question(
            programme=shop.programme,
            actor=actor,
            since=NOON - timedelta(days=1),
            until=NOON + timedelta(days=30),
            **given,
        )
        return [
            (row.kind, row.member.person.name, row.units, str(row.value))
            for row in read_register(question)
        ]

    def share(self, shop: Shop, amount: int):
        return sharing.share(
            head_buyer=shop.alice,
            programme=shop.programme,
            amount=amount,
            method="equal",
            parts=[sharing.PartDraft(member_id=shop.bob.pk, amount=amount)],
            reason="Thank you",
            request_id=uuid.uuid4(),
            shared_at=NOON,
        )

    def test_lists_what_was_shared_taken_and_what_went_back(self, shop):
        self.share(shop, 120)
        certificate = offer(shop.programme, price=20, audience="person")
        take(shop.bob, shop.wallet(shop.bob), certificate)
        deactivate(member=shop.bob, by=acting(shop.alice), at=LATER)

        assert self.read(shop) == [
            (GiftKind.SHARED, "Bob", 120, "1.2000"),
            (GiftKind.TAKEN, "Bob", 20, "0.2000"),
            (GiftKind.RETURNED, "Bob", -100, "-1.0000"),
        ]

    def test_a_share_that_was_undone_is_taken_off_again(self, shop):
        given = self.share(shop, 120)
        sharing.undo(share=given, by=shop.alice, at=LATER)

        assert [row[:3] for row in self.read(shop)] == [
            (GiftKind.SHARED, "Bob", 120),
            (GiftKind.SHARE_UNDONE, "Bob", -120),
        ]

    def test_adds_up_to_what_the_wallets_hold_and_what_was_used(self, shop):
        """Whatever happens to a wallet stands in the register, but for what expires and merges."""
        given = self.share(shop, 120)
        earn(shop.wallet(shop.bob), 40)
        certificate = offer(shop.programme, price=20, audience="person")
        taken = take(shop.bob, shop.wallet(shop.bob), certificate)
        sharing.undo(share=given, by=shop.alice, at=LATER)

        question = Question.of_year(2026, programme=shop.programme, actor=STAFF)
        [total] = sum_up(read_register(question))

        assert total.units - taken.price == balance(shop.wallet(shop.bob))
        assert (total.earned, total.taken) == (Decimal("0.4"), Decimal("0.2"))
        assert total.left_of(Decimal("0.3")) == 0

    def test_everybody_sees_their_own_company_only(self, shop):
        self.share(shop, 120)
        stranger = join(make_partner(shop.programme, "99999"), "Charlie", "head_buyer")

        assert self.read(shop, acting(stranger)) == []
        assert len(self.read(shop, acting(shop.alice))) == 1
        assert self.read(shop, member=shop.vera) == []

    def test_asks_as_often_for_many_as_for_few(self, shop, django_assert_num_queries):
        for _time in range(4):
            self.share(shop, 10)
        earn(shop.pool, 10)
        with django_assert_num_queries(6):
            assert len(self.read(shop)) == 4


class TestMerging:
    """A yes of one company is not another's, and an undone merge leaves what was."""

    def test_consents_end_with_the_company_that_gave_them_and_come_back_with_it(self, shop):
        other = make_partner(shop.programme, "99")
        charlie, dora = join(other, "Charlie", "head_buyer"), join(other, "Dora")
        consenting.name_approver(partner=other, member=charlie, by=acting(charlie), at=NOON)
        consent = agree(shop, dora, by=charlie)
        name(shop, shop.alice)

        made = join_up(shop.partner, other, at=LATER)

        consent.refresh_from_db()
        here = Member.objects.get(partner=shop.partner, person=dora.person)
        assert consent.withdrawn_at == LATER
        assert consenting.find_approver(other) is None
        assert consenting.find_approver(shop.partner).member == shop.alice
        assert read_holdings([here.pk], programme=shop.programme) == []
        agree(shop, here, by=shop.alice, at=LATER)

        undo_merge(merge=made, by=None, at=LATER + timedelta(days=1))

        consent.refresh_from_db()
        assert consent.withdrawn_at is None
        assert consenting.find_approver(other).member == charlie
        [held] = read_holdings([here.pk], programme=shop.programme)
        assert held.withdrawn_at == LATER + timedelta(days=1)


class TestErasing:
    def test_the_register_keeps_sums_and_no_name(self, shop):
        name(shop, shop.alice)
        agree(shop, shop.bob, by=shop.alice)
        earn(shop.wallet(shop.bob), 40)
        bob = shop.bob.person
        [kept] = export_person(bob, at=LATER)["kept"]["rewards.EarningConsent"]
        assert kept["terms"] == ALLOWED["personal_earning"]["terms"]["en"]

        erase_person(person=bob, by=None, at=LATER)

        question = Question.of_year(2026, programme=shop.programme, actor=STAFF)
        rows = list(read_register(question))
        assert [(row.kind, row.units) for row in rows] == [
            (GiftKind.EARNED, 40),
            (GiftKind.RETURNED, -40),
        ]
        assert not any(
            "Bob" in str(value) for row in rows for value in (row.member.person, row.about)
        )
        assert EarningConsent.objects.get().withdrawn_at == LATER


class TestTheCommand:
    def test_writes_a_year_of_one_partner_or_all(self, shop, tmp_path, capsysbinary):
        name(shop, shop.alice)
        earn(shop.wallet(shop.bob), 40)
        csv_file, book = tmp_path / "gifts.csv", tmp_path / "gifts.xlsx"

        for file in (csv_file, book):
            call_command("export_gift_register", str(file), programme="club", year=2026)
        call_command("export_gift_register", "-", programme="club", year=2025, partner="erp:12346")

        [_heads, line] = csv_file.read_text("utf-8-sig").splitlines()
        assert ",Earned for themselves,12346,Shop 12346,Bob,40,club-points,0.4000,GBP," in line
        assert is_zipfile(book)
        assert capsysbinary.readouterr().out.count(b"\r\n") == 1

    @pytest.mark.parametrize(
        "given",
        [
            {"programme": "none"},
            {"year": 1},
            {"partner": "erp:none"},
            {"file": "gifts.pdf"},
        ],
    )
    def test_refuses_what_it_does_not_know(self, shop, given):
        asked = {"file": "gifts.csv", "programme": "club", "year": 2026, **given}
        with pytest.raises(CommandError) as refusal:
            call_command("export_gift_register", asked.pop("file"), **asked)
        assert refusal.value.returncode == 2
