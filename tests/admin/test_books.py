"""The books in the admin: statements, lots, holds, seals and the managed lists."""

import uuid
from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse
from django.utils import timezone

from ledger import accounts, holds
from ledger.models import (
    Account,
    AccountCode,
    CorrectionLimit,
    CorrectionReason,
    Hold,
    Lot,
    Transfer,
)
from ledger.posting import Entry, post
from ledger.sealing import seal
from partners.models import JobRun, Member
from partners.roles import Role
from tests.rewards.cast import NOON, offer, open_shop, take

pytestmark = [pytest.mark.django_db, pytest.mark.once("PostgreSQL")]

SEALS = reverse("admin:ledger_seal_changelist")


def said(answer):
    return [str(message) for message in get_messages(answer.wsgi_request)]


@pytest.fixture
def shop():
    return open_shop(points=1000)


@pytest.fixture
def pending(shop):
    """An award of 30 points that waits; returns its lot."""
    account = accounts.pending(shop.unit, shop.partner)
    entry = Entry(
        kind=Transfer.Kind.PEND,
        debit=accounts.house(shop.unit, Account.Kind.ISSUED),
        credit=account,
        amount=30,
        idempotency_key="pend",
        occurred_at=NOON,
        matures_at=NOON + timedelta(days=90),
    )
    [posted] = post([entry], posted_at=NOON)
    return Lot.objects.get(opened_by=posted.transfer)


class TestAStatement:
    @pytest.mark.usefixtures("root")
    def test_adds_up(self, client, shop):
        take(shop.alice, shop.pool, offer(shop.programme, price=120))

        answer = client.get(f"/admin/ledger/account/{shop.pool.pk}/statement/?period=all")

        figures = [answer.context[name] for name in ("opening", "credited", "debited", "closing")]
        assert [
            int(figure.split("\N{NO-BREAK SPACE}")[0].replace(",", "")) for figure in figures
        ] == [
            0,
            1000,
            120,
            880,
        ]
        assert [line.about for line in answer.context["lines"]][-1] == "Credit on the next invoice"

    @pytest.mark.usefixtures("root")
    @pytest.mark.parametrize(
        ("kind", "begins"),
        [("pdf", b"%PDF"), ("xlsx", b"PK"), ("csv", b"\xef\xbb\xbf"), ("json", b"{")],
    )
    def test_is_downloaded_as_the_partner_gets_it(self, client, shop, kind, begins):
        url = f"/admin/ledger/account/{shop.pool.pk}/statement/?period=all&file={kind}"

        answer = client.get(url)

        assert answer["Content-Disposition"].endswith(f'.{kind}"')
        assert b"".join(answer.streaming_content).startswith(begins)

    @pytest.mark.usefixtures("root")
    def test_of_the_programmes_side_is_on_the_screen_only(self, client, shop):
        issued = accounts.house(shop.unit, Account.Kind.ISSUED)
        url = f"/admin/ledger/account/{issued.pk}/statement/?period=all"

        page = client.get(url)

        assert page.context["files"] == []
        assert page.context["closing"].startswith("−1,000")
        assert client.get(f"{url}&file=pdf").status_code == 404

    def test_of_another_partner_is_not_there_for_an_account_manager(self, client, employ, shop):
        employ(Role.ACCOUNT_MANAGER)

        assert client.get(f"/admin/ledger/account/{shop.pool.pk}/statement/").status_code == 404


class TestAPendingAward:
    @pytest.mark.parametrize(
        ("step", "kind", "balance"),
        [("release_pending", "mature", 1010), ("cancel_pending", "cancel_pending", 1000)],
    )
    def test_is_decided_by_hand_once(self, client, employ, shop, pending, step, kind, balance):
        employ(Role.LOYALTY_MANAGER)
        url = f"/admin/ledger/lot/{pending.pk}/{step}/"
        fields = {
            "request_id": str(uuid.uuid4()),
            "amount": "10",
            "reason": CorrectionReason.objects.get(code="agreement").pk,
        }

        asked = client.get(url)
        client.post(url, fields)
        client.post(url, fields)

        assert "30\N{NO-BREAK SPACE}points" in asked.content.decode()
        moved = Transfer.objects.get(kind=kind)
        assert (moved.amount, moved.reason_code) == (10, "agreement")
        assert shop.pool.balance == balance

    @pytest.mark.parametrize("step", ["release_pending", "cancel_pending"])
    def test_is_not_decided_on_by_somebody_of_the_partners_team(
        self, client, employ, shop, pending, step
    ):
        dana = employ(Role.LOYALTY_MANAGER)
        Member.objects.create(partner=shop.partner, person=dana, role="buyer", joined_at=NOON)
        agreement = CorrectionReason.objects.get(code="agreement").pk

        answer = client.post(
            f"/admin/ledger/lot/{pending.pk}/{step}/",
            {"request_id": str(uuid.uuid4()), "amount": "10", "reason": agreement},
            follow=True,
        )

        assert "on this partner&#x27;s team" in answer.content.decode()
        assert not Transfer.objects.filter(kind__in=("mature", "cancel_pending")).exists()

    def test_is_read_by_finance_and_decided_by_nobody_else(self, client, employ, shop, pending):
        employ(Role.FINANCE)
        own = Lot.objects.exclude(pk=pending.pk).get()

        assert client.get(f"/admin/ledger/lot/{pending.pk}/change/").status_code == 200
        assert client.post(f"/admin/ledger/lot/{pending.pk}/cancel_pending/").status_code == 403
        employ(Role.LOYALTY_MANAGER)
        assert client.get(f"/admin/ledger/lot/{own.pk}/release_pending/").status_code == 302


class TestAHold:
    def test_of_a_door_is_released_by_hand(self, client, employ, shop):
        employ(Role.LOYALTY_MANAGER)
        hold = holds.place(
            account=shop.pool, amount=100, request_key="till", placed_at=timezone.now()
        )

        client.post(f"/admin/ledger/hold/{hold.pk}/release/")

        hold.refresh_from_db()
        assert hold.state == "released"
        assert shop.pool.available == 1000

    def test_of_a_request_is_decided_with_the_request(self, client, employ, shop):
        employ(Role.LOYALTY_MANAGER)
        requested = take(shop.alice, shop.pool, offer(shop.programme, approval_required=True))
        hold = Hold.objects.get(redemption=requested)

        page = client.get(f"/admin/ledger/hold/{hold.pk}/change/")
        answer = client.post(f"/admin/ledger/hold/{hold.pk}/release/")

        assert page.context["actions_detail"] == []
        assert f"/admin/rewards/redemption/{requested.pk}/change/" in page.content.decode()
        assert "Decide about the request instead" in said(answer)[-1]


class TestSeals:
    def test_show_the_digest_to_publish_and_what_the_audit_said(self, client, employ, shop):
        employ(Role.AUDITOR)
        empty = client.get(SEALS).content.decode()
        made = seal(as_of=timezone.now())
        first, last = (Transfer.objects.order_by(order).first() for order in ("pk", "-pk"))
        JobRun.objects.create(scope="club", local_date=NOON.date(), step="audit", status="done")

        listed = client.get(SEALS).content.decode()
        page = client.get(f"/admin/ledger/seal/{made.pk}/change/").content.decode()
        transfer = client.get(f"/admin/ledger/transfer/{last.pk}/change/")

        assert "Nothing is sealed yet" in empty
        assert made.digest in listed
        assert "Everything posted is sealed." in listed
        assert "found it in order" in listed
        assert "verify_ledger --file" in page
        assert f"/admin/ledger/transfer/{first.pk}/change/" in page
        assert "Seal 1 of" in transfer.content.decode()


class TestManagedLists:
    def test_a_reason_is_renamed_and_retired_and_keeps_its_code(self, client, employ):
        employ(Role.ADMINISTRATOR)
        row = CorrectionReason.objects.get(code="goodwill")
        url = f"/admin/ledger/correctionreason/{row.pk}/change/"

        client.post(url, {"name": "Courtesy", "code": "other", "for_adjustments": "on"})

        row.refresh_from_db()
        assert (row.name, row.code, row.is_active) == ("Courtesy", "goodwill", False)

    def test_is_not_overwritten_by_a_page_that_was_open_too_long(self, client, employ):
        employ(Role.ADMINISTRATOR)
        row = CorrectionReason.objects.get(code="goodwill")
        url = f"/admin/ledger/correctionreason/{row.pk}/change/"
        as_read = client.get(url).context["adminform"].form["as_read"].value()
        CorrectionReason.objects.filter(pk=row.pk).update(name="Somebody was faster")

        answer = client.post(url, {"name": "Mine", "for_reversals": "on", "as_read": as_read})

        assert "Somebody else has changed this meanwhile" in answer.content.decode()
        assert not CorrectionReason.objects.filter(name="Mine").exists()

    def test_a_limit_is_set_by_an_administrator(self, client, employ, shop):
        employ(Role.ADMINISTRATOR)
        url = reverse("admin:ledger_correctionlimit_add")
        fields = {"role": "finance", "unit": shop.unit.pk, "per_correction": "50"}

        wrong = client.post(url, {**fields, "per_day": "20"})
        client.post(url, {**fields, "per_day": "200"})

        assert wrong.context["adminform"].form.errors["per_day"]
        assert CorrectionLimit.objects.get().per_day == 200

    @pytest.mark.parametrize("role", sorted(set(Role) - {Role.ADMINISTRATOR}))
    def test_a_limit_is_set_by_nobody_else(self, client, employ, role):
        employ(role)

        for name in ("correctionlimit", "correctionreason"):
            assert client.get(reverse(f"admin:ledger_{name}_add")).status_code == 403

    def test_a_code_of_the_books_is_set_by_finance(self, client, employ):
        employ(Role.FINANCE)

        client.post(
            reverse("admin:ledger_accountcode_add"),
            {"account_kind": "pool", "unit": "", "code": "3310", "name": "Points owed"},
        )

        assert AccountCode.objects.get().code == "3310"
