"""Each kind asks for what it needs, refuses what makes no sense, and hands over something real."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from rewards.catalogue import kinds
from rewards.catalogue.fields import FieldsNotValid
from rewards.catalogue.registry import UnknownKind, every_kind, kind_of
from rewards.models import Entitlement, RewardCode
from tests.rewards.cast import NOON, offer, open_shop, take

pytestmark = pytest.mark.once("SQLite")

GOOD_TERMS = {
    "discount_voucher": {"percent": 10, "valid_days": 90, "prefix": "EASTER"},
    "gift_certificate": {"amount": "25.00", "shop": "Book shop", "valid_days": 730},
    "invoice_credit": {"amount": "10.00", "valid_days": 365},
    "payment_deferral": {"days": 14},
    "free_delivery": {"deliveries": 5, "valid_days": 180},
    "physical_gift": {"delivery_note": "Sent with your next order."},
}
ADDRESS = {
    "recipient": "Alice",
    "street": "14 Market Square",
    "postcode": "CB2 1AA",
    "city": "Cambridge",
    "country": "United Kingdom",
}


class TestRegistry:
    def test_finds_one_kind_in_every_file_of_the_folder(self):
        files = {path.stem for path in Path(kinds.__path__[0]).glob("*.py")} - {"__init__"}

        assert {kind.code for kind in every_kind()} == files == set(GOOD_TERMS)

    def test_names_the_kind_it_does_not_know(self):
        with pytest.raises(UnknownKind, match="teleport"):
            kind_of("teleport")


class TestTerms:
    @pytest.mark.parametrize("code", GOOD_TERMS)
    def test_that_make_sense_are_kept_as_they_are(self, code):
        assert kind_of(code).validate(GOOD_TERMS[code]) == GOOD_TERMS[code]

    @pytest.mark.parametrize(
        ("code", "terms", "wrong"),
        [
            ("discount_voucher", {"valid_days": 90}, "percent"),
            ("discount_voucher", {"percent": 5, "amount": "5.00", "valid_days": 90}, "percent"),
            ("discount_voucher", {"percent": 101, "valid_days": 90}, "percent"),
            ("invoice_credit", {}, "amount"),
            ("invoice_credit", {"amount": "-1.00"}, "amount"),
            ("invoice_credit", {"amount": "1.005"}, "amount"),
            ("invoice_credit", {"amount": "NaN"}, "amount"),
            ("invoice_credit", {"amount": "1e400"}, "amount"),
            ("invoice_credit", {"amount": 10.5}, "amount"),
            ("payment_deferral", {"days": 0}, "days"),
            ("payment_deferral", {"days": True}, "days"),
            ("payment_deferral", {"days": "١٤"}, "days"),
            ("payment_deferral", {"days": 14, "months": 1}, "months"),
            ("free_delivery", {"deliveries": "many", "valid_days": 1}, "deliveries"),
            ("gift_certificate", {"amount": "25.00", "shop": "a\x00b", "valid_days": 1}, "shop"),
            ("gift_certificate", {"amount": "25.00", "shop": "x" * 81, "valid_days": 1}, "shop"),
            (
                "gift_certificate",
                {"amount": "25.00", "shop": "\u200b \u2060", "valid_days": 1},
                "shop",
            ),
        ],
    )
    def test_that_make_no_sense_are_refused_at_their_field(self, code, terms, wrong):
        with pytest.raises(FieldsNotValid) as caught:
            kind_of(code).validate(terms)

        assert list(caught.value.errors) == [wrong]


@pytest.mark.django_db
class TestDelivery:
    def deliver(self, code, details=None, **fields):
        shop = open_shop(points=500)
        reward = offer(shop.programme, kind=code, terms=GOOD_TERMS[code], **fields)
        if code == "gift_certificate":
            RewardCode.objects.create(reward=reward, code="BOOK-1")
        redemption = take(shop.alice, shop.pool, reward, details=details or {})
        redemption.refresh_from_db()
        return redemption

    def test_of_credit_opens_an_entitlement_the_erp_can_read(self):
        redemption = self.deliver("invoice_credit")

        entitlement = Entitlement.objects.get(redemption=redemption)
        assert entitlement.value == {"amount": "10.00", "currency": "GBP"}
        assert entitlement.valid_until == NOON + timedelta(days=365)
        assert list(Entitlement.objects.active(NOON)) == [entitlement]

    def test_of_a_deferral_names_the_invoice(self):
        redemption = self.deliver("payment_deferral", {"invoice_number": "INV-7"})

        assert redemption.entitlement.value == {"days": 14, "invoice_number": "INV-7"}

    def test_of_free_delivery_counts_what_is_left(self):
        redemption = self.deliver("free_delivery")

        assert redemption.entitlement.value == {"deliveries": 5, "deliveries_left": 5}

    def test_of_a_voucher_gives_a_code_of_its_own(self):
        redemption = self.deliver("discount_voucher")

        code = redemption.delivery["code"]
        assert re.fullmatch(r"EASTER(-[2-9A-HJKMNP-Z]{4}){3}", code)
        assert RewardCode.objects.get(code=code).redemption == redemption
        assert redemption.entitlement.value == {"code": code, "percent": 10}

    def test_of_a_certificate_gives_one_code_of_the_pool(self):
        redemption = self.deliver("gift_certificate")

        assert redemption.delivery["code"] == "BOOK-1"
        assert RewardCode.objects.get().redemption == redemption

    @pytest.mark.parametrize(
        "code", [code for code in GOOD_TERMS if kind_of(code).is_delivered_at_once]
    )
    def test_done_again_gives_the_same(self, code):
        details = {"invoice_number": "INV-7"} if code == "payment_deferral" else {}
        redemption = self.deliver(code, details)

        again = kind_of(code).deliver(redemption, at=NOON)

        assert again == redemption.delivery

    @pytest.mark.parametrize("code", GOOD_TERMS)
    def test_is_described_before_and_after(self, code):
        details = {
            "payment_deferral": {"invoice_number": "INV-7"},
            "physical_gift": ADDRESS,
        }
        redemption = self.deliver(code, details.get(code))

        kind = kind_of(code)
        assert all(fact.label and fact.value for fact in kind.describe(redemption.reward))
        assert all(fact.label and fact.value for fact in kind.describe_delivery(redemption))
        assert str(kind.foretell(redemption.reward)).endswith(".")

    @pytest.mark.parametrize(
        "code", ["discount_voucher", "free_delivery", "invoice_credit", "payment_deferral"]
    )
    def test_is_worth_nothing_after_it_was_taken_back(self, code):
        details = {"invoice_number": "INV-7"} if code == "payment_deferral" else {}
        redemption = self.deliver(code, details)

        kind_of(code).cancel(redemption, at=NOON)

        assert redemption.entitlement.state == "cancelled"
        assert not Entitlement.objects.active(NOON).exists()

    def test_of_a_voucher_may_be_worth_an_amount(self):
        shop = open_shop(points=500)
        terms = {"amount": "5.00", "valid_days": 30}
        reward = offer(shop.programme, kind="discount_voucher", terms=terms)
        redemption = take(shop.alice, shop.pool, reward)

        facts = {
            str(fact.label): fact.value
            for fact in kind_of("discount_voucher").describe_delivery(redemption)
        }

        assert redemption.delivery["amount"] == "5.00"
        assert facts["Discount"] == "£5.00"

    @pytest.mark.parametrize(
        ("delivery", "said"),
        [
            ({}, "Being packed"),
            ({"parcel": "shipped", "tracking": "GB123"}, "On its way"),
            ({"parcel": "delivered"}, "Delivered"),
        ],
    )
    def test_of_a_parcel_says_where_it_is(self, delivery, said):
        redemption = self.deliver("physical_gift", ADDRESS)
        redemption.delivery = delivery

        parcel, *_more = kind_of("physical_gift").describe_delivery(redemption)

        assert parcel.value == said

    def test_hides_codes_and_nothing_else(self):
        redemption = self.deliver("discount_voucher")

        facts = kind_of("discount_voucher").describe_delivery(redemption)

        assert [fact.value for fact in facts if fact.is_secret] == [redemption.delivery["code"]]
