"""Kinds, references and rates in the admin: what a manager reads, types in and ends."""

import re
from datetime import UTC, date, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.urls import reverse

from partners.kinds import find_kind
from partners.models import Activity, ExchangeRate, OwnKind, ParkedDocument, WaitingReference
from partners.reports import ActivityReport, LineReport
from rewards import crediting
from rewards.inbox import receive
from tests.rewards.cast import balance, open_shop

pytestmark = [pytest.mark.django_db, pytest.mark.once("SQLite")]

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
KIND_LIST = reverse("admin:partners_ownkind_changelist")
NEW_KIND = reverse("admin:partners_ownkind_add")
NEW_RATE = reverse("admin:partners_exchangerate_add")
UPLOAD = reverse("admin:partners_exchangerate_upload_rates")


def read(answer) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


@pytest.fixture
def shop(db):
    shop = open_shop()
    version = shop.programme.versions.get()
    rule = {
        "code": "per-pound",
        "names": {"en": "Points per pound"},
        "trigger": "order",
        "effect": {"kind": "per_money", "units": 1, "per": "1.00"},
    }
    version.definition = {**version.definition, "rules": [rule]}
    version.save()
    return shop


def report(shop, number, kind="order", **changes) -> ActivityReport:
    return ActivityReport(
        **{
            "kind": kind,
            "partner_id": shop.partner.pk,
            "source": "erp",
            "external_id": number,
            "occurred_at": NOON,
            "currency": "GBP",
            "lines": [LineReport("MUG", 10_000, 200_000)] if kind in {"order", "return"} else (),
            **changes,
        }
    )


def take_in(*reports):
    with transaction.atomic():
        return crediting.take_in(reports, as_of=NOON)


class TestOwnKinds:
    def typed(self, **changes):
        return {
            "code": "fair_visit",
            "name_en": "Fair visit",
            "name_pl": "Wizyta na targach",
            "description": "Somebody came to our stand.",
            "has_quantity": "on",
            "is_active": "on",
            "field_0_name": "fair",
            "field_0_type": "text",
            "field_0_required": "on",
            "field_0_label_en": "Fair",
            "field_1_name": "stand",
            "field_1_type": "choice",
            "field_1_choices": "East, west",
            **changes,
        }

    def test_are_defined_by_a_manager_and_may_be_reported(self, client, dana, shop):
        answer = client.post(NEW_KIND, self.typed())

        assert answer.status_code == 302, read(answer)
        kind = find_kind("fair_visit")
        assert str(kind.name) == "Fair visit"
        assert [(field.name, field.type, field.is_required) for field in kind.fields] == [
            ("fair", "text", True),
            ("stand", "choice", False),
        ]
        taken = take_in(
            report(
                shop,
                "V1",
                "fair_visit",
                currency="",
                quantity_e4=20_000,
                attributes={"fair": "Spring fair", "stand": "west"},
            )
        )
        fact = taken.results[0].activity
        page = read(client.get(reverse("admin:partners_activity_change", args=[fact.pk])))
        assert "Fair visit" in page
        assert "<dt>Fair</dt><dd>Spring fair</dd>" in page

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"code": "order"}, "built in"),
            ({"code": "Fair visit"}, "Small letters"),
            ({"name_en": ""}, "required"),
            ({"field_1_choices": ""}, "Name what may be chosen."),
            ({"field_1_name": "fair"}, "Another field has this code."),
            ({"field_1_name": "", "field_1_label_en": "Stand"}, "Give the field a code."),
        ],
    )
    def test_say_what_is_wrong_at_the_field(self, client, dana, changes, said):
        answer = client.post(NEW_KIND, self.typed(**changes))

        assert answer.status_code == 422
        assert said in read(answer)
        assert not OwnKind.objects.exists()

    def test_keep_their_code_and_can_be_switched_off(self, client, dana):
        client.post(NEW_KIND, self.typed())
        kind = OwnKind.objects.get()
        typed = self.typed(code="other", name_en="Visit of a fair")
        del typed["is_active"]

        client.post(reverse("admin:partners_ownkind_change", args=[kind.pk]), typed)

        kind.refresh_from_db()
        assert (kind.code, kind.is_active) == ("fair_visit", False)
        assert kind.names["en"] == "Visit of a fair"
        assert "Visit of a fair" in read(client.get(KIND_LIST))


class TestWaitingReferences:
    def test_are_shown_and_given_up(self, client, dana, shop):
        take_in(report(shop, "O1"), report(shop, "R1", "return", refers_to=("erp", "O9")))
        waiting = WaitingReference.objects.get()
        fact = read(
            client.get(reverse("admin:partners_activity_change", args=[waiting.activity_id]))
        )
        listed = read(client.get(reverse("admin:partners_waitingreference_changelist")))
        before = balance(shop.pool)

        page = reverse("admin:partners_waitingreference_stop_waiting", args=[waiting.pk])
        asked = read(client.get(page))
        client.post(page, {"confirmed": "1"})

        assert "O9 from erp, which has not come yet" in fact
        assert "O9 (erp)" in listed
        assert "This cannot be undone." in asked
        assert (before, balance(shop.pool)) == (20, 0)
        waiting.refresh_from_db()
        assert waiting.given_up_by == dana

    def test_stand_beside_an_invoice_with_what_is_open_of_it(self, client, dana, shop):
        invoice = report(
            shop, "I1", "invoice", amount_e4=300_000, due_on=date(2026, 4, 1), lines=()
        )
        paid = report(shop, "P1", "payment", amount_e4=100_000, refers_to=("erp", "I1"))
        take_in(invoice, paid)

        fact = Activity.objects.get(external_id="I1")
        page = read(client.get(reverse("admin:partners_activity_change", args=[fact.pk])))

        assert "paid £10.00, open £20.00" in page


class TestRates:
    def test_typed_in_one_by_one_take_in_what_waited(self, client, dana, shop):
        with transaction.atomic():
            receive([report(shop, "O1", currency="EUR")], as_of=NOON)
        assert ParkedDocument.objects.waiting().count() == 1

        answer = client.post(
            NEW_RATE,
            {"currency": "eur", "into": "GBP", "day": "2026-03-01", "rate": "0,8", "source": "ECB"},
        )

        assert answer.status_code == 302, read(answer)
        rate = ExchangeRate.objects.get()
        assert (rate.currency, rate.rate_e8, rate.recorded_by) == ("EUR", 80_000_000, dana)
        assert not ParkedDocument.objects.waiting().exists()
        assert balance(shop.pool) == 16
        listed = read(client.get(reverse("admin:partners_exchangerate_changelist")))
        assert "EUR → GBP" in listed
        fact = Activity.objects.get()
        page = read(client.get(reverse("admin:partners_activity_change", args=[fact.pk])))
        assert "£16.00 by the rate 0.8 of 1 Mar 2026" in page

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"into": "EUR"}, "A currency needs no rate into itself."),
            ({"rate": "0"}, "Write a number above zero"),
            ({"currency": "ABC"}, "ABC is no currency of ISO 4217."),
            ({"day": "2099-01-01"}, "This day is still to come. Nobody knows its rate yet."),
        ],
    )
    def test_that_make_no_sense_are_refused_at_the_field(self, client, dana, changes, said):
        typed = {"currency": "EUR", "into": "GBP", "day": "2026-03-01", "rate": "0.8"}

        answer = client.post(NEW_RATE, typed | changes)

        assert said in read(answer)
        assert not ExchangeRate.objects.exists()

    def test_out_of_a_file_are_taken_all_or_none(self, client, dana):
        good = b"day;currency;into;rate\n2026-03-01;EUR;GBP;0,85512\n2026-03-02;EUR;GBP;0,8\n"
        bad = good + b"2026-03-03;EUR;EUR;1\n2026-03-02;EUR;GBP;0,9\n2099-01-01;EUR;GBP;1\n"

        refused = client.post(UPLOAD, {"file": SimpleUploadedFile("rates.csv", bad)})
        assert not ExchangeRate.objects.exists()
        taken = client.post(UPLOAD, {"file": SimpleUploadedFile("rates.csv", good)}, follow=True)

        told = read(refused)
        assert "A currency needs no rate into itself." in told
        assert "Another row says something else of the same day." in told
        assert "This day is still to come. Nobody knows its rate yet." in told
        assert "New: 2, changed: 0, known already: 0." in read(taken)
        assert ExchangeRate.objects.count() == 2
