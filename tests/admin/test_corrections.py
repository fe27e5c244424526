"""Corrections in the admin: asked for with a preview, decided on by somebody else."""

import json
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ledger import accounts
from ledger.expiring import expire
from ledger.models import Correction, CorrectionLimit, CorrectionReason, Transfer, Unit
from partners.roles import Role
from tests.admin.asking import fill, of_account, of_correction, of_transfer, reason, said, send
from tests.rewards.cast import NOON, earn, make_partner, offer, open_shop, owe, take

pytestmark = [pytest.mark.django_db, pytest.mark.once("SQLite")]


# What ``Partner.objects.lock`` asks on SQLite, where the file itself is the lock.
LOCKS_PARTNERS = re.compile(r"""FROM "partners_partner" WHERE id IN .*json_each\('(\[.*?\])'\)""")
ACCOUNTS = reverse("admin:ledger_account_changelist")


@pytest.fixture
def shop():
    return open_shop(points=1000)


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
