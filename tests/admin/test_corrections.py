"""Corrections in the admin: asked for with a preview, decided on by somebody else."""

import base64
import json
import re
import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from config.admin_navigation import count_corrections
from ledger import accounts
from ledger.expiring import expire
from ledger.models import Correction, CorrectionLimit, CorrectionReason, Transfer, Unit
from partners.models import Member, Partner, Person
from partners.roles import Role
from tests.rewards.cast import NOON, earn, make_partner, offer, open_shop, owe, take

pytestmark = [pytest.mark.django_db, pytest.mark.once("SQLite")]

# What ``Partner.objects.lock`` asks on SQLite, where the file itself is the lock.
LOCKS_PARTNERS = re.compile(r"""FROM "partners_partner" WHERE id IN .*json_each\('(\[.*?\])'\)""")
QUEUE = reverse("admin:ledger_correction_changelist")
ACCOUNTS = reverse("admin:ledger_account_changelist")


def said(answer):
    return [str(message) for message in get_messages(answer.wsgi_request)]


def of_account(account, step):
    return f"/admin/ledger/account/{account.pk}/{step}/"


def of_transfer(transfer, step):
    return f"/admin/ledger/transfer/{transfer.pk}/{step}/"


def of_correction(correction, step):
    return f"/admin/ledger/correction/{correction.pk}/{step}/"


def reason(code="goodwill"):
    return CorrectionReason.objects.get(code=code).pk


def fill(**fields):
    return {
        "request_id": str(uuid.uuid4()),
        "way": "credit",
        "amount": "40",
        "reason": reason(),
        "note": "A late parcel",
        "last_day": "",
        **fields,
    }


def send(client, url, fields):
    """Preview, then send exactly what was shown."""
    preview = client.post(url, {**fields, "preview": "1"})
    assert preview.context["previews"], preview.context["form"].errors
    return client.post(url, {**fields, "confirmed": "1", "seen": preview.context["seen"]})


@pytest.fixture
def shop():
    return open_shop(points=1000)


@pytest.fixture
def dana(employ):
    return employ(Role.LOYALTY_MANAGER)


@pytest.fixture
def limit(shop):
    return CorrectionLimit.objects.create(
        role=Role.LOYALTY_MANAGER, unit=shop.unit, per_correction=100, per_day=150
    )


@pytest.fixture
def erik(dana):
    """A second loyalty manager, not signed in."""
    person = Person.objects.create(email="erik@example.com", name="Erik", is_staff=True)
    person.groups.set(Group.objects.filter(name=Role.LOYALTY_MANAGER.value))
    return person


class TestAnAdjustment:
    @pytest.mark.usefixtures("dana", "limit")
    def test_is_shown_before_it_happens_and_nothing_has_moved(self, client, shop):
        answer = client.post(of_account(shop.pool, "adjust"), {**fill(), "preview": "1"})

        [preview] = answer.context["previews"]
        assert preview.is_posted
        assert [value.replace("\N{NO-BREAK SPACE}", " ") for _label, value in preview.rows] == [
            "1,000 points",
            "+40 points",
            "1,040 points",
        ]
        assert "posted at once" in preview.verdict
        assert "100\N{NO-BREAK SPACE}points at once" in preview.verdict
        assert shop.pool.balance == 1000
        assert not Correction.objects.exists()
        assert Transfer.objects.count() == 1

    @pytest.mark.usefixtures("limit")
    def test_is_posted_within_the_limit(self, client, dana, shop):
        answer = send(client, of_account(shop.pool, "adjust"), fill())

        correction = Correction.objects.get()
        assert answer.url == reverse("admin:ledger_correction_change", args=[correction.pk])
        assert (correction.state, correction.requested_by) == ("posted", dana)
        assert correction.transfer.reason_code == "goodwill"
        assert "is posted" in said(answer)[0]
        assert shop.pool.balance == 1040

    @pytest.mark.usefixtures("dana", "limit")
    def test_waits_above_the_limit_and_says_why(self, client, shop):
        url = of_account(shop.pool, "adjust")
        shown = client.post(url, {**fill(amount="101"), "preview": "1"}).content.decode()
        send(client, url, fill(amount="101"))

        assert "It waits for a second person." in shown
        assert "Alone you may post up to" in shown
        assert Correction.objects.get().state == "waiting"
        assert shop.pool.balance == 1000

    @pytest.mark.usefixtures("dana")
    def test_without_a_limit_always_waits(self, client, shop):
        shown = client.post(of_account(shop.pool, "adjust"), {**fill(), "preview": "1"})

        assert "somebody else always decides" in shown.content.decode()

    @pytest.mark.usefixtures("dana", "limit")
    def test_sent_twice_is_posted_once_and_shows_the_same(self, client, shop):
        url, fields = of_account(shop.pool, "adjust"), fill()

        first = send(client, url, fields)
        second = client.post(url, {**fields, "confirmed": "1", "seen": "anything"})

        assert first.url == second.url
        assert shop.pool.balance == 1040

    @pytest.mark.usefixtures("dana", "limit")
    def test_is_shown_again_where_something_changed_since(self, client, shop):
        url, fields = of_account(shop.pool, "adjust"), fill()
        seen = client.post(url, {**fields, "preview": "1"}).context["seen"]
        earn(shop.pool, 500)

        answer = client.post(url, {**fields, "confirmed": "1", "seen": seen})

        assert answer.status_code == 200
        assert "Something changed since you looked" in answer.content.decode()
        assert shop.pool.balance == 1500

    @pytest.mark.usefixtures("dana", "limit")
    def test_says_in_the_form_what_is_refused(self, client, shop):
        fields = fill(way="debit", amount="2000")
        CorrectionLimit.objects.update(per_correction=5000, per_day=5000)

        answer = client.post(of_account(shop.pool, "adjust"), {**fields, "preview": "1"})

        assert answer.context["previews"] == []
        assert "2,000\N{NO-BREAK SPACE}points needed, 1,000" in answer.content.decode()

    @pytest.mark.usefixtures("dana", "limit")
    def test_refusals_have_amounts_as_people_read_them(self, client, shop, erik):
        Unit.objects.update(decimals=2)
        adjust = of_account(shop.pool, "adjust")
        send(client, adjust, fill(way="debit", amount="9.5"))
        waits = Correction.objects.get()
        take(shop.alice, shop.pool, offer(shop.programme, price=300))

        CorrectionLimit.objects.update(per_correction=5000, per_day=5000)
        preview = fill(way="debit", amount="11.5") | {"preview": "1"}
        refused = client.post(adjust, preview).content.decode().replace("\xa0", " ")
        client.force_login(erik)
        agreed = client.post(of_correction(waits, "agree"), {"note": ""}, follow=True)

        assert "11.50 points needed, 7.00 points available." in refused
        [sentence] = [str(each) for each in agreed.context["messages"]]
        assert "9.50 points needed, 7.00 points available." in sentence.replace("\xa0", " ")

    @pytest.mark.parametrize(
        ("fields", "name"),
        [
            ({"amount": "0"}, "amount"),
            ({"amount": "1.5"}, "amount"),
            ({"amount": "9" * 30}, "amount"),
            ({"reason": ""}, "reason"),
            ({"last_day": "2001-01-01"}, "last_day"),
            ({"way": "debit", "last_day": "2099-01-01"}, "last_day"),
        ],
        ids=str,
    )
    @pytest.mark.usefixtures("dana", "limit")
    def test_says_beside_the_field_what_is_wrong(self, client, shop, fields, name):
        answer = client.post(of_account(shop.pool, "adjust"), {**fill(**fields), "preview": "1"})

        assert answer.context["form"].errors[name]
        assert not answer.context["previews"]

    @pytest.mark.usefixtures("dana")
    def test_offers_only_reasons_in_use_for_adjustments(self, client, shop):
        CorrectionReason.objects.filter(code="goodwill").update(is_active=False)

        offered = client.get(of_account(shop.pool, "adjust")).context["form"].fields["reason"]

        codes = set(offered.queryset.values_list("code", flat=True))
        assert "complaint" in codes
        assert not codes & {"goodwill", "expiry-waived"}

    @pytest.mark.parametrize("role", sorted(set(Role) - {Role.LOYALTY_MANAGER}))
    def test_is_not_open_to_other_roles(self, client, employ, shop, role):
        employ(role)

        answer = client.post(of_account(shop.pool, "adjust"), {**fill(), "confirmed": "1"})

        assert answer.status_code == 403
        assert not Correction.objects.exists()


def test_a_debt_is_forgiven_in_part(client, dana):
    poor = open_shop()
    owe(poor, 30)
    debt = accounts.debt(poor.unit, poor.partner)
    CorrectionLimit.objects.create(
        role=Role.LOYALTY_MANAGER, unit=poor.unit, per_correction=100, per_day=100
    )

    page = client.get(f"/admin/ledger/account/{debt.pk}/change/").content.decode()
    send(client, of_account(debt, "forgive"), fill(amount="20"))

    debt.refresh_from_db()
    assert "owes 30\N{NO-BREAK SPACE}points" in page
    assert debt.balance == 10
    assert Transfer.objects.latest("pk").kind == "forgive_debt"


@pytest.mark.usefixtures("dana", "limit")
class TestManyAccounts:
    def test_each_obeys_the_same_limits(self, client, shop):
        others = [accounts.pool(shop.unit, make_partner(shop.programme, f"9{n}")) for n in (1, 2)]
        chosen = {
            "action": "adjust_chosen",
            "_selected_action": [account.pk for account in (shop.pool, *others)],
        }

        asked = client.post(ACCOUNTS, chosen)
        send(client, ACCOUNTS, {**chosen, **fill(amount="60")})
        send(client, ACCOUNTS, {**chosen, **fill(amount="60")})

        assert asked.status_code == 200
        # 150 in 24 hours: two of 60 at once, everything after them waits.
        states = Correction.objects.order_by("pk").values_list("state", flat=True)
        assert list(states) == ["posted", "posted", *["waiting"] * 4]
        assert shop.pool.balance == 1060

    def test_sent_twice_are_adjusted_once(self, client, shop):
        chosen = {"action": "adjust_chosen", "_selected_action": [shop.pool.pk]}
        fields = {**chosen, **fill()}

        send(client, ACCOUNTS, fields)
        client.post(ACCOUNTS, {**fields, "confirmed": "1", "seen": ""})

        assert shop.pool.balance == 1040

    def test_are_previewed_under_the_locks_of_all_their_partners(self, client, shop):
        """Accounts stand in another order than their partners, and nobody waits in a circle."""
        first, second = (make_partner(shop.programme, f"9{n}") for n in (1, 2))
        pools = [accounts.pool(shop.unit, partner) for partner in (second, first)]
        fields = {"action": "adjust_chosen", "_selected_action": [one.pk for one in pools]}

        with CaptureQueriesContext(connection) as asked:
            client.post(ACCOUNTS, {**fields, **fill(), "preview": "1"})

        locked = [found[1] for one in asked if (found := LOCKS_PARTNERS.search(one["sql"]))]
        assert set(json.loads(locked[0])) == {first.pk, second.pk}

    def test_of_two_units_are_refused(self, client, shop):
        other = Unit.objects.create(code="other", kind=Unit.Kind.POINTS)
        second = accounts.pool(other, shop.partner)
        chosen = {"action": "adjust_chosen", "_selected_action": [shop.pool.pk, second.pk]}

        answer = client.post(ACCOUNTS, chosen)

        assert "Choose accounts of one unit" in said(answer)[0]


@pytest.mark.usefixtures("dana")
class TestAReversal:
    def test_of_a_part_leaves_the_rest_to_reverse(self, client, shop, limit):
        award = Transfer.objects.get(kind="earn")

        send(client, of_transfer(award, "reverse"), fill(amount="100", reason=reason("misuse")))
        page = client.get(f"/admin/ledger/transfer/{award.pk}/change/").content.decode()

        reversal = Transfer.objects.get(kind="reverse")
        assert (reversal.reverses, reversal.reason_code) == (award, "misuse")
        assert shop.pool.balance == 900
        assert "900\N{NO-BREAK SPACE}points" in page
        assert f"#{reversal.pk}" in page

    def test_says_instead_of_offering_what_belongs_elsewhere(self, client, shop):
        price = take(shop.alice, shop.pool, offer(shop.programme, price=50)).transfer

        page = client.get(f"/admin/ledger/transfer/{price.pk}/change/")

        assert page.context["actions_detail"] == []
        assert "Cancel or return the redemption instead" in page.content.decode()
        assert (
            "Cancel or return the redemption" in said(client.get(of_transfer(price, "reverse")))[-1]
        )

    def test_of_what_expired_reinstates_it(self, client, shop, limit):
        earn(shop.pool, 70, expires_at=NOON + timedelta(days=1))
        expire(as_of=NOON + timedelta(days=2))
        expiry = Transfer.objects.get(kind="expire")
        page = client.get(f"/admin/ledger/transfer/{expiry.pk}/change/")
        fields = fill(amount="70", reason=reason("expiry-waived"), last_day="2099-01-31")

        send(client, of_transfer(expiry, "reinstate"), fields)

        [offered] = page.context["actions_detail"]
        assert offered["path"].endswith("reinstate/")
        assert shop.pool.balance == 1070
        assert Transfer.objects.latest("pk").kind == "reinstate"
        assert "Reinstate it instead" in said(client.get(of_transfer(expiry, "reverse")))[-1]


@pytest.fixture
def waiting(client, dana, shop):
    """Dana has asked for 40 points; nobody has a limit."""
    send(client, of_account(shop.pool, "adjust"), fill())
    return Correction.objects.get()


class TestADecision:
    def test_is_not_the_askers_own(self, client, waiting, shop):
        page = client.get(f"/admin/ledger/correction/{waiting.pk}/change/")
        answer = client.post(of_correction(waiting, "agree"), {"note": ""})

        paths = [one["path"].rstrip("/").split("/")[-1] for one in page.context["actions_detail"]]
        assert paths == ["withdraw"]
        assert "Somebody else decides" in said(answer)[-1]
        assert shop.pool.balance == 1000

    def test_of_a_second_person_posts_it(self, client, waiting, erik, shop):
        client.force_login(erik)
        asked = client.get(of_correction(waiting, "agree")).content.decode()

        client.post(of_correction(waiting, "agree"), {"note": "Seen the parcel note"})

        waiting.refresh_from_db()
        assert "Goodwill" in asked
        assert (waiting.state, waiting.decided_by) == ("posted", erik)
        assert waiting.decision_note == "Seen the parcel note"
        assert shop.pool.balance == 1040

    def test_against_it_has_to_say_why(self, client, waiting, erik, shop):
        client.force_login(erik)

        first = client.post(of_correction(waiting, "decline"), {"note": " "})
        client.post(of_correction(waiting, "decline"), {"note": "The parcel was on time"})
        again = client.post(of_correction(waiting, "agree"), {"note": ""})

        waiting.refresh_from_db()
        assert first.context["form"].errors["note"]
        assert waiting.state == "declined"
        assert "not waiting any more" in said(again)[-1]
        assert shop.pool.balance == 1000

    def test_is_not_needed_for_what_its_asker_withdraws(self, client, waiting):
        client.post(of_correction(waiting, "withdraw"))

        waiting.refresh_from_db()
        assert waiting.state == "withdrawn"

    @pytest.mark.parametrize("role", sorted(set(Role) - {Role.LOYALTY_MANAGER, Role.FULFILMENT}))
    def test_is_read_but_not_taken_by_other_roles(self, client, waiting, employ, role):
        person = employ(role)
        Partner.objects.update(account_manager=person)

        page = client.get(f"/admin/ledger/correction/{waiting.pk}/change/")
        answers = [
            client.post(of_correction(waiting, step), {"note": "x"}).status_code
            for step in ("agree", "decline", "withdraw")
        ]

        assert (page.status_code, page.context["actions_detail"]) == (200, [])
        assert answers == [403, 403, 403]

    def test_about_many_leaves_out_own_requests_and_own_partners_and_says_so(
        self, client, waiting, erik, shop
    ):
        client.force_login(erik)
        send(client, of_account(shop.pool, "adjust"), fill(amount="7"))
        other = make_partner(shop.programme, "98")
        Member.objects.create(partner=other, person=erik, role="buyer", joined_at=NOON)
        theirs = Correction.objects.create(
            request_key="theirs",
            kind="credit",
            door="admin",
            partner=other,
            account=accounts.pool(shop.unit, other),
            amount=5,
            reason_id=reason(),
            requested_by=waiting.requested_by,
            requested_at=NOON,
        )
        own = Correction.objects.get(amount=7)
        chosen = {
            "action": "agree_chosen",
            "_selected_action": [waiting.pk, own.pk, theirs.pk],
            "confirmed": "1",
            "note": "",
        }

        told = said(client.post(QUEUE, chosen))

        states = dict(Correction.objects.values_list("pk", "state"))
        assert states == {waiting.pk: "posted", own.pk: "waiting", theirs.pk: "waiting"}
        assert any("Somebody else decides" in sentence for sentence in told)
        assert any("on this partner's team" in sentence for sentence in told)

    def test_waits_in_the_sidebar_and_in_the_queue(self, client, waiting):
        page = client.get(QUEUE, {"state__exact": "waiting"}).content.decode()

        assert "Waits for" in page
        assert "Credit" in page
        assert count_corrections(client.get(QUEUE).wsgi_request) == 1


@pytest.mark.usefixtures("dana", "limit")
class TestAFileOfAdjustments:
    UPLOAD = reverse("admin:ledger_correction_upload")
    ROWS = b"partner,amount,reason\n12346,40,goodwill\n12346,5000,goodwill\nnobody,1,goodwill\n"

    def test_is_judged_before_it_is_sent_and_taken_once(self, client, shop):
        file = SimpleUploadedFile("june.csv", self.ROWS)
        preview = client.post(self.UPLOAD, {"file": file, "source": "june", "preview": "1"})
        before = Correction.objects.count()
        sending = {
            "content": preview.context["content"],
            "name": "june.csv",
            "source": "june",
            "confirmed": "1",
        }

        answer = client.post(self.UPLOAD, sending)
        client.post(self.UPLOAD, sending)

        results = [str(result) for _number, result, _column, _message in preview.context["rows"]]
        assert results == ["posted at once", "wait for a second person", "refused"]
        assert before == 0
        assert "/admin/partners/importrun/" in answer.url
        states = Correction.objects.order_by("pk").values_list("state", "door")
        assert list(states) == [("posted", "import"), ("waiting", "import")]
        assert shop.pool.balance == 1040

    @pytest.mark.parametrize(
        "fields",
        [
            {},
            {"content": "no base64", "confirmed": "1"},
            {"content": "AAAA", "confirmed": "1", "name": "../../x.csv"},
            {"content": "AAAA", "confirmed": "1", "name": "я" * 200},
            {"content": base64.b64encode(ROWS + "zażółć".encode("latin2")).decode()},
        ],
        ids=str,
    )
    def test_that_cannot_be_read_is_told(self, client, fields):
        answer = client.post(self.UPLOAD, {"source": "june", **fields})

        [told] = answer.context["form"].errors["file"]
        # This page has no mapping.
        assert "mapping" not in told
        assert not Correction.objects.exists()
