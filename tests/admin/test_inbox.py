"""The inbox and the queue of claims in the admin: previewed, asked about, done once."""

import re

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse
from django.utils import timezone

from ledger.auditing import audit
from partners.models import Activity, ImportRow, ImportRun, MatchingRule, Member, ParkedDocument
from partners.reports import ActivityReport, LineReport
from partners.roles import Role
from rewards import claiming, inbox
from tests.api.conftest import RULES
from tests.rewards.cast import NOON, balance, open_shop
from tests.rewards.claiming.world import PDF, file_one, make_staff, proof

pytestmark = pytest.mark.django_db

LIST = reverse("admin:partners_parkeddocument_changelist")
CLAIMS = reverse("admin:partners_selloutclaim_changelist")


def said(answer):
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


def text(answer):
    return answer.content.decode().replace("\N{NO-BREAK SPACE}", " ")


def page(document, step):
    return f"{LIST}{document.pk}/{step}/"


@pytest.fixture
def shop():
    shop = open_shop()
    version = shop.programme.versions.get()
    version.definition = {**version.definition, "rules": RULES}
    version.save()
    return shop


@pytest.fixture
def waiting(shop):
    """Three orders of 40 pounds each that name the partner by what nobody knows."""
    reports = [
        inbox.Unplaced(
            ActivityReport(
                kind="order",
                partner_id=inbox.NOBODY,
                source="web",
                external_id=f"W-{number}",
                occurred_at=NOON,
                currency="GBP",
                lines=[LineReport("85123A", 10_000, 400_000)],
            ),
            f"stall-{number}",
        )
        for number in range(3)
    ]
    return [answer.document for answer in inbox.receive(reports, as_of=NOON)]


class TestMatching:
    def test_shows_the_effect_first_and_then_does_it_for_many(self, client, dana, shop, waiting):
        shown = text(client.get(LIST))
        chosen = {"action": "match_chosen", "_selected_action": [row.pk for row in waiting[:2]]}
        asked = client.post(LIST, chosen)
        given = {**chosen, "partner": shop.partner.pk}
        preview = client.post(LIST, {**given, "preview": "1"})
        before = (Activity.objects.count(), ParkedDocument.objects.waiting().count())
        done = client.post(LIST, {**given, "confirmed": "1"})
        again = client.post(LIST, {**given, "confirmed": "1"})

        assert all(word in shown for word in ("W-0", "stall-0", "£40.00", "Partner is not known"))
        assert 'name="partner"' in text(asked)
        assert "80 points" in text(preview)
        assert before == (0, 3)
        assert "2 documents are matched" in said(done)
        assert "These do not wait any more." in said(again)
        assert (balance(shop.pool), audit(as_of=timezone.now()).ok) == (80, True)
        assert set(
            ParkedDocument.objects.exclude(matched_at=None).values_list("matched_by", flat=True)
        ) == {dana.pk}

    def test_makes_a_rule_that_matches_what_else_fits(self, client, dana, shop, waiting):
        address = page(waiting[0], "make-rule")
        form = text(client.get(address))
        given = {
            "field": "partner_ref",
            "condition": "starts_with",
            "value": "stall-",
            "source": "web",
            "partner": shop.partner.pk,
        }
        preview = client.post(address, {**given, "preview": "1"})
        nothing = MatchingRule.objects.count()
        client.post(address, {**given, "confirmed": "1"})
        rules = text(client.get(reverse("admin:partners_matchingrule_changelist")))

        assert 'value="stall-0"' in form
        assert "120 points" in text(preview)
        assert (nothing, MatchingRule.objects.get().made_by) == (0, dana)
        assert balance(shop.pool) == 120
        assert "stall-" in rules

    def test_is_not_for_one_s_own_company_and_reads_what_waits(self, client, dana, shop, waiting):
        Member.objects.create(partner=shop.partner, person=dana, role="viewer", joined_at=NOON)

        refused = client.post(
            page(waiting[0], "match"), {"partner": shop.partner.pk, "preview": "1"}
        )
        document = text(client.get(page(waiting[0], "change")))

        assert "Somebody else has to decide." in text(refused)
        assert "85123A" in document
        assert "stall-0" in document
        # The kind as people call it.
        assert re.search(r">\s*Order\s*<", document)
        assert client.get(page(waiting[0], "bring-back")).status_code == 302

    def test_rows_of_a_file_say_why_they_wait(self, client, dana, waiting):
        run = ImportRun.objects.create(
            kind="order", source="web", file_name="a.csv", status="finished", started_at=NOON
        )
        why = {"run": run, "parked_document": waiting[0], "outcome": "parked", "content": {}}
        ImportRow.objects.create(row_number=2, code="unknown_partner", **why)

        document = text(client.get(page(waiting[0], "change")))
        of_run = text(client.get(reverse("admin:partners_importrun_change", args=[run.pk])))

        for shown in (document, of_run):
            assert "The partner is not known. The document waits until it is." in shown
            assert "unknown_partner" not in shown

    def test_is_dismissed_with_a_reason_and_brought_back(self, client, dana, waiting):
        client.post(page(waiting[0], "dismiss"), {"reason": "A test of the till"})
        left = text(client.get(LIST))
        dismissed = text(client.get(LIST, {"state": "dismissed"}))
        once = text(client.get(page(waiting[0], "change")))
        client.post(page(waiting[0], "bring-back"))

        assert "stall-0" not in left
        assert "stall-1" in left
        assert "W-0" in dismissed
        assert "A test of the till" in once
        assert ParkedDocument.objects.waiting().count() == 3

    def test_is_for_who_may(self, client, employ, shop, waiting):
        employ(Role.FINANCE)

        assert "W-0" in text(client.get(LIST))
        assert client.post(page(waiting[0], "dismiss"), {"reason": "x"}).status_code == 403
        employ(Role.ACCOUNT_MANAGER)
        assert client.get(LIST).status_code == 403
        assert ParkedDocument.objects.waiting().count() == 3


class TestClaims:
    def test_are_decided_one_by_one_and_many_at_once(self, client, dana, shop):
        claims = [file_one(shop.bob, f"SN-{number}") for number in range(3)]
        mine = file_one(shop.bob, "SN-9", proofs=[proof(PDF, "receipt.pdf")])
        address = f"{CLAIMS}{mine.pk}"
        overview = text(client.get("/admin/"))
        shown = text(client.get(f"{address}/change/"))
        stored = mine.proofs.get()
        file = client.get(f"{address}/proofs/{stored.public_id}/")
        unsaid = client.post(f"{address}/reject/", {"reason": "other"})
        rejected = client.post(f"{address}/reject/", {"reason": "proof_unclear", "note": "Blurred"})
        many = {"action": "approve_chosen", "_selected_action": [each.pk for each in claims]}
        client.post(CLAIMS, {**many, "confirmed": "1"})
        client.post(f"{CLAIMS}{claims[0].pk}/mark-paid/", {"note": "By invoice"})

        assert "claims to review" in overview
        assert "SN-9" in shown
        assert "receipt.pdf" in shown
        assert (file.content, file["Content-Security-Policy"]) == (
            PDF,
            "default-src 'none'; sandbox",
        )
        assert "Say what the reason is." in text(unsaid)
        assert "is rejected" in said(rejected)
        states = [type(each).objects.get(pk=each.pk).state for each in [*claims, mine]]
        assert states == ["paid", "approved", "approved", "rejected"]
        assert Activity.objects.filter(kind="sell_out").count() == 3

    def test_that_are_decided_are_not_asked_about_again(self, client, dana, shop):
        claim = file_one(shop.bob)
        claiming.reject(claim=claim, reason="proof_unclear", note="", by=dana, at=NOON)
        for step in ("approve", "reject", "mark-paid"):
            answer = client.get(f"{CLAIMS}{claim.pk}/{step}/", follow=True)
            assert answer.redirect_chain[-1][0] == f"{CLAIMS}{claim.pk}/change/"
            assert "nothing is to be decided here now. Its state: Rejected." in text(answer)

    def test_appeals_are_decided_by_another_person(self, client, dana, shop):
        claim = file_one(shop.bob)
        claiming.reject(claim=claim, reason="proof_unclear", note="", by=dana, at=NOON)
        claiming.appeal(claim=claim, note="Look again", by=shop.bob, at=NOON)

        refused = client.post(f"{CLAIMS}{claim.pk}/approve/", {"note": ""})
        client.force_login(self.colleague_of(dana))
        granted = client.post(f"{CLAIMS}{claim.pk}/approve/", {"note": ""})

        assert "another person" in said(refused)
        assert "is approved" in said(granted)

    def colleague_of(self, dana):
        erik = make_staff("erik")
        erik.groups.set(dana.groups.all())
        return erik
