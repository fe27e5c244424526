"""The portal's pages of claims: who sees which, and what is told beside which field."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from partners.models import SellOutClaim
from rewards import claiming
from tests.rewards.cast import join, make_partner
from tests.rewards.claiming.world import PDF, draft, make_staff, proof
from tests.rewards.portal import open_shop_today, sign_in, words

pytestmark = [pytest.mark.django_db, pytest.mark.once("SQLite")]

LIST, NEW = reverse("rewards:claims"), reverse("rewards:claim-new")


@pytest.fixture
def shop():
    return open_shop_today()


def fill_in(member, *serials, **changes):
    given = draft()
    files = [SimpleUploadedFile("receipt.pdf", PDF), SimpleUploadedFile("again.exe", PDF)]
    return {
        "request_id": str(given.request_id),
        "acting_for": str(member.public_id),
        "sku": "DRILL-18V",
        "serials": "\n".join(serials or ("SN-1", "sn-2")),
        "sold_on": (timezone.now() - timedelta(days=3)).date().isoformat(),
        "document": "INV-77",
        "note": "<b>Sold</b> at the fair",
        "proofs": files,
        **changes,
    }


def file_today(member, *serials, **changes):
    now = timezone.now()
    given = draft(*serials, sold_on=now.date() - timedelta(days=3), **changes)
    return claiming.file_claim(member=member, draft=given, today=now.date(), at=now)


class TestNewClaim:
    def test_is_filed_once_with_its_proofs_and_shown(self, shop):
        bob = sign_in(shop.bob)
        empty = bob.get(NEW)
        given = fill_in(shop.bob)
        first = bob.post(NEW, given)
        for file in given["proofs"]:
            file.seek(0)
        second = bob.post(NEW, given)

        claim = SellOutClaim.objects.get()
        page = bob.get(first.url)
        assert (empty.status_code, first.status_code, first.url) == (200, 302, second.url)
        assert "Your claim is filed." in words(page)
        assert "SN-1 SN-2" in words(page)
        assert "<b>Sold</b>" not in page.content.decode()
        # One is saved as what it is, whatever it was called: a computer goes by the ending.
        names = [each.name for each in claim.proofs.order_by("pk")]
        assert names == ["receipt.pdf", "again.exe.pdf"]

    def test_a_page_that_was_sent_is_begun_anew_for_other_words(self, shop):
        bob = sign_in(shop.bob)
        sent = fill_in(shop.bob, proofs=[])
        bob.post(NEW, sent)

        other = bob.post(NEW, sent | {"serials": "SN-3"})
        form = other.context["form"]
        again = bob.post(NEW, sent | {"serials": "SN-3", "request_id": form["request_id"].value()})

        assert other.status_code == 422
        assert "This page was sent before and filed another claim" in words(other)
        assert form["serials"].value() == "SN-3"
        assert again.status_code == 302
        assert [each.serial_numbers for each in SellOutClaim.objects.order_by("pk")] == [
            ["SN-1", "SN-2"],
            ["SN-3"],
        ]

    @pytest.mark.parametrize(
        ("changes", "field", "says"),
        [
            ({"serials": "SN-1\nsn-1 \n"}, "serials", "This serial number stands twice: SN-1."),
            ({"serials": "TAKEN"}, "serials", "This serial number is claimed already: TAKEN."),
            ({"serials": " "}, "serials", "This field is required."),
            ({"sold_on": "2126-01-01"}, "sold_on", "This day is still to come."),
            ({"sku": ""}, "sku", "This field is required."),
            (
                {"proofs": [SimpleUploadedFile("a.pdf", b"<html>")]},
                "proofs",
                "a.pdf is no PDF, JPEG, PNG, WebP or HEIC file.",
            ),
            (
                {"proofs": [SimpleUploadedFile(f"{n}.pdf", PDF) for n in range(6)]},
                "proofs",
                "Add at most 5 files.",
            ),
        ],
    )
    def test_tells_what_is_wrong_beside_its_field(self, shop, changes, field, says):
        charlie = join(make_partner(shop.programme, "12347"), "Charlie", "head_buyer")
        file_today(charlie, "TAKEN")

        page = sign_in(shop.bob).post(NEW, fill_in(shop.bob, **changes))

        assert page.status_code == 422
        assert page.context["form"].errors[field] == [says]
        assert "Charlie" not in words(page)
        assert "Shop 12347" not in words(page)
        assert "Files have to be chosen again" in words(page)
        assert SellOutClaim.objects.count() == 1

    def test_never_goes_to_a_company_chosen_in_another_tab(self, shop):
        answer = sign_in(shop.bob).post(NEW, fill_in(shop.bob, acting_for=str(draft().request_id)))

        assert (answer.status_code, SellOutClaim.objects.count()) == (302, 0)


class TestTheList:
    def test_is_the_company_s_for_its_head_and_one_s_own_for_a_buyer(
        self, shop, django_assert_max_num_queries
    ):
        claims = [file_today(shop.bob, f"B{n}") for n in range(3)]
        claims += [file_today(shop.alice, f"A{n}") for n in range(3)]

        alice = sign_in(shop.alice)
        with django_assert_max_num_queries(8):
            of_company = alice.get(LIST)
        own = sign_in(shop.bob).get(LIST, {"state": "pending"})
        none = sign_in(shop.bob).get(LIST, {"state": "paid"})

        assert len(of_company.context["rows"]) == 6
        assert [claim.member for claim, *_rest in own.context["rows"]] == [shop.bob] * 3
        assert "No claim in this state" in words(none)
        assert sign_in(shop.vera).get(LIST).status_code == 403
        others = reverse("rewards:claim", args=[claims[-1].public_id])
        assert sign_in(shop.bob).get(others).status_code == 404
        assert "Sell-out claims" not in words(sign_in(shop.vera).get("/"))


class TestOneClaim:
    def test_is_withdrawn_or_appealed_where_it_can_be(self, shop):
        bob, dana = sign_in(shop.bob), make_staff("dana")
        claim = file_today(shop.bob)
        page = reverse("rewards:claim", args=[claim.public_id])
        appeal = reverse("rewards:claim-appeal", args=[claim.public_id])
        withdraw = reverse("rewards:claim-withdraw", args=[claim.public_id])
        early = words(bob.post(appeal, {"note": "Now"}, follow=True))
        now = timezone.now()
        claiming.reject(claim=claim, reason="proof_missing", note="Nothing added", by=dana, at=now)
        rejected = words(bob.get(page))
        unsaid = bob.post(appeal, {"note": ""})
        appealed = words(bob.post(appeal, {"note": "Here it is"}, follow=True))
        withdrawn = words(bob.post(withdraw, follow=True))
        again = words(bob.post(withdraw, follow=True))

        assert "It cannot be appealed." in early
        assert "There is no proof of the sale" in rejected
        assert "Nothing added" in rejected
        assert unsaid.status_code == 422
        assert "Your appeal is being looked at" in appealed
        assert "Withdrawn. The serial numbers can be claimed again." in withdrawn
        assert "It cannot be withdrawn any more." in again

    def test_hands_its_proof_to_who_sees_the_claim_and_never_as_a_page(self, shop, client):
        claim = file_today(shop.bob, proofs=[proof(PDF, "my receipt.pdf")])
        stranger = join(make_partner(shop.programme, "12347"), "Charlie", "head_buyer")
        stored = claim.proofs.get()
        address = reverse("rewards:claim-proof", args=[claim.public_id, stored.public_id])

        answer = sign_in(shop.alice).get(address)

        assert answer.content == PDF
        assert answer["Content-Disposition"] == 'attachment; filename="my receipt.pdf"'
        assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "no-store" in answer["Cache-Control"]
        assert sign_in(stranger).get(address).status_code == 404
        assert client.get(address).status_code == 302
        assert sign_in(shop.bob).get(f"/media/{stored.stored_as}").status_code == 404
        # Erased together with whoever added it.
        claim.proofs.update(stored_as="", name="")
        assert sign_in(shop.alice).get(address).status_code == 404
