"""The catalogue says what is open, and a page of a reward is good for one redemption."""

import uuid
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from rewards.models import Entitlement, Redemption, Reward, RewardCode
from rewards.redeeming.lapsing import lapse
from tests.rewards.cast import (
    available,
    balance,
    earn,
    join,
    make_partner,
    make_programme,
    offer,
    owe,
    take,
)
from tests.rewards.portal import offer_today, open_shop_today, redeem_form, sign_in, words

pytestmark = [pytest.mark.django_db, pytest.mark.once("SQLite")]

CATALOGUE = reverse("rewards:catalogue")
REDEMPTIONS = reverse("rewards:redemptions")
ADDRESS = {
    "recipient": "Alice Marsh",
    "street": "14 Market Square",
    "postcode": "CB2 1AA",
    "city": "Cambridge",
    "country": "United Kingdom",
}
CERTIFICATE = {"amount": "25.00", "shop": "Book shop", "valid_days": 730}


def page_of(reward):
    return reverse("rewards:reward", args=[reward.slug])


def receipt_of(redemption):
    return reverse("rewards:redemption", args=[redemption.public_id])


class TestCatalogue:
    def test_shows_what_is_in_reach_first_and_what_is_closed_last(self):
        shop = open_shop_today(points=500)
        for name, fields in {
            "Closed": {"price": 10, "min_tier": "gold"},
            "Dear": {"price": 900},
            "Cheap": {"price": 100},
        }.items():
            offer_today(shop, name=name, **fields)

        page = sign_in(shop.alice).get(CATALOGUE)

        assert [card.reward.name for card in page.context["cards"]] == ["Cheap", "Dear", "Closed"]
        assert "3 rewards, 1 within reach" in words(page)
        assert "55 %, 400 points to go" in words(page)

    def test_says_what_opens_a_closed_reward(self):
        shop = open_shop_today(points=500)
        shop.partner.standings.update(spend="3000")
        offer_today(shop, min_tier="gold")

        page = sign_in(shop.alice).get(CATALOGUE)

        assert "Opens at Gold, £7,000 to go" in words(page)

    @pytest.mark.parametrize(
        ("query", "names"),
        [
            ("", {"Credit", "Dear", "Deferral"}),
            ("?show=affordable", {"Credit", "Deferral"}),
            ("?kind=payment_deferral", {"Deferral"}),
            ("?kind=nonsense&show=nonsense", set()),
        ],
    )
    def test_is_filtered_by_reach_and_kind(self, query, names):
        shop = open_shop_today(points=500)
        offer_today(shop, name="Credit", price=100)
        offer_today(shop, name="Dear", price=900)
        offer_today(shop, name="Deferral", kind="payment_deferral", terms={"days": 14})

        page = sign_in(shop.alice).get(CATALOGUE + query)

        assert {card.reward.name for card in page.context["cards"]} == names

    def test_hides_what_is_not_on_offer_and_what_another_programme_offers(self):
        shop = open_shop_today(points=500)
        offer_today(shop, name="Withdrawn", is_active=False)
        offer(make_programme("other"), name="Elsewhere")

        page = sign_in(shop.alice).get(CATALOGUE)

        assert page.context["cards"] == []
        assert "Nothing here with this choice" in words(page)

    def test_shows_a_buyer_their_wallet_and_who_can_take_the_companys(self):
        shop = open_shop_today(points=500)
        earn(shop.wallet(shop.bob), 60)
        offer_today(shop, name="Company's", price=100)
        offer_today(shop, name="Bob's", price=120, audience="person")

        said = words(sign_in(shop.bob).get(CATALOGUE))

        assert "Available in your wallet 60 points" in said
        assert "Your head buyer can take it" in said
        assert "50 %, 60 points to go" in said

    def test_says_that_points_are_owed(self):
        shop = open_shop_today()
        owe(shop, 40)

        assert "40 points are still owed" in words(sign_in(shop.alice).get(CATALOGUE))

    def test_tells_a_company_without_a_programme(self):
        shop = open_shop_today()
        shop.partner.standings.all().delete()

        assert "in no programme now" in words(sign_in(shop.alice).get(CATALOGUE))

    def test_costs_the_same_queries_for_one_reward_and_for_twelve(self, django_assert_num_queries):
        shop = open_shop_today(points=500)
        client = sign_in(shop.alice)
        offer_today(shop)
        client.get(CATALOGUE)

        # session, person, memberships, frame: standing and versions; standing, versions,
        # accounts, what their lots leave, debt, rewards, taken so far
        for _more in (0, 11):
            for _ in range(_more):
                offer_today(shop)
            with django_assert_num_queries(12):
                client.get(CATALOGUE)


class TestReward:
    def test_shows_cost_balance_after_and_what_happens_next(self):
        shop = open_shop_today(points=500)
        reward = offer_today(shop, price=120)

        page = sign_in(shop.alice).get(page_of(reward))

        said = words(page)
        assert "In the pool 500" in said
        assert "Left after 380 points" in said
        assert "Redeem for 120 points" in said
        assert "£10.00 come off your next invoice." in said

    def test_shows_which_points_go_by_the_month_in_which_they_expire(self):
        shop = open_shop_today()
        now = timezone.now()
        for amount, days in ((100, 40), (300, 400)):
            earn(shop.pool, amount, at=now, expires_at=now + timedelta(days=days))
        reward = offer_today(shop, price=120)

        months = sign_in(shop.alice).get(page_of(reward)).context["preview"].months

        assert [(month.amount, month.goes, month.stays) for month in months] == [
            (100, 100, 0),
            (300, 20, 280),
        ]

    def test_redeems_and_leads_to_the_receipt(self):
        shop = open_shop_today(points=500)
        reward = offer_today(shop, price=120)

        answer = sign_in(shop.alice).post(page_of(reward), redeem_form(reward))

        taken = Redemption.objects.get()
        assert answer.url == receipt_of(taken)
        assert balance(shop.pool) == 380
        assert Entitlement.objects.get().redemption == taken

    def test_pressed_twice_redeems_once_and_leads_to_the_same_receipt(self):
        shop = open_shop_today(points=500)
        reward = offer_today(shop, price=120)
        client, form = sign_in(shop.alice), redeem_form(reward)

        answers = {client.post(page_of(reward), form).url for _ in range(3)}

        assert answers == {receipt_of(Redemption.objects.get())}
        assert balance(shop.pool) == 380

    def test_keeps_what_was_typed_and_says_what_is_missing(self):
        shop = open_shop_today(points=500)
        reward = offer_today(shop, kind="physical_gift", terms={})
        form = redeem_form(reward, recipient="Alice", city="Cambridge")

        answer = sign_in(shop.alice).post(page_of(reward), form)

        assert answer.status_code == 422
        assert set(answer.context["form"].errors) == {"street", "postcode", "country"}
        assert 'value="Cambridge"' in answer.content.decode()
        assert form["request_id"] in answer.content.decode()
        assert balance(shop.pool) == 500

    def test_refuses_a_form_that_already_took_another_reward(self):
        shop = open_shop_today(points=500)
        first, second = offer_today(shop), offer_today(shop)
        client, form = sign_in(shop.alice), redeem_form(first)
        client.post(page_of(first), form)

        answer = client.post(page_of(second), form, follow=True)

        assert "This page had been used before. Nothing was taken now." in words(answer)
        assert balance(shop.pool) == 380

    def test_says_that_points_are_owed_when_they_were_taken_back_meanwhile(self):
        shop = open_shop_today()
        reward = offer_today(shop)
        owe(shop, 40)

        answer = sign_in(shop.alice).post(page_of(reward), redeem_form(reward), follow=True)

        assert "40 points are still owed. What you earn repays them first." in words(answer)

    def test_refuses_a_price_that_changed_and_shows_the_new_one(self):
        shop = open_shop_today(points=500)
        reward = offer_today(shop, price=120)
        form = redeem_form(reward)
        Reward.objects.update(price=150)

        answer = sign_in(shop.alice).post(page_of(reward), form, follow=True)

        assert "The price is now 150 points; you had seen 120. Nothing was taken." in words(answer)
        assert balance(shop.pool) == 500

    def test_takes_no_price_from_the_browser(self):
        shop = open_shop_today(points=500)
        reward = offer_today(shop, price=120)

        sign_in(shop.alice).post(page_of(reward), redeem_form(reward, price_seen="1"))

        assert not Redemption.objects.exists()
        assert balance(shop.pool) == 500

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"stock": 0}, "The last one has just been taken."),
            ({"is_active": False}, "is not available."),
            ({"min_tier": "gold"}, "Your tier does not open it yet."),
            ({"limit_per_partner": 0}, "Each company may take it 0 times."),
            ({"price": 501}, "The price is now 501 points"),
        ],
    )
    def test_a_stale_tab_is_answered_with_what_changed(self, change, said):
        shop = open_shop_today(points=500)
        reward = offer_today(shop, price=120)
        form = redeem_form(reward)
        Reward.objects.update(**change)

        answer = sign_in(shop.alice).post(page_of(reward), form, follow=True)

        assert answer.status_code == 200
        assert said in words(answer)
        assert balance(shop.pool) == 500

    def test_says_available_and_needed_when_points_do_not_reach(self):
        shop = open_shop_today(points=100)
        reward = offer_today(shop, price=120)

        answer = sign_in(shop.alice).post(page_of(reward), redeem_form(reward), follow=True)

        assert "That needs 120 points; 100 are available. Nothing was taken." in words(answer)

    @pytest.mark.parametrize(
        "tampered",
        [
            {"request_id": "not-a-uuid"},
            {"request_id": ""},
            {"price_seen": "-120"},
            {"price_seen": str(2**70)},
            {"paid_from": "house"},
        ],
    )
    def test_refuses_hidden_fields_that_make_no_sense(self, tampered):
        shop = open_shop_today(points=500)
        reward = offer_today(shop)

        answer = sign_in(shop.alice).post(page_of(reward), redeem_form(reward, **tampered))

        assert answer.status_code == 422
        assert not Redemption.objects.exists()

    def test_a_head_buyer_may_pay_from_their_own_wallet_what_is_for_both(self):
        shop = open_shop_today(points=500)
        earn(shop.wallet(shop.alice), 200)
        reward = offer_today(shop, price=120, audience="both")

        sign_in(shop.alice).post(page_of(reward), redeem_form(reward, paid_from="wallet"))

        assert (balance(shop.pool), balance(shop.wallet(shop.alice))) == (500, 80)

    def test_a_buyer_takes_a_personal_reward_from_their_wallet(self):
        shop = open_shop_today()
        earn(shop.wallet(shop.bob), 200)
        reward = offer_today(shop, price=120, audience="person")

        sign_in(shop.bob).post(page_of(reward), redeem_form(reward, paid_from="wallet"))

        assert balance(shop.wallet(shop.bob)) == 80

    def test_a_buyer_cannot_spend_the_pool_by_hand_made_post(self):
        shop = open_shop_today(points=500)
        reward = offer_today(shop, price=120)

        answer = sign_in(shop.bob).post(page_of(reward), redeem_form(reward), follow=True)

        assert "Only the head buyer spends the company's pool." in words(answer)
        assert balance(shop.pool) == 500

    def test_a_viewer_reads_without_a_button_and_cannot_post(self):
        shop = open_shop_today(points=500)
        reward = offer_today(shop, price=120)
        client = sign_in(shop.vera)

        page, answer = (
            client.get(page_of(reward)),
            client.post(page_of(reward), redeem_form(reward)),
        )

        assert "Redeem for" not in words(page)
        assert "Your role reads only." in words(page)
        assert answer.status_code == 403
        assert "not open to your role" in words(answer)
        assert balance(shop.pool) == 500

    def test_of_another_programme_is_not_found_like_one_that_is_not_there(self):
        shop = open_shop_today(points=500)
        elsewhere = offer(make_programme("other"), slug="elsewhere")
        client = sign_in(shop.alice)

        other, missing = client.get(page_of(elsewhere)), client.get("/catalogue/nothing/")

        assert (other.status_code, missing.status_code) == (404, 404)
        assert words(other) == words(missing)

    def test_costs_a_fixed_number_of_queries(self, django_assert_num_queries):
        shop = open_shop_today()
        for _ in range(20):
            earn(shop.pool, 10)
        reward = offer_today(shop)
        client = sign_in(shop.alice)
        client.get(page_of(reward))

        # session, person, memberships, frame: standing and versions; standing, versions,
        # accounts, what their lots leave, debt, reward, taken so far, lots
        with django_assert_num_queries(13):
            client.get(page_of(reward))


class TestRedemptions:
    def test_lists_the_newest_first_with_their_states(self):
        shop = open_shop_today(points=500)
        now = timezone.now()
        waiting = offer_today(shop, name="Waiting", approval_required=True)
        take(shop.alice, shop.pool, offer_today(shop, name="First"), redeemed_at=now)
        take(shop.alice, shop.pool, waiting, redeemed_at=now + timedelta(seconds=1))

        page = sign_in(shop.alice).get(REDEMPTIONS)

        shown = [(row.reward.name, row.get_state_display()) for row in page.context["page"]]
        assert shown == [("Waiting", "Requested"), ("First", "Delivered")]

    def test_are_filtered_by_state(self):
        shop = open_shop_today(points=500)
        take(shop.alice, shop.pool, offer_today(shop), redeemed_at=timezone.now())
        client = sign_in(shop.alice)

        assert len(client.get(REDEMPTIONS + "?state=fulfilled").context["page"]) == 1
        assert len(client.get(REDEMPTIONS + "?state=requested").context["page"]) == 0
        assert client.get(REDEMPTIONS + "?state=nonsense&page=0").status_code == 200

    def test_cost_the_same_queries_for_one_row_and_for_ten(self, django_assert_num_queries):
        shop = open_shop_today(points=5000)
        reward = offer_today(shop)
        client = sign_in(shop.alice)

        # session, person, memberships, frame: standing and versions; count, redemptions
        for more in (1, 9):
            for _ in range(more):
                take(shop.alice, shop.pool, reward, redeemed_at=timezone.now())
            client.get(REDEMPTIONS)
            with django_assert_num_queries(7):
                client.get(REDEMPTIONS)

    def test_of_people_are_for_themselves(self):
        shop = open_shop_today(points=500)
        earn(shop.wallet(shop.bob), 200)
        personal = take(
            shop.bob,
            shop.wallet(shop.bob),
            offer_today(shop, audience="person"),
            redeemed_at=timezone.now(),
        )
        company = take(shop.alice, shop.pool, offer_today(shop), redeemed_at=timezone.now())

        seen = {
            member.person.name: {
                redemption
                for redemption in (personal, company)
                if sign_in(member).get(receipt_of(redemption)).status_code == 200
            }
            for member in (shop.alice, shop.bob, shop.vera)
        }

        assert seen == {"Alice": {company}, "Bob": {personal}, "Vera": {company}}


class TestReceipt:
    def certificate(self, shop):
        reward = offer_today(shop, kind="gift_certificate", terms=CERTIFICATE)
        RewardCode.objects.create(reward=reward, code="BOOK-7")
        return take(shop.alice, shop.pool, reward, redeemed_at=timezone.now())

    def test_shows_the_code_to_the_head_buyer_and_hides_it_from_a_viewer(self):
        shop = open_shop_today(points=500)
        address = receipt_of(self.certificate(shop))

        for_alice, for_vera = sign_in(shop.alice).get(address), sign_in(shop.vera).get(address)

        assert "BOOK-7" in words(for_alice)
        assert b"BOOK-7" not in for_vera.content
        assert "Only for who took it" in words(for_vera)

    def test_of_another_partner_is_not_found_like_one_that_is_not_there(self):
        shop = open_shop_today(points=500)
        taken = self.certificate(shop)
        charlie = join(make_partner(shop.programme, "99999"), "Charlie", "head_buyer")
        client = sign_in(charlie)

        other = client.get(receipt_of(taken))
        missing = client.get(reverse("rewards:redemption", args=[uuid.uuid4()]))

        assert (other.status_code, missing.status_code) == (404, 404)
        assert words(other) == words(missing)

    def test_cancels_what_waits_for_approval(self):
        shop = open_shop_today(points=500)
        reward = offer_today(shop, approval_required=True)
        waiting = take(shop.alice, shop.pool, reward, redeemed_at=timezone.now())
        client, address = sign_in(shop.alice), receipt_of(waiting) + "cancel/"

        first, second = client.post(address, follow=True), client.post(address, follow=True)

        assert "Cancelled. The points are free again." in words(first)
        assert "Was reserved, free again 120" in words(first)
        assert "cannot be cancelled any more" in words(second)
        assert available(shop.pool) == 500

    @pytest.mark.parametrize(("who", "status"), [("vera", 403), ("bob", 404), ("charlie", 404)])
    def test_is_cancelled_by_nobody_else(self, who, status):
        shop = open_shop_today(points=500)
        charlie = join(make_partner(shop.programme, "99999"), "Charlie", "head_buyer")
        reward = offer_today(shop, approval_required=True)
        waiting = take(shop.alice, shop.pool, reward, redeemed_at=timezone.now())
        client = sign_in(charlie if who == "charlie" else getattr(shop, who))

        assert client.post(receipt_of(waiting) + "cancel/").status_code == status
        assert available(shop.pool) == 380

    def test_says_until_when_the_price_is_reserved(self):
        shop = open_shop_today(points=500, request_lapses_days=7)
        reward = offer_today(shop, approval_required=True)
        now = timezone.now()
        waiting = take(shop.alice, shop.pool, reward, redeemed_at=now)
        last_day = timezone.localtime(now, ZoneInfo("Europe/London")) + timedelta(days=7)
        client = sign_in(shop.alice)

        receipt, listed = words(client.get(receipt_of(waiting))), words(client.get(REDEMPTIONS))

        assert "Reserved in the pool 120" in receipt
        assert f"Reserved until {last_day.day} {last_day:%B %Y}" in receipt
        assert f"Reserved until {last_day.day} {last_day:%b %Y}" in listed

    def test_says_that_it_has_lapsed(self):
        shop = open_shop_today(points=500)
        reward = offer_today(shop, approval_required=True)
        waiting = take(shop.alice, shop.pool, reward, redeemed_at=timezone.now())
        with transaction.atomic():
            lapse(programme=shop.programme, as_of=timezone.now() + timedelta(days=32))

        said = words(sign_in(shop.alice).get(receipt_of(waiting)))

        assert "Lapsed" in said
        assert "Was reserved, free again 120" in said

    def test_of_a_page_sent_again_with_another_address_says_so(self):
        shop = open_shop_today(points=500)
        reward = offer_today(shop, kind="physical_gift", terms={})
        client, form = sign_in(shop.alice), redeem_form(reward, **ADDRESS)
        client.post(page_of(reward), form)

        again = client.post(page_of(reward), form | {"city": "Oxford"}, follow=True)

        assert "This page had been sent before, with other details." in words(again)
        assert "Cambridge" in words(again)
        assert Redemption.objects.count() == 1
