"""Corrections that wait for somebody else, and those that come as a file."""

import base64

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from config.admin_navigation import count_corrections
from ledger import accounts
from ledger.models import Correction
from partners.models import Member, Partner
from partners.roles import Role
from tests.admin.asking import fill, of_account, of_correction, reason, said, send
from tests.rewards.cast import NOON, make_partner, open_shop

pytestmark = [pytest.mark.django_db, pytest.mark.once("SQLite")]


QUEUE = reverse("admin:ledger_correction_changelist")


@pytest.fixture
def shop():
    return open_shop(points=1000)


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
            {"content": base64.b64encode(ROWS + b"caf\xe9").decode()},
        ],
        ids=str,
    )
    def test_that_cannot_be_read_is_told(self, client, fields):
        answer = client.post(self.UPLOAD, {"source": "june", **fields})

        [told] = answer.context["form"].errors["file"]
        # This page has no mapping.
        assert "mapping" not in told
        assert not Correction.objects.exists()
