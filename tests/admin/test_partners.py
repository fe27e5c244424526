"""Partners in the admin: edited with what belongs to them, and merged where two are one."""

import re
from dataclasses import replace
from datetime import date

import pytest
from django.urls import reverse

from partners.duplicates import find_alike, normalise_name
from partners.enrolling import ContractTerms, change, name_partner
from partners.models import Actor, Partner, PartnerMerge, Person, Tag
from partners.roles import Role
from tests.rewards.cast import NOON, balance, earn, make_partner, open_shop

pytestmark = [pytest.mark.django_db, pytest.mark.once("SQLite")]

START = reverse("admin:partners_partnermerge_start")
LISTING = reverse("admin:partners_partner_changelist")


@pytest.fixture
def shop(db):
    return open_shop(points=100)


def page_of(partner):
    return reverse("admin:partners_partner_change", args=[partner.pk])


def read(answer):
    return re.sub(r"\s+", " ", answer.content.decode())


def filled(client, partner, **typed):
    """What the browser would send back of the page as it was opened, with what was typed."""
    page = client.get(page_of(partner))
    form = page.context["adminform"].form
    sent = {}
    for field in form:
        value = field.value()
        sent[field.html_name] = "" if value is None else value
    for formset in (each.formset for each in page.context["inline_admin_formsets"]):
        for field in formset.management_form:
            sent[field.html_name] = field.value()
        for row in formset.initial_forms:
            for field in row:
                sent[field.html_name] = "" if field.value() is None else field.value()
    return sent | typed


class TestEditing:
    def test_with_tags_numbers_and_contracts_on_one_page(self, client, dana, shop):
        north = Tag.objects.create(name="north")
        name_partner(partner=shop.partner, system="crm", number="5", by=None, at=NOON)
        typed = {
            "legal_name": "Corner Shop Ltd",
            "tags": [north.pk],
            "account_manager": dana.pk,
            "numbers-0-DELETE": "on",
            "numbers-1-system": "shop",
            "numbers-1-number": "77",
            "numbers-TOTAL_FORMS": "2",
            "contracts-0-number": "C-7",
            "contracts-0-starts_on": "2026-01-01",
            "contracts-0-payment_days": "30",
            "contracts-TOTAL_FORMS": "1",
        }
        answer = client.post(page_of(shop.partner), filled(client, shop.partner, **typed))
        assert answer.status_code == 302, answer.context["errors"]
        stored = Partner.objects.get(pk=shop.partner.pk)
        assert (stored.legal_name, stored.account_manager, stored.revision) == (
            "Corner Shop Ltd",
            dana,
            3,
        )
        assert [each.name for each in stored.tags.all()] == ["north"]
        assert list(stored.numbers.values_list("system", "number")) == [("shop", "77")]
        assert stored.contracts.get().payment_days == 30
        event = stored.events.latest("sequence")
        assert (event.kind, event.actor) == ("partner_changed", dana)

    def test_in_two_tabs_keeps_what_each_of_them_changed(self, client, dana, shop):
        opened = filled(client, shop.partner, legal_name="From the second tab")
        terms = ContractTerms(number="C-2", starts_on=date(2026, 1, 1))
        meanwhile = {
            "country": "Poland",
            "tags": ["south"],
            "numbers": [("crm", "N1")],
            "contracts": [terms],
        }
        change(partner=shop.partner, changes=meanwhile, by=None, at=NOON)
        answer = client.post(page_of(shop.partner), opened, follow=True)
        stored = Partner.objects.get(pk=shop.partner.pk)
        assert (stored.legal_name, stored.country) == ("From the second tab", "Poland")
        assert [each.name for each in stored.tags.all()] == ["south"]
        # What the page never showed cannot have been taken away on it.
        assert stored.numbers.get().number == "N1"
        assert stored.contracts.get().number == "C-2"
        assert "Somebody else changed Tags, Country meanwhile. That is kept." in read(answer)
        assert stored.events.latest("sequence").payload == {"fields": ["legal_name"]}

    def test_both_at_one_field_are_asked_and_the_rest_is_not(self, client, dana, shop):
        opened = filled(client, shop.partner, legal_name="Mine", tax_id="7")
        meanwhile = {"legal_name": "Theirs", "country": "Poland", "tags": ["south"]}
        change(partner=shop.partner, changes=meanwhile, by=None, at=NOON)

        asked = client.post(page_of(shop.partner), opened)

        words = read(asked)
        assert "Somebody else wrote here meanwhile: Theirs. Save again to keep yours." in words
        assert 'value="Mine"' in words
        assert 'value="Poland"' in words
        assert Partner.objects.get(pk=shop.partner.pk).legal_name == "Theirs"
        # Saving again is a decision about that field, and about no other.
        form = asked.context["adminform"].form
        again = {name: form[name].value() for name in ("seen", "country", "tags")}
        change(partner=shop.partner, changes={"country": "Spain"}, by=None, at=NOON)
        assert client.post(page_of(shop.partner), opened | again).status_code == 302
        stored = Partner.objects.get(pk=shop.partner.pk)
        assert (stored.legal_name, stored.country, stored.tax_id) == ("Mine", "Spain", "7")
        assert [each.name for each in stored.tags.all()] == ["south"]

    def test_rows_of_the_tabs_are_put_together_too(self, client, dana, shop):
        first, second, third = (
            ContractTerms(number=number, starts_on=date(2026, 1, 1)) for number in "123"
        )
        contracts = [first, second, third]
        change(partner=shop.partner, changes={"contracts": contracts}, by=None, at=NOON)
        # Newest first; of one day by their order in the table.
        opened = filled(client, shop.partner)
        place = {opened[f"contracts-{row}-number"]: f"contracts-{row}" for row in range(3)}
        opened |= {f"{place['1']}-payment_days": "30", f"{place['3']}-note": "Mine"}
        theirs = [replace(first, payment_days=45), replace(second, note="Theirs")]
        change(partner=shop.partner, changes={"contracts": theirs}, by=None, at=NOON)

        asked = client.post(page_of(shop.partner), opened)
        words = read(asked)
        assert "Somebody else wrote here meanwhile: 45. Save again to keep yours." in words
        assert "Somebody else took this row away meanwhile. Save again to keep it." in words
        again = {
            f"{row.prefix}-seen": row["seen"].value()
            for each in asked.context["inline_admin_formsets"]
            for row in each.formset.initial_forms
            if "seen" in row.fields
        }
        assert client.post(page_of(shop.partner), opened | again).status_code == 302
        kept = shop.partner.contracts.order_by("number")
        assert list(kept.values_list("number", "payment_days", "note")) == [
            ("1", 30, ""),
            ("2", None, "Theirs"),
            ("3", None, "Mine"),
        ]
        # Of a row that is gone and that nobody touched, nothing is said.
        opened = filled(client, shop.partner)
        change(partner=shop.partner, changes={"contracts": []}, by=None, at=NOON)
        assert client.post(page_of(shop.partner), opened).status_code == 302
        assert not shop.partner.contracts.exists()

    def test_what_a_page_says_it_was_opened_with_is_believed_only_as_it_was_sent(
        self, client, dana, shop
    ):
        opened = filled(client, shop.partner, country="Spain")
        for forged in ("[[[[", "x" * 10_000, opened["seen"] + "x", "\u0416:\ud7ff"):
            answer = client.post(page_of(shop.partner), opened | {"seen": forged})
            assert answer.status_code == 302

    def test_names_a_currency_that_there_is(self, client, dana, shop):
        answer = client.post(page_of(shop.partner), filled(client, shop.partner, currency="ZZZ"))
        assert "This is not a currency code such as GBP." in answer.content.decode()

    def test_a_new_one_is_enrolled(self, client, dana):
        page = reverse("admin:partners_partner_add")
        # It has no id and no history before it is there.
        shown = read(client.get(page))
        assert "Legal name" in shown
        assert not re.search("A company of its own|See also|[0-9a-f]{8}-[0-9a-f]{4}-7", shown)
        answer = client.post(
            page,
            {
                "legal_name": "Oak",
                "erp_number": "1001",
                "status": "active",
                "currency": "GBP",
                "language": "en",
            },
        )
        assert answer.status_code == 302, answer.context["errors"]
        oak = Partner.objects.get(erp_number="1001")
        assert oak.events.get().kind == "partner_enrolled"

    def test_is_found_by_tag_and_by_another_number(self, client, dana, shop):
        other = make_partner(shop.programme, "12347")
        north = Tag.objects.create(name="north")
        other.tags.add(north)
        name_partner(partner=other, system="shop", number="77", by=None, at=NOON)
        for query in ({"tags__id__exact": north.pk}, {"q": "77"}):
            assert list(client.get(LISTING, query).context["cl"].queryset) == [other]


class TestMerging:
    def test_is_previewed_done_and_undone(self, client, dana, shop):
        other = make_partner(shop.programme, "12347")
        pool = shop.unit.accounts.create(kind="pool", partner=other)
        earn(pool, 40)
        opened = client.get(START, {"kept": shop.partner.pk, "merged": other.pk})
        sent = {
            "kept": "12346",
            "merged": "12347",
            "reason": "The same shop",
            "request_key": opened.context["form"]["request_key"].value(),
        }
        assert opened.context["form"]["merged"].value() == "12347"

        preview = client.post(START, sent | {"preview": "1"})
        words = read(preview)
        assert "becomes part of Shop 12346 (12346)" in words
        assert (
            '<td>Pool</td><td class="num">100 points</td><td class="num">140 points</td>' in words
        )
        assert balance(pool) == 40

        done = client.post(START, sent | {"confirmed": "1"})
        again = client.post(START, sent | {"confirmed": "1"})
        made = PartnerMerge.objects.get()
        page = reverse("admin:partners_partnermerge_change", args=[made.pk])
        assert (done.url, again.url) == (page, page)
        assert balance(shop.pool) == 140
        assert other not in client.get(LISTING).context["cl"].queryset
        assert other in client.get(LISTING, {"merged": "yes"}).context["cl"].queryset
        # The ERP still writes its number.
        assert "Merged" in read(found := client.get(LISTING, {"q": "12347"}))
        assert other in found.context["cl"].queryset
        assert "Pool: 40 points" in read(client.get(page))
        # What was merged is changed where it is now.
        assert "Part of" in read(client.get(page_of(other)))
        assert client.post(page_of(other), {"legal_name": "Mine"}).status_code == 403

        undo = reverse("admin:partners_partnermerge_undo", args=[made.pk])
        assert client.get(undo).status_code == 200
        client.post(undo, {})
        assert (balance(shop.pool), balance(pool)) == (100, 40)

    def test_says_what_stands_in_the_way(self, client, dana, shop):
        sent = {"merged": "12346", "reason": "x", "request_key": "1", "preview": "1"}
        same = client.post(START, sent | {"kept": "12346"})
        nobody = client.post(START, sent | {"kept": "99"})
        assert "Choose two different partners." in same.content.decode()
        assert "There is no partner with this number." in nobody.content.decode()

    def test_likely_duplicates_are_listed(self, client, dana):
        make = Partner.objects.create
        oak = make(erp_number="1", legal_name="Oak & Sons Ltd.", tax_id="GB 123-4")
        same_tax = make(erp_number="2", legal_name="Something else", tax_id="gb1234")
        same_name = make(erp_number="3", legal_name="OAK and Sons")
        like = make(erp_number="4", legal_name="Oak and sons, Limited")
        make(erp_number="5", legal_name="Elm")
        gone = make(erp_number="6", legal_name="Elm GmbH")
        Partner.objects.filter(pk=gone.pk).update(merged_into=oak)
        found = find_alike(actor=Actor(partner_ids=None))
        assert [(each.shares, each.partners) for each in found] == [
            ("tax_id", (oak, same_tax)),
            ("name", (same_name, like)),
        ]
        page = client.get(reverse("admin:partners_partnermerge_duplicates"))
        assert f"?kept={oak.pk}&amp;merged={same_tax.pk}" in page.content.decode()

    def test_is_for_loyalty_managers(self, client, employ, shop):
        employ(Role.FINANCE)
        assert client.get(START).status_code == 403
        assert client.get(reverse("admin:partners_partnermerge_changelist")).status_code == 200


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Oak Ltd", "OAK LIMITED"),
        ("Dąb Sp. z o.o.", "dab"),
        ("ТОВ «Дуб»", "Дуб"),
        ("Café Müller GmbH & Co. KG", "cafe muller"),
        ("Ltd", "LTD."),
    ],
)
def test_names_are_compared_without_case_signs_and_legal_forms(one, other):
    assert normalise_name(one) == normalise_name(other)


def test_people_of_the_seller_manage(shop):
    mona = Person.objects.create(email="mona@seller.example", name="Mona", is_staff=True)
    change(partner=shop.partner, changes={"account_manager": mona}, by=mona, at=NOON)
    assert list(mona.managed_partners.all()) == [shop.partner]
