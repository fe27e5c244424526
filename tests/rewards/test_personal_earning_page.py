"""Who earns for themselves: what each member sees of it, and what each may do about it."""

import io
import uuid
from zipfile import ZipFile

import pytest
from django.urls import reverse
from django.utils import timezone

from partners.models import Member
from partners.reports import ActivityReport
from rewards import consenting, sharing
from rewards.crediting import take_in
from rewards.models import EarningApprover, EarningConsent
from tests.rewards.cast import balance, earn, join, make_partner, offer, take
from tests.rewards.portal import EARLIER, open_shop_today, sign_in, words
from tests.rewards.test_consenting import ALLOWED, acting

# What the pages say is the same on both databases.
pytestmark = [pytest.mark.django_db, pytest.mark.once("PostgreSQL")]

PAGE = reverse("rewards:personal-earning")
APPROVER = reverse("rewards:approver")
GIFTS = reverse("rewards:gifts")


@pytest.fixture
def shop():
    return open_shop_today(points=500, **ALLOWED)


@pytest.fixture
def approved(shop):
    """Vera agrees; Bob earns for himself."""
    named(shop, shop.vera)
    agree(shop, shop.bob)
    return shop


def named(shop, member):
    at = shop.alice.joined_at
    consenting.name_approver(partner=shop.partner, member=member, by=acting(shop.alice), at=at)


def agree(shop, member, by=None):
    return consenting.agree(
        programme=shop.programme,
        member=member,
        by=acting(by or shop.vera),
        terms_version=3,
        language="en",
        at=shop.alice.joined_at,
    )


def step(member, name):
    return reverse(f"rewards:personal-earning-{name}", args=[member.public_id])


def change_terms(shop, **changes):
    version = shop.programme.versions.get()
    version.definition["settings"]["personal_earning"] |= changes
    type(version).objects.filter(pk=version.pk).update(definition=version.definition)


def earns(member: Member) -> bool:
    return EarningConsent.objects.filter(member=member, withdrawn_at__isnull=True).exists()


class TestThePage:
    def test_is_on_the_team_page_only_where_the_programme_allows_it(self, shop):
        assert PAGE in sign_in(shop.bob).get(reverse("rewards:team")).content.decode()

        change_terms(shop, allowed=False)

        assert PAGE not in sign_in(shop.bob).get(reverse("rewards:team")).content.decode()
        closed = words(sign_in(shop.alice).get(PAGE))
        assert "Nobody earns for themselves in this programme" in closed

    def test_shows_the_head_buyer_everybody_and_whom_to_name(self, approved):
        page = words(sign_in(approved.alice).get(PAGE))

        assert "Alice You The company" in page
        assert "Bob Buyer Themselves since 2 Mar 2026" in page
        assert "Vera Named on 2 Mar 2026" in page
        assert "Points for trainings belong to whoever took them." in page
        assert "At most £200 a year each" in page
        assert "Bob 2 Mar 2026, by Vera Version 3 In force" in page
        assert "Name this person" in page
        # Agreeing is not hers: she named somebody else.
        assert step(approved.alice, "agree") not in page

    def test_shows_who_is_neither_themselves_only(self, approved):
        dora = join(approved.partner, "Dora")
        agree(approved, dora)

        page = words(sign_in(approved.bob).get(PAGE))

        assert "You earn for yourself. Vera agreed on 2 Mar 2026." in page
        assert "Dora" not in page
        assert "Name this person" not in page

    def test_says_what_is_left_of_the_year(self, approved):
        wallet = approved.wallet(approved.bob)
        earn(wallet, 1_250, at=timezone.now())
        earn(wallet, 700, at=timezone.now() - EARLIER * 13)
        share_today(approved, 90)

        page = words(sign_in(approved.bob).get(PAGE))

        assert "£12.50 of £200.00" in page
        assert "£187.50 are left." in page
        assert "£12.50" in words(sign_in(approved.alice).get(PAGE))

    def test_costs_the_same_queries_for_three_people_and_for_nine(
        self, approved, django_assert_num_queries
    ):
        alice = sign_in(approved.alice)
        # session, person, memberships, frame: standing and versions; standpoint: standing,
        # versions, accounts, their lots, debt; members, consents in force, earned, versions for
        # what it is worth, approver, latest consents
        for more in (0, 6):
            for number in range(more):
                extra = join(approved.partner, f"Extra{number}")
                agree(approved, extra)
                earn(approved.wallet(extra), 10, at=timezone.now())
            alice.get(PAGE)
            with django_assert_num_queries(16):
                alice.get(PAGE)


class TestNaming:
    def test_the_head_buyer_names_and_names_another(self, shop):
        alice = sign_in(shop.alice)
        for member in (shop.vera, shop.vera, shop.bob):
            said = words(alice.post(APPROVER, {"approver": member.public_id}, follow=True))
            assert f"{member.person.name} agrees to personal earning from now on." in said

        assert EarningApprover.objects.count() == 2
        assert consenting.find_approver(shop.partner).member == shop.bob

    @pytest.mark.parametrize("who", ["bob", "vera"])
    def test_nobody_else_does(self, shop, who):
        answer = sign_in(getattr(shop, who)).post(APPROVER, {"approver": shop.vera.public_id})

        assert answer.status_code == 403
        assert consenting.find_approver(shop.partner) is None

    def test_somebody_of_another_company_cannot_be_named(self, shop):
        stranger = join(make_partner(shop.programme, "99999"), "Charlie", "head_buyer")

        answer = sign_in(shop.alice).post(APPROVER, {"approver": stranger.public_id})

        assert answer.status_code == 422
        assert consenting.find_approver(shop.partner) is None


class TestAgreeing:
    def test_the_approver_reads_the_terms_and_agrees_once(self, shop):
        named(shop, shop.vera)
        vera = sign_in(shop.vera)
        page = vera.get(step(shop.bob, "agree"))
        assert "Let Bob earn for themselves?" in words(page)
        assert not earns(shop.bob)

        for _press in range(2):
            said = vera.post(step(shop.bob, "agree"), {"terms_version": 3}, follow=True)
            assert "Bob earns for themselves from now on." in words(said)

        [consent] = EarningConsent.objects.all()
        assert (consent.member, consent.approver) == (shop.bob, shop.vera)

    def test_terms_that_changed_meanwhile_are_shown_again(self, shop):
        named(shop, shop.vera)
        change_terms(shop, terms={"en": "Only for trainings in person."}, terms_version=4)

        answer = sign_in(shop.vera).post(step(shop.bob, "agree"), {"terms_version": 3})

        assert answer.status_code == 422
        assert "The terms have changed. Please read them again." in words(answer)
        assert "Only for trainings in person." in words(answer)
        assert not earns(shop.bob)

    def test_newer_terms_are_offered_to_agree_to_anew(self, approved):
        change_terms(approved, terms_version=4)
        vera = sign_in(approved.vera)
        shown = words(vera.get(PAGE))
        assert "The company, until the new terms are agreed to By earlier terms" in shown
        own = words(sign_in(approved.bob).get(PAGE))
        assert "What you do earns for the company’s pool until they are agreed to" in own

        vera.post(step(approved.bob, "agree"), {"terms_version": 4})

        assert "By earlier terms" not in words(vera.get(PAGE))

    @pytest.mark.parametrize(("who", "status"), [("alice", 403), ("bob", 403), ("vera", 302)])
    def test_nobody_else_does_and_nobody_for_themselves(self, shop, who, status):
        named(shop, shop.vera)
        member = getattr(shop, who)
        target = shop.bob if who != "vera" else shop.vera

        answer = sign_in(member).post(step(target, "agree"), {"terms_version": 3})

        assert answer.status_code == status
        assert not EarningConsent.objects.exists()


class TestWithdrawing:
    @pytest.mark.parametrize("who", ["alice", "vera", "bob"])
    def test_the_head_buyer_the_approver_and_oneself_may(self, approved, who):
        client = sign_in(getattr(approved, who))
        assert "From now on, all points go to the pool" in words(
            client.get(step(approved.bob, "withdraw"))
        )
        assert earns(approved.bob)

        for _press in range(2):
            said = words(client.post(step(approved.bob, "withdraw"), follow=True))
            assert "for the company’s pool." in said

        assert not earns(approved.bob)

    def test_a_colleague_may_not(self, approved):
        dora = join(approved.partner, "Dora")

        assert sign_in(dora).post(step(approved.bob, "withdraw")).status_code == 403
        assert earns(approved.bob)


class TestTheStatement:
    def test_says_in_the_wallet_what_was_earned_for_oneself(self, approved):
        version = approved.programme.versions.get()
        rule = {
            "code": "trainings",
            "names": {"en": "Trainings"},
            "trigger": "training",
            "effect": {"kind": "fixed", "units": 60},
            "to": "member",
        }
        version.definition["rules"] = [rule]
        type(version).objects.filter(pk=version.pk).update(definition=version.definition)
        passed = ActivityReport(
            kind="training",
            partner_id=approved.partner.pk,
            member_id=approved.bob.pk,
            source="lms",
            external_id="T-1",
            occurred_at=timezone.now(),
            currency="GBP",
            attributes={"course": "Winter", "passed": True},
        )

        take_in([passed], as_of=timezone.now())

        assert balance(approved.wallet(approved.bob)) == 60
        page = words(sign_in(approved.bob).get(reverse("ledger:statement")))
        assert "Earned for yourself" in page
        assert "£0.60" in words(sign_in(approved.alice).get(GIFTS))
        # The timeline of the wallet's member tells of it, the company's of whom it agreed for.
        home = reverse("metrics:home")
        told = words(sign_in(approved.bob).get(home))
        assert "Points for T-1" in told
        assert "Earned for yourself" in told
        assert "You may earn for yourself" in told
        told = words(sign_in(approved.alice).get(home))
        assert "Points for T-1" not in told
        assert "Bob may earn for themselves" in told
        assert "Vera agrees to personal earning" in told


class TestTheRegister:
    def test_shows_totals_and_lines_of_the_year(self, approved):
        wallet = approved.wallet(approved.bob)
        earn(wallet, 1_000, at=timezone.now())
        share_today(approved, 90)
        certificate = offer(approved.programme, price=20, audience="person", name="Tea")
        take(approved.bob, wallet, certificate, redeemed_at=timezone.now())

        page = words(sign_in(approved.alice).get(GIFTS))

        # 1,000 earned and 90 shared; the tea is paid out of them.
        assert "Bob 1,090 points, £10.00 earned for themselves £10.00 £190.00 £10.90" in page
        assert "Together £10.90" in page
        assert "Taken from the catalogue Tea 20 £0.20" in page
        assert "Shared by the company Thank you +90 £0.90" in page

    def test_is_for_the_head_buyer(self, approved):
        for who in (approved.bob, approved.vera):
            for page in (GIFTS, reverse("rewards:gifts-csv"), reverse("rewards:gifts-xlsx")):
                assert sign_in(who).get(page).status_code == 403

    def test_files_hold_the_same_and_no_formula(self, approved):
        earn(approved.wallet(approved.bob), 1_000, at=timezone.now())
        approved.bob.person.name = "=cmd()"
        approved.bob.person.save()
        alice = sign_in(approved.alice)

        text = b"".join(alice.get(reverse("rewards:gifts-csv")).streaming_content).decode()
        sheets = b"".join(alice.get(reverse("rewards:gifts-xlsx")).streaming_content)

        heads, line = text.removeprefix("\N{BYTE ORDER MARK}").splitlines()
        assert heads.startswith("When,What,Partner number,Partner,Person,Amount,Unit,Value")
        assert (
            ",Earned for themselves,12346,Shop 12346,'=cmd(),1000,club-points,10.0000,GBP" in line
        )
        with ZipFile(io.BytesIO(sheets)) as book:
            totals = book.read("xl/worksheets/sheet2.xml").decode()
        assert "<f>" not in totals
        assert "<v>10</v>" in totals
        assert "<v>190</v>" in totals

    def test_costs_the_same_queries_for_one_line_and_for_twelve(
        self, approved, django_assert_num_queries
    ):
        alice = sign_in(approved.alice)
        # session, person, memberships, frame: standing and versions; standpoint: standing,
        # versions, accounts, their lots, debt; the first year; lines: their number, versions for
        # what they were worth, the page, four kinds of words; totals: lines, four kinds of words
        for more in (1, 11):
            for _number in range(more):
                share_today(approved, 5)
            with django_assert_num_queries(23):
                alice.get(GIFTS)


def share_today(shop, amount):
    """Share something with Bob: pages read the clock."""
    sharing.share(
        head_buyer=shop.alice,
        programme=shop.programme,
        amount=amount,
        method="equal",
        parts=[sharing.PartDraft(member_id=shop.bob.pk, amount=amount)],
        reason="Thank you",
        request_id=uuid.uuid4(),
        shared_at=timezone.now(),
    )
